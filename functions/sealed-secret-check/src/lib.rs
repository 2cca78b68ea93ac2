//! Stops builds with plain secrets or sealed secrets that cannot be unsealed.

mod base64;
mod config;
mod fingerprint;
mod plain;
mod references;
mod rule;
mod sealed;
mod text;

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::Resources;

pub use config::{Allowance, Spec};
use references::References;
pub use rule::Rule;
use sealed::keyring::Keyring;

/// The function: finds Secrets in the clear, SealedSecrets that cannot be unsealed, and references to Secrets that nothing
/// makes.
pub struct SealedSecretCheck;

impl Function for SealedSecretCheck {
    type Spec = Spec;
    type Rule = Rule;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "SealedSecretCheck";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Validator;
    const RULE_EXAMPLES: &'static str = include_str!("../rule-examples.tsv");

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        check(spec, Keyring::default(), resources, findings)
    }

    fn arguments() -> Vec<Arg> {
        let files = |id: &'static str| {
            Arg::new(id).long(id).value_name("FILE").action(ArgAction::Append).value_parser(value_parser!(PathBuf))
        };
        vec![
            files(CERTIFICATE).help("Reads public certificates of the controller, PEM, from FILE; may be repeated"),
            files(PRIVATE_KEY).help(
                "Opens every sealed value with the private keys in FILE, PEM or a backup of the controller's Secrets; may be \
                 repeated. Private keys are read only so, never from a functionConfig",
            ),
        ]
    }

    fn run_on_files(
        spec: &Spec,
        arguments: &ArgMatches,
        resources: &mut Resources,
        findings: &mut Findings,
    ) -> Result<(), ConfigError> {
        let mut keyring = Keyring::default();
        let mut add = |id: &str, argument: &'static str, add: fn(&mut Keyring, &str) -> Result<(), String>| {
            arguments.get_many::<PathBuf>(id).into_iter().flatten().try_for_each(|file| {
                let added = read(file).and_then(|text| add(&mut keyring, &text));
                added.map_err(|cause| ConfigError::new(argument, format!("{} {cause}", file.display())))
            })
        };
        add(CERTIFICATE, "--cert", Keyring::add_certificates)?;
        add(PRIVATE_KEY, "--private-key", Keyring::add_private_keys)?;
        check(spec, keyring, resources, findings)
    }
}

const CERTIFICATE: &str = "cert";
const PRIVATE_KEY: &str = "private-key";

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("cannot be read: {error}"))
}

fn check(spec: &Spec, mut keyring: Keyring, resources: &Resources, findings: &mut Findings) -> Result<(), ConfigError> {
    spec.check()?;
    if !spec.certificates.trim().is_empty() {
        keyring.add_certificates(&spec.certificates).map_err(|cause| ConfigError::new("spec.certificates", cause))?;
    }
    let mut references = References::of(resources);
    let mut search = plain::Search::new(spec);
    for item in resources.iter() {
        findings.extend(resources.look(item, |item| {
            references.read(item);
            search.findings(item, &references.pointers(item))
        }));
    }
    sealed::check(resources, &keyring, findings);
    references.check(spec, findings);
    findings.extend(search.idle());
    Ok(())
}
