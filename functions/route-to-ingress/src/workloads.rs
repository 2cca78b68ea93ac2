//! The pods of a build by their labels.

use std::cell::OnceCell;
use std::collections::HashMap;

use krm::resource_list::{Item, Resources};
use manifests::pods::PodTemplate;

/// The pods of a build by their labels; looked through only when a Service names a port of its pods.
pub(crate) struct Workloads<'r> {
    resources: &'r Resources,
    by_label: OnceCell<HashMap<LabelKey<'r>, Vec<PodTemplate<'r>>>>,
}

/// Namespace, key and value of a label.
type LabelKey<'r> = (&'r str, &'r str, &'r str);

impl<'r> Workloads<'r> {
    pub(crate) fn of(resources: &'r Resources) -> Self {
        Self { resources, by_label: OnceCell::new() }
    }

    /// The numbers that the pods behind a Service give to a port name.
    pub(crate) fn container_ports(&self, service: &Item, name: &str) -> Vec<i32> {
        let Some(selector) = service.value()["spec"]["selector"].as_object() else { return Vec::new() };
        let first = selector
            .iter()
            .next()
            .and_then(|(key, value)| Some((service.namespace_name(), key.as_str(), value.as_str()?)));
        let candidates = first.and_then(|key| self.by_label.get_or_init(|| self.index()).get(&key));
        let is_selected = |template: &&PodTemplate<'_>| {
            selector.iter().all(|(key, value)| template.metadata["labels"].get(key) == Some(value))
        };
        let selected = candidates.into_iter().flatten().filter(is_selected);
        let containers = selected.flat_map(PodTemplate::containers).filter(|container| container.keeps_running());
        let ports = containers.flat_map(|container| container.value["ports"].as_array().into_iter().flatten());
        let named = ports.filter(|port| port["name"].as_str() == Some(name));
        named.filter_map(|port| i32::try_from(port["containerPort"].as_i64()?).ok()).collect()
    }

    fn index(&self) -> HashMap<LabelKey<'r>, Vec<PodTemplate<'r>>> {
        let mut index: HashMap<_, Vec<_>> = HashMap::new();
        for workload in self.resources.iter() {
            let Some(template) = PodTemplate::of(workload) else { continue };
            for (key, value) in template.metadata["labels"].as_object().into_iter().flatten() {
                let key = (workload.namespace_name(), key.as_str(), value.as_str().unwrap_or_default());
                index.entry(key).or_default().push(template);
            }
        }
        index
    }
}
