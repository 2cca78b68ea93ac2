//! Turns matches into changes.

use krm::field::{FieldPath, Pointer};
use krm::finding::{Finding, Findings};
use krm::rule::CommonRule;
use krm::yaml::{Splice, Tree, edit, splice};
use manifests::fields::Field;
use manifests::names::is_dns_subdomain;
use serde_json::{Map, Value};

use crate::checks::{Demand, bound_volume, judge, raises};
use crate::claim::Claim;
use crate::classes::{Outcome, is_variable};
use crate::context::Context;
use crate::document::{Change, Document, Review};
use crate::field_table::{BETA_ANNOTATION, Certainty};
use crate::known_classes::is_foreign;
use crate::mentions;
use crate::names;
use crate::rule::Rule;
use crate::search::{ClassMatch, Match, Search, Shape};
use crate::usage::{self, Usage};
use crate::volumes;

/// Decides what becomes of the classes of a build, and remembers what the build uses.
pub(crate) struct Rewriter<'r> {
    pub(crate) context: Context<'r>,
    pub(crate) search: Search<'r>,
    pub(crate) usage: Usage,
}

impl Rewriter<'_> {
    /// What to write for these matches.
    pub(crate) fn changes(
        &mut self,
        document: &Document<'_>,
        matches: Vec<Match>,
        findings: &mut Findings,
    ) -> Vec<Change> {
        let mut review = Review::new(document, findings);
        for found in matches {
            self.review(found, &mut review);
        }
        review.into_changes()
    }

    fn review(&mut self, found: Match, review: &mut Review<'_, '_>) {
        match found {
            Match::Class(found) => self.class(&found, review),
            Match::Many { field, content } => names::rename(field, content, self.context.classes, review),
            Match::Text { field, shape } => self.text(field, shape, review),
            Match::Unclear { pointer, class } => self.unclear(&pointer, &class, review),
            Match::Mention { pointer, class } => self.mention(&pointer, &class, review),
            Match::NestedClass { pointer } => self.nested_class(&pointer, review),
            Match::PodVolume { pointer } => volumes::check_source(&pointer, self.context.classes.target(), review),
        }
    }

    /// A field for a class.
    fn class(&mut self, found: &ClassMatch, review: &mut Review<'_, '_>) {
        let ClassMatch { field, certainty, beside, is_volume } = found;
        let root = review.document.value;
        let Some(Value::Object(map)) = root.pointer(field.parent.as_str()) else { return };
        if field.key == BETA_ANNOTATION && is_of_claim(root, &field.parent) {
            // It is read together with the class of the claim.
            return;
        }
        let own = match map.get(&field.key) {
            Some(Value::String(name)) => Some((field.clone(), name.as_str())),
            Some(Value::Null) | None => None,
            Some(_) => return unreadable(field, "is not the name of a class", review),
        };
        let annotation = annotation_of(root, field);
        let effective = annotation.as_ref().or(own.as_ref()).map(|(_, name)| *name);
        let claim = Claim::read(root, field, *beside);
        let is_static = |name: &str| name.is_empty() || (name == "-" && *certainty == Certainty::ByName);
        if effective.is_some_and(is_static) {
            return bound_volume(&claim, self.context, review);
        }
        let is_old = effective.is_some_and(|class| self.context.classes.is_source(class));
        let demand = Demand { claim: &claim, field, class: effective, is_old, is_checked: !is_volume && !claim.is_off };
        let Some(effective) = effective else {
            if !is_volume && *certainty == Certainty::Sure && lacks_class(root, map, demand) {
                self.absent(demand, review);
            }
            return;
        };
        let is_known = self.knows(field, effective, *certainty, review);
        let served = is_known.then(|| self.serve(demand, effective, review));
        for (field, name) in own.into_iter().chain(annotation) {
            let written = match &served {
                Some(served) if name == effective => served.as_str(),
                _ => self.context.classes.written(name),
            };
            if written != name {
                review.write(field, written);
            }
        }
    }

    /// Whether anything is known of the class; if not, that is reported.
    fn knows(&mut self, field: &Field, class: &str, certainty: Certainty, review: &mut Review<'_, '_>) -> bool {
        if self.context.classes.outcome(class) != Outcome::Unknown {
            return true;
        }
        self.usage.record_variables(class);
        // What cannot be the name of a class is none, where only the name of the field speaks for one.
        let may_be_class = certainty == Certainty::Sure || is_dns_subdomain(class) || is_variable(class);
        if let Some(finding) = self.context.classes.unknown_finding(class, certainty).filter(|_| may_be_class) {
            review.report_current(finding, &field.pointer(), class);
        }
        false
    }

    /// The name to write for the class of a claim, after judging what its target makes of the claim.
    fn serve(&mut self, demand: Demand<'_>, class: &str, review: &mut Review<'_, '_>) -> String {
        let target = match self.context.classes.outcome(class) {
            Outcome::Mapped(target) => target,
            _ => class,
        };
        let other = if demand.is_checked { judge(&demand, target, self.context, review) } else { None };
        let served = other.unwrap_or_else(|| target.to_owned());
        self.count(demand, class, &served, review);
        if served == target { self.context.classes.written(class).to_owned() } else { served }
    }

    /// Remembers what a claim asks for.
    fn count(&mut self, demand: Demand<'_>, class: &str, served: &str, review: &Review<'_, '_>) {
        let Demand { claim, field, is_checked, .. } = demand;
        // Overrides and templates of a claim repeat its class, but not its size.
        let volumes = if is_checked { usage::volumes(review.document.value, field) } else { 0 };
        self.usage.record(class, served, volumes * u64::try_from(claim.sizes.len()).unwrap_or(u64::MAX));
        if is_checked && !claim.has_modes {
            self.usage.record_unread_modes(class);
        }
        for raised in raises(&demand, served, self.context) {
            self.usage.record_raise(review.document.object.namespace.as_deref(), served, raised, volumes);
        }
    }

    /// A claim without a class gets the default class of the cluster, whichever that is.
    fn absent(&mut self, demand: Demand<'_>, review: &mut Review<'_, '_>) {
        let is_bound = demand.claim.volume.is_some();
        let default = self.context.classes.default_class().filter(|_| !is_bound);
        let assumed = default.unwrap_or_else(|| self.context.classes.target().class());
        let class = judge(&demand, assumed, self.context, review).or_else(|| default.map(str::to_owned));
        match class {
            Some(class) => {
                self.count(demand, &class, &class, review);
                review.write(demand.field.clone(), class);
            }
            None => self.usage.record_default(review.document),
        }
    }

    /// YAML in a string: rewritten like any other, and spliced so that the rest of the text stays.
    fn text(&mut self, field: Field, shape: Shape, review: &mut Review<'_, '_>) {
        let Some(value) = field.read(review.document.value) else { return };
        let Some(text) = value.as_str() else {
            if !self.search.value(value, shape).is_empty() {
                unreadable(&field, "is not YAML in a text", review);
            }
            return;
        };
        let pointer = field.pointer();
        match Tree::parse(text.to_owned()) {
            Ok(tree) => {
                self.templates(text, &pointer, review);
                let splices = self.splices(&tree, shape, &pointer, review);
                if !splices.is_empty() {
                    review.write(field, splice(text, splices));
                }
            }
            Err(error) => {
                let is_template = text.contains("{{");
                if is_template && !mentions::may_hold_class(text, self.context.classes) {
                    return;
                }
                let message = if is_template {
                    "the text is a template, so no class in it is rewritten; write the new class in it by hand"
                        .to_owned()
                } else {
                    format!("the text is not YAML, so no class in it is rewritten ({error}); correct it")
                };
                review.report(Finding::new(Rule::StorageTextNotYaml, message), &pointer);
            }
        }
    }

    /// Fields for classes that a template fills in: the text is YAML, but means something else.
    fn templates(&self, text: &str, pointer: &Pointer, review: &mut Review<'_, '_>) {
        for class in mentions::templates(text) {
            if let Some(finding) = self.context.classes.unknown_finding(class, Certainty::ByName) {
                review.report_current(finding, pointer, class);
            }
        }
    }

    /// What to change in a text.
    fn splices(&mut self, tree: &Tree, shape: Shape, pointer: &Pointer, review: &mut Review<'_, '_>) -> Vec<Splice> {
        let mut splices = Vec::new();
        for root in tree.documents().iter().map(|document| document.root) {
            let value = tree.value(root);
            let document = review.document.text(&value, pointer);
            let matches = self.search.value(&value, shape);
            let changes = self.changes(&document, matches, review.findings);
            let mut changed = value.clone();
            changes.into_iter().for_each(|change| change.apply(&mut changed));
            match edit::edit(tree, root, &changed) {
                Ok(edit) => splices.extend(edit.splices),
                Err(error) => {
                    let message = format!("cannot be changed here: {}", error.reason);
                    let finding = Finding::new(CommonRule::UnchangeableText, message);
                    let path = FieldPath::from(pointer).join(FieldPath::of_pointer(&error.pointer));
                    review.report(finding, path);
                }
            }
        }
        splices
    }

    /// The name of a mapped class where something else may be meant.
    fn unclear(&mut self, pointer: &Pointer, class: &str, review: &mut Review<'_, '_>) {
        self.usage.record_mention(class);
        if !self.context.classes.is_alias() {
            let message = format!(
                "`{class}` may be a storage class, but the field is not known to name one, so it stays; \
                 name the field in `spec.fields` to rewrite it, or in `spec.ignoredFields`"
            );
            review.report_current(Finding::new(Rule::UnclearClassField, message), pointer, class);
        }
    }

    /// A StorageClass inside another object, which is not converted.
    fn nested_class(&self, pointer: &Pointer, review: &mut Review<'_, '_>) {
        let field = Field { parent: pointer.to_buf(), key: "provisioner".to_owned() };
        let provisioner = field.read(review.document.value).and_then(Value::as_str);
        if let Some(name) = provisioner.filter(|name| is_foreign(name, self.context.classes.target())) {
            let message = format!(
                "a StorageClass inside another object stays, and `{name}` does not run on the new cluster; take it out, or write one of the new cluster"
            );
            review.report_value(Finding::new(Rule::ClassWithoutDriver, message), &field);
        }
    }

    /// The name of a mapped class in other text.
    fn mention(&mut self, pointer: &Pointer, class: &str, review: &mut Review<'_, '_>) {
        self.usage.record_mention(class);
        if !self.context.classes.is_alias() {
            let message = format!(
                "mentions the class `{class}` in text that is not rewritten; change it by hand if it must follow"
            );
            review.report(Finding::new(Rule::ClassNamedInText, message), pointer);
        }
    }
}

/// Says that a field holds a value of another type than it must have.
fn unreadable(field: &Field, problem: &str, review: &mut Review<'_, '_>) {
    let message = format!("{problem}, so nothing in it is rewritten; correct it");
    review.report_value(Finding::new(CommonRule::MalformedField, message), field);
}

/// The beta annotation of the claim or volume whose `spec` holds the field.
fn annotation_of<'v>(root: &'v Value, field: &Field) -> Option<(Field, &'v str)> {
    let (claim, spec) = field.parent.split_back()?;
    if spec.encoded() != "spec" || field.key != "storageClassName" {
        return None;
    }
    let parent = claim.with_trailing_token("metadata").with_trailing_token("annotations");
    let annotation = Field { parent, key: BETA_ANNOTATION.to_owned() };
    let name = annotation.read(root)?.as_str()?;
    Some((annotation, name))
}

/// Whether the mapping at `annotations` holds annotations of a claim.
fn is_of_claim(root: &Value, annotations: &Pointer) -> bool {
    let claim = annotations.strip_suffix(Pointer::from_static("/metadata/annotations"));
    claim.and_then(|claim| root.pointer(claim.as_str())).is_some_and(|claim| claim["spec"].is_object())
}

/// Whether the class of a claim is missing, and named neither in the mapping around it nor in one below.
fn lacks_class(root: &Value, map: &Map<String, Value>, Demand { claim, field, .. }: Demand<'_>) -> bool {
    const CLASSES: [&str; 3] = ["storageClassName", "storageClass", "class"];
    let named =
        |map: &Map<String, Value>| CLASSES.iter().any(|key| map.get(*key).is_some_and(|class| !class.is_null()));
    let around = field.parent.parent().and_then(|parent| root.pointer(parent.as_str())).and_then(Value::as_object);
    let has_template = ["pvcTemplate", "volumeClaimTemplate"].iter().any(|key| map.contains_key(*key));
    claim.is_claim(map) && !has_template && !named(map) && !around.is_some_and(named)
}
