//! The claims of a build: those that are objects, and those that workloads make for their pods.

use krm::field::FieldPath;
use krm::resource_list::Item;
use krm::typed;
use serde_json::Value;

use crate::amounts::Amounts;
use crate::build::Build;

/// A claim, or several alike.
pub(crate) struct Claim<'r> {
    /// The claim, or the object that makes it.
    pub(crate) item: &'r Item,
    /// The field path of its `resources`.
    pub(crate) path: FieldPath,
    /// What it asks for.
    pub(crate) requests: Amounts,
    /// The storage class that it names.
    pub(crate) class: Option<&'r str>,
    /// How many there are, as far as the build says.
    pub(crate) count: u64,
}

/// All claims of a build. A StatefulSet makes one of each template for each pod, and pods make their ephemeral ones.
pub(crate) fn claims<'r>(build: &Build<'r>) -> Vec<Claim<'r>> {
    let own = build.resources.iter().filter(|item| item.is("", "PersistentVolumeClaim"));
    let own = own.filter_map(|item| claim(item, &item.value()["spec"], FieldPath::from("spec"), 1));
    let of_workloads = build.workloads.iter().flat_map(|workload| {
        let count = workload.scale.most.unwrap_or(1);
        let item: &'r Item = workload.item;
        let templates = item.value()["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten().enumerate();
        let templates = templates.filter(|_| item.is("apps", "StatefulSet")).map(move |(index, template)| {
            let path = FieldPath::from("spec.volumeClaimTemplates").index(index).key("spec");
            (path, &template["spec"], count)
        });
        let ephemeral = workload.template.volumes().map(move |(path, volume)| {
            let path = path.key("ephemeral").key("volumeClaimTemplate").key("spec");
            (path, &volume["ephemeral"]["volumeClaimTemplate"]["spec"], count + workload.scale.surge)
        });
        templates.chain(ephemeral).filter_map(move |(path, spec, count)| claim(item, spec, path, count))
    });
    own.chain(of_workloads).collect()
}

fn claim<'r>(item: &'r Item, spec: &'r Value, path: FieldPath, count: u64) -> Option<Claim<'r>> {
    let requests = spec.as_object().map(|spec| spec.get("resources").map(|resources| &resources["requests"]))?;
    let requests = requests.filter(|requests| requests.is_object()).map(|requests| typed::read(requests).0);
    let class = spec["storageClassName"].as_str().filter(|class| !class.is_empty());
    Some(Claim { item, path: path.key("resources"), requests: requests.unwrap_or_default(), class, count })
}
