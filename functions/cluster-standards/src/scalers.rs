//! What scales the pods of other objects.

use std::sync::LazyLock;

use krm::resource_list::{Item, Referent, Resources};
use krm::table;
use serde_json::Value;

/// An object that scales another one.
#[derive(Debug)]
pub(crate) struct Scaler<'r> {
    /// The object.
    pub(crate) item: &'r Item,
    /// The JSON pointer of the field that names the other object.
    pub(crate) target_pointer: &'static str,
    /// The JSON pointer of the least number of pods.
    pub(crate) least_pointer: &'static str,
    /// The JSON pointer of the largest number of pods.
    pub(crate) most_pointer: &'static str,
    /// The JSON pointer of the number of pods while there is no work; `-` where there is no such field.
    pub(crate) idle_pointer: &'static str,
    defaults: [u64; 2],
}

impl Scaler<'_> {
    /// Shows the scaler that an object is, if it is one. Its value is gone afterwards: there may be one for each workload.
    pub(crate) fn look<R>(resources: &Resources, item: &Item, look: impl FnOnce(&Scaler<'_>) -> R) -> Option<R> {
        static ROWS: LazyLock<Vec<[&str; 8]>> =
            LazyLock::new(|| table::rows(include_str!("../data/scalers.tsv")).collect());
        let [_, _, target, least, least_default, most, most_default, idle] =
            ROWS.iter().copied().find(|[group, kind, ..]| item.is(group, kind))?;
        let defaults = [least_default, most_default].map(|number| number.parse().unwrap_or_default());
        let [target_pointer, least_pointer, most_pointer, idle_pointer] = [target, least, most, idle];
        Some(resources.look(item, |item| {
            look(&Scaler { item, target_pointer, least_pointer, most_pointer, idle_pointer, defaults })
        }))
    }

    /// The least number of pods while there is work.
    pub(crate) fn least(&self) -> u64 {
        self.number(self.least_pointer).unwrap_or(self.defaults[0])
    }

    /// The largest number of pods.
    pub(crate) fn most(&self) -> u64 {
        self.number(self.most_pointer).unwrap_or(self.defaults[1])
    }

    /// The number of pods while there is no work, where that is another one.
    pub(crate) fn idle(&self) -> Option<u64> {
        self.number(self.idle_pointer)
    }

    fn number(&self, pointer: &str) -> Option<u64> {
        self.item.value().pointer(pointer).and_then(Value::as_u64)
    }

    /// The kind and the name of the object that it scales. KEDA takes a Deployment where no kind is given.
    pub(crate) fn names(&self) -> Option<(&str, &str)> {
        Some((self.text("kind").unwrap_or("Deployment"), self.text("name")?))
    }

    /// What the name leads to; nothing if it names nothing.
    pub(crate) fn target(&self, resources: &Resources) -> Option<Referent> {
        let (kind, name) = self.names()?;
        let api_version = self.text("apiVersion").unwrap_or("apps/v1");
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        Some(resources.referent(self.item.id(), group, kind, name))
    }

    /// Whether kustomize changes the name when it renames the object.
    ///
    /// Source: kustomize api/internal/konfig/builtinpluginconsts/namereference.go.
    pub(crate) fn is_renamed_by_kustomize(&self) -> bool {
        self.item.is("autoscaling", "HorizontalPodAutoscaler")
    }

    fn text(&self, key: &str) -> Option<&str> {
        let reference = self.item.value().pointer(self.target_pointer)?;
        reference[key].as_str().filter(|text| !text.is_empty())
    }
}
