//! The claims of a build: those that are objects, and those that workloads make for their pods.

use krm::field::FieldPath;
use krm::resource_list::{Item, Resources};
use krm::typed;
use serde_json::Value;

use crate::amounts::Amounts;
use crate::workloads::{Workload, Workloads};

/// A claim, or several alike.
#[derive(Debug)]
pub(crate) struct Claim<'r> {
    /// The claim, or the object that makes it.
    pub(crate) item: &'r Item,
    /// The field path of its `resources`.
    pub(crate) path: FieldPath,
    /// What it asks for.
    pub(crate) requests: Amounts,
    /// The storage class that it names.
    pub(crate) class: Option<Box<str>>,
    /// How many there are, as far as the build says.
    pub(crate) count: u64,
}

/// The claims of a build that are governed. A StatefulSet makes one of each template for each pod, and pods make their
/// ephemeral ones.
pub(crate) fn governed<'r>(
    resources: &'r Resources,
    workloads: &Workloads<'r>,
    is_governed: impl Fn(&Item) -> bool,
) -> Vec<Claim<'r>> {
    let own = resources.iter().filter(|item| item.is("", "PersistentVolumeClaim") && is_governed(item));
    let own = own.filter_map(|item| claim(item, &item.field(&["spec"]), FieldPath::from("spec"), 1));
    let workloads = workloads.iter().filter(|workload| is_governed(workload.item));
    own.chain(workloads.flat_map(of_workload)).collect()
}

fn of_workload<'r>(workload: &Workload<'r>) -> Vec<Claim<'r>> {
    let (item, surge) = (workload.item, workload.scale.surge);
    let count = workload.scale.most.unwrap_or(1);
    let templates = item.is("apps", "StatefulSet").then(|| item.field(&["spec", "volumeClaimTemplates"]));
    let templates = templates.unwrap_or_default();
    let templates = templates.as_array().into_iter().flatten().enumerate().filter_map(|(index, template)| {
        let path = FieldPath::from("spec.volumeClaimTemplates").index(index).key("spec");
        claim(item, &template["spec"], path, count)
    });
    let volumes = workload.spec_field("volumes");
    let ephemeral = workload.kind.volumes(&volumes).filter_map(|(path, volume)| {
        let path = path.key("ephemeral").key("volumeClaimTemplate").key("spec");
        claim(item, &volume["ephemeral"]["volumeClaimTemplate"]["spec"], path, count + surge)
    });
    templates.chain(ephemeral).collect()
}

fn claim<'r>(item: &'r Item, spec: &Value, path: FieldPath, count: u64) -> Option<Claim<'r>> {
    let requests = spec.as_object()?.get("resources").map(|resources| &resources["requests"]);
    let requests = requests.filter(|requests| requests.is_object()).map(|requests| typed::read(requests).0);
    let class = spec["storageClassName"].as_str().filter(|class| !class.is_empty()).map(Box::from);
    Some(Claim { item, path: path.key("resources"), requests: requests.unwrap_or_default(), class, count })
}
