//! Image triggers: of DeploymentConfigs, and in the annotation that other workloads have.

use krm::field::FieldPath;
use krm::resource_list::Item;
use manifests::pods::{Container, PodKind, PodTemplate, Role};
use serde_json::Value;

use crate::kinds::DEPLOYMENT_CONFIG;
use crate::stream_tag::StreamTag;

/// The annotation by which OpenShift writes images into workloads of Kubernetes.
pub(crate) const ANNOTATION: &str = "image.openshift.io/triggers";

/// The kinds of which OpenShift reads the annotation. On others it has no effect.
///
/// Source: openshift/openshift-controller-manager pkg/cmd/controller/image_trigger.go.
const ANNOTATED: [(&str, &str); 6] = [
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("batch", "CronJob"),
    ("extensions", "DaemonSet"),
    ("extensions", "Deployment"),
];

/// Writes the image of a stream into containers.
#[derive(Debug)]
pub(crate) struct ImageTrigger {
    /// The image.
    pub(crate) from: StreamTag,
    /// Where it is written.
    pub(crate) containers: Containers,
    /// Whether it writes on its own. One that does not leaves the image of the template in force, if there is one.
    pub(crate) is_active: bool,
    /// The image that it wrote last.
    pub(crate) last: Option<String>,
}

/// The containers of a trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Containers {
    /// Those of these names, init containers too.
    Named(Vec<String>),
    /// One, by its place.
    At(Role, usize),
    /// One, by its name in a list.
    NamedIn(Role, String),
}

/// What a trigger is that cannot be read, and why.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) path: FieldPath,
    pub(crate) reason: String,
}

impl Containers {
    /// Whether a trigger writes into a container.
    pub(crate) fn contain(&self, container: &Container<'_>) -> bool {
        let name = container.value["name"].as_str().unwrap_or_default();
        match self {
            Self::Named(names) => container.role != Role::Ephemeral && names.iter().any(|known| known == name),
            Self::At(role, index) => (*role, *index) == (container.role, container.index),
            Self::NamedIn(role, known) => *role == container.role && known == name,
        }
    }
}

/// The image triggers of an object.
pub(crate) fn image_triggers(item: &Item, template: &PodTemplate<'_>) -> Vec<Result<ImageTrigger, Unreadable>> {
    if DEPLOYMENT_CONFIG.is_of(item) {
        of_deployment_config(item).collect()
    } else if ANNOTATED.contains(&(item.group(), item.kind())) {
        of_annotation(item, template.kind)
    } else {
        Vec::new()
    }
}

fn of_deployment_config(item: &Item) -> impl Iterator<Item = Result<ImageTrigger, Unreadable>> {
    let triggers = item.value()["spec"]["triggers"].as_array().into_iter().flatten().enumerate();
    triggers.filter(|(_, trigger)| trigger["type"] == "ImageChange").map(|(index, trigger)| {
        let parameters = &trigger["imageChangeParams"];
        let path = FieldPath::from("spec.triggers").index(index).key("imageChangeParams");
        let from = stream_tag(item, &parameters["from"])
            .map_err(|reason| Unreadable { path: path.clone().key("from"), reason: reason.to_owned() })?;
        let names = parameters["containerNames"].as_array().into_iter().flatten();
        let names: Vec<_> = names.filter_map(Value::as_str).map(str::to_owned).collect();
        if names.is_empty() {
            return Err(Unreadable { path: path.key("containerNames"), reason: "it names no container".to_owned() });
        }
        Ok(ImageTrigger {
            from,
            containers: Containers::Named(names),
            is_active: parameters["automatic"] == true,
            last: parameters["lastTriggeredImage"].as_str().filter(|image| !image.is_empty()).map(str::to_owned),
        })
    })
}

/// The image that a trigger follows.
fn stream_tag(item: &Item, from: &Value) -> Result<StreamTag, &'static str> {
    const NO_NAME: &str = "its `name` must be `STREAM:TAG`";
    let namespace = from["namespace"].as_str().filter(|namespace| !namespace.is_empty()).or(item.namespace());
    let name = from["name"].as_str().ok_or(NO_NAME)?;
    match from["kind"].as_str() {
        // An ImageStream is its tag `latest`; source: openshift-apiserver pkg/apps/apis/apps/v1/conversion.go.
        Some("ImageStreamTag" | "ImageStream" | "ImageRepository") => StreamTag::parse(namespace, name).ok_or(NO_NAME),
        _ => Err("its `kind` must be `ImageStreamTag`"),
    }
}

/// The triggers in the annotation of a workload.
///
/// Source: openshift/library-go pkg/image/trigger/types.go and openshift/openshift-controller-manager pkg/image/trigger/annotations.
fn of_annotation(item: &Item, kind: &PodKind) -> Vec<Result<ImageTrigger, Unreadable>> {
    let Some(text) = item.annotation(ANNOTATION).filter(|text| !text.trim().is_empty()) else { return Vec::new() };
    let unreadable = |reason: String| Unreadable { path: FieldPath::annotation(ANNOTATION), reason };
    let Ok(Value::Array(entries)) = serde_json::from_str(text) else {
        return vec![Err(unreadable("it must be a JSON list".to_owned()))];
    };
    let read = |entry: &Value| {
        let from = stream_tag(item, &entry["from"]).map_err(|reason| unreadable(format!("`from`: {reason}")))?;
        let path = entry["fieldPath"].as_str().unwrap_or_default();
        let containers = containers(path, kind)
            .ok_or_else(|| unreadable(format!("`fieldPath` is `{path}` and must name the image of a container")))?;
        let is_paused = entry["paused"] == true || entry["paused"] == "true";
        Ok(ImageTrigger { from, containers, is_active: !is_paused, last: None })
    };
    entries.iter().map(read).collect()
}

/// The container of `spec.template.spec.containers[?(@.name=="web")].image`, or of an index in the brackets.
fn containers(path: &str, kind: &PodKind) -> Option<Containers> {
    let template = format!("{}.spec.", FieldPath::of_pointer(kind.template));
    let rest = path.strip_prefix(template.trim_start_matches('.'))?.strip_suffix("].image")?;
    let (list, which) = rest.split_once('[')?;
    let role = [Role::Main, Role::Init].into_iter().find(|role| role.field() == list)?;
    if let Ok(index) = which.parse() {
        return Some(Containers::At(role, index));
    }
    let name = which.strip_prefix("?(@.name==")?.strip_suffix(')')?;
    let quoted = |quote: char| name.strip_prefix(quote)?.strip_suffix(quote);
    quoted('"').or_else(|| quoted('\'')).map(|name| Containers::NamedIn(role, name.to_owned()))
}

#[cfg(test)]
mod tests {
    use manifests::pods;

    use super::*;

    #[test]
    fn field_paths_of_the_annotation_are_read() {
        let deployment = pods::kind("apps", "Deployment").expect("Deployments make pods");
        let job = pods::kind("batch", "CronJob").expect("CronJobs make pods");
        let web = |role| Some(Containers::NamedIn(role, "web".to_owned()));
        for (kind, path, expected) in [
            (deployment, r#"spec.template.spec.containers[?(@.name=="web")].image"#, web(Role::Main)),
            (deployment, "spec.template.spec.containers[?(@.name=='web')].image", web(Role::Main)),
            (deployment, r#"spec.template.spec.initContainers[?(@.name=="web")].image"#, web(Role::Init)),
            (deployment, "spec.template.spec.containers[1].image", Some(Containers::At(Role::Main, 1))),
            (job, "spec.jobTemplate.spec.template.spec.containers[0].image", Some(Containers::At(Role::Main, 0))),
            (job, "spec.template.spec.containers[0].image", None),
            (deployment, "spec.template.spec.containers[*].image", None),
            (deployment, "spec.template.spec.containers[0].name", None),
            (deployment, "", None),
        ] {
            assert_eq!(containers(path, kind), expected, "{path}");
        }
    }
}
