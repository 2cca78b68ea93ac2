//! Image references: what they are made of, what they mean, and what is under a registry or a part of one.
//!
//! Source: distribution/reference, regexp.go for the grammar and normalize.go for what Docker Hub leaves out.

use std::borrow::Cow;
use std::fmt;

use crate::addresses::placeholder;

/// The registry of an image that names none.
pub const DOCKER_HUB: &str = "docker.io";

/// Other names of [`DOCKER_HUB`]. Sources: distribution/reference normalize.go; openshift/library-go
/// pkg/image/reference/reference.go.
const NAMES_OF_DOCKER_HUB: [&str; 2] = ["index.docker.io", "registry-1.docker.io"];

/// The longest path, in bytes.
const LONGEST_PATH: usize = 255;
/// The longest tag, in bytes.
const LONGEST_TAG: usize = 128;
/// The shortest hash of a digest, in hexadecimal digits.
const SHORTEST_HASH: usize = 32;

/// A reference to an image, as `registry.example.com:5000/web/shop:1.4@sha256:...`, in the pieces of its text.
///
/// A text that parses need not be an image: `db:5432` and `1.2.3` parse too. What the text is for decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Image<'t> {
    text: &'t str,
    /// The registry as written: a host with a dot, a port or upper-case letters, or `localhost`.
    pub domain: Option<&'t str>,
    /// The path in the registry as written.
    pub path: &'t str,
    /// The tag, without its colon.
    pub tag: Option<&'t str>,
    /// The digest, without its `@`, as `sha256:...`. It wins over the tag.
    pub digest: Option<&'t str>,
}

/// Why a text is no reference to an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAnImage {
    /// There is no text.
    Empty,
    /// 64 hexadecimal digits are the id of an image, not a name.
    Id,
    /// What is in the place of the registry is no host, or has no number for its port.
    Domain,
    /// The path has an empty component, or letters that no path has.
    Path,
    /// The path would be one in lower case.
    UpperCase,
    /// The path has more than 255 bytes.
    TooLong,
    /// What is behind the colon is no tag.
    Tag,
    /// What is behind the `@` is no digest.
    Digest,
}

impl fmt::Display for NotAnImage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "the reference is empty",
            Self::Id => "it is the id of an image, not a name",
            Self::Domain => "the part before the first `/` is no registry",
            Self::Path => "the path is malformed",
            Self::UpperCase => "the path has upper-case letters",
            Self::TooLong => "the path is longer than 255 bytes",
            Self::Tag => "the tag is malformed",
            Self::Digest => "the digest is malformed",
        })
    }
}

impl<'t> Image<'t> {
    /// Reads a reference.
    ///
    /// # Errors
    /// Text that does not follow the grammar.
    pub fn parse(text: &'t str) -> Result<Self, NotAnImage> {
        if text.is_empty() {
            return Err(NotAnImage::Empty);
        }
        if text.len() == 64 && text.bytes().all(is_lower_hex) {
            return Err(NotAnImage::Id);
        }
        let (named, digest) = split(text, '@');
        let (domain, rest) = split_domain(named);
        let (path, tag) = split(rest, ':');
        let image = Self { text, domain, path, tag, digest };
        image.check()?;
        Ok(image)
    }

    fn check(&self) -> Result<(), NotAnImage> {
        if !self.domain.is_none_or(is_domain) {
            return Err(NotAnImage::Domain);
        }
        if !is_path(self.path) {
            let is_upper = is_path(&self.path.to_ascii_lowercase());
            return Err(if is_upper { NotAnImage::UpperCase } else { NotAnImage::Path });
        }
        if self.normal_path().len() > LONGEST_PATH {
            return Err(NotAnImage::TooLong);
        }
        if !self.tag.is_none_or(is_tag) {
            return Err(NotAnImage::Tag);
        }
        if !self.digest.is_none_or(is_digest) {
            return Err(NotAnImage::Digest);
        }
        Ok(())
    }

    /// The name as written: registry and path.
    pub fn name(&self) -> &'t str {
        &self.text[..self.text.len() - self.version().len()]
    }

    /// The tag and the digest as written, with their signs: `:1.4@sha256:...`. Empty if there is neither.
    pub fn version(&self) -> &'t str {
        let domain = self.domain.map_or(0, |domain| domain.len() + "/".len());
        &self.text[domain + self.path.len()..]
    }

    /// The registry: [`DOCKER_HUB`] where the reference names none or another name of it. DNS knows no case (RFC 4343), so
    /// it is in lower case.
    pub fn registry(&self) -> Cow<'t, str> {
        match self.domain {
            None => DOCKER_HUB.into(),
            Some(domain) => normal_registry(domain),
        }
    }

    /// Registry and path in the form that two references to one repository share: `docker.io/library/nginx` for `nginx`.
    pub fn repository(&self) -> String {
        format!("{}/{}", self.registry(), self.normal_path())
    }

    /// The path, with `library/` where Docker Hub adds it.
    fn normal_path(&self) -> Cow<'t, str> {
        let is_official = !self.path.contains('/') && self.registry() == DOCKER_HUB;
        if is_official { format!("library/{}", self.path).into() } else { self.path.into() }
    }
}

/// As [`Image::parse`] was given it.
impl fmt::Display for Image<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text)
    }
}

/// A registry, or the repositories below a path of it: `quay.io`, `quay.io/org`, `docker.io/library/nginx`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(String);

impl Prefix {
    /// Reads a prefix. Unlike an image it begins with a registry, so that `org` is not taken for a host or an image.
    ///
    /// # Errors
    /// What is wrong with the text, to be put behind it: "`org` begins with no registry".
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (domain, path) = text.split_once('/').map_or((text, None), |(domain, path)| (domain, Some(path)));
        if !may_be_domain(domain) {
            return Err("begins with no registry");
        }
        if !is_domain(domain) {
            return Err("begins with a malformed registry");
        }
        let registry = normal_registry(domain);
        match path {
            None => Ok(Self(registry.into_owned())),
            Some(path) if path.contains([':', '@']) => Err("must have no tag and no digest"),
            Some(path) if is_path(path) => Ok(Self(format!("{registry}/{path}"))),
            Some(_) => Err("has a malformed path"),
        }
    }

    /// The prefix in normal form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The registry.
    pub fn registry(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// What a repository in normal form, or another prefix, has behind this prefix, if it is under it: nothing, or a text
    /// that begins with `/`. Components count as a whole: `quay.io/organisation` is not under `quay.io/org`.
    pub fn rest_of<'r>(&self, repository: &'r str) -> Option<&'r str> {
        repository.strip_prefix(self.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The beginning of a text up to its first placeholder, as `quay.io/org/` of `quay.io/org/$(NAME):1`; `None` if the text has
/// no placeholder.
pub fn literal_head(text: &str) -> Option<&str> {
    let start = |(at, _): &(usize, char)| placeholder(&text[*at..]).is_some();
    let may_start = |(_, letter): &(usize, char)| "${<%Erv".contains(*letter);
    let (at, _) = text.char_indices().filter(may_start).find(start)?;
    Some(&text[..at])
}

/// What is before the first such letter, and behind it if it is there.
fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, behind)| (before, Some(behind)))
}

/// The registry, if the first component is one, and the rest.
fn split_domain(text: &str) -> (Option<&str>, &str) {
    match text.split_once('/') {
        Some((domain, rest)) if may_be_domain(domain) => (Some(domain), rest),
        _ => (None, text),
    }
}

/// Whether a component in front of others is the registry.
fn may_be_domain(component: &str) -> bool {
    component == "localhost"
        || component.contains(['.', ':'])
        || component.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn normal_registry(domain: &str) -> Cow<'_, str> {
    if NAMES_OF_DOCKER_HUB.iter().any(|name| domain.eq_ignore_ascii_case(name)) {
        return DOCKER_HUB.into();
    }
    // Without a dot or a port it is a registry by its upper-case letters alone.
    let is_mixed = domain.contains(['.', ':']) && domain.bytes().any(|byte| byte.is_ascii_uppercase());
    if is_mixed { domain.to_ascii_lowercase().into() } else { domain.into() }
}

/// `host`, `host:port` or `[address]:port`.
fn is_domain(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(inner) => {
            let Some((address, behind)) = inner.split_once(']') else { return false };
            let is_address =
                !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
            return is_address && (behind.is_empty() || behind.strip_prefix(':').is_some_and(is_port));
        }
        None => split(text, ':'),
    };
    port.is_none_or(is_port) && host.split('.').all(is_domain_component)
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_domain_component(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_path(text: &str) -> bool {
    text.split('/').all(is_path_component)
}

/// Lower-case letters and digits, in groups joined by one of `.`, `_`, `__` or any number of `-`.
fn is_path_component(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends_well = |byte: Option<&u8>| byte.is_some_and(|byte| is_letter(*byte));
    let is_joint = |joint: &[u8]| joint.is_empty() || matches!(joint, b"." | b"_" | b"__") || is_all(joint, b'-');
    let bytes = text.as_bytes();
    ends_well(bytes.first()) && ends_well(bytes.last()) && bytes.split(|byte| is_letter(*byte)).all(is_joint)
}

fn is_all(bytes: &[u8], wanted: u8) -> bool {
    bytes.iter().all(|byte| *byte == wanted)
}

fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= LONGEST_TAG
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

fn is_digest(text: &str) -> bool {
    let Some((algorithm, hash)) = text.split_once(':') else { return false };
    let is_part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    algorithm.split(['-', '_', '+', '.']).all(is_part)
        && hash.len() >= SHORTEST_HASH
        && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_lower_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// References, their pieces and their repositories. `F*64` and the like are long texts.
    const VECTORS: &str = include_str!("../tests/image-references.tsv");

    /// A text of the vectors, with `X*N` written out.
    fn written_out(text: &str) -> String {
        let Some(at) = text.find('*') else { return text.to_owned() };
        let count = text[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let number = text[at + 1..at + 1 + count].parse().expect("a number is behind the sign");
        let repeated = text[at - 1..at].repeat(number);
        format!("{}{repeated}{}", &text[..at - 1], written_out(&text[at + 1 + count..]))
    }

    #[test]
    fn references_are_read_by_the_grammar() {
        for [text, domain, path, tag, digest, repository] in krm::table::rows::<6>(VECTORS) {
            let text = written_out(text);
            let given = |piece: &str| (piece != "-").then(|| written_out(piece));
            let expected = (given(domain), written_out(path), given(tag), given(digest), written_out(repository));
            let found = match Image::parse(&text) {
                Ok(image) => {
                    assert_eq!(format!("{}{}", image.name(), image.version()), text);
                    let owned = |piece: Option<&str>| piece.map(str::to_owned);
                    let pieces = (owned(image.domain), image.path.to_owned(), owned(image.tag), owned(image.digest));
                    (pieces.0, pieces.1, pieces.2, pieces.3, image.repository())
                }
                Err(error) => (None, format!("{error:?}"), None, None, "-".to_owned()),
            };
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_normal_form_is_its_own() {
        for [text, .., repository] in krm::table::rows::<6>(VECTORS).filter(|row| row[5] != "-") {
            let repository = written_out(repository);
            assert_eq!(Image::parse(&repository).map(|image| image.repository()), Ok(repository.clone()), "{text}");
        }
    }

    #[test]
    fn prefixes_are_registries_and_whole_components() {
        for (text, expected) in [
            ("quay.io", Ok("quay.io")),
            ("Quay.IO/org", Ok("quay.io/org")),
            ("index.docker.io", Ok("docker.io")),
            ("registry:5000/a", Ok("registry:5000/a")),
            ("[2001:db8::1]:5000", Ok("[2001:db8::1]:5000")),
            ("localhost", Ok("localhost")),
            ("org", Err("begins with no registry")),
            ("", Err("begins with no registry")),
            ("org/web", Err("begins with no registry")),
            ("quay.io/org/", Err("has a malformed path")),
            ("quay.io/Org", Err("has a malformed path")),
            ("quay.io/org:1", Err("must have no tag and no digest")),
            ("https://quay.io", Err("begins with a malformed registry")),
            ("*.quay.io", Err("begins with a malformed registry")),
        ] {
            assert_eq!(Prefix::parse(text).as_ref().map(Prefix::as_str).map_err(|reason| *reason), expected, "{text}");
        }
    }

    #[test]
    fn only_whole_components_are_under_a_prefix() {
        let prefix = Prefix::parse("quay.io/org").expect("it is one");
        assert_eq!(prefix.registry(), "quay.io");
        for (repository, rest) in [
            ("quay.io/org", Some("")),
            ("quay.io/org/web", Some("/web")),
            ("quay.io/organisation/web", None),
            ("quay.io/org-2/web", None),
            ("quay.io", None),
            ("quay.io:443/org/web", None),
            ("docker.io/quay.io/org", None),
        ] {
            assert_eq!(prefix.rest_of(repository), rest, "{repository}");
        }
    }

    #[test]
    fn the_head_of_a_text_ends_at_its_first_placeholder() {
        for (text, head) in [
            ("quay.io/org/$(NAME):1", Some("quay.io/org/")),
            ("quay.io/org/web:${TAG}", Some("quay.io/org/web:")),
            ("{{ .image }}", Some("")),
            ("$IMAGE", Some("")),
            ("quay.io/org/web:1", None),
            ("quay.io/org/web$", None),
        ] {
            assert_eq!(literal_head(text), head, "{text}");
        }
    }
}
