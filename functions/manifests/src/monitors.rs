//! What the monitors of the Prometheus Operator look at.

use krm::resource_list::Item;
use serde_json::Value;

/// The namespaces that a ServiceMonitor or PodMonitor looks at; nothing for all. Without a `namespaceSelector` it is its own.
///
/// Source: prometheus-operator pkg/apis/monitoring/v1/types.go, `NamespaceSelector`.
pub fn namespaces(monitor: &Item) -> Option<Vec<String>> {
    let selector = &monitor.value()["spec"]["namespaceSelector"];
    if selector["any"] == true {
        return None;
    }
    let names = selector["matchNames"].as_array().filter(|names| !names.is_empty());
    Some(names.map_or_else(
        || vec![monitor.namespace_name().to_owned()],
        |names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use krm::resource_list::Resources;

    use super::*;

    #[test]
    fn a_monitor_looks_at_its_own_namespace_unless_it_says_otherwise() {
        for (spec, expected) in [
            ("{}", Some(vec!["shop"])),
            ("{namespaceSelector: {}}", Some(vec!["shop"])),
            ("{namespaceSelector: {matchNames: []}}", Some(vec!["shop"])),
            ("{namespaceSelector: {matchNames: [a, b]}}", Some(vec!["a", "b"])),
            ("{namespaceSelector: {any: true, matchNames: [a]}}", None),
        ] {
            let text = format!(
                "apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {{name: web, namespace: shop}}\nspec: {spec}\n"
            );
            let resources = Resources::from_streams(vec![(None, text)]).expect("the text is YAML");
            let found = namespaces(resources.iter().next().expect("the object is there"));
            assert_eq!(found, expected.map(|names| names.into_iter().map(str::to_owned).collect()), "{spec}");
        }
    }
}
