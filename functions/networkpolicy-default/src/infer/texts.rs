//! The texts of a workload that may name hosts: variables, arguments and files of ConfigMaps.

use std::collections::BTreeMap;

use krm::resource_list::{Item, Referent};
use manifests::addresses::{Mention, mentions, mentions_in_file};
use serde_json::Value;

use crate::facts::cluster::Cluster;
use crate::facts::workload::WorkloadId;

/// A text of a workload.
pub(super) struct Text {
    /// What policies say about where it is.
    pub(super) place: String,
    /// The hosts that it names.
    pub(super) mentions: Vec<Mention>,
}

/// The variables of a container by name.
type Variables = BTreeMap<String, String>;

/// Reads the texts of one workload.
struct Reader<'c> {
    cluster: &'c Cluster<'c>,
    item: &'c Item,
    found: Vec<Text>,
}

/// The texts of a workload that may name hosts.
pub(super) fn texts_of(cluster: &Cluster<'_>, id: WorkloadId) -> Vec<Text> {
    let Some(item) = cluster.item_of(id) else { return Vec::new() };
    let Some(template) = cluster.workload(id).template(item) else { return Vec::new() };
    let mut reader = Reader { cluster, item, found: Vec::new() };
    for container in template.containers() {
        let variables = reader.variables(container.value);
        reader.command_line(container.value, &variables);
        reader.environment(&variables);
    }
    for (_, volume) in template.volumes() {
        reader.files(&volume["configMap"]);
        for source in list(&volume["projected"]["sources"]) {
            reader.files(&source["configMap"]);
        }
    }
    reader.found
}

impl<'c> Reader<'c> {
    /// The files that a volume makes of a ConfigMap.
    fn files(&mut self, source: &Value) {
        let Some(config_map) = self.config_map(&source["name"]) else { return };
        let keys = source["items"].as_array().map(|items| items.iter().map(|item| &item["key"]).collect::<Vec<_>>());
        for (key, text) in data(config_map) {
            if keys.as_ref().is_none_or(|keys| keys.iter().any(|listed| *listed == key)) {
                let place = format!("ConfigMap {} key {key}", config_map.name());
                self.found.push(Text { place, mentions: mentions_in_file(text) });
            }
        }
    }

    /// The variables of a container, expanded.
    fn variables(&self, container: &Value) -> Variables {
        let mut variables = Variables::new();
        for source in list(&container["envFrom"]) {
            let prefix = source["prefix"].as_str().unwrap_or_default();
            let data = self.config_map(&source["configMapRef"]["name"]).into_iter().flat_map(data);
            variables.extend(data.map(|(key, text)| (format!("{prefix}{key}"), text.to_owned())));
        }
        for variable in list(&container["env"]) {
            let Some(name) = variable["name"].as_str() else { continue };
            let reference = &variable["valueFrom"]["configMapKeyRef"];
            let referred = self.config_map(&reference["name"]);
            let referred =
                referred.and_then(|config_map| config_map.value()["data"][reference["key"].as_str()?].as_str());
            if let Some(text) = variable["value"].as_str().or(referred) {
                let text = expanded(text, &variables);
                variables.insert(name.to_owned(), text);
            }
        }
        variables
    }

    fn command_line(&mut self, container: &Value, variables: &Variables) {
        for field in ["command", "args"] {
            for argument in list(&container[field]).filter_map(Value::as_str) {
                let text = expanded(argument, variables);
                let option = text.strip_prefix('-').and_then(|option| option.split_once('='));
                let value = option.map_or(text.as_str(), |(_, value)| value);
                self.found.push(Text { place: format!("its {field}"), mentions: mentions(value) });
            }
        }
    }

    fn environment(&mut self, variables: &Variables) {
        for (name, text) in variables {
            let mut mentions = mentions(text);
            if let [Mention { port: port @ None, scheme: None, .. }] = mentions.as_mut_slice() {
                *port = port_beside(name, variables);
            }
            self.found.push(Text { place: format!("variable {name}"), mentions });
        }
    }

    fn config_map(&self, name: &Value) -> Option<&'c Item> {
        match self.cluster.resources.referent(self.item.id(), "", "ConfigMap", name.as_str()?) {
            Referent::Found(id) => Some(self.cluster.resources.get(id)),
            Referent::Missing | Referent::Ambiguous(_) => None,
        }
    }
}

/// The port that goes with a host in another variable: `DB_PORT` with `DB_HOST`, `PGPORT` with `PGHOST`.
fn port_beside(name: &str, variables: &Variables) -> Option<u16> {
    let suffix =
        ["HOSTNAME", "HOST", "SERVER", "ADDRESS", "ADDR", "ENDPOINT"].iter().find(|suffix| name.ends_with(*suffix))?;
    variables.get(&format!("{}PORT", name.strip_suffix(suffix)?))?.parse().ok()
}

/// `$(NAME)` put in as Kubernetes does, and `${NAME}` as a shell would.
fn expanded(text: &str, variables: &Variables) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        rest = &rest[at..];
        let reference = [("$(", ')'), ("${", '}')].iter().find_map(|(open, close)| {
            let (name, after) = rest.strip_prefix(open)?.split_once(*close)?;
            Some((variables.get(name)?, after))
        });
        let (value, after) = reference.map_or(("$", &rest[1..]), |(value, after)| (value.as_str(), after));
        expanded.push_str(value);
        rest = after;
    }
    expanded + rest
}

fn data(config_map: &Item) -> impl Iterator<Item = (&str, &str)> {
    let data = config_map.value()["data"].as_object().into_iter().flatten();
    data.filter_map(|(key, text)| Some((key.as_str(), text.as_str()?)))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
