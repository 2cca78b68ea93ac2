//! The search through one object, value by value.

use krm::field::{FieldPath, Pointer};
use krm::rule::Severity;
use manifests::helm::{Form, values_of};
use serde_json::{Map, Value};

use crate::keys::{Entries, Holder};
use crate::leftover_kinds::leftover_kind;
use crate::names::KindOfName;
use crate::node_labels::Need;
use crate::report::{Fact, Report};
use crate::rule::Rule;
use crate::texts::Needles;
use crate::walk::{Place, Root, walk};
use crate::{commands, generated_secrets, images, keys, names, node_labels, pod_fields, storage, texts};

/// Kinds whose fields describe other things than what runs on the cluster, or hold ciphers.
fn is_opaque(group: &str, kind: &str) -> bool {
    matches!(
        (group, kind),
        ("", "Secret") | ("bitnami.com", "SealedSecret") | ("apiextensions.k8s.io", "CustomResourceDefinition")
    ) || kind.ends_with("Dashboard")
}

/// The lists in which Argo CD names kinds.
///
/// Source: argoproj/argo-cd pkg/apis/application/v1alpha1/types.go.
const KIND_LISTS: [&str; 5] = [
    "ignoreDifferences",
    "clusterResourceWhitelist",
    "clusterResourceBlacklist",
    "namespaceResourceWhitelist",
    "namespaceResourceBlacklist",
];

/// Searches through an object.
pub(crate) fn search(report: &mut Report<'_>, needles: &Needles) {
    let item = report.item;
    if is_opaque(item.group(), item.kind()) {
        return check_metadata(report);
    }
    let object = item.value();
    let charts = values_of(object).into_iter().filter(|values| values.form != Form::Mapping);
    let read: Vec<_> = charts.filter_map(|values| Some((values.path(), values.form, values.read().ok()?))).collect();
    let mut visit = Visit { report, needles, read_already: read.iter().map(|(path, ..)| path.clone()).collect() };
    walk(object, Root::Field(&FieldPath::root()), &mut |place, value| visit.value(place, value));
    for (path, form, parts) in &read {
        for part in parts {
            let field = part.path_of(Pointer::root());
            let root = if *form == Form::Text { Root::Field(path) } else { Root::Whole(&field) };
            walk(&part.value, root, &mut |place, value| visit.value(place, value));
        }
    }
}

/// The annotations and labels of the object itself.
fn check_metadata(report: &mut Report<'_>) {
    let metadata = &report.item.value()["metadata"];
    for (field, holder) in [("annotations", Holder::Annotations), ("labels", Holder::Labels)] {
        if let Some(entries) = metadata[field].as_object() {
            let path = FieldPath::from("metadata").key(field);
            keys::check(report, &Entries { holder, path, entries, are_own: true });
        }
    }
}

/// A search that is under way.
struct Visit<'v, 'r> {
    report: &'v mut Report<'r>,
    needles: &'v Needles,
    /// Texts and parameters that are read as what they hold.
    read_already: Vec<FieldPath>,
}

impl Visit<'_, '_> {
    /// A value; whether to go on inside.
    fn value(&mut self, place: &Place<'_>, value: &Value) -> bool {
        match value {
            Value::Object(entries) => self.mapping(place, entries),
            Value::String(text) => {
                self.text(place, text);
                false
            }
            Value::Number(number) => {
                let key = place.key();
                if matches!(key, "runAsUser" | "runAsGroup" | "fsGroup") {
                    pod_fields::check_user(self.report, place.path(), key, number.as_u64());
                }
                false
            }
            // Parameters of charts are read as the values that they mean.
            _ if matches!(place.key(), "parameters") => !self.read_already.contains(&place.path()),
            _ => !matches!(place.key(), "ownerReferences" | "managedFields"),
        }
    }

    fn mapping(&mut self, place: &Place<'_>, entries: &Map<String, Value>) -> bool {
        let key = place.key();
        if place.is_item() {
            self.item(place, key, entries);
        } else if let Some(is_inside) = self.entry(place, key, entries) {
            return is_inside;
        }
        if entries.contains_key("kind") && entries.contains_key("apiVersion") {
            self.inner_object(place, entries);
        }
        if entries.contains_key("env") {
            pod_fields::check_container(self.report, &place.path(), entries);
        }
        if entries.contains_key("command") || entries.contains_key("args") {
            self.command_line(place, entries);
        }
        true
    }

    /// A mapping below a key of its own; whether to go on inside, if that is decided.
    fn entry(&mut self, place: &Place<'_>, key: &str, entries: &Map<String, Value>) -> Option<bool> {
        let holder = match key {
            "status" if place.section() == "status" => return Some(false),
            "set" if self.read_already.contains(&place.path()) => return Some(false),
            _ if key.ends_with("nnotations") => Holder::Annotations,
            "labels" | "podLabels" | "commonLabels" | "extraLabels" => Holder::Labels,
            "matchLabels" if !place.is_within("nodeSelector") => Holder::Selector,
            "matchLabels" => return Some(self.node_selector(place, entries)),
            _ if key.ends_with("odeSelector") && !is_selector(entries) => {
                return Some(self.node_selector(place, entries));
            }
            _ if place.is_within("volumes") || self.report.item.is("", "PersistentVolume") => {
                pod_fields::check_driver(self.report, place.path(), key);
                return None;
            }
            "limits" | "requests" => {
                pod_fields::check_resources(self.report, &place.path(), entries);
                return Some(false);
            }
            _ => return None,
        };
        // The schema of a value is no value.
        if entries.contains_key("properties") {
            return None;
        }
        let are_own = place.section() == "metadata" && !place.is_within("template");
        keys::check(self.report, &Entries { holder, path: place.path(), entries, are_own });
        Some(false)
    }

    /// A mapping in a list.
    fn item(&mut self, place: &Place<'_>, key: &str, entries: &Map<String, Value>) {
        let text = |field: &str| entries.get(field).and_then(Value::as_str);
        match key {
            "tolerations" => {
                if let Some(label) = text("key") {
                    node_labels::check(self.report, place.below("key"), (label, text("value")), Need::Optional);
                }
            }
            "matchExpressions" => self.expression(place, entries),
            _ if KIND_LISTS.contains(&key) => {
                if let Some(group) = text("group") {
                    self.listed_group(place, group);
                }
            }
            "topologySpreadConstraints" => {
                let need =
                    if text("whenUnsatisfiable") == Some("ScheduleAnyway") { Need::Optional } else { Need::Required };
                if let Some(label) = text("topologyKey") {
                    node_labels::check_topology(self.report, place.below("topologyKey"), label, need);
                }
            }
            _ => {}
        }
    }

    /// An API group in a list of kinds. route-to-ingress translates those of Routes.
    fn listed_group(&mut self, place: &Place<'_>, group: &str) {
        if group != "route.openshift.io" && group.contains('.') && !self.report.context.served.serves(group, "*") {
            let message = format!(
                "names `{group}`, whose kinds K3s does not serve; take the entry out, or name what takes their place"
            );
            let fact = Fact::new(Rule::InnerKind, format!("list {group}"), message).of_severity(Severity::Info);
            self.report.tell(place.path(), fact);
        }
    }

    /// An expression of a label selector or of a node affinity.
    fn expression(&mut self, place: &Place<'_>, entries: &Map<String, Value>) {
        let Some(key) = entries.get("key").and_then(Value::as_str) else { return };
        let path = place.below("key");
        let operator = entries.get("operator").and_then(Value::as_str).unwrap_or_default();
        if !place.is_within("nodeAffinity") && !place.is_within("nodeSelectorTerms") {
            if operator != "DoesNotExist" && operator != "NotIn" {
                keys::check_selected(self.report, path, key);
            }
            return;
        }
        let preferred = place.is_within("preferredDuringSchedulingIgnoredDuringExecution");
        let need = if preferred { Need::Optional } else { Need::Required };
        let values: Vec<&str> =
            entries.get("values").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        match (operator, values.as_slice()) {
            ("In", [first, ..]) => node_labels::check(self.report, path, (key, Some(first)), need),
            ("Exists" | "Gt" | "Lt", _) => node_labels::check(self.report, path, (key, None), need),
            _ => {}
        }
    }

    fn node_selector(&mut self, place: &Place<'_>, entries: &Map<String, Value>) -> bool {
        for (key, value) in entries {
            node_labels::check(self.report, place.below(key), (key, value.as_str()), Need::Required);
        }
        false
    }

    /// An object in the object, or a reference to one, of a kind that the cluster does not serve.
    fn inner_object(&mut self, place: &Place<'_>, entries: &Map<String, Value>) {
        let text = |field: &str| entries.get(field).and_then(Value::as_str);
        let (Some(api_version), Some(kind)) = (text("apiVersion"), text("kind")) else { return };
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let is_served = self.report.context.served.serves(group, kind);
        if is_served || leftover_kind(group, kind, self.report.context.spec).is_none() || place.section().is_empty() {
            return;
        }
        let what = if entries.contains_key("metadata") { "holds" } else { "names" };
        let message =
            format!("{what} a {kind} of `{api_version}`, which K3s does not serve; name what takes its place");
        self.report.tell(place.path(), Fact::new(Rule::InnerKind, format!("{what} {api_version} {kind}"), message));
    }

    /// The words that a container runs.
    fn command_line(&mut self, place: &Place<'_>, entries: &Map<String, Value>) {
        let list =
            |field: &str| entries.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        if list("command").chain(list("args")).any(|word| word.contains("oc")) {
            let words: Vec<String> = list("command").chain(list("args")).map(texts::without_comments).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let field = if entries.contains_key("command") { "command" } else { "args" };
            commands::check_words(self.report, &place.below(field), &words);
        }
    }

    fn text(&mut self, place: &Place<'_>, text: &str) {
        let key = place.key();
        if let Some(kind) = KindOfName::of_field(key) {
            names::check(self.report, place.path(), kind, text);
        }
        match key {
            "namespace" | "matchNames" | "namespaces"
                if place.section() != "metadata" && place.section() != "subjects" =>
            {
                names::check_named_namespace(self.report, place.path(), text);
            }
            "driver" if place.is_within("csi") => {
                pod_fields::check_driver(self.report, place.path(), text);
                storage::check_driver(self.report, place.path(), text);
            }
            "topologyKey" if place.is_within("podAffinityTerm") => {}
            "topologyKey" if place.is_within("podAntiAffinity") || place.is_within("podAffinity") => {
                node_labels::check_topology(self.report, place.path(), text, Need::Required);
            }
            "storageClassName" | "storageClass" => storage::check_class(self.report, place.path(), text),
            "provisioner" if self.report.item.kind() == "StorageClass" => {
                storage::check_driver(self.report, place.path(), text);
            }
            "image" => images::check_repository(self.report, place.path(), text),
            "secretName" | "name" => generated_secrets::check(self.report, place, text),
            _ => {}
        }
        if place.section() == "data" && self.report.item.is("", "ConfigMap") {
            pod_fields::check_variable(self.report, place.path(), key);
        }
        self.words(place, key, text);
    }

    /// What a text says, unless it is that of metadata or a dashboard.
    fn words(&mut self, place: &Place<'_>, key: &str, text: &str) {
        let is_dashboard = || key.ends_with(".json") && text.contains("\"panels\"");
        let is_name = matches!(key, "name" | "secretName" | "kind" | "apiVersion");
        if is_name
            || texts::names_exceptions(key)
            || place.section() == "metadata"
            || !self.needles.are_in(text)
            || is_dashboard()
        {
            return;
        }
        let path = place.path();
        if self.read_already.contains(&path) || self.report.is_settled(&path) {
            return;
        }
        texts::check(self.report, &path, text);
        let is_word = place.is_item() && matches!(key, "command" | "args");
        if !is_word && commands::BEGINNINGS.iter().any(|beginning| text.contains(beginning)) {
            commands::check_script(self.report, &path, &texts::without_comments(text));
        }
    }
}

/// Whether a mapping is a label selector, and not labels.
fn is_selector(entries: &Map<String, Value>) -> bool {
    entries.values().any(|value| value.is_object() || value.is_array())
}
