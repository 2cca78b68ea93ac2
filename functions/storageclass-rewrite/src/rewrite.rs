//! From what was found in an object to what is to be written there.

use krm::finding::{Finding, Findings, ObjectReference};
use krm::yaml::{Tree, edit, splice};
use serde_json::{Map, Value};

use crate::checks::{Demand, Rules, judge};
use crate::claim::Claim;
use crate::classes::{Fate, is_name};
use crate::config::Unknown;
use crate::names;
use crate::path::{Place, child, last, parent};
use crate::places::{BETA_ANNOTATION, Form};
use crate::platforms::known_class;
use crate::pod_volumes;
use crate::scan::{Certainty, Search, Shape, Spot};
use crate::usage::Usage;

/// A value for an entry, new or not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

impl Change {
    /// Writes the value.
    pub(crate) fn apply(self, root: &mut Value) {
        if let Some(Value::Object(holder)) = root.pointer_mut(&self.place.holder) {
            holder.insert(self.place.key, self.value);
        }
    }
}

/// Decides what becomes of the classes of a build, and remembers what the build uses.
pub(crate) struct Rewriter<'r> {
    pub(crate) rules: Rules<'r>,
    pub(crate) search: Search<'r>,
    pub(crate) usage: Usage,
}

/// The value that is worked on, and how findings name it.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'s> {
    pub(crate) root: &'s Value,
    pub(crate) object: &'s ObjectReference,
    /// What stands before the pointers of the value, if it is a text in an object.
    pub(crate) prefix: &'s str,
}

impl Scene<'_> {
    /// Places a finding.
    pub(crate) fn at(&self, finding: Finding, pointer: &str) -> Finding {
        finding.on(self.object.clone()).at(krm::field::FieldPath::of_pointer(&format!("{}{pointer}", self.prefix)))
    }
}

impl Rewriter<'_> {
    /// What to write for these spots.
    pub(crate) fn changes(&mut self, scene: Scene<'_>, spots: Vec<Spot>, findings: &mut Findings) -> Vec<Change> {
        let mut changes = Vec::new();
        for spot in spots {
            match spot {
                Spot::Class { place, certainty } => self.class(scene, &place, certainty, &mut changes, findings),
                Spot::Many { place, form } => {
                    changes.extend(self.many(scene, place, form, findings));
                }
                Spot::Text { place, is_values } => changes.extend(self.text(scene, place, is_values, findings)),
                Spot::Suspect { place } => self.suspect(scene, &place, findings),
                Spot::Mention { pointer, class } => {
                    if !self.rules.classes.is_alias() {
                        let message = format!(
                            "mentions the class `{class}` in text that is not rewritten; change it by hand if it must follow"
                        );
                        findings.push(scene.at(Finding::warning(message), &pointer));
                    }
                }
                Spot::PodVolume { pointer } => {
                    findings.extend(pod_volumes::problem(scene, &pointer, self.rules.classes.target()));
                }
            }
        }
        changes
    }

    /// A field for a class.
    fn class(
        &mut self,
        scene: Scene<'_>,
        place: &Place,
        certainty: Certainty,
        changes: &mut Vec<Change>,
        findings: &mut Findings,
    ) {
        let Some(Value::Object(map)) = scene.root.pointer(&place.holder) else { return };
        let annotation = annotation_of(scene.root, place);
        let field = match map.get(&place.key) {
            Some(Value::String(name)) => Some(name.as_str()),
            Some(Value::Null) | None => None,
            Some(_) => return,
        };
        if place.key == BETA_ANNOTATION && is_of_claim(scene.root, &place.holder) {
            // The claim deals with its annotation.
            return;
        }
        let effective = annotation.as_ref().map(|(_, name)| *name).or(field);
        let is_static = |name: &str| name.is_empty() || (name == "-" && certainty == Certainty::ByName);
        if effective.is_some_and(is_static) {
            return;
        }
        // A volume is no claim: without a class it has none.
        let is_volume = map.contains_key("capacity");
        let is_old = effective.is_some_and(|class| self.rules.classes.is_source(class));
        let is_checked = !is_volume && map.get("enabled") != Some(&Value::Bool(false));
        let demand = Demand { map, place, is_old, is_checked };
        let Some(effective) = effective else {
            if !is_volume && certainty == Certainty::Sure && lacks_class(scene.root, map, place) {
                self.absent(scene, demand, changes, findings);
            }
            return;
        };
        let named: Vec<_> = [field.map(|name| (place.clone(), name)), annotation].into_iter().flatten().collect();
        let mut served = None;
        if self.knows(scene, place, effective, certainty, findings) {
            served = self.serve(scene, demand, effective, changes, findings);
        }
        for (place, name) in named {
            let written = match &served {
                Some(served) if name == effective => served.as_str(),
                _ => self.rules.classes.written(name),
            };
            if written != name {
                changes.push(Change { place, value: written.into() });
            }
        }
    }

    /// Whether anything is known of the class; if not, that is said.
    fn knows(
        &self,
        scene: Scene<'_>,
        place: &Place,
        class: &str,
        certainty: Certainty,
        findings: &mut Findings,
    ) -> bool {
        if self.rules.classes.fate(class) != Fate::Unknown {
            return true;
        }
        // What cannot be the name of a class is none, where only the name of the field speaks for one.
        let finding = unknown(self.rules.classes.unknown(), class, certainty)
            .filter(|_| certainty == Certainty::Sure || is_name(class));
        findings.extend(finding.map(|finding| scene.at(finding.current(class), &place.pointer())));
        false
    }

    /// The name to write for the class of a claim, after it was judged what its target makes of the claim.
    fn serve(
        &mut self,
        scene: Scene<'_>,
        demand: Demand<'_>,
        class: &str,
        changes: &mut Vec<Change>,
        findings: &mut Findings,
    ) -> Option<String> {
        let target = match self.rules.classes.fate(class) {
            Fate::Mapped(target) => target,
            _ => class,
        };
        let mut served = target.to_owned();
        if demand.is_checked {
            let judgement = judge(scene, &demand, target, self.rules, findings);
            changes.extend(judgement.changes);
            if let Some(other) = judgement.class {
                served = other;
            }
        }
        // Overrides and templates of a claim repeat its class, but not its size.
        let is_volume = demand.is_checked && Claim::read(demand.map, "").size.is_some();
        self.usage.record(scene, demand.place, class, &served, is_volume);
        let written = if served == target { self.rules.classes.written(class) } else { &served };
        Some(written.to_owned())
    }

    /// A claim without a class gets the default class of the cluster, whichever that is.
    fn absent(&mut self, scene: Scene<'_>, demand: Demand<'_>, changes: &mut Vec<Change>, findings: &mut Findings) {
        let is_bound = Claim::read(demand.map, "").volume.is_some();
        let default = self.rules.classes.default_class().filter(|_| !is_bound).map(str::to_owned);
        let assumed = default.clone().unwrap_or_else(|| self.rules.classes.target().class().to_owned());
        let judgement = judge(scene, &demand, &assumed, self.rules, findings);
        changes.extend(judgement.changes);
        let place = demand.place.clone();
        match judgement.class.or(default) {
            Some(class) => {
                self.usage.record(scene, &place, &class, &class, true);
                changes.push(Change { place, value: class.into() });
            }
            None => self.usage.record_default(scene),
        }
    }

    /// Several classes in one field.
    fn many(&mut self, scene: Scene<'_>, place: Place, form: Form, findings: &mut Findings) -> Option<Change> {
        let value = place.read(scene.root)?;
        let mut report = |pointer: &str, finding: Finding| findings.push(scene.at(finding, pointer));
        let renamed = match form {
            Form::QuotaKeys => names::quota_keys(value, &place, self.rules.classes, &mut report),
            Form::Keys => names::keys(value, &place, self.rules.classes, &mut report),
            Form::ClassMap => names::map_values(value, self.rules.classes),
            Form::RbacRules => names::rbac_rules(value, &place, self.rules.classes, &mut report),
            _ => names::list(value, &place, self.rules.classes, &mut report),
        };
        (renamed != *value).then_some(Change { place, value: renamed })
    }

    /// YAML in a string: rewritten like any other, and spliced so that the rest of the text stays.
    fn text(&mut self, scene: Scene<'_>, place: Place, is_values: bool, findings: &mut Findings) -> Option<Change> {
        let text = place.read(scene.root)?.as_str()?;
        let pointer = place.pointer();
        let tree = match Tree::parse(text.to_owned()) {
            Ok(tree) => tree,
            Err(error) => {
                let message = format!("the text is not YAML, so no class in it is rewritten ({error}); correct it");
                findings.push(scene.at(Finding::warning(message), &pointer));
                return None;
            }
        };
        let prefix = format!("{}{pointer}", scene.prefix);
        let shape = if is_values { Shape::Values } else { Shape::Object };
        let mut splices = Vec::new();
        for document in tree.documents() {
            let value = tree.value(document.root);
            let spots = self.search.value(&value, shape);
            let scene = Scene { root: &value, object: scene.object, prefix: &prefix };
            let changes = self.changes(scene, spots, findings);
            let mut changed = value.clone();
            changes.into_iter().for_each(|change| change.apply(&mut changed));
            match edit::edit(&tree, document.root, &changed) {
                Ok(edit) => splices.extend(edit.splices),
                Err(error) => {
                    let message = format!("cannot be changed here: {}", error.reason);
                    findings.push(scene.at(Finding::error(message), &error.pointer));
                }
            }
        }
        (!splices.is_empty()).then(|| Change { place, value: splice(text, splices).into() })
    }

    /// A field that is called like a class, in an object nobody knows.
    fn suspect(&self, scene: Scene<'_>, place: &Place, findings: &mut Findings) {
        let Some(class) = place.read(scene.root).and_then(Value::as_str) else { return };
        if !self.rules.classes.is_source(class) || self.rules.classes.is_alias() {
            return;
        }
        let message = format!(
            "`{class}` may be a storage class, which nobody can tell here, so it stays; \
             name the field in `spec.fields` to rewrite it, or in `spec.ignoredFields`"
        );
        findings.push(scene.at(Finding::warning(message), &place.pointer()).current(class));
    }
}

/// What to say of an unknown class.
pub(crate) fn unknown(policy: Unknown, class: &str, certainty: Certainty) -> Option<Finding> {
    let remedy = match known_class(class) {
        Some(known) => {
            let platforms: Vec<_> = known.platforms.iter().map(|platform| format!("`{}`", platform.name())).collect();
            format!(
                "`{class}` is a class of {}; add that to `spec.from`, or map it in `spec.mapping`",
                platforms.join(" and ")
            )
        }
        None => format!("`{class}` is no known class; map it in `spec.mapping`, to itself if it shall stay"),
    };
    match (policy, certainty) {
        (Unknown::Keep, _) => None,
        (Unknown::Error, Certainty::Sure) => Some(Finding::error(remedy)),
        (Unknown::Warn, _) | (Unknown::Error, Certainty::ByName) => Some(Finding::warning(remedy)),
    }
}

/// The beta annotation of the claim or volume whose `spec` holds the place.
fn annotation_of<'v>(root: &'v Value, place: &Place) -> Option<(Place, &'v str)> {
    if last(&place.holder) != "spec" || place.key != "storageClassName" {
        return None;
    }
    let metadata = child(parent(&place.holder)?, "metadata");
    let annotation = Place { holder: child(&metadata, "annotations"), key: BETA_ANNOTATION.to_owned() };
    let name = annotation.read(root)?.as_str()?;
    Some((annotation, name))
}

/// Whether the annotations at `holder` belong to a claim, which deals with them.
fn is_of_claim(root: &Value, holder: &str) -> bool {
    let claim = holder.strip_suffix("/metadata/annotations").and_then(|claim| root.pointer(claim));
    claim.is_some_and(|claim| claim["spec"].is_object())
}

/// Whether the class of a claim is missing, and not said in the mapping around or below.
fn lacks_class(root: &Value, map: &Map<String, Value>, place: &Place) -> bool {
    const CLASSES: [&str; 3] = ["storageClassName", "storageClass", "class"];
    let named =
        |map: &Map<String, Value>| CLASSES.iter().any(|key| map.get(*key).is_some_and(|class| !class.is_null()));
    let around = parent(&place.holder).and_then(|pointer| root.pointer(pointer)).and_then(Value::as_object);
    let has_template = ["pvcTemplate", "volumeClaimTemplate"].iter().any(|key| map.contains_key(*key));
    Claim::is_claim(map) && !has_template && !named(map) && !around.is_some_and(named)
}
