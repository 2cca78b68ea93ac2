//! Labels, and what selects objects by them.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use krm::field::{self, FieldPath};
use krm::finding::Finding;
use krm::numbered::Numbered;
use krm::resource_list::{Item, namespace_name};
use krm::rule::CommonRule;
use krm::typed;
use kube_core::Expression;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::names;

/// Labels of a pod, a Service or a namespace.
pub type Labels = BTreeMap<String, String>;

/// The labels, or annotations, in a field of an object: what is no text is left out.
pub fn labels_of(value: &Value) -> Labels {
    let labels = value.as_object().into_iter().flatten();
    labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// Labels that are kept for many objects, in the order of their keys: a map takes several times the memory. Copies of them are
/// one in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LabelSet(Rc<[(Box<str>, Box<str>)]>);

impl LabelSet {
    /// The labels, each with its key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The labels as a map.
    pub fn to_map(&self) -> Labels {
        self.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }
}

impl From<Labels> for LabelSet {
    fn from(labels: Labels) -> Self {
        Self(labels.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

/// What labels are asked for.
pub trait LookUp {
    /// The value of a label.
    fn label(&self, key: &str) -> Option<&str>;
}

impl LookUp for Labels {
    fn label(&self, key: &str) -> Option<&str> {
        self.get(key).map(String::as_str)
    }
}

impl LookUp for LabelSet {
    fn label(&self, key: &str) -> Option<&str> {
        let place = self.0.binary_search_by(|(of, _)| (**of).cmp(key)).ok()?;
        Some(&self.0[place].1)
    }
}

/// A label selector. Two are equal, and sort alike, whatever the order of their expressions. Copies of one are one in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector(Rc<[Expression]>);

impl Selector {
    /// The objects of this build that carry these labels, as `matchLabels`. kustomize adds the labels of an outer overlay
    /// to this form, just as it adds them to the pods.
    pub fn of_build(labels: Labels) -> Self {
        labels.into_iter().map(|(key, value)| Expression::Equal(key, value)).collect()
    }

    /// The objects that carry these labels and that this build does not make, as `matchExpressions`. kustomize must not
    /// add labels of an outer overlay here, and never does to expressions.
    pub fn of_others(labels: &Labels) -> Self {
        labels.iter().map(|(key, value)| Expression::In(key.clone(), [value.clone()].into())).collect()
    }

    /// The label selector at a JSON pointer of an object. One that is not there selects everything.
    ///
    /// # Errors
    /// What is malformed. Half a selector would select more than is meant, so that such a one is none.
    pub fn read(item: &Item, pointer: &str) -> Result<Self, Vec<Finding>> {
        let value = field::value_at(item.value(), pointer).filter(|value| !value.is_null());
        let Some(value) = value else { return Ok(Self::default()) };
        let path = || FieldPath::of_pointer(pointer);
        let (selector, malformed) = read_field(item, path, value);
        if malformed.is_empty() { Self::of(item, path, selector) } else { Err(malformed) }
    }

    /// A label selector of an object that was read as a type. Its path is asked for where something is wrong with it.
    ///
    /// # Errors
    /// Expressions that the API server refuses.
    pub fn of(item: &Item, path: impl Fn() -> FieldPath, selector: LabelSelector) -> Result<Self, Vec<Finding>> {
        let refused = |index| refused(item, path().key("matchExpressions").index(index));
        Self::try_from(selector).map_err(|indices| indices.into_iter().map(refused).collect())
    }

    /// Whether it selects everything.
    pub fn is_everything(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it selects what carries these labels.
    ///
    /// Source: k8s.io/apimachinery `pkg/labels/selector.go`, `Requirement.Matches`.
    pub fn matches(&self, labels: &impl LookUp) -> bool {
        self.0.iter().all(|expression| match expression {
            Expression::Equal(key, value) => labels.label(key) == Some(value),
            Expression::NotEqual(key, value) => labels.label(key) != Some(value),
            Expression::In(key, values) => labels.label(key).is_some_and(|value| values.contains(value)),
            Expression::NotIn(key, values) => labels.label(key).is_none_or(|value| !values.contains(value)),
            Expression::Exists(key) => labels.label(key).is_some(),
            Expression::DoesNotExist(key) => labels.label(key).is_none(),
        })
    }

    /// A key or value in it that is none of a label, so that the API server refuses what has the selector.
    pub fn refused(&self) -> Option<&str> {
        self.0.iter().find_map(|expression| {
            let (key, values) = match expression {
                Expression::Equal(key, value) | Expression::NotEqual(key, value) => (key, vec![value]),
                Expression::In(key, values) | Expression::NotIn(key, values) => (key, values.iter().collect()),
                Expression::Exists(key) | Expression::DoesNotExist(key) => (key, Vec::new()),
            };
            let refused = values.into_iter().find(|value| !names::is_label_value(value));
            Some(key).filter(|key| !names::is_label_key(key)).or(refused).map(String::as_str)
        })
    }

    /// Labels that everything selected carries: where to look for it.
    pub fn required_labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|expression| match expression {
            Expression::Equal(key, value) => Some((key.as_str(), value.as_str())),
            Expression::In(key, values) if values.len() == 1 => Some((key.as_str(), values.first()?.as_str())),
            _ => None,
        })
    }
}

/// A label selector of an option. The error is the places of the expressions that the API server refuses.
impl TryFrom<LabelSelector> for Selector {
    type Error = Vec<usize>;

    fn try_from(selector: LabelSelector) -> Result<Self, Self::Error> {
        let labels = selector.match_labels.unwrap_or_default().into_iter();
        let mut expressions: Vec<_> = labels.map(|(key, value)| Expression::Equal(key, value)).collect();
        let mut refused = Vec::new();
        for (index, mut requirement) in selector.match_expressions.into_iter().flatten().enumerate() {
            requirement.values = requirement.values.filter(|values| !values.is_empty());
            match Expression::try_from(requirement) {
                Ok(expression) => expressions.push(expression),
                Err(_) => refused.push(index),
            }
        }
        if refused.is_empty() { Ok(expressions.into_iter().collect()) } else { Err(refused) }
    }
}

impl FromIterator<Expression> for Selector {
    fn from_iter<I: IntoIterator<Item = Expression>>(expressions: I) -> Self {
        let mut expressions: Vec<_> = expressions.into_iter().collect();
        expressions.sort();
        Self(expressions.into())
    }
}

impl From<&Selector> for LabelSelector {
    fn from(selector: &Selector) -> Self {
        selector.0.iter().cloned().collect::<kube_core::Selector>().into()
    }
}

fn refused(item: &Item, path: FieldPath) -> Finding {
    let message = "the API server refuses this requirement; `operator` must be `In` or `NotIn` with `values`, or `Exists` \
                   or `DoesNotExist`";
    Finding::new(CommonRule::MalformedField, message).on(item).at(path)
}

/// Reads a field of an object as a type, as [`Item::read`] does with the whole object. Its path is asked for where something
/// is malformed.
pub(crate) fn read_field<T: DeserializeOwned + Default>(
    item: &Item,
    path: impl Fn() -> FieldPath,
    value: &Value,
) -> (T, Vec<Finding>) {
    let (read, malformed) = typed::read(value);
    let findings = malformed.into_iter().map(|problem| {
        let message = format!("cannot be read: {}; correct it", problem.reason);
        Finding::new(CommonRule::MalformedField, message).on(item).at(path().join(&problem.pointer))
    });
    (read, findings.collect())
}

/// Labelled things in namespaces, such as pods. Those that a selector selects are found without a look at each of them.
#[derive(Debug)]
pub struct LabelIndex<T> {
    entries: Vec<(LabelSet, T)>,
    by_namespace: HashMap<String, Places>,
    /// All namespaces together, from the first selector on that is asked for anywhere: most never are.
    anywhere: OnceCell<Places>,
}

/// The places of entries.
#[derive(Debug, Default)]
struct Places {
    all: Vec<usize>,
    /// By the key and the value of each label, from the first question for one on.
    by_label: OnceCell<Numbered<usize>>,
}

impl Places {
    fn add(&mut self, place: usize) {
        self.all.push(place);
        self.by_label.take();
    }

    fn by_label<T>(&self, entries: &[(LabelSet, T)]) -> &Numbered<usize> {
        let labels = |place: usize| entries[place].0.iter().map(move |label| (label, place));
        self.by_label.get_or_init(|| self.all.iter().copied().flat_map(labels).collect())
    }

    /// The shortest list that holds everything that is selected.
    fn candidates<T>(&self, entries: &[(LabelSet, T)], selector: &Selector) -> &[usize] {
        let of_labels = selector.required_labels().map(|label| self.by_label(entries).called(&label));
        of_labels.chain([self.all.as_slice()]).min_by_key(|list| list.len()).unwrap_or_default()
    }
}

impl<T> Default for LabelIndex<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), by_namespace: HashMap::new(), anywhere: OnceCell::new() }
    }
}

impl<T> LabelIndex<T> {
    /// Adds something that carries labels in a namespace; see [`namespace_name`] for one that is not given.
    pub fn insert(&mut self, namespace: Option<&str>, labels: impl Into<LabelSet>, entry: T) {
        let places = self.by_namespace.entry(namespace_name(namespace).to_owned()).or_default();
        places.add(self.entries.len());
        self.entries.push((labels.into(), entry));
        self.anywhere.take();
    }

    /// What a selector selects in a namespace, in the order in which it was added.
    pub fn select<'s>(
        &'s self,
        namespace: Option<&str>,
        selector: &'s Selector,
    ) -> impl Iterator<Item = &'s T> + use<'s, T> {
        self.selected(self.by_namespace.get(namespace_name(namespace)), selector)
    }

    /// What a selector selects in all namespaces, in the order in which it was added.
    pub fn select_anywhere<'s>(&'s self, selector: &'s Selector) -> impl Iterator<Item = &'s T> + use<'s, T> {
        self.selected(Some(self.anywhere()), selector)
    }

    /// Whether there is anything in a namespace.
    pub fn has_namespace(&self, namespace: Option<&str>) -> bool {
        self.by_namespace.contains_key(namespace_name(namespace))
    }

    fn anywhere(&self) -> &Places {
        self.anywhere.get_or_init(|| Places { all: (0..self.entries.len()).collect(), by_label: OnceCell::new() })
    }

    fn selected<'s>(
        &'s self,
        places: Option<&'s Places>,
        selector: &'s Selector,
    ) -> impl Iterator<Item = &'s T> + use<'s, T> {
        let candidates = places.into_iter().flat_map(|places| places.candidates(&self.entries, selector));
        let entries = candidates.map(|place| &self.entries[*place]);
        entries.filter(|(labels, _)| selector.matches(labels)).map(|(_, entry)| entry)
    }
}

#[cfg(test)]
mod tests {
    use krm::resource_list::Resources;
    use kube_core::SelectorExt;
    use proptest::prelude::*;

    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    /// Reads the selector of a ServiceMonitor, and tells findings as they are printed.
    fn read(selector: &str) -> Result<Selector, Vec<String>> {
        let text = format!(
            "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {{name: web}}\nspec: {selector}\n"
        );
        let resources = Resources::from_streams(vec![(None, text)]).expect("the text is YAML");
        let item = resources.iter().next().expect("the object is there");
        Selector::read(item, "/spec/selector").map_err(|findings| findings.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn selectors_select_as_the_api_server_says() {
        let web = labels(&[("app", "web"), ("tier", "front")]);
        for (selector, expected) in [
            ("{}", true),
            ("{selector: {}}", true),
            ("{selector: {matchLabels: {app: web}}}", true),
            ("{selector: {matchLabels: {app: db}}}", false),
            ("{selector: {matchExpressions: [{key: app, operator: In, values: [db, web]}]}}", true),
            ("{selector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}}", false),
            ("{selector: {matchExpressions: [{key: zone, operator: NotIn, values: [web]}]}}", true),
            ("{selector: {matchExpressions: [{key: app, operator: Exists}]}}", true),
            ("{selector: {matchExpressions: [{key: app, operator: DoesNotExist, values: []}]}}", false),
            ("{selector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: Exists}]}}", true),
        ] {
            let selector = read(selector).unwrap_or_else(|findings| panic!("{selector}: {findings:?}"));
            assert_eq!(selector.matches(&web), expected, "{selector:?}");
        }
    }

    #[test]
    fn a_malformed_selector_is_none_and_says_why() {
        for (selector, expected) in [
            ("{selector: []}", "spec.selector: cannot be read"),
            ("{selector: {matchLabels: [app]}}", "spec.selector.matchLabels: cannot be read"),
            ("{selector: {matchLabels: {app: 1}}}", "spec.selector.matchLabels.app: cannot be read"),
            (
                "{selector: {matchExpressions: [{key: app, operator: Equals, values: [web]}]}}",
                "spec.selector.matchExpressions[0]: the API server refuses this requirement",
            ),
            (
                "{selector: {matchExpressions: [{key: a, operator: Exists}, {key: app, operator: In, values: []}]}}",
                "spec.selector.matchExpressions[1]: the API server refuses this requirement",
            ),
            (
                "{selector: {matchExpressions: [{key: app}]}}",
                "spec.selector.matchExpressions[0]: the API server refuses this requirement",
            ),
        ] {
            let findings = read(selector).expect_err(selector);
            let expected = format!("warning: ServiceMonitor web: {expected}");
            assert!(matches!(findings.as_slice(), [one] if one.starts_with(&expected)), "{selector}: {findings:?}");
        }
    }

    #[test]
    fn selectors_are_written_in_their_form() {
        let app = labels(&[("app", "web")]);
        let of_build = LabelSelector::from(&Selector::of_build(app.clone()));
        assert_eq!((of_build.match_labels, of_build.match_expressions), (Some(app.clone()), None));
        let of_others = LabelSelector::from(&Selector::of_others(&app));
        let requirements = of_others.match_expressions.unwrap_or_default();
        assert_eq!((of_others.match_labels, requirements[0].operator.as_str()), (None, "In"));
        assert_eq!(LabelSelector::from(&Selector::default()), LabelSelector::default());
    }

    fn expressions() -> impl Strategy<Value = Expression> {
        let values = || proptest::collection::btree_set("[xy]".prop_map(String::from), 0..3);
        prop_oneof![
            ("[ab]", "[xy]").prop_map(|(key, value)| Expression::Equal(key, value)),
            ("[ab]", "[xy]").prop_map(|(key, value)| Expression::NotEqual(key, value)),
            ("[ab]", values()).prop_map(|(key, values)| Expression::In(key, values)),
            ("[ab]", values()).prop_map(|(key, values)| Expression::NotIn(key, values)),
            "[ab]".prop_map(Expression::Exists),
            "[ab]".prop_map(Expression::DoesNotExist),
        ]
    }

    fn any_labels() -> impl Strategy<Value = Labels> {
        proptest::collection::btree_map("[ab]", "[xy]", 0..3)
    }

    proptest! {
        #[test]
        fn a_selector_selects_what_kube_says(expression in expressions(), labels in any_labels()) {
            let expected = expression.matches(&labels);
            let selector = Selector::from_iter([expression]);
            prop_assert_eq!(selector.matches(&labels), expected);
            prop_assert_eq!(selector.matches(&LabelSet::from(labels)), expected);
        }

        #[test]
        fn an_index_finds_what_a_look_at_each_would_find(
            things in proptest::collection::vec((proptest::option::of("[mn]"), any_labels()), 0..12),
            selected in any_labels(),
            is_of_build in any::<bool>(),
        ) {
            let selector = if is_of_build { Selector::of_build(selected) } else { Selector::of_others(&selected) };
            let mut index = LabelIndex::default();
            for (position, (namespace, labels)) in things.iter().enumerate() {
                index.insert(namespace.as_deref(), labels.clone(), position);
            }
            for namespace in [None, Some("m"), Some("n"), Some("default")] {
                let found: Vec<_> = index.select(namespace, &selector).copied().collect();
                let is_here = |of: &Option<String>| namespace_name(of.as_deref()) == namespace_name(namespace);
                let expected = things.iter().enumerate().filter(|(_, (of, labels))| is_here(of) && selector.matches(labels));
                prop_assert_eq!(found, expected.map(|(position, _)| position).collect::<Vec<_>>());
                prop_assert_eq!(index.has_namespace(namespace), things.iter().any(|(of, _)| is_here(of)));
            }
            let anywhere: Vec<_> = index.select_anywhere(&selector).copied().collect();
            let expected = things.iter().enumerate().filter(|(_, (_, labels))| selector.matches(labels));
            prop_assert_eq!(anywhere, expected.map(|(position, _)| position).collect::<Vec<_>>());
        }
    }
}
