//! Turns texts of other sorts into changes and findings: YAML inside of fields, URLs, policies and prose.

use krm::field::{FieldPath, Pointer};
use krm::finding::Finding;
use krm::rule::CommonRule;
use krm::yaml::{Splice, Tree, edit, splice};
use manifests::fields::is_object;
use serde_json::Value;

use crate::document::Change;
use crate::mapping::{EntryId, Reading};
use crate::place::Shape;
use crate::rewrite::Review;
use crate::rule::Rule;
use crate::signs::is_name;

/// How deep texts in texts are read.
const DEPTH: usize = 4;

/// Schemes of URLs of artefacts in registries.
const SCHEMES: [&str; 3] = ["docker", "docker-image", "oci"];

impl Review<'_, '_, '_> {
    /// YAML in a text: rewritten like any other, and spliced so that the rest of the text stays.
    pub(crate) fn embedded(&mut self, pointer: &Pointer, text: &str, shape: Shape) {
        let tree = Tree::parse(text.to_owned()).ok().filter(|_| self.document.depth < DEPTH);
        let Some(tree) = tree.filter(is_structure) else {
            return if shape == Shape::Images { self.items(pointer, text, false) } else { self.text(pointer, text) };
        };
        let splices = self.splices(&tree, shape, pointer);
        if !splices.is_empty() {
            self.changes.push(Change { pointer: pointer.to_buf(), text: splice(text, splices) });
        }
    }

    /// What to change in a text.
    fn splices(&mut self, tree: &Tree, shape: Shape, pointer: &Pointer) -> Vec<Splice> {
        let mut splices = Vec::new();
        for root in tree.documents().iter().map(|document| document.root) {
            let value = tree.value(root);
            let shape = if value.as_object().is_some_and(is_object) { Shape::Object } else { shape };
            let document = self.document.text(&value, pointer, shape);
            let changes = self.rewriter.changes(&document, self.told);
            let mut changed = value.clone();
            changes.into_iter().for_each(|change| change.apply(&mut changed));
            match edit::edit(tree, root, &changed) {
                Ok(edit) => splices.extend(edit.splices),
                Err(error) => {
                    let message = format!("cannot be changed here: {}", error.reason);
                    let path = document.path(Pointer::root()).join(FieldPath::of_pointer(&error.pointer));
                    let finding = Finding::new(CommonRule::UnchangeableText, message);
                    self.told.push(finding.on(document.object.clone()).at(path));
                }
            }
        }
        splices
    }

    /// A text whose field is not known to hold an image.
    pub(crate) fn unclear_or_text(&mut self, pointer: &Pointer, text: &str) {
        let image = text.split_once('=').filter(|(name, _)| is_name(name)).map_or(text, |(_, image)| image);
        match self.mapping().image(image, false) {
            Reading::Mapped { entry, .. } | Reading::Open(entry) | Reading::Nameless(entry) => {
                self.unclear(pointer, image, entry, "an image");
            }
            Reading::Kept | Reading::WithoutRegistry(_) => {}
            Reading::Other => self.text(pointer, text),
        }
    }

    /// A text of any sort that holds images.
    pub(crate) fn text(&mut self, pointer: &Pointer, text: &str) {
        match text.split_once("://") {
            Some((scheme, _)) if SCHEMES.contains(&scheme) && !text.contains(char::is_whitespace) => {
                self.url(pointer, text);
            }
            _ => self.images_in(pointer, text),
        }
    }

    /// Images in a text.
    pub(crate) fn images_in(&mut self, pointer: &Pointer, text: &str) {
        let mapping = self.rewriter.mapping;
        let images = mapping.registries.images_in(text).into_iter();
        let mut found = images.filter_map(|image| Some((image, mapping.mentioned(image)?)));
        let Some((image, entry)) = found.next() else { return };
        self.rewriter.usage.record(entry);
        let others = found.inspect(|(_, entry)| self.rewriter.usage.record(*entry)).count();
        let others = if others == 0 { String::new() } else { format!(" and {others} more") };
        let message = format!(
            "text that is not rewritten holds `{image}`{others}, and `spec.registries` maps `{}`; change it by hand if it must \
             follow",
            mapping.key(entry)
        );
        self.report(Rule::ImageNamedInText, message, pointer);
    }

    /// A URL of an artefact, with or without its scheme.
    pub(crate) fn url(&mut self, pointer: &Pointer, text: &str) {
        let is_scheme = |scheme: &str| SCHEMES.contains(&scheme);
        let (scheme, name) = match text.split_once("://") {
            Some((scheme, name)) if is_scheme(scheme) => (&text[..text.len() - name.len()], name),
            Some(_) => return self.images_in(pointer, text),
            None => ("", text),
        };
        match self.url_target(name) {
            Reading::Mapped { text: new, entry } if self.rewriter.rewrites_urls => {
                self.digest(pointer, name, entry);
                self.write(pointer, format!("{scheme}{new}"), entry);
            }
            Reading::Mapped { entry, .. } => self.url_stays(pointer, text, entry),
            Reading::Open(entry) => self.open(pointer, text, entry),
            Reading::Kept | Reading::WithoutRegistry(_) | Reading::Nameless(_) => {}
            Reading::Other => self.images_in(pointer, text),
        }
    }

    fn url_stays(&mut self, pointer: &Pointer, text: &str, entry: EntryId) {
        self.rewriter.usage.record(entry);
        let message = format!(
            "`{text}` is the URL of an artefact, and `spec.registries` maps `{}`; URLs stay, so copy the artefact and set \
             `rewriteURLs: true`, or name the field in `spec.ignoredFields`",
            self.mapping().key(entry)
        );
        self.report(Rule::UrlOfMappedRegistry, message, pointer);
    }

    /// What becomes of what is behind the scheme of a URL: an artefact, or a registry.
    fn url_target(&self, name: &str) -> Reading {
        match self.mapping().image(name, false) {
            Reading::Kept | Reading::WithoutRegistry(_) | Reading::Nameless(_) => self.mapping().registry(name),
            reading => reading,
        }
    }

    /// A text of a policy that names a mapped registry.
    pub(crate) fn policy(&mut self, pointer: &Pointer, text: &str) {
        let mapping = self.rewriter.mapping;
        for pattern in mapping.registries.patterns_in(text) {
            for entry in mapping.of_pattern(pattern) {
                self.rewriter.usage.record(entry);
                self.policy.get_or_insert_with(|| (pointer.to_buf(), pattern.to_owned(), entry));
            }
        }
    }

    pub(crate) fn report_policy(&mut self) {
        let Some((pointer, pattern, entry)) = self.policy.take() else { return };
        let message = format!(
            "a policy names `{pattern}`, and `spec.registries` moves images of `{}` to `{}`; policies stay, so it may refuse \
             these images or no longer check them; add the new registry by hand",
            self.mapping().key(entry),
            self.mapping().target(entry)
        );
        self.report(Rule::PolicyNamesRegistry, message, &pointer);
    }
}

/// Whether a text is YAML with more than one value.
fn is_structure(tree: &Tree) -> bool {
    let is_one = |value: Value| value.is_object() || value.is_array();
    tree.documents().iter().any(|document| is_one(tree.value(document.root)))
}
