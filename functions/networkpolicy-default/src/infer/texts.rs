//! The texts of a workload that may name hosts: variables, command lines, files of ConfigMaps, and the custom resource that
//! an operator makes it for.

use std::collections::BTreeMap;

use krm::field::{FieldPath, Pointer};
use krm::finding::Finding;
use krm::resource_list::{Item, Referent};
use manifests::addresses::{
    Mention, mentions_in_command, mentions_in_file, mentions_in_pairs, mentions_in_tree, mentions_of,
};
use manifests::pods::PodTemplate;
use serde_json::Value;

use crate::facts::workload::WorkloadId;
use crate::plan::Plan;
use crate::rule::Rule;

/// A text of a workload.
pub(super) struct Text {
    /// What policies say about where it is.
    pub(super) place: String,
    /// The hosts that it names.
    pub(super) mentions: Vec<Mention>,
}

/// The variables of a container by name.
type Variables = BTreeMap<String, String>;

/// ConfigMaps that every namespace has.
const GIVEN_CONFIG_MAPS: [&str; 2] = ["kube-root-ca.crt", "openshift-service-ca.crt"];

/// Reads the texts of one workload.
struct Reader<'p, 'c, 'f> {
    plan: &'p mut Plan<'c, 'f>,
    item: &'c Item,
    found: Vec<Text>,
}

/// The texts of a workload that may name hosts.
pub(super) fn texts_of(plan: &mut Plan<'_, '_>, id: WorkloadId) -> Vec<Text> {
    let cluster = plan.cluster;
    let Some(item) = cluster.item_of(id) else { return Vec::new() };
    let mut reader = Reader { plan, item, found: Vec::new() };
    match cluster.workload(id).template(item) {
        Some(template) => reader.template(&template),
        None if cluster.pods_of(item.id()) == Some(id) => reader.resource(),
        None => {}
    }
    reader.found
}

/// The hosts that the texts of a field of an object name, each with its field path.
pub(super) fn mentions_in_field(field: &Pointer, value: &Value) -> Vec<(FieldPath, Mention)> {
    let key = field.last().map(|token| token.decoded().into_owned()).unwrap_or_default();
    let found = mentions_in_tree(&key, value).into_iter();
    found.map(|(pointer, mention)| (FieldPath::from(field).join(&pointer), mention)).collect()
}

impl<'c> Reader<'_, 'c, '_> {
    fn template(&mut self, template: &PodTemplate<'c>) {
        for container in template.containers() {
            let variables = self.variables(container.value);
            self.command_line(container.value, &variables);
            self.environment(&variables);
        }
        for (_, volume) in template.volumes() {
            self.files(&volume["configMap"]);
            for source in list(&volume["projected"]["sources"]) {
                self.files(&source["configMap"]);
            }
        }
    }

    /// The custom resource that an operator makes the pods for.
    fn resource(&mut self) {
        let found = mentions_in_field(Pointer::from_static("/spec"), &self.item.value()["spec"]).into_iter();
        let text = |(path, mention): (FieldPath, Mention)| Text { place: path.to_string(), mentions: vec![mention] };
        self.found.extend(found.map(text));
    }

    /// The files that a volume makes of a ConfigMap.
    fn files(&mut self, source: &Value) {
        let Some(config_map) = self.config_map(source) else { return };
        let keys = source["items"].as_array().map(|items| items.iter().map(|item| &item["key"]).collect::<Vec<_>>());
        for (key, text) in data(config_map) {
            if keys.as_ref().is_none_or(|keys| keys.iter().any(|listed| *listed == key)) {
                let place = format!("ConfigMap {} key {key}", config_map.name());
                self.plan.note_read(config_map.id());
                // A file of one word is the value of its name.
                let is_value = !text.trim().contains(char::is_whitespace);
                let mentions = if is_value { mentions_of(key, text.trim()) } else { mentions_in_file(text) };
                self.found.push(Text { place, mentions });
            }
        }
    }

    /// The variables of a container, expanded.
    fn variables(&mut self, container: &Value) -> Variables {
        let mut variables = Variables::new();
        for source in list(&container["envFrom"]) {
            let prefix = source["prefix"].as_str().unwrap_or_default();
            let data = self.config_map(&source["configMapRef"]).into_iter().flat_map(data);
            variables.extend(data.map(|(key, text)| (format!("{prefix}{key}"), text.to_owned())));
        }
        for variable in list(&container["env"]) {
            let Some(name) = variable["name"].as_str() else { continue };
            let reference = &variable["valueFrom"]["configMapKeyRef"];
            let referred = self.config_map(reference);
            let referred =
                referred.and_then(|config_map| config_map.value()["data"][reference["key"].as_str()?].as_str());
            // The key of the ConfigMap may tell more than the name of the variable.
            if let (Some(text), Some(key)) = (referred, reference["key"].as_str()) {
                self.found.push(Text { place: format!("variable {name}"), mentions: mentions_of(key, text) });
            }
            if let Some(text) = variable["value"].as_str().or(referred) {
                let text = expanded(text, &variables);
                variables.insert(name.to_owned(), text);
            }
        }
        variables
    }

    fn command_line(&mut self, container: &Value, variables: &Variables) {
        let words = |field: &str| {
            let words = list(&container[field]).filter_map(Value::as_str);
            words.map(|word| expanded(word, variables)).collect::<Vec<_>>()
        };
        let (command, args) = (words("command"), words("args"));
        let place = match (command.is_empty(), args.is_empty()) {
            (false, false) => "its command line",
            (false, true) => "its command",
            (true, _) => "its args",
        };
        let words: Vec<_> = command.iter().chain(&args).map(String::as_str).collect();
        self.found.push(Text { place: place.to_owned(), mentions: mentions_in_command(&words) });
    }

    fn environment(&mut self, variables: &Variables) {
        let pairs: Vec<_> = variables.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let mentions = mentions_in_pairs(&pairs).into_iter();
        let texts = pairs.iter().zip(mentions).filter(|(_, mentions)| !mentions.is_empty());
        self.found.extend(texts.map(|((name, _), mentions)| Text { place: format!("variable {name}"), mentions }));
    }

    /// The ConfigMap that a mapping with its `name` means.
    fn config_map(&mut self, reference: &Value) -> Option<&'c Item> {
        let name = reference["name"].as_str()?;
        let resources = self.plan.cluster.resources;
        let problem = match resources.referent(self.item.id(), "", "ConfigMap", name) {
            Referent::Found(id) => {
                self.plan.note_read(id);
                return Some(resources.get(id));
            }
            Referent::Ambiguous(_) => "which several were once named; use the present name of one",
            Referent::Missing => "which is not part of this build, so hosts that it names are not seen; add it",
        };
        let is_told = reference["optional"] != true && !GIVEN_CONFIG_MAPS.contains(&name);
        if is_told && self.plan.cluster.settings.protects(self.item.namespace()) {
            let message = format!("reads ConfigMap `{name}`, {problem}");
            self.plan.report_once(Finding::new(Rule::ConfigMapUnread, message).on(self.item));
        }
        None
    }
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
