//! Findings that people accept, with a reason.
//!
//! An object accepts in its annotation [`ACCEPT`], a line `RULE: reason` for each rule; a config accepts in
//! `spec.accept`. An accepted finding becomes an info that shows the reason. What cannot be accepted, gives no reason or
//! accepts nothing is reported.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use crate::config::{Accept, ConfigError};
use crate::field::FieldPath;
use crate::finding::{Finding, Findings, ObjectReference};
use crate::glob;
use crate::resource_list::bookkeeping::ACCEPT;
use crate::resource_list::{Item, Resources};
use crate::rule::{CommonRule, Rule, Severity};

/// One acceptance in force.
#[derive(Debug)]
pub struct Accepted {
    rule: &'static Rule,
    reason: String,
    place: Place,
    is_needed: Cell<bool>,
}

/// Where a person accepted something.
#[derive(Debug)]
enum Place {
    Annotation(ObjectReference),
    Option { path: FieldPath, objects: String },
}

impl Accepted {
    /// What `spec.accept` says.
    ///
    /// # Errors
    /// A rule that is not known or cannot be accepted, a missing reason, an object that can never match.
    pub(crate) fn of_config(list: &[Accept], rules: &[&'static Rule]) -> Result<Vec<Rc<Self>>, ConfigError> {
        let option = |index| FieldPath::from("spec.accept").index(index);
        let entries = list.iter().enumerate();
        entries.map(|(index, accept)| Self::of_option(accept, option(index), rules).map(Rc::new)).collect()
    }

    fn of_option(accept: &Accept, path: FieldPath, rules: &[&'static Rule]) -> Result<Self, ConfigError> {
        let rule = find(rules, &accept.rule)
            .ok_or_else(|| ConfigError::new(path.clone().key("rule"), no_such_rule(&accept.rule, rules)))?;
        if !rule.is_acceptable() {
            return Err(ConfigError::new(path.key("rule"), binding(rule)));
        }
        if accept.reason.trim().is_empty() {
            return Err(ConfigError::new(path.key("reason"), "must say why this is right here"));
        }
        if !accept.object.contains([' ', '*']) {
            let message =
                format!("`{}` must be `Kind namespace/name` or `Kind name`, as the finding prints it", accept.object);
            return Err(ConfigError::new(path.key("object"), message));
        }
        let place = Place::Option { path, objects: accept.object.clone() };
        Ok(Self { rule, reason: accept.reason.trim().to_owned(), place, is_needed: Cell::new(false) })
    }

    /// The warning that nothing needs it.
    pub(crate) fn unneeded(&self) -> Option<Finding> {
        if self.is_needed.get() {
            return None;
        }
        let message = format!("accepts `{}`, but there is no such finding; take it out", self.rule.id);
        let finding = Finding::new(CommonRule::UnneededAcceptance, message);
        Some(match &self.place {
            Place::Annotation(object) => finding.on(object.clone()).at(FieldPath::annotation(ACCEPT)),
            Place::Option { path, .. } => finding.at(path.clone()),
        })
    }
}

/// What is accepted in a run of a function.
#[derive(Debug, Default)]
pub(crate) struct Acceptances {
    of_configs: Vec<Rc<Accepted>>,
    /// In the order of the objects.
    of_objects: Vec<Accepted>,
    /// The places in `of_objects` by rule and by the object as findings name it.
    places: HashMap<(&'static str, String), usize>,
}

impl Acceptances {
    /// The acceptances of configs, and those that objects carry for these rules. What is wrong with the latter is
    /// reported.
    pub(crate) fn read(
        of_configs: Vec<Rc<Accepted>>,
        resources: &Resources,
        rules: &[&'static Rule],
        findings: &mut Findings,
    ) -> Self {
        let mut acceptances = Self { of_configs, ..Self::default() };
        for item in resources.iter() {
            for line in lines(item) {
                match of_line(line, item, rules) {
                    Ok(Some(accepted)) => acceptances.add(item, accepted),
                    Ok(None) => {}
                    Err(problem) => findings.push(problem),
                }
            }
        }
        acceptances
    }

    fn add(&mut self, item: &Item, accepted: Accepted) {
        let next = self.of_objects.len();
        match *self.places.entry((accepted.rule.id, item.reference().to_string())).or_insert(next) {
            place if place == next => self.of_objects.push(accepted),
            // The last line about a rule counts.
            place => self.of_objects[place] = accepted,
        }
    }

    /// Makes infos of the findings that are accepted.
    pub(crate) fn apply(&self, findings: &mut Findings) {
        if !self.of_configs.is_empty() || !self.of_objects.is_empty() {
            findings.accept(|finding| self.reason(finding));
        }
    }

    fn reason(&self, finding: &Finding) -> Option<String> {
        if finding.severity() == Severity::Info {
            return None;
        }
        let object = finding.object().map(ToString::to_string).unwrap_or_default();
        let rule = finding.rule();
        let matches = |accepted: &&Rc<Accepted>| {
            let Place::Option { objects, .. } = &accepted.place else { return false };
            accepted.rule == rule && glob::matches(objects, &object)
        };
        let of_config = self.of_configs.iter().find(matches).map(Rc::as_ref);
        let of_object = self.places.get(&(rule.id, object.clone())).map(|place| &self.of_objects[*place]);
        let accepted = of_object.or(of_config)?;
        accepted.is_needed.set(true);
        Some(accepted.reason.clone())
    }

    /// Warnings about what objects accept for nothing, as far as these are the rules it is for.
    pub(crate) fn unneeded(&self, rules: &[&'static Rule]) -> Vec<Finding> {
        self.of_objects
            .iter()
            .filter(|accepted| rules.contains(&accepted.rule))
            .filter_map(Accepted::unneeded)
            .collect()
    }
}

/// The lines of the annotation that say something.
fn lines(item: &Item) -> impl Iterator<Item = &str> {
    item.annotation(ACCEPT).unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty())
}

/// The id of a rule and the reason in a line of the annotation.
fn id_and_reason(line: &str) -> (&str, &str) {
    line.split_once(':').map_or((line.trim(), ""), |(id, reason)| (id.trim(), reason.trim()))
}

/// What a line of the annotation accepts, if it is about one of these rules.
fn of_line(line: &str, item: &Item, rules: &[&'static Rule]) -> Result<Option<Accepted>, Finding> {
    let problem = |rule, message: String| Finding::new(rule, message).on(item).at(FieldPath::annotation(ACCEPT));
    let (id, reason) = id_and_reason(line);
    let Some(rule) = find(rules, id) else {
        // Another function may have this rule. A word that resembles one of these is a typing error.
        return match similar(id, rules) {
            Some(_) => Err(problem(CommonRule::UnknownRule, no_such_rule(id, rules))),
            None => Ok(None),
        };
    };
    if reason.is_empty() {
        let message = format!("`{id}` needs a reason; write `{id}: reason`");
        return Err(problem(CommonRule::AcceptanceWithoutReason, message));
    }
    if !rule.is_acceptable() {
        return Err(problem(CommonRule::BindingRule, binding(rule)));
    }
    let place = Place::Annotation(item.reference());
    Ok(Some(Accepted { rule, reason: reason.to_owned(), place, is_needed: Cell::new(false) }))
}

/// Warnings about lines of annotations that name none of all the rules there are.
pub(crate) fn unknown_rules(resources: &Resources, rules: &[&'static Rule]) -> Vec<Finding> {
    let unknown = |item| {
        let ids = lines(item).map(|line| id_and_reason(line).0);
        let ids = ids.filter(|id| find(rules, id).is_none() && similar(id, rules).is_none());
        ids.map(|id| {
            let finding = Finding::new(CommonRule::UnknownRule, no_such_rule(id, rules));
            finding.on(item).at(FieldPath::annotation(ACCEPT))
        })
        .collect::<Vec<_>>()
    };
    resources.iter().flat_map(unknown).collect()
}

/// Takes the acceptances of these rules out of the objects that a function made in the place of others: what was
/// accepted of those is not to be found in these.
pub(crate) fn discharge(resources: &mut Resources, rules: &[&'static Rule]) {
    for packed in resources.new_objects_mut().filter(|packed| packed.may_hold(ACCEPT)) {
        packed.revise(|object| discharge_object(object, rules));
    }
}

fn discharge_object(object: &mut Value, rules: &[&'static Rule]) {
    let annotations = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
    let Some(annotations) = annotations else { return };
    let Some(accepted) = annotations.get(ACCEPT).and_then(Value::as_str) else { return };
    match without(accepted, rules) {
        Some(rest) => drop(annotations.insert(ACCEPT.to_owned(), rest.into())),
        None => drop(annotations.shift_remove(ACCEPT)),
    }
    if annotations.is_empty()
        && let Some(metadata) = object["metadata"].as_object_mut()
    {
        metadata.shift_remove("annotations");
    }
}

/// The lines of an annotation but for those about these rules; nothing if none is left.
fn without(annotation: &str, rules: &[&'static Rule]) -> Option<String> {
    let is_kept = |line: &&str| {
        let (id, _) = id_and_reason(line);
        !id.is_empty() && find(rules, id).is_none()
    };
    let kept: Vec<_> = annotation.lines().filter(is_kept).collect();
    (!kept.is_empty()).then(|| kept.join("\n"))
}

fn find(rules: &[&'static Rule], id: &str) -> Option<&'static Rule> {
    rules.iter().copied().find(|rule| rule.id == id)
}

fn binding(rule: &Rule) -> String {
    format!("`{}` cannot be accepted. {}", rule.id, rule.remedy)
}

/// The message for an id that is not known.
pub(crate) fn no_such_rule(id: &str, rules: &[&'static Rule]) -> String {
    match similar(id, rules) {
        Some(meant) => format!("`{id}` is no rule; did you mean `{meant}`?"),
        None => format!("`{id}` is no rule here; `explain` lists the rules"),
    }
}

/// The rule that a misspelt id means: one that few typing errors lead to.
fn similar(id: &str, rules: &[&'static Rule]) -> Option<&'static str> {
    let near = rules.iter().map(|rule| (strsim::osa_distance(id, rule.id), rule.id));
    near.filter(|(distance, _)| *distance <= MOST_TYPING_ERRORS).min().map(|(_, id)| id)
}

/// The ids of all functions differ by more.
const MOST_TYPING_ERRORS: usize = 2;
