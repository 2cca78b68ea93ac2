//! What a function did becomes part of the objects, for the next function and for the output.

use std::rc::Rc;
use std::sync::LazyLock;

use json_patch::{Patch, PatchOperation};
use serde_json::Value;

use super::bookkeeping;
use super::item::{Edits, Interned, Item, ItemId, Origin, Outcome, Pending};
use super::resources::Resources;
use crate::field::{FieldPath, Pointer};
use crate::finding::{Finding, ObjectReference};
use crate::needles::Needles;
use crate::rule::{CommonRule, RuleSet};
use crate::yaml::emit::Block;
use crate::yaml::{Tree, edit};

/// The fields that tell what an object is.
const HEAD: [&str; 3] = ["apiVersion", "kind", "metadata"];

impl Resources {
    /// Settles what a function did. Gives one info for each field that it changed and each object that came or went.
    ///
    /// # Errors
    /// Errors for changes that cannot be written where the value is.
    pub(crate) fn settle(&mut self) -> Result<Vec<Finding>, Vec<Finding>> {
        let mut changes = Vec::new();
        let mut problems = Vec::new();
        for index in 0..self.items.len() {
            if matches!(self.items[index].pending, Pending::Nothing) {
                continue;
            }
            match settle_item(&mut self.items[index], &mut self.interned) {
                Ok(found) => changes.extend(found),
                Err(problem) => problems.push(problem),
            }
            if !self.serves_several {
                self.items[index].forget_value();
            }
            self.index_names(ItemId::at(index));
        }
        for object in std::mem::take(&mut self.added) {
            let id = ItemId::at(self.items.len());
            let mut item = Item::added(id, object, &mut self.interned);
            changes.push(Finding::new(CommonRule::Added, "added").on(ObjectReference::from(item.value())));
            if !self.serves_several {
                item.forget_value();
            }
            self.items.push(item);
            self.index_names(id);
        }
        if problems.is_empty() { Ok(changes) } else { Err(problems) }
    }

    /// Whether there were objects for a cluster and none is left.
    pub(crate) fn lost_everything(&self) -> bool {
        self.items.iter().any(Item::is_removed) && self.iter().next().is_none()
    }
}

fn settle_item(item: &mut Item, interned: &mut Interned) -> Result<Vec<Finding>, Finding> {
    match std::mem::replace(&mut item.pending, Pending::Nothing) {
        Pending::Nothing => Ok(Vec::new()),
        Pending::Remove => {
            refuse_if_referenced(item)?;
            item.outcome = Outcome::Removed;
            Ok(vec![Finding::new(CommonRule::Removed, "removed").on(&*item)])
        }
        Pending::Replace(object) => {
            refuse_if_referenced(item)?;
            let object = object.value();
            let message = format!("replaced by {}", ObjectReference::from(&object));
            let change = Finding::new(CommonRule::Replaced, message).on(&*item);
            item.set_value(object);
            item.outcome = Outcome::Written(None);
            item.refresh(interned);
            Ok(vec![change])
        }
        Pending::Edit { before } => {
            let changes = settle_edit(item, before.as_deref())?;
            item.refresh(interned);
            Ok(changes)
        }
        Pending::SetAside(edits) => Ok(settle_edits(item, edits, interned)),
    }
}

fn refuse_if_referenced(item: &Item) -> Result<(), Finding> {
    let is_referenced = matches!(
        &item.origin, Origin::Text(place) if place.within.is_shared || place.tree().is_referenced(place.node));
    let message = "holds a YAML anchor that other objects use; write the value out there before this object can go";
    if is_referenced { Err(Finding::new(CommonRule::AnchorInUse, message).on(item)) } else { Ok(()) }
}

/// Works out the splices that make of the text what the object is now, and the changes that this function made.
fn settle_edit(item: &mut Item, before: Option<&Value>) -> Result<Vec<Finding>, Finding> {
    let of_text = match (&item.origin, &item.outcome) {
        (Origin::Text(place), Outcome::Unchanged | Outcome::Edited(_)) => {
            Some(place.edit(item.value()).map(|edit| (place, edit)))
        }
        _ => None,
    };
    let of_text = of_text.transpose().map_err(|error| {
        Finding::new(CommonRule::UnchangeableText, format!("cannot be changed here: {}", error.reason))
            .on(&*item)
            .at(FieldPath::of_pointer(&error.pointer))
    })?;
    let told = match (before, &of_text) {
        (Some(before), _) => told(&difference(before, item.value()), item, before),
        (None, Some((_, edit))) => told(&edit.patch, item, &edit.before),
        (None, None) => unreachable!("an object that is not as it came has a value from before"),
    };
    match of_text {
        Some((_, edit)) if edit.splices.is_empty() => item.outcome = Outcome::Unchanged,
        Some((place, edit)) => {
            item.outcome = Outcome::Edited(Rc::new(Edits::new(edit, place, item.value())));
            debug_assert_eq!(item.make_value(), *item.value());
        }
        None => item.outcome = Outcome::Written(None),
    }
    Ok(told)
}

/// Settles changes that were set aside.
fn settle_edits(item: &mut Item, edits: Rc<Edits>, interned: &mut Interned) -> Vec<Finding> {
    let Origin::Text(place) = &item.origin else { unreachable!("only what came is set aside") };
    let before = place.written();
    let told = told(&edits.patch, item, &before);
    let says_other = HEAD.iter().any(|field| edits.touch(&[field]));
    item.outcome = Outcome::Edited(edits);
    if says_other {
        item.refresh(interned);
    }
    told
}

/// What people are told of a patch.
fn told(patch: &Patch, item: &Item, before: &Value) -> Vec<Finding> {
    let told = patch.0.iter().filter(|operation| !is_of_host(operation));
    told.map(|operation| describe(operation, item, before)).collect()
}

/// Whether a change is one of the host's bookkeeping, of which people know nothing.
fn is_of_host(operation: &PatchOperation) -> bool {
    let annotation = operation.path().strip_prefix(Pointer::from_static("/metadata/annotations"));
    let key = annotation.and_then(|key| key.first()).map(|key| key.decoded().into_owned());
    key.is_some_and(|key| bookkeeping::is_bookkeeping(&key))
}

/// The changes from one value to another, as those of a text that holds the first.
fn difference(before: &Value, after: &Value) -> Patch {
    let tree = Tree::parse(Block { literals: true }.lines(before, 0));
    let edit = tree.ok().and_then(|tree| edit::edit(&tree, tree.documents().first()?.root, after).ok());
    edit.map_or_else(|| json_patch::diff(before, after), |edit| edit.patch)
}

/// What an operation did, as a finding. Values that may hold a secret are left out: hosts write results to disk.
fn describe(operation: &PatchOperation, item: &Item, before: &Value) -> Finding {
    let (rule, path, value) = match operation {
        PatchOperation::Add(add) => (CommonRule::Added, &add.path, Some(&add.value)),
        PatchOperation::Remove(remove) => (CommonRule::Removed, &remove.path, None),
        PatchOperation::Replace(replace) => (CommonRule::Changed, &replace.path, Some(&replace.value)),
        _ => unreachable!("differences are made of add, remove and replace"),
    };
    let mut finding = Finding::new(rule, rule.rule().id).on(item).at(path);
    let current = before.pointer(path.as_str()).filter(|_| rule != CommonRule::Added);
    let key = path.last().map(|key| key.decoded().into_owned()).unwrap_or_default();
    let is_shown = !matches!(item.kind(), "Secret" | "SealedSecret")
        && !speaks_of_secrets(path.as_str())
        && current.into_iter().chain(value).all(|value| !may_field_hold_secret(&key, value));
    if let Some(current) = current.filter(|_| is_shown) {
        finding = finding.current(current.clone());
    }
    if let Some(value) = value.filter(|_| is_shown) {
        finding = finding.proposed(value.clone());
    }
    finding
}

/// Whether a value may hold a secret, so that no message may show it: a text of several lines, an address with a user, anything
/// that speaks of one.
pub fn may_hold_secret(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\n') || names_a_user(text) || speaks_of_secrets(text),
        Value::Array(items) => items.iter().any(may_hold_secret),
        Value::Object(object) => object.iter().any(|(key, value)| speaks_of_secrets(key) || may_hold_secret(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The same of what is under a key. A reference to an image holds no secret but that of a user: `sealed-secrets-controller` is the
/// name of a program.
pub fn may_field_hold_secret(key: &str, value: &Value) -> bool {
    match value {
        Value::String(text) if key == "image" => text.trim().contains(char::is_whitespace) || names_a_user(text),
        value => may_hold_secret(value),
    }
}

/// Whether a text has an `@`, as addresses with a user have it, other than that of the digest of an image.
fn names_a_user(text: &str) -> bool {
    const DIGEST: usize = 64;
    let is_digest = |text: &str| {
        let digest = text.strip_prefix("sha256:").unwrap_or_default();
        let length = digest.bytes().take_while(u8::is_ascii_hexdigit).count();
        length == DIGEST && !digest[length..].starts_with(|next: char| next.is_ascii_alphanumeric() || next == '.')
    };
    text.split('@').skip(1).any(|behind| !is_digest(behind))
}

/// Whether a name speaks of a secret: that of a variable, a key or a field.
pub fn speaks_of_secrets(text: &str) -> bool {
    const WORDS: [&str; 13] = [
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "token",
        "credential",
        "private",
        "secret",
        "apikey",
        "api_key",
        "api-key",
        "authorization",
        "bearer",
    ];
    static SEARCH: LazyLock<Needles> = LazyLock::new(|| Needles::ignoring_case(WORDS));
    SEARCH.are_in(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edited_object_is_read_like_one_that_is_as_it_came() {
        let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: 123\n  annotations:\n    prometheus.io/scrape: true\n    \
                    prometheus.io/port: 8080\n    mode: slow\n";
        let mut resources = Resources::from_streams(vec![(None, text.to_owned())]).expect("it is YAML");
        let id = resources.iter().next().expect("there is an object").id();
        let read = |resources: &Resources| {
            let item = resources.iter().next().expect("the object is still seen");
            let annotation = |key: &str| item.annotation(key).map(str::to_owned);
            let port = annotation("prometheus.io/port");
            (item.name().to_owned(), annotation("prometheus.io/scrape"), port, annotation("mode"))
        };
        let before = read(&resources);
        resources.edit(id)["spec"] = serde_json::json!({"type": "ClusterIP"});
        assert_eq!(read(&resources), before);
        resources.settle().expect("it can be changed");
        assert_eq!(read(&resources), before);
        resources.edit(id)["metadata"]["annotations"]["mode"] = "fast".into();
        resources.settle().expect("it can be changed");
        assert_eq!(read(&resources), (before.0, before.1, before.2, Some("fast".to_owned())));
    }

    #[test]
    fn the_digest_of_an_image_is_no_address_with_a_user() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for (text, is_hidden) in [
            (format!("quay.io/example/web@{digest}"), false),
            (format!("https://user:x@quay.io/example/web@{digest}"), true),
            (format!("user:x@{digest}.example.com"), true),
            (format!("quay.io/example/web@{digest}0"), true),
            ("quay.io/example/web@sha256:0a".to_owned(), true),
            ("postgres://user@db/shop".to_owned(), true),
            ("quay.io/example/web:1".to_owned(), false),
            (" ".to_owned(), false),
        ] {
            assert_eq!(may_hold_secret(&text.clone().into()), is_hidden, "{text}");
            assert_eq!(may_field_hold_secret("image", &text.clone().into()), is_hidden, "{text}");
        }
        let named = "quay.io/example/sealed-secrets-controller:1".into();
        assert!(may_hold_secret(&named) && !may_field_hold_secret("image", &named));
    }

    /// The text of a build whose only object was made one of another type.
    fn retyped(text: &str) -> String {
        let mut resources = Resources::from_streams(vec![(None, text.to_owned())]).expect("it is YAML");
        let id = resources.iter().next().expect("there is an object").id();
        resources.retype(id, "apps/v1", "Deployment");
        let changes = resources.settle().expect("it can be changed");
        let fields: Vec<_> = changes.iter().filter_map(Finding::field_path).collect();
        assert_eq!(fields, ["apiVersion", "kind"]);
        let item = resources.iter().next().expect("the object is still seen");
        assert!(item.is("apps", "Deployment"), "{item:?}");
        resources.write(&[]).unwrap_or_else(|_| panic!("{text} is misread")).to_text(std::iter::empty())
    }

    #[test]
    fn an_object_of_another_type_keeps_its_bytes_and_its_former_kinds_follow() {
        let text = "apiVersion: example.com/v1 # old\nkind: Old\nmetadata:\n  name: web\n  annotations:\n    \
                    internal.config.kubernetes.io/previousKinds: Old,Old\n    internal.config.kubernetes.io/previousNames: a,b\nspec: {a: \
                    'x'}\n";
        let expected = text
            .replace("example.com/v1", "apps/v1")
            .replace("kind: Old", "kind: Deployment")
            .replace("Old,Old", "Deployment,Deployment");
        assert_eq!(retyped(text), expected);
    }

    #[test]
    fn an_object_that_leaves_the_type_of_its_list_says_so() {
        let text = "apiVersion: example.com/v1\nkind: OldList\nitems:\n- metadata: {name: web}\n";
        let written = retyped(text);
        assert!(written.contains("kind: Deployment") && written.contains("apiVersion: apps/v1"), "{written}");
    }
}
