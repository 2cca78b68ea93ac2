//! What the config and the build say about the kinds that the cluster serves.

use std::collections::{HashMap, HashSet};

use krm::config::ConfigError;
use krm::field::FieldPath;
use krm::resource_list::{Item, Resources};
use krm::table;
use serde::Deserialize;
use serde_json::Value;

use crate::config::Spec;
use crate::patterns::Domains;

/// A list of the kinds of a version of an API group, as the API server gives it; as much of it as is needed.
///
/// Source: k8s.io/apimachinery pkg/apis/meta/v1, `APIResourceList`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiResourceList {
    group_version: String,
    resources: Vec<ApiResource>,
}

#[derive(Debug, Deserialize)]
struct ApiResource {
    name: String,
    kind: String,
}

/// What `crane validate` reads.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiResourceLists {
    api_resource_lists: Vec<Value>,
}

/// All kinds that a cluster serves.
#[derive(Debug, Default)]
pub(crate) struct Surface {
    /// The API versions of each kind.
    api_versions: HashMap<String, Vec<String>>,
}

impl Surface {
    /// The kinds that the config lists; none if it lists nothing.
    ///
    /// # Errors
    /// Lists that are no `APIResourceList`, that hold nothing, or a ConfigMap that is not in the build.
    pub(crate) fn of(spec: &Spec, resources: &Resources) -> Result<Option<Self>, ConfigError> {
        let mut surface = Self::default();
        for (index, list) in spec.api_resource_lists.iter().enumerate() {
            let option = FieldPath::from("spec.apiResourceLists").index(index);
            surface.add(&Value::Object(list.clone())).map_err(|reason| ConfigError::new(option, reason))?;
        }
        if let Some(name) = &spec.api_resource_config_map {
            let error = |reason: String| ConfigError::new("spec.apiResourceConfigMap", reason);
            surface.add_config_map(name, resources).map_err(error)?;
        }
        let is_asked = !spec.api_resource_lists.is_empty() || spec.api_resource_config_map.is_some();
        if is_asked && surface.api_versions.is_empty() {
            return Err(ConfigError::new(
                "spec.apiResourceLists",
                "lists no kind, so that every object would be refused",
            ));
        }
        Ok(is_asked.then_some(surface))
    }

    fn add_config_map(&mut self, name: &str, resources: &Resources) -> Result<(), String> {
        let mut maps =
            resources.iter().filter(|item| item.is("", "ConfigMap") && item.names().iter().any(|known| known == name));
        let map = maps.next().ok_or_else(|| format!("no ConfigMap `{name}` is part of this build"))?;
        for (key, text) in map.value()["data"].as_object().into_iter().flatten() {
            let lists: ApiResourceLists = serde_json::from_str(text.as_str().unwrap_or_default())
                .map_err(|problem| format!("`data.{key}` of the ConfigMap holds no `apiResourceLists`: {problem}"))?;
            for list in &lists.api_resource_lists {
                self.add(list).map_err(|reason| format!("`data.{key}` of the ConfigMap {reason}"))?;
            }
        }
        Ok(())
    }

    fn add(&mut self, list: &Value) -> Result<(), String> {
        let list: ApiResourceList =
            Deserialize::deserialize(list).map_err(|problem| format!("holds no APIResourceList: {problem}"))?;
        // A name with a slash is a part of a resource, as `pods/log`.
        for resource in list.resources.into_iter().filter(|resource| !resource.name.contains('/')) {
            self.api_versions.entry(resource.kind).or_default().push(list.group_version.clone());
        }
        Ok(())
    }

    /// The API versions that the cluster serves of a kind.
    pub(crate) fn api_versions(&self, kind: &str) -> &[String] {
        self.api_versions.get(kind).map_or(&[], Vec::as_slice)
    }
}

/// The custom resources that a build defines: by group and kind the versions that are served.
#[derive(Debug, Default)]
pub(crate) struct Definitions(HashMap<(String, String), Vec<String>>);

impl Definitions {
    /// Those of a build.
    pub(crate) fn of(resources: &Resources) -> Self {
        let definitions = resources.iter().filter(|item| item.is("apiextensions.k8s.io", "CustomResourceDefinition"));
        Self(definitions.filter_map(definition).collect())
    }

    /// The versions that are served of a kind, if the build defines it.
    pub(crate) fn versions(&self, group: &str, kind: &str) -> Option<&[String]> {
        self.0.get(&(group.to_owned(), kind.to_owned())).map(Vec::as_slice)
    }
}

/// The type that a CustomResourceDefinition of `v1` or `v1beta1` defines.
fn definition(item: &Item) -> Option<((String, String), Vec<String>)> {
    let spec = &item.value()["spec"];
    let (group, kind) = (spec["group"].as_str()?, spec["names"]["kind"].as_str()?);
    let listed = spec["versions"].as_array().into_iter().flatten();
    let served = listed.filter(|version| version["served"] != false).filter_map(|version| version["name"].as_str());
    let versions = served.chain(spec["version"].as_str()).map(str::to_owned).collect();
    Some(((group.to_owned(), kind.to_owned()), versions))
}

/// The API groups that `spec.installed` names.
#[derive(Debug, Default)]
pub(crate) struct Installed {
    groups: HashSet<String>,
    of_products: Domains<()>,
}

impl Default for Domains<()> {
    fn default() -> Self {
        Self::from_iter([])
    }
}

impl Installed {
    /// The groups of the options.
    ///
    /// # Errors
    /// A name that is neither a product of the table nor an API group.
    pub(crate) fn of(spec: &Spec) -> Result<Self, ConfigError> {
        let products: Vec<[&str; 2]> = table::rows(include_str!("../data/products.tsv")).collect();
        let mut groups = HashSet::new();
        let mut of_products = Vec::new();
        for (index, name) in spec.installed.iter().enumerate() {
            let of_product = products.iter().filter(|[product, _]| product == name).map(|[_, group]| (*group, ()));
            let known = of_products.len();
            of_products.extend(of_product);
            if of_products.len() == known {
                if !name.contains('.') {
                    return Err(unknown_product(index, name, &products));
                }
                groups.insert(name.clone());
            }
        }
        Ok(Self { groups, of_products: of_products.into_iter().collect() })
    }

    /// Whether something that is installed serves a group.
    pub(crate) fn serves(&self, group: &str) -> bool {
        self.groups.contains(group) || self.of_products.of(group).next().is_some()
    }
}

fn unknown_product(index: usize, name: &str, products: &[[&str; 2]]) -> ConfigError {
    let mut names: Vec<_> = products.iter().map(|[product, _]| format!("`{product}`")).collect();
    names.dedup();
    let message = format!("`{name}` must be an API group, which has a dot in it, or one of {}", names.join(", "));
    ConfigError::new(FieldPath::from("spec.installed").index(index), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_serves_its_groups() {
        let mut rows: Vec<[&str; 2]> = table::rows(include_str!("../data/products.tsv")).collect();
        for [product, group] in &rows {
            let spec = Spec { installed: vec![(*product).to_owned()], ..Spec::default() };
            let installed = Installed::of(&spec).expect("it is a product");
            let group = group.replace("*.", "any.");
            assert!(installed.serves(&group), "{product} {group}");
            assert!(!installed.serves("example.org"), "{product}");
        }
        assert!(rows.is_sorted());
        rows.dedup();
        assert_eq!(rows.len(), table::rows::<2>(include_str!("../data/products.tsv")).count());
    }
}
