//! Turns parts of images, which other fields or a chart complete, into changes and findings.

use krm::field::Pointer;
use manifests::images::leading_name;

use crate::mapping::{EntryId, Reading};
use crate::rewrite::Review;
use crate::rule::Rule;

impl Review<'_, '_, '_> {
    /// A repository without a registry beside it.
    pub(crate) fn repository(&mut self, pointer: &Pointer, text: &str) {
        match leading_name(text) {
            Some(name) if name.domain.is_none() => self.with_any_registry(pointer, text),
            _ => self.image(pointer, text, false),
        }
    }

    /// A repository to which a chart or an operator adds the registry.
    fn with_any_registry(&mut self, pointer: &Pointer, text: &str) {
        let Some(entry) = self.mapping().with_any_registry(text) else { return };
        self.rewriter.usage.record(entry);
        let message = format!(
            "the chart or operator adds the registry of `{text}`, which may be `{}`, and `spec.registries` maps that; set the \
             registry beside the repository",
            self.mapping().registry_of(entry)
        );
        self.report(Rule::RegistrySetElsewhere, message, pointer);
    }

    /// A registry whose repositories are not known.
    pub(crate) fn registry(&mut self, pointer: &Pointer, text: &str) {
        match self.mapping().registry(text) {
            Reading::Mapped { text, entry } => self.write(pointer, text, entry),
            Reading::Open(entry) => self.partly_mapped(pointer, text, entry),
            Reading::Kept | Reading::WithoutRegistry(_) | Reading::Nameless(_) => {}
            Reading::Other => self.text(pointer, text),
        }
    }

    fn partly_mapped(&mut self, pointer: &Pointer, text: &str, entry: EntryId) {
        self.rewriter.usage.record(entry);
        let message = format!(
            "`{text}` is the registry of images that are not named here, and `spec.registries` maps only a part of it, \
             `{}`, so it stays; map `{text}` as a whole, or set the repository beside the registry",
            self.mapping().key(entry)
        );
        self.report(Rule::RegistryPartlyMapped, message, pointer);
    }

    /// A registry in a field that is called like one for registries.
    pub(crate) fn loose_registry(&mut self, pointer: &Pointer, text: &str) {
        match self.mapping().registry(text) {
            Reading::Mapped { entry, .. } | Reading::Open(entry) => {
                self.unclear(pointer, text, entry, "the registry of images");
            }
            _ => self.unclear_or_text(pointer, text),
        }
    }

    /// A registry and a repository that belong together.
    pub(crate) fn split(&mut self, pointer: &Pointer, registry: &str, repository: &Pointer) {
        let Some(path) = self.document.text_at(repository) else { return };
        let together = format!("{}/{path}", registry.trim_end_matches('/'));
        if self.mapping().registry(registry) == Reading::Other {
            self.unclear_or_text(pointer, registry);
            return self.unclear_or_text(repository, path);
        }
        match self.mapping().image(&together, true) {
            Reading::Mapped { .. } => self.moved(pointer, registry, repository, path),
            Reading::Open(entry) => self.open(repository, &together, entry),
            Reading::Nameless(entry) => self.nameless(repository, &together, entry),
            Reading::Kept | Reading::WithoutRegistry(_) => self.unclear_or_text(repository, path),
            Reading::Other => {
                self.registry(pointer, registry);
                self.unclear_or_text(repository, path);
            }
        }
    }

    /// A registry and a repository that are mapped together.
    fn moved(&mut self, pointer: &Pointer, registry: &str, repository: &Pointer, path: &str) {
        let Some(split) = self.mapping().split(registry, path) else { return };
        self.digest(repository, &format!("{}/{path}", registry.trim_end_matches('/')), split.entry);
        self.write_if_new(pointer, registry, split.registry, split.entry);
        self.write_if_new(repository, path, split.repository, split.entry);
    }

    fn write_if_new(&mut self, pointer: &Pointer, old: &str, new: String, entry: EntryId) {
        self.rewriter.usage.record(entry);
        if old != new {
            self.write(pointer, new, entry);
        }
    }
}
