//! The keys of a sealed-secrets controller: public certificates, which can disprove a value, and private keys, which
//! decide on it.

use std::fmt::Display;

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use krm::yaml::Tree;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, Oaep, RsaPrivateKey, RsaPublicKey};
use serde_json::Value;
use sha2::Sha256;
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode, pem};

use super::scope::Label;
use super::value::SealedValue;
use crate::base64;

/// The keys that are at hand.
#[derive(Debug, Default)]
pub(crate) struct Keyring {
    certified: Vec<RsaPublicKey>,
    private: Vec<RsaPrivateKey>,
}

/// What a public key proves of a value. Passing it proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disproof {
    /// No key has the length of the value's RSA part.
    Length {
        /// That length in bits.
        bits: usize,
    },
    /// The RSA part is a number that no key of its length can have made.
    Modulus,
}

/// What came of opening a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Opened {
    /// What is sealed.
    Plain(Vec<u8>),
    /// A key and a label fit, but the bytes behind are damaged.
    Damaged,
    /// No key opens it under this label; a wrong label and a wrong key look the same.
    Shut,
}

impl Keyring {
    /// Takes in certificates, PEM, one after the other.
    ///
    /// # Errors
    /// Text that holds no certificate, or one without an RSA key.
    pub(crate) fn add_certificates(&mut self, text: &str) -> Result<(), String> {
        let blocks = pem_blocks(text, "CERTIFICATE");
        if blocks.is_empty() {
            return Err("holds no PEM certificate; `kubeseal --fetch-cert` prints it".to_owned());
        }
        for (index, block) in blocks.into_iter().enumerate() {
            let unreadable = |error: &dyn Display| {
                format!("holds certificates of which number {} cannot be read: {error}", index + 1)
            };
            let (_, der) = pem::decode_vec(block.as_bytes()).map_err(|error| unreadable(&error))?;
            let certificate = Certificate::from_der(&der).map_err(|error| unreadable(&error))?;
            let key =
                certificate.tbs_certificate.subject_public_key_info.to_der().map_err(|error| error.to_string())?;
            let key = <RsaPublicKey as rsa::pkcs8::DecodePublicKey>::from_public_key_der(&key).map_err(|_| {
                "holds a certificate without an RSA key, which sealed-secrets cannot have made".to_owned()
            })?;
            self.certified.push(key);
        }
        Ok(())
    }

    /// Takes in private keys: PEM, or a backup of the controller's Secrets with the keys in `data["tls.key"]`.
    ///
    /// # Errors
    /// Text that holds no RSA private key. The message holds nothing of it.
    pub(crate) fn add_private_keys(&mut self, text: &str) -> Result<(), String> {
        let mut texts = vec![text.to_owned()];
        if pem_blocks(text, "PRIVATE KEY").is_empty() {
            let tree = Tree::parse(text.to_owned()).map_err(|_| "is neither PEM nor YAML".to_owned())?;
            texts = tree.documents().iter().flat_map(|document| keys_of_backup(&tree.value(document.root))).collect();
        }
        let blocks: Vec<_> = texts.iter().flat_map(|text| pem_blocks(text, "PRIVATE KEY")).collect();
        if blocks.is_empty() {
            return Err("holds no PEM private key and no Secret with `tls.key`".to_owned());
        }
        for block in blocks {
            let key = RsaPrivateKey::from_pkcs8_pem(block).or_else(|_| RsaPrivateKey::from_pkcs1_pem(block)).map_err(
                |_| "holds a private key that is no RSA key in PKCS #1 or PKCS #8 without a passphrase".to_owned(),
            )?;
            self.certified.push(key.to_public_key());
            self.private.push(key);
        }
        Ok(())
    }

    /// Whether values can be opened.
    pub(super) fn can_open(&self) -> bool {
        !self.private.is_empty()
    }

    /// Why none of the keys can have sealed the value, if that can be proved.
    pub(super) fn disproves(&self, value: &SealedValue) -> Option<Disproof> {
        let length = value.rsa_part().len();
        let mut fitting = self.certified.iter().filter(|key| key.size() == length).peekable();
        if self.certified.is_empty() {
            return None;
        }
        if fitting.peek().is_none() {
            return Some(Disproof::Length { bits: length * 8 });
        }
        let number = BigUint::from_bytes_be(value.rsa_part());
        fitting.all(|key| number >= *key.n()).then_some(Disproof::Modulus)
    }

    /// Opens a value that is bound to a label.
    pub(super) fn open(&self, value: &SealedValue, label: &Label) -> Opened {
        for key in self.private.iter().filter(|key| key.size() == value.rsa_part().len()) {
            let Ok(session) = key.decrypt(Oaep::new_with_label::<Sha256, _>(label.text()), value.rsa_part()) else {
                continue;
            };
            if session.len() != 32 {
                return Opened::Damaged;
            }
            // The session key is used once, so the nonce is zero. Source: `HybridEncrypt`.
            let cipher = Aes256Gcm::new(Key::<Aes256Gcm>::from_slice(&session));
            return cipher
                .decrypt(Nonce::from_slice(&[0; 12]), value.aes_part())
                .map_or(Opened::Damaged, Opened::Plain);
        }
        Opened::Shut
    }
}

/// The PEM blocks in a text whose label ends so.
fn pem_blocks<'t>(text: &'t str, label: &str) -> Vec<&'t str> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("-----BEGIN ") {
        let block = &rest[start..];
        let end = block.find("-----END ").and_then(|at| block[at + 9..].find("-----").map(|end| at + 9 + end + 5));
        // A block that is cut off is one too, so that its reader says so.
        let end = end.unwrap_or(block.len());
        let head = block.lines().next().unwrap_or_default();
        if head.trim_end().ends_with(&format!("{label}-----")) {
            blocks.push(&block[..end]);
        }
        rest = &block[end..];
    }
    blocks
}

/// The private keys in a Secret or a list of Secrets.
fn keys_of_backup(backup: &Value) -> Vec<String> {
    let items = backup["items"].as_array().into_iter().flatten();
    let mut keys: Vec<_> = items.flat_map(keys_of_backup).collect();
    let encoded = backup["data"]["tls.key"].as_str().and_then(|key| base64::decode(key).ok());
    keys.extend(encoded.and_then(|bytes| String::from_utf8(bytes).ok()));
    keys.extend(backup["stringData"]["tls.key"].as_str().map(str::to_owned));
    keys
}
