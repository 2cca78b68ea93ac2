//! What becomes of references to images.

use std::collections::BTreeMap;

use krm::config::ConfigError;
use krm::field::FieldPath;
use manifests::images::{DOCKER_HUB, Image, Prefix, known_prefix, leading_name};

use crate::by_prefix::ByPrefix;
use crate::registries::Registries;

/// What becomes of the images of registries.
#[derive(Debug)]
pub(crate) struct Mapping {
    entries: Vec<Entry>,
    /// The entries by their sources.
    by_source: ByPrefix<EntryId>,
    /// The registries of the sources.
    pub(crate) registries: Registries,
}

/// An entry of `spec.registries`.
#[derive(Debug)]
struct Entry {
    /// As it is written.
    key: String,
    source: Prefix,
    /// As it is written.
    target: String,
    /// Whether it maps to itself.
    stays: bool,
}

/// An entry of a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EntryId(usize);

/// What becomes of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It is an image, or the beginning of one, and takes another text.
    Mapped {
        /// The new text.
        text: String,
        /// The entry that maps it.
        entry: EntryId,
    },
    /// It is one, and stays.
    Kept,
    /// It may be an image of Docker Hub, which is mapped, but names no registry.
    WithoutRegistry(EntryId),
    /// A placeholder or something that the text leaves open decides whether the entry maps it.
    Open(EntryId),
    /// It is an image, and nothing would be left of its name: the entry maps all of it to a registry.
    Nameless(EntryId),
    /// It is no image.
    Other,
}

impl Mapping {
    /// Reads `spec.registries`.
    ///
    /// # Errors
    /// Entries that are no registries or repositories, and entries that would map the outcome of another.
    pub(crate) fn new(registries: &BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let entries = registries.iter().map(|(key, target)| Entry::read(key, target)).collect::<Result<Vec<_>, _>>()?;
        let mut by_source = ByPrefix::default();
        for (index, entry) in entries.iter().enumerate() {
            if let Some(EntryId(first)) = by_source.insert(&entry.source, EntryId(index)) {
                return Err(entry.error(&format!("is the same as `{}`", entries[first].key)));
            }
        }
        let registries = Registries::of(entries.iter().map(|entry| &entry.source));
        let mapping = Self { entries, by_source, registries };
        mapping.entries.iter().try_for_each(|entry| mapping.check_target(entry))?;
        Ok(mapping)
    }

    /// Refuses a target that another run would map once more.
    fn check_target(&self, entry: &Entry) -> Result<(), ConfigError> {
        let Ok(target) = Prefix::parse(&entry.target) else { return Ok(()) };
        let above = self.longest(target.as_str()).map(|(id, _)| id).filter(|_| !entry.stays);
        let sources = self.entries.iter().filter(|other| !other.stays && !entry.stays);
        let below = sources.filter(|other| target.rest_of(other.source.as_str()).is_some_and(|rest| !rest.is_empty()));
        let moves = above.map(|id| self.entry(id)).filter(|above| !above.stays);
        match moves.into_iter().chain(below).next() {
            Some(other) => Err(entry.error(&format!(
                "maps to `{}`, which `{}` maps again; entries do not chain, so map to where the images are in the end",
                entry.target, other.key
            ))),
            None => Ok(()),
        }
    }

    /// Whether nothing is mapped.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All entries.
    pub(crate) fn ids(&self) -> impl Iterator<Item = EntryId> + use<> {
        (0..self.entries.len()).map(EntryId)
    }

    /// The source of an entry as it is written in the config.
    pub(crate) fn key(&self, id: EntryId) -> &str {
        &self.entry(id).key
    }

    /// The target of an entry as it is written in the config.
    pub(crate) fn target(&self, id: EntryId) -> &str {
        &self.entry(id).target
    }

    /// The paths of the sources, without their registries.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| Some(entry.source.as_str().split_once('/')?.1))
    }

    /// The registry of the source of an entry.
    pub(crate) fn registry_of(&self, id: EntryId) -> &str {
        self.entry(id).source.registry()
    }

    /// Whether an entry maps to itself.
    pub(crate) fn stays(&self, id: EntryId) -> bool {
        self.entry(id).stays
    }

    fn entry(&self, EntryId(index): EntryId) -> &Entry {
        &self.entries[index]
    }

    /// The entry that maps a repository in normal form, and what is behind its source.
    fn longest<'r>(&self, repository: &'r str) -> Option<(EntryId, &'r str)> {
        self.by_source.longest(repository).map(|(entry, rest)| (*entry, rest))
    }

    /// What becomes of all that a prefix may be continued to, if one entry decides.
    fn all_below(&self, prefix: &Prefix, behind: &str) -> Reading {
        let longest = self.longest(prefix.as_str());
        let is_moved = longest.is_some_and(|(entry, _)| !self.stays(entry));
        let decides = |entry: &Entry| {
            (is_moved || !entry.stays) && prefix.rest_of(entry.source.as_str()).is_some_and(|rest| !rest.is_empty())
        };
        match (longest, self.entries.iter().position(decides)) {
            (_, Some(entry)) => Reading::Open(EntryId(entry)),
            (Some((entry, rest)), None) => self.moved(entry, &format!("{rest}{behind}")),
            (None, None) => Reading::Kept,
        }
    }

    /// What becomes of a text that holds an image, with or without tag and digest. Where the field leaves no doubt that it
    /// is one, the image need not name its registry.
    pub(crate) fn image(&self, text: &str, is_sure: bool) -> Reading {
        match (leading_name(text), known_prefix(text)) {
            (Some(name), _) if name.domain.is_none() && !is_sure => match self.longest(&name.repository()) {
                Some((entry, _)) if !self.stays(entry) => Reading::WithoutRegistry(entry),
                _ => Reading::Kept,
            },
            (Some(name), _) => self.named(&name, &text[name.name().len()..]),
            (None, Some(known)) => self.beginning(known, &text[known.len()..]),
            (None, None) => Reading::Other,
        }
    }

    /// What becomes of an image whose whole name is known.
    fn named(&self, name: &Image<'_>, version: &str) -> Reading {
        match self.longest(&name.repository()) {
            Some((entry, "")) if !self.stays(entry) && !self.target(entry).contains('/') => Reading::Nameless(entry),
            Some((entry, rest)) => self.moved(entry, &format!("{rest}{version}")),
            None => Reading::Kept,
        }
    }

    fn moved(&self, entry: EntryId, rest: &str) -> Reading {
        match self.stays(entry) {
            true => Reading::Kept,
            false => Reading::Mapped { text: self.target(entry).to_owned() + rest, entry },
        }
    }

    /// What becomes of a text with a placeholder in its name. If all that it can mean is mapped by one entry, its beginning
    /// is rewritten.
    fn beginning(&self, known: &str, behind: &str) -> Reading {
        let Ok(prefix) = Prefix::parse(known) else { return Reading::Other };
        match self.all_below(&prefix, behind) {
            // Docker Hub adds a component to names without one.
            Reading::Mapped { entry, .. } if prefix.as_str() == DOCKER_HUB => Reading::Open(entry),
            reading => reading,
        }
    }

    /// What becomes of a registry, or a registry and the beginning of paths in it, whatever repositories are meant.
    pub(crate) fn registry(&self, text: &str) -> Reading {
        let known = text.strip_suffix('/').unwrap_or(text);
        let Ok(prefix) = Prefix::parse(known) else { return Reading::Other };
        self.all_below(&prefix, &text[known.len()..])
    }

    /// What becomes of a registry and a repository in two fields. Where all of the registry is mapped by one entry, its target
    /// takes the place of the registry, with its path: other fields may hold the same registry without a repository.
    pub(crate) fn split(&self, registry: &str, repository: &str) -> Option<Split> {
        let known = registry.trim_end_matches('/');
        let slash = &registry[known.len()..];
        let Reading::Mapped { text, entry } = self.image(&format!("{known}/{repository}"), true) else { return None };
        let of_registry = match self.registry(known) {
            Reading::Mapped { text, .. } => text,
            _ => text.split('/').next().unwrap_or_default().to_owned(),
        };
        let repository = text[of_registry.len()..].trim_start_matches('/').to_owned();
        Some(Split { registry: of_registry + slash, repository, entry })
    }

    /// The entry that maps an image in a text.
    pub(crate) fn mentioned(&self, image: &str) -> Option<EntryId> {
        let repository = match Image::parse(image) {
            Ok(image) if image.domain.is_some() => image.repository(),
            _ => Prefix::parse(image).ok()?.as_str().to_owned(),
        };
        self.longest(&repository).map(|(entry, _)| entry).filter(|entry| !self.stays(*entry))
    }

    /// The entry that may map a repository whose registry is not known.
    pub(crate) fn with_any_registry(&self, repository: &str) -> Option<EntryId> {
        let may_be = |entry: &Entry| match entry.source.as_str().split_once('/') {
            Some((_, path)) => Prefix::parse(&format!("any.registry/{path}"))
                .is_ok_and(|prefix| prefix.rest_of(&format!("any.registry/{repository}")).is_some()),
            None => entry.source.as_str() == DOCKER_HUB,
        };
        self.entries.iter().position(|entry| !entry.stays && may_be(entry)).map(EntryId)
    }

    /// The entries that map images which may begin as a text does, as those of `quay.io/org` for `quay.io/or` and
    /// `quay.io/org/web`.
    pub(crate) fn of_pattern(&self, beginning: &str) -> impl Iterator<Item = EntryId> {
        let (registry, path) = beginning.split_once('/').unwrap_or((beginning, ""));
        let registry = Prefix::parse(registry).map(|prefix| prefix.to_string()).unwrap_or_default();
        let beginning = if path.is_empty() { registry } else { format!("{registry}/{path}") };
        let may_be_of = move |entry: &Entry| {
            !entry.stays
                && (entry.source.as_str().starts_with(&beginning) || entry.source.rest_of(&beginning).is_some())
        };
        self.ids().filter(move |id| may_be_of(self.entry(*id)))
    }
}

/// What becomes of a registry and a repository in two fields.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Split {
    pub(crate) registry: String,
    pub(crate) repository: String,
    pub(crate) entry: EntryId,
}

impl Entry {
    fn read(key: &str, target: &str) -> Result<Self, ConfigError> {
        let option = || FieldPath::from("spec.registries").key(key);
        let error = |reason: &str, text: &str| ConfigError::new(option(), advice(reason, text));
        let source = Prefix::parse(key).map_err(|reason| error(reason, key))?;
        let stays = Prefix::parse(target).map_err(|reason| error(reason, target))? == source;
        Ok(Self { key: key.to_owned(), source, target: target.to_owned(), stays })
    }

    fn error(&self, message: &str) -> ConfigError {
        ConfigError::new(FieldPath::from("spec.registries").key(&self.key), message)
    }
}

/// What is wrong with the text of a registry, and what may be meant.
pub(crate) fn advice(reason: &str, text: &str) -> String {
    let end = ["/*", "/"].into_iter().find(|end| text.ends_with(end));
    match (reason, end) {
        _ if text.is_empty() => "must not be empty".to_owned(),
        _ if text.contains("://") => format!("`{text}` must have no scheme"),
        (_, Some(end)) => format!("`{text}` {reason}; leave out `{end}` at its end"),
        ("begins with no registry", _) => {
            format!("`{text}` {reason}; `{DOCKER_HUB}/{text}` is the one on Docker Hub")
        }
        _ => format!("`{text}` {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(entries: &[(&str, &str)]) -> Result<Mapping, String> {
        let entries = entries.iter().map(|(key, target)| ((*key).to_owned(), (*target).to_owned())).collect();
        Mapping::new(&entries).map_err(|error| error.to_string())
    }

    fn image(entries: &[(&str, &str)], text: &str) -> String {
        let mapping = mapping(entries).expect("the entries are valid");
        match mapping.image(text, true) {
            Reading::Mapped { text, .. } => text,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_longest_entry_is_applied_to_whole_components() {
        let entries = [
            ("quay.io/org", "ghcr.io/org"),
            ("quay.io", "mirror.example.com/quay"),
            ("quay.io/org/web", "ghcr.io/web"),
        ];
        for (text, expected) in [
            ("quay.io/org/web:1", "ghcr.io/web:1"),
            ("quay.io/org/webapp:1", "ghcr.io/org/webapp:1"),
            ("quay.io/organisation/web", "mirror.example.com/quay/organisation/web"),
            ("QUAY.IO/org/db", "ghcr.io/org/db"),
            ("quay.io/other:${TAG}", "mirror.example.com/quay/other:${TAG}"),
            ("quay.io/other/$(NAME)", "mirror.example.com/quay/other/$(NAME)"),
            ("quay.io/org/${NAME}:1", "Open(EntryId(2))"),
            ("quay.io/${ORG}/web", "Open(EntryId(1))"),
            ("quay.example.com/org/web", "Kept"),
            ("nginx", "Kept"),
            ("$(IMAGE)", "Other"),
            ("not an image", "Other"),
        ] {
            assert_eq!(image(&entries, text), expected, "{text}");
        }
    }

    #[test]
    fn images_without_a_registry_are_of_docker_hub() {
        let entries = [("docker.io", "hub.example.com"), ("docker.io/library/redis", "docker.io/library/redis")];
        for (text, expected) in [
            ("nginx:1", "hub.example.com/library/nginx:1"),
            ("docker.io/nginx", "hub.example.com/library/nginx"),
            ("index.docker.io/org/web", "hub.example.com/org/web"),
            (
                "org/web@sha256:00000000000000000000000000000000",
                "hub.example.com/org/web@sha256:00000000000000000000000000000000",
            ),
            ("redis:7", "Kept"),
            ("docker.io/${NAME}", "Open(EntryId(1))"),
            ("docker.io/org/${NAME}", "hub.example.com/org/${NAME}"),
        ] {
            assert_eq!(image(&entries, text), expected, "{text}");
        }
        let mapping = mapping(&entries).expect("the entries are valid");
        assert_eq!(mapping.image("nginx:1", false), Reading::WithoutRegistry(EntryId(0)));
    }

    #[test]
    fn an_image_keeps_a_name() {
        let entries = [("quay.io/org", "ghcr.io"), ("quay.io/org/web", "ghcr.io/shop")];
        for (text, expected) in [
            ("quay.io/org/api:1", "ghcr.io/api:1"),
            ("quay.io/org/web:1", "ghcr.io/shop:1"),
            ("quay.io/org:1", "Nameless(EntryId(0))"),
        ] {
            assert_eq!(image(&entries, text), expected, "{text}");
        }
    }

    #[test]
    fn entries_that_would_chain_are_refused() {
        for entries in [
            &[("quay.io", "ghcr.io/org"), ("ghcr.io", "registry.example.com")][..],
            &[("quay.io", "ghcr.io"), ("ghcr.io/org", "registry.example.com")],
            &[("quay.io", "quay.io/mirror")],
            &[("quay.io", "docker.io/org"), ("docker.io", "ghcr.io")],
        ] {
            assert!(mapping(entries).is_err_and(|error| error.contains("maps again")), "{entries:?}");
        }
        assert!(
            mapping(&[("quay.io", "ghcr.io"), ("quay.io/org", "quay.io/org"), ("ghcr.io/org", "ghcr.io/org")]).is_ok()
        );
        assert!(mapping(&[("quay.io/a", "quay.io/b")]).is_ok());
    }

    #[test]
    fn registries_and_repositories_of_two_fields_go_together() {
        let entries =
            [("quay.io/org", "ghcr.io/new"), ("docker.io", "hub.example.com"), ("gcr.io", "mirror.example.com/gcr")];
        let mapping = mapping(&entries).expect("the entries are valid");
        let split = |registry: &str, repository: &str| {
            mapping.split(registry, repository).map(|split| format!("{} {}", split.registry, split.repository))
        };
        for (registry, repository, expected) in [
            ("quay.io", "org/web", Some("ghcr.io new/web")),
            ("quay.io/org", "web", Some("ghcr.io/new web")),
            ("quay.io/", "org/web", Some("ghcr.io/ new/web")),
            ("docker.io", "nginx", Some("hub.example.com library/nginx")),
            ("gcr.io", "org/web", Some("mirror.example.com/gcr org/web")),
            ("gcr.io", "${NAME}", Some("mirror.example.com/gcr ${NAME}")),
            ("quay.io", "other/web", None),
        ] {
            assert_eq!(split(registry, repository).as_deref(), expected, "{registry} {repository}");
        }
        assert!(
            matches!(mapping.registry("gcr.io/"), Reading::Mapped { text, .. } if text == "mirror.example.com/gcr/")
        );
        assert!(matches!(mapping.registry("quay.io"), Reading::Open(_)));
    }
}
