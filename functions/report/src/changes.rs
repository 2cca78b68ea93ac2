//! What the functions made of the objects of a build, as a diff each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use krm::finding::ObjectReference;
use krm::host::one_line;
use krm::yaml::{NodeId, ParseError, Tree};
use repository::{UNDECIDED, only_deploys};
use similar::TextDiff;

use crate::mask::masked;
use crate::model::{Change, Outcome};

/// Annotations by which a generator has kustomize add a hash to the name of an object, or merge it into one that is there.
///
/// Source: kustomize `api/internal/plugins/utils/utils.go`, `UpdateResourceOptions`. Objects
/// of transformers and of files keep them, tried with kustomize 5.0.1 and 5.8.1 and kubectl 1.27 and 1.37.
const OF_GENERATORS: [&str; 2] = ["kustomize.config.k8s.io/needs-hash", "kustomize.config.k8s.io/behavior"];

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// The objects of a build.
pub(crate) struct Objects {
    tree: Tree,
    objects: Vec<Object>,
}

/// An object, and where it is in the text.
struct Object {
    reference: ObjectReference,
    document: usize,
}

/// What tells objects apart, and the number among those that are alike in it.
type Key = (String, Arc<str>, Option<Arc<str>>, Arc<str>, usize);

impl Objects {
    /// # Errors
    /// A text that is not YAML.
    pub(crate) fn read(manifests: String) -> Result<Self, ParseError> {
        let tree = Tree::parse(manifests)?;
        let documents = tree.documents().iter().enumerate();
        let objects = documents
            .filter_map(|(document, place)| Some(Object { reference: reference(&tree, place.root)?, document }));
        Ok(Self { objects: objects.collect(), tree })
    }

    /// The numbers of objects by kind.
    pub(crate) fn kinds(&self) -> BTreeMap<String, usize> {
        let mut kinds = BTreeMap::new();
        for object in &self.objects {
            *kinds.entry(object.reference.kind.to_string()).or_default() += 1;
        }
        kinds
    }

    /// Whether all objects only tell Argo CD or Flux what to deploy.
    pub(crate) fn only_deploy(&self) -> bool {
        let root = |object: &Object| self.tree.documents()[object.document].root;
        self.objects.iter().all(|object| only_deploys(&self.tree.value(root(object))))
    }

    /// The objects with an annotation that kustomize reads on objects of generators, and takes out there.
    pub(crate) fn unread_annotations(&self) -> Vec<(ObjectReference, &'static str)> {
        let has = |object: &Object, annotation: &&str| self.text(object).contains(*annotation);
        let candidates = self.objects.iter().filter(|object| OF_GENERATORS.iter().any(|one| has(object, one)));
        candidates
            .flat_map(|object| {
                let value = self.tree.value(self.tree.documents()[object.document].root);
                let found =
                    OF_GENERATORS.into_iter().filter(move |one| value["metadata"]["annotations"][*one].is_string());
                found.map(|annotation| (object.reference.clone(), annotation))
            })
            .collect()
    }

    /// The objects with a name that is still to be decided.
    pub(crate) fn undecided(&self) -> Vec<ObjectReference> {
        let undecided = self.objects.iter().filter(|object| self.text(object).contains(UNDECIDED));
        undecided.map(|object| object.reference.clone()).collect()
    }

    /// What the objects are now that were `before`; `functions` says who changed an object.
    pub(crate) fn changes_since(
        &self,
        before: &Self,
        functions: &dyn Fn(&ObjectReference, bool) -> Vec<String>,
    ) -> Vec<Change> {
        let (befores, afters) = (before.by_key(), self.by_key());
        let removed = before.in_order(&befores).filter(|(key, _)| !afters.contains_key(*key));
        let removed = removed.map(|(_, object)| (Some(object), None));
        let kept = self.in_order(&afters).map(|(key, object)| (befores.get(key).copied(), Some(object)));
        let pairs = kept
            .chain(removed)
            .filter(|(one, other)| one.map(|object| before.text(object)) != other.map(|object| self.text(object)));
        pairs
            .filter_map(|(one, other)| {
                let reference = &other.or(one)?.reference;
                let texts = (one.map(|object| before.text(object)), other.map(|object| self.text(object)));
                Some(Change {
                    object: reference.clone(),
                    outcome: match texts {
                        (Some(_), Some(_)) => Outcome::Changed,
                        (None, _) => Outcome::Added,
                        (_, None) => Outcome::Removed,
                    },
                    functions: functions(reference, texts.0.is_none()),
                    diff: diff(reference, texts.0, texts.1),
                })
            })
            .collect()
    }

    fn by_key(&self) -> HashMap<Key, &Object> {
        let mut seen: HashMap<Key, usize> = HashMap::new();
        let mut found = HashMap::new();
        for object in &self.objects {
            let mut key = key(&object.reference);
            let count = seen.entry(key.clone()).or_default();
            key.4 = *count;
            *count += 1;
            found.insert(key, object);
        }
        found
    }

    /// The objects in the order of the text.
    fn in_order<'o>(&self, by_key: &'o HashMap<Key, &'o Object>) -> impl Iterator<Item = (&'o Key, &'o Object)> {
        let mut all: Vec<_> = by_key.iter().map(|(key, object)| (key, *object)).collect();
        all.sort_by_key(|(_, object)| object.document);
        all.into_iter()
    }

    fn text(&self, object: &Object) -> &str {
        let document = &self.tree.documents()[object.document];
        let text = &self.tree.text()[document.range.clone()];
        text.strip_prefix("---\n").unwrap_or(text)
    }
}

fn key(object: &ObjectReference) -> Key {
    let group = object.api_version.rsplit_once('/').map_or("", |(group, _)| group);
    (group.to_owned(), object.kind.clone(), object.namespace.clone(), object.name.clone(), 0)
}

fn reference(tree: &Tree, node: NodeId) -> Option<ObjectReference> {
    let text = |parent: NodeId, key: &str| tree.text_of(parent, key).map(Arc::from);
    let metadata = tree.get(node, "metadata")?;
    Some(ObjectReference {
        api_version: text(node, "apiVersion").unwrap_or_default(),
        kind: text(node, "kind")?,
        name: text(metadata, "name").or_else(|| text(metadata, "generateName"))?,
        namespace: text(metadata, "namespace"),
        file: None,
    })
}

fn diff(object: &ObjectReference, before: Option<&str>, after: Option<&str>) -> String {
    let [before, after] = masked(&object.kind, before, after);
    let header = ["before", "after"].map(|side| one_line(&format!("{side}/{object}")));
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    let diff = TextDiff::from_lines(&before, &after);
    diff.unified_diff().context_radius(CONTEXT).header(&header[0], &header[1]).to_string()
}

/// Who changed which object, as the functions report it.
#[derive(Default)]
pub(crate) struct Authors {
    /// By object, and by its name alone.
    of: HashMap<String, BTreeSet<String>>,
    /// Who gave an object of this name another kind. It is reported under the former one.
    retyped: HashMap<String, BTreeSet<String>>,
    /// The objects that a function made.
    made: BTreeSet<String>,
}

impl Authors {
    /// Notes that a function changed an object: `Route apps/web`.
    pub(crate) fn note(&mut self, object: String, function: &str) {
        let name = name_in(&object).map(str::to_owned);
        for key in name.into_iter().chain([object]) {
            self.of.entry(key).or_default().insert(function.to_owned());
        }
    }

    /// Notes that a function made an object.
    pub(crate) fn note_made(&mut self, object: &str) {
        self.made.insert(object.to_owned());
    }

    /// Notes that a function gave an object another kind.
    pub(crate) fn note_retyped(&mut self, object: &str, function: &str) {
        let name = name_in(object).unwrap_or(object).to_owned();
        self.retyped.entry(name).or_default().insert(function.to_owned());
    }

    /// The functions that changed an object; `is_new` is one that was not there before. Where none says so, those that changed
    /// one of its name.
    pub(crate) fn of(&self, object: &ObjectReference, is_new: bool) -> Vec<String> {
        let object = object.to_string();
        let of_name = |found: &'_ HashMap<String, BTreeSet<String>>| found.get(name_in(&object)?).cloned();
        let own = self.of.get(&object).cloned();
        let is_retyped = is_new && !self.made.contains(&object);
        let former = of_name(&self.retyped).filter(|_| is_retyped);
        let found = if own.is_none() && former.is_none() { of_name(&self.of) } else { own };
        let all: BTreeSet<String> = found.into_iter().chain(former).flatten().collect();
        all.into_iter().collect()
    }
}

/// Namespace and name: `apps/web` of `Route apps/web`.
fn name_in(object: &str) -> Option<&str> {
    object.split_once(' ').map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(before: &str, after: &str) -> Vec<Change> {
        let read = |text: &str| Objects::read(text.to_owned()).expect("it is YAML");
        read(after).changes_since(&read(before), &|_, _| vec!["f".to_owned()])
    }

    const WEB: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  type: NodePort\n";
    const DB: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: db\n";

    #[test]
    fn what_is_the_same_is_no_change_wherever_it_is() {
        assert_eq!(changes(&format!("{WEB}---\n{DB}"), &format!("{DB}---\n{WEB}")), []);
        assert_eq!(changes(&format!("{WEB}---\n{WEB}"), &format!("{WEB}---\n{WEB}")), []);
    }

    #[test]
    fn objects_are_changed_added_and_removed() {
        let after = format!("{}---\n{}", WEB.replace("NodePort", "ClusterIP"), DB.replace("db", "new"));
        let changes = changes(&format!("{WEB}---\n{DB}"), &after);
        let told: Vec<_> = changes.iter().map(|change| (&*change.object.name, change.outcome)).collect();
        assert_eq!(told, [("web", Outcome::Changed), ("new", Outcome::Added), ("db", Outcome::Removed)]);
        let expected = "--- before/Service web\n+++ after/Service web\n@@ -3,4 +3,4 @@\n metadata:\n   name: web\n spec:\n-  type: NodePort\n+  type: ClusterIP\n";
        assert_eq!(changes[0].diff, expected);
    }

    #[test]
    fn a_secret_that_changed_does_not_show_its_values() {
        let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  key: Z2VoZWlt\n";
        let changes = changes(secret, &secret.replace("Z2VoZWlt", "YW5kZXJz"));
        assert!(changes[0].diff.ends_with("-  key: (hidden 1)\n+  key: (hidden 2)\n"), "{}", changes[0].diff);
    }

    #[test]
    fn an_object_of_another_kind_has_the_author_of_the_former_one() {
        let mut authors = Authors::default();
        authors.note("DeploymentConfig apps/web".to_owned(), "f");
        let object = |kind: &str| ObjectReference {
            kind: kind.into(),
            name: "web".into(),
            namespace: Some("apps".into()),
            ..ObjectReference::default()
        };
        authors.note_retyped("DeploymentConfig apps/web", "f");
        authors.note("Service apps/web".to_owned(), "g");
        assert_eq!(authors.of(&object("DeploymentConfig"), false), ["f"]);
        assert_eq!(authors.of(&object("Service"), false), ["g"]);
        assert_eq!(authors.of(&object("Deployment"), true), ["f"]);
        // A later function knows it by its new kind.
        authors.note("Deployment apps/web".to_owned(), "h");
        assert_eq!(authors.of(&object("Deployment"), true), ["f", "h"]);
        // What a function made is its own, whatever else has the name.
        authors.note("Ingress apps/web".to_owned(), "i");
        authors.note_made("Ingress apps/web");
        assert_eq!(authors.of(&object("Ingress"), true), ["i"]);
        assert_eq!(authors.of(&ObjectReference { name: "db".into(), ..object("Deployment") }, true), [""; 0]);
    }

    #[test]
    fn objects_are_counted_by_kind() {
        let objects = Objects::read(format!("{WEB}---\n{DB}---\n# nothing\n")).expect("it is YAML");
        assert_eq!(objects.kinds(), BTreeMap::from([("Service".to_owned(), 2)]));
    }
}
