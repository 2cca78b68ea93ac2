//! Turns places into changes and findings: images themselves. Parts of images and texts of other sorts are in `rewrite_parts.rs`
//! and `rewrite_texts.rs`.

use krm::field::{Pointer, PointerBuf};
use krm::finding::Finding;
use krm::rule::CommonRule;
use krm::yaml::{Splice, splice};
use manifests::image_keys::letters_of;
use manifests::images::{DOCKER_HUB, leading_name};
use serde_json::Value;

use crate::document::{Change, Document};
use crate::lists::{Item, items};
use crate::mapping::{EntryId, Mapping, Reading};
use crate::place::{Meaning, Shape};
use crate::report::Usage;
use crate::rule::Rule;
use crate::search::Search;
use crate::told::Told;

/// The letters of keys for digests.
const DIGESTS: [&str; 4] = ["digest", "imagedigest", "sha", "sha256"];

/// Decides what becomes of the images of a build, and remembers what it found.
pub(crate) struct Rewriter<'r> {
    pub(crate) mapping: &'r Mapping,
    pub(crate) search: Search<'r>,
    /// Whether URLs are rewritten.
    pub(crate) rewrites_urls: bool,
    pub(crate) usage: Usage,
}

impl Rewriter<'_> {
    /// What to write into a document.
    pub(crate) fn changes(&mut self, document: &Document<'_>, told: &mut Told) -> Vec<Change> {
        let places = self.search.places(document.value, document.shape);
        let mut review = Review { rewriter: self, document, told, changes: Vec::new(), policy: None };
        for place in places {
            review.place(&place.pointer, place.meaning);
        }
        review.report_policy();
        review.changes
    }
}

/// A document with what changes in it and what there is to say of it.
pub(crate) struct Review<'v, 'r, 'd> {
    pub(crate) rewriter: &'v mut Rewriter<'r>,
    pub(crate) document: &'v Document<'d>,
    pub(crate) told: &'v mut Told,
    pub(crate) changes: Vec<Change>,
    /// Where a policy first names a mapped registry, the name, and the entry.
    pub(crate) policy: Option<(PointerBuf, String, EntryId)>,
}

impl Review<'_, '_, '_> {
    fn place(&mut self, pointer: &Pointer, meaning: Meaning) {
        if let Some(key) = pointer.last().filter(|_| meaning == Meaning::Key) {
            return self.images_in(pointer, &key.decoded());
        }
        let Some(text) = self.document.text_at(pointer) else {
            return self.malformed(pointer, &meaning);
        };
        match meaning {
            Meaning::Image { is_sure } => self.image(pointer, text, is_sure),
            Meaning::Repository => self.repository(pointer, text),
            Meaning::Images { is_sure } => self.items(pointer, text, is_sure),
            Meaning::Pair => self.pair(pointer, text, false),
            Meaning::Registry => self.registry(pointer, text),
            Meaning::LooseRegistry => self.loose_registry(pointer, text),
            Meaning::Split { repository: None } => self.registry(pointer, text),
            Meaning::Split { repository: Some(repository) } => self.split(pointer, text, &repository),
            Meaning::Url => self.url(pointer, text),
            Meaning::Override => self.overriding(pointer, text),
            Meaning::OverriddenName => self.overridden_name(pointer, text),
            Meaning::Embedded(shape) => self.embedded(pointer, text, shape),
            Meaning::Policy => self.policy(pointer, text),
            Meaning::Prose | Meaning::Key => self.unclear_or_text(pointer, text),
        }
    }

    /// Says something of a field.
    pub(crate) fn report(&mut self, rule: Rule, message: String, pointer: &Pointer) {
        let Document { object, accepts, .. } = self.document;
        let say = if *accepts { Told::say_apart } else { Told::say };
        say(self.told, rule, message, object, self.document.path(pointer));
    }

    /// What becomes of images.
    pub(crate) fn mapping(&self) -> &Mapping {
        self.rewriter.mapping
    }

    /// Writes a text.
    pub(crate) fn write(&mut self, pointer: &Pointer, text: String, entry: EntryId) {
        self.rewriter.usage.record(entry);
        self.changes.push(Change { pointer: pointer.to_buf(), text });
    }

    /// Notes that an image keeps its digest.
    pub(crate) fn digest(&mut self, pointer: &Pointer, image: &str, entry: EntryId) {
        if image.contains('@') || self.has_digest_beside(pointer) {
            let path = self.document.path(pointer);
            self.rewriter.usage.record_digest(entry, self.document, path, image);
        }
    }

    /// Whether a field beside the one of an image holds its digest.
    fn has_digest_beside(&self, pointer: &Pointer) -> bool {
        let parent = pointer.parent().and_then(|parent| self.document.value.pointer(parent.as_str()));
        let fields = parent.and_then(Value::as_object).into_iter().flatten();
        let is_digest = |(key, value): (&String, &Value)| {
            DIGESTS.contains(&letters_of(key).as_str()) && value.as_str().is_some_and(|text| !text.is_empty())
        };
        fields.into_iter().any(is_digest)
    }

    /// A field that the tables know, with something else in it than a text.
    fn malformed(&mut self, pointer: &Pointer, meaning: &Meaning) {
        let value = self.document.value.pointer(pointer.as_str()).filter(|value| !value.is_null());
        // A file in another form concerns this function only if it holds images.
        let is_file = matches!(meaning, Meaning::Embedded(_));
        let registries = &self.mapping().registries;
        if value.is_some_and(|value| !is_file || registries.may_be_in(&value.to_string())) {
            let message = "is not a text, so no image in it is rewritten; correct it";
            let finding = Finding::new(CommonRule::MalformedField, message);
            self.told.push(finding.on(self.document.object.clone()).at(self.document.path(pointer)));
        }
    }

    /// A text that holds an image.
    pub(crate) fn image(&mut self, pointer: &Pointer, text: &str, is_sure: bool) {
        match self.mapping().image(text, is_sure) {
            Reading::Mapped { text: new, entry } => {
                self.digest(pointer, text, entry);
                self.write(pointer, new, entry);
            }
            Reading::Kept => {}
            Reading::WithoutRegistry(entry) => self.without_registry(pointer, text, entry),
            Reading::Open(entry) => self.open(pointer, text, entry),
            Reading::Nameless(entry) if is_sure => self.nameless(pointer, text, entry),
            Reading::Nameless(entry) => self.unclear(pointer, text, entry, "an image"),
            Reading::Other => self.text(pointer, text),
        }
    }

    /// An image of which an entry leaves nothing but a registry.
    pub(crate) fn nameless(&mut self, pointer: &Pointer, text: &str, entry: EntryId) {
        self.rewriter.usage.record(entry);
        let (key, target) = (self.mapping().key(entry), self.mapping().target(entry));
        let message = format!(
            "`{text}` would lose its name, since `spec.registries` maps `{key}` to the registry `{target}`; map `{key}` to a \
             repository"
        );
        self.report(Rule::ImageLosesName, message, pointer);
    }

    /// A text that may be an image of Docker Hub.
    fn without_registry(&mut self, pointer: &Pointer, text: &str, entry: EntryId) {
        // In files such a text may be anything.
        let is_file = matches!(self.document.shape, Shape::File | Shape::Images);
        if is_file || !text.bytes().any(|byte| byte.is_ascii_alphabetic()) || matches!(text, "true" | "false") {
            return;
        }
        self.rewriter.usage.record(entry);
        let message = format!(
            "`{text}` may be an image of `{DOCKER_HUB}`, but the field is not known to hold one, so it stays; {}",
            self.remedy_of_unclear()
        );
        self.report(Rule::UnclearImageField, message, pointer);
    }

    /// An image with a placeholder that decides.
    pub(crate) fn open(&mut self, pointer: &Pointer, text: &str, entry: EntryId) {
        self.rewriter.usage.record(entry);
        let message = format!(
            "a variable decides whether `{text}` is of `{}`, which `spec.registries` maps, so it stays; write the name of the \
             image out, or name the field in `spec.ignoredFields` and change the variable where it is set",
            self.mapping().key(entry)
        );
        self.report(Rule::ImageIsVariable, message, pointer);
    }

    /// Several images.
    pub(crate) fn items(&mut self, pointer: &Pointer, text: &str, is_sure: bool) {
        let mut splices = Vec::new();
        let mut entries = Vec::new();
        for Item { range, is_whole } in items(text) {
            match self.mapping().image(&text[range.clone()], is_sure && is_whole) {
                Reading::Mapped { text: new, entry } => {
                    self.digest(pointer, &text[range.clone()], entry);
                    splices.push(Splice::new(range, new));
                    entries.push(entry);
                }
                Reading::Open(entry) => self.open(pointer, &text[range], entry),
                Reading::Nameless(entry) => self.nameless(pointer, &text[range], entry),
                Reading::WithoutRegistry(entry) => self.without_registry(pointer, &text[range], entry),
                Reading::Kept => {}
                Reading::Other => self.text(pointer, &text[range]),
            }
        }
        if let Some(entry) = entries.first().copied() {
            entries.into_iter().for_each(|entry| self.rewriter.usage.record(entry));
            self.write(pointer, splice(text, splices), entry);
        }
    }

    /// An argument `--image=...`.
    fn pair(&mut self, pointer: &Pointer, text: &str, is_sure: bool) {
        let Some((flag, image)) = text.split_once('=') else { return };
        match self.mapping().image(image, is_sure) {
            Reading::Mapped { text: new, entry } => {
                self.digest(pointer, image, entry);
                self.write(pointer, format!("{flag}={new}"), entry);
            }
            Reading::Other => self.items(pointer, text, is_sure),
            _ => self.image(pointer, image, is_sure),
        }
    }

    /// An image that kustomize writes into another build, where the name that it has there stays.
    fn overriding(&mut self, pointer: &Pointer, text: &str) {
        if text.contains('=') {
            return self.pair(pointer, text, true);
        }
        match (self.mapping().image(text, true), leading_name(text)) {
            (Reading::Mapped { text: new, entry }, Some(name)) => {
                self.digest(pointer, text, entry);
                self.write(pointer, format!("{}={new}", name.name()), entry);
            }
            // The name that stays is not known.
            (Reading::Mapped { entry, .. }, None) => self.open(pointer, text, entry),
            _ => self.image(pointer, text, true),
        }
    }

    /// The name of an image in another build. Unless another field gives it a new name, it gets one.
    fn overridden_name(&mut self, pointer: &Pointer, text: &str) {
        let Some(new_name) = pointer.parent().map(|parent| parent.with_trailing_token("newName")) else { return };
        let is_there = self.document.value.pointer(new_name.as_str()).is_some_and(|name| !name.is_null());
        match self.mapping().image(text, true) {
            _ if is_there => {}
            Reading::Mapped { text, entry } => self.write(&new_name, text, entry),
            _ => self.image(pointer, text, true),
        }
    }

    /// A text that may hold an image, or a part of one, in a field that is not known to.
    pub(crate) fn unclear(&mut self, pointer: &Pointer, text: &str, entry: EntryId, what: &str) {
        self.rewriter.usage.record(entry);
        let key = self.mapping().key(entry);
        let message = format!(
            "`{text}` may be {what}, and `spec.registries` maps `{key}`, but the field is not known to hold one, so it stays; {}",
            self.remedy_of_unclear()
        );
        self.report(Rule::UnclearImageField, message, pointer);
    }

    /// What to do about a field that may hold an image. Options cannot name a field inside a text.
    fn remedy_of_unclear(&self) -> &'static str {
        match self.document.depth {
            0 => "name the field in `spec.fields` to rewrite it, or in `spec.ignoredFields`",
            _ => "change it by hand if it must follow",
        }
    }
}
