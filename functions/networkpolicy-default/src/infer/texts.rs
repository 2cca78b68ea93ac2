//! The texts of a workload that may name hosts: variables, command lines, files of ConfigMaps and Secrets, and the custom
//! resource that an operator makes it for.

use krm::field::{FieldPath, Pointer};
use krm::resource_list::Item;
use manifests::addresses::{
    Certainty, Mention, mentions_in_command, mentions_in_file, mentions_in_pairs, mentions_in_tree, mentions_of,
};
use manifests::pods::{Container, PodTemplate};
use serde_json::Value;

use super::stored::{Sealed, Store, Stored, report_sealed, report_unread};
use super::variables::{Variable, Variables};
use crate::facts::workload::WorkloadId;
use crate::plan::Plan;

/// A text of a workload.
pub(super) struct Text {
    /// What policies say about where it is.
    pub(super) place: String,
    /// The hosts that it names.
    pub(super) mentions: Vec<Mention>,
    /// Whether some of it is of a Secret, so that no finding may hold it.
    pub(super) is_secret: bool,
}

impl Text {
    /// A text that is of no Secret.
    fn plain(place: String, mentions: Vec<Mention>) -> Self {
        Self { place, mentions, is_secret: false }
    }

    /// A text, maybe of a Secret. A word of a Secret by itself may be a password, so that it says nothing.
    fn new(place: String, mut mentions: Vec<Mention>, is_secret: bool) -> Self {
        mentions.retain(|mention| !is_secret || mention.certainty > Certainty::Word);
        Self { place, mentions, is_secret }
    }
}

/// Reads the texts of one workload.
struct Reader<'p, 'c, 'f> {
    plan: &'p mut Plan<'c, 'f>,
    item: &'c Item,
    found: Vec<Text>,
    sealed: Vec<Sealed>,
    /// Whether it is listed where it connects, which says what the build does not show.
    is_listed: bool,
}

/// The texts of a workload that may name hosts.
pub(super) fn texts_of(plan: &mut Plan<'_, '_>, id: WorkloadId) -> Vec<Text> {
    let cluster = plan.cluster;
    let Some(item) = cluster.item_of(id) else { return Vec::new() };
    let is_listed = plan.is_listed(id);
    let mut reader = Reader { plan, item, found: Vec::new(), sealed: Vec::new(), is_listed };
    match cluster.workload(id).kind {
        Some(kind) => cluster.resources.look(item, |item| reader.template(PodTemplate::at(kind, item.value()))),
        None if cluster.pods_of(item.id()) == Some(id) => reader.resource(),
        None => {}
    }
    let Reader { plan, found, sealed, .. } = reader;
    if !is_listed {
        report_sealed(plan, item, &sealed);
    }
    found
}

/// The hosts that the texts of a field of an object name, each with its field path.
pub(super) fn mentions_in_field(field: &Pointer, value: &Value) -> Vec<(FieldPath, Mention)> {
    let key = field.last().map(|token| token.decoded().into_owned()).unwrap_or_default();
    let found = mentions_in_tree(&key, value).into_iter();
    found.map(|(pointer, mention)| (FieldPath::from(field).join(&pointer), mention)).collect()
}

/// Whether a field is of the metadata of what an operator makes. What it names is for other controllers, as the host that
/// external-dns publishes; the pods do not connect to it.
fn is_of_metadata(field: &Pointer) -> bool {
    field.tokens().any(|token| matches!(token.decoded().as_ref(), "annotations" | "labels"))
}

impl Reader<'_, '_, '_> {
    fn template(&mut self, template: Option<PodTemplate<'_>>) {
        let Some(template) = template else { return };
        for container in template.containers() {
            let variables = self.variables(&container);
            self.command_line(container.value, &variables);
            self.environment(&variables);
        }
        for (_, volume) in template.volumes() {
            self.files(Store::ConfigMap, &volume["configMap"], "name");
            self.files(Store::Secret, &volume["secret"], "secretName");
            for source in list(&volume["projected"]["sources"]) {
                self.files(Store::ConfigMap, &source["configMap"], "name");
                self.files(Store::Secret, &source["secret"], "name");
            }
        }
    }

    /// The custom resource that an operator makes the pods for.
    fn resource(&mut self) {
        let spec = Pointer::from_static("/spec");
        let found = mentions_in_tree("spec", &self.item.value()["spec"]).into_iter();
        let found = found.filter(|(pointer, _)| !is_of_metadata(pointer));
        self.found
            .extend(found.map(|(pointer, mention)| {
                Text::plain(FieldPath::from(spec).join(&pointer).to_string(), vec![mention])
            }));
    }

    /// The files that a volume makes of a ConfigMap or Secret, which a field of the volume names.
    fn files(&mut self, store: Store, source: &Value, name: &str) {
        let Some(stored) =
            source[name].as_str().and_then(|name| Stored::find(self.plan, self.item, (store, name), source))
        else {
            return;
        };
        let keys = source["items"].as_array().map(|items| items.iter().map(|item| &item["key"]).collect::<Vec<_>>());
        for (key, text) in &stored.texts {
            if keys.as_ref().is_none_or(|keys| keys.iter().any(|listed| *listed == key)) {
                let place = format!("{} {} key {key}", store.kind(), stored.name);
                // A file of one word is the value of its name.
                let is_value = !text.trim().contains(char::is_whitespace);
                let mentions = if is_value { mentions_of(key, text.trim()) } else { mentions_in_file(text) };
                self.found.push(Text::new(place, mentions, store == Store::Secret));
            }
        }
    }

    /// The variables of a container, expanded.
    fn variables(&mut self, container: &Container<'_>) -> Variables {
        let mut variables = Variables::default();
        for (index, source) in list(&container.value["envFrom"]).enumerate() {
            let prefix = source["prefix"].as_str().unwrap_or_default();
            let path = |field: &str| container.path().key("envFrom").index(index).key(field);
            for (store, field) in [(Store::ConfigMap, "configMapRef"), (Store::Secret, "secretRef")] {
                let Some(stored) = self.stored(store, &source[field]) else { continue };
                if !self.is_listed {
                    report_unread(self.plan, self.item, &stored, || path(field));
                }
                let sealed = stored.sealed.iter();
                let sealed = sealed.filter_map(|key| stored.sealed(&format!("{prefix}{key}"), key, || path(field)));
                self.sealed.extend(sealed);
                let is_secret = store == Store::Secret;
                for (key, text) in stored.texts {
                    variables.insert(format!("{prefix}{key}"), Variable { text, is_secret });
                }
            }
        }
        for (index, variable) in list(&container.value["env"]).enumerate() {
            let Some(name) = variable["name"].as_str() else { continue };
            let path = || container.path().key("env").index(index);
            let variable = self.variable(name, variable, path).map(|variable| variable.expanded(&variables));
            if let Some(variable) = variable {
                variables.insert(name.to_owned(), variable);
            }
        }
        variables
    }

    /// The value of a variable, before it is expanded.
    fn variable(&mut self, name: &str, variable: &Value, path: impl Fn() -> FieldPath) -> Option<Variable> {
        if let Some(text) = variable["value"].as_str() {
            return Some(Variable { text: text.to_owned(), is_secret: false });
        }
        for (store, field) in [(Store::ConfigMap, "configMapKeyRef"), (Store::Secret, "secretKeyRef")] {
            let reference = &variable["valueFrom"][field];
            let (Some(key), Some(stored)) = (reference["key"].as_str(), self.stored(store, reference)) else {
                continue;
            };
            let is_secret = store == Store::Secret;
            if let Some(text) = stored.texts.get(key).cloned() {
                // The key may tell more than the name of the variable.
                self.found.push(Text::new(format!("variable {name}"), mentions_of(key, &text), is_secret));
                return Some(Variable { text, is_secret });
            }
            self.sealed.extend(stored.sealed(name, key, &path));
        }
        None
    }

    /// The ConfigMap or Secret that a mapping with its `name` means.
    fn stored(&mut self, store: Store, reference: &Value) -> Option<Stored> {
        Stored::find(self.plan, self.item, (store, reference["name"].as_str()?), reference)
    }

    fn command_line(&mut self, container: &Value, variables: &Variables) {
        let words = |field: &str| {
            let words = list(&container[field]).filter_map(Value::as_str);
            words.map(|word| variables.expand(word)).collect::<Vec<_>>()
        };
        let (command, args) = (words("command"), words("args"));
        if command.is_empty() && args.is_empty() {
            return;
        }
        let place = match (command.is_empty(), args.is_empty()) {
            (false, false) => "its command line",
            (false, true) => "its command",
            (true, _) => "its args",
        };
        let is_secret = command.iter().chain(&args).any(|word| word.is_secret);
        let words: Vec<_> = command.iter().chain(&args).map(|word| word.text.as_str()).collect();
        self.found.push(Text::new(place.to_owned(), mentions_in_command(&words), is_secret));
    }

    fn environment(&mut self, variables: &Variables) {
        let pairs: Vec<_> = variables.iter().map(|(name, variable)| (name, variable.text.as_str())).collect();
        let mentions = mentions_in_pairs(&pairs).into_iter();
        let texts = variables.iter().zip(mentions).filter(|(_, mentions)| !mentions.is_empty());
        let text = |((name, variable), mentions): ((&str, &Variable), _)| {
            Text::new(format!("variable {name}"), mentions, variable.is_secret)
        };
        self.found.extend(texts.map(text));
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
