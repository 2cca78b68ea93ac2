//! Listeners as an object with `plain`, `tls` and `external`, the form before Strimzi 0.20, as the list that came after.
//!
//! Source: Strimzi 0.19 `api/.../listener/KafkaListener*.java` and the conversion in 0.22 `ListenersConvertor`.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::Resources;
use serde_json::{Map, Value, json};

use crate::cluster::Cluster;
use crate::config::{ObjectListeners, Options};
use crate::listener::LISTENERS;
use crate::rule::Rule;
use crate::strimzi::LIST_ONLY;

/// What an old listener is in the list.
const CLASSIC: [(&str, u64, bool); 3] = [("plain", 9092, false), ("tls", 9093, true), ("external", 9094, true)];

/// Fields of a listener whose name did not change.
const SAME: [&str; 2] = ["authentication", "networkPolicyPeers"];
/// Fields of an entry whose name did not change.
const SAME_OF_ENTRIES: [&str; 6] = ["advertisedHost", "advertisedPort", "nodePort", "host", "loadBalancerIP", "broker"];

/// Rewrites the listeners of a cluster, or refuses them, if one of them is to be replaced or the target reads lists only.
pub(crate) fn rewrite(cluster: &Cluster, options: &Options<'_>, resources: &mut Resources, findings: &mut Findings) {
    let item = resources.get(cluster.id);
    let Some(listeners) = item.value().pointer(LISTENERS).and_then(Value::as_object) else { return };
    let is_old = |listener: &Value| options.spec.replaces.iter().any(|old| listener["type"] == old.name());
    if !listeners.values().any(is_old) && options.strimzi.is_none_or(|target| target < LIST_ONLY) {
        return;
    }
    // The list itself is not shown: the authentication in it may hold a password.
    let refuse =
        |message: String| Finding::new(Rule::ObjectListeners, message).on(item).at(FieldPath::of_pointer(LISTENERS));
    match (to_list(listeners), options.spec.object_listeners) {
        (Err(field), _) => {
            findings.push(refuse(format!("`{field}` has no place in the list form; write the list by hand")));
        }
        (Ok(_), ObjectListeners::Refuse) => {
            let message = format!(
                "are an object, as before Strimzi 0.20, and no release from 0.23 on reads that; `objectListeners: Convert` \
                 makes the list: {}",
                mapping(listeners)
            );
            findings.push(refuse(message));
        }
        (Ok(list), ObjectListeners::Convert) => {
            if let Some(listeners) = resources.edit(cluster.id).pointer_mut(LISTENERS) {
                *listeners = list;
            }
        }
    }
}

/// The mapping in words, of the listeners that there are.
fn mapping(listeners: &Map<String, Value>) -> String {
    let parts = CLASSIC.iter().filter(|(name, ..)| listeners.contains_key(*name)).map(|(name, port, _)| {
        let of_external = if *name == "external" {
            " with `overrides` and `configuration` joined in `configuration`, `address` as `alternativeNames` and \
             `dnsAnnotations` as `annotations`"
        } else {
            ""
        };
        format!("`{name}` becomes `name: {name}, port: {port}`{of_external}")
    });
    parts.collect::<Vec<_>>().join("; ")
}

/// The same listeners as a list.
///
/// # Errors
/// The path and name of a field that the list has no place for.
fn to_list(listeners: &Map<String, Value>) -> Result<Value, String> {
    if let Some(unknown) = listeners.keys().find(|key| !CLASSIC.iter().any(|(name, ..)| name == key)) {
        return Err(unknown.clone());
    }
    let present = CLASSIC.iter().filter(|(name, ..)| listeners.get(*name).is_some_and(|listener| !listener.is_null()));
    present
        .map(|(name, port, tls)| {
            let fields = listeners[*name].as_object().ok_or_else(|| (*name).to_owned())?;
            listener(name, *port, *tls, fields).map_err(|field| format!("{name}.{field}"))
        })
        .collect()
}

fn listener(name: &str, port: u64, tls: bool, old: &Map<String, Value>) -> Result<Value, String> {
    let is_external = name == "external";
    let mut new = json!({"name": name, "port": port, "type": "internal", "tls": tls});
    let mut configuration = json!({});
    for (field, value) in old {
        match field.as_str() {
            same if SAME.contains(&same) => new[same] = value.clone(),
            same @ ("type" | "tls") if is_external => new[same] = value.clone(),
            "class" if is_external => configuration["class"] = value.clone(),
            "overrides" | "configuration" => {
                merge(&mut configuration, value).map_err(|inner| format!("{field}.{inner}"))?;
            }
            _ => return Err(field.clone()),
        }
    }
    if configuration.as_object().is_some_and(|configuration| !configuration.is_empty()) {
        new["configuration"] = configuration;
    }
    Ok(new)
}

/// Joins `overrides` or the old `configuration` into the new `configuration`.
fn merge(configuration: &mut Value, old: &Value) -> Result<(), String> {
    for (field, value) in old.as_object().into_iter().flatten() {
        match field.as_str() {
            "bootstrap" => {
                let bootstrap = &mut configuration["bootstrap"];
                merge_entry(bootstrap, value).map_err(|inner| format!("bootstrap.{inner}"))?;
            }
            "brokers" => {
                for (index, entry) in value.as_array().into_iter().flatten().enumerate() {
                    let id = entry["broker"].as_u64().ok_or_else(|| format!("brokers[{index}].broker"))?;
                    let entries = &mut configuration["brokers"];
                    if entries.is_null() {
                        *entries = json!([]);
                    }
                    let Value::Array(entries) = entries else { unreachable!("it was just made a list") };
                    let known = entries.iter().position(|known| known["broker"] == id);
                    let position = known.unwrap_or_else(|| {
                        entries.push(json!({"broker": id}));
                        entries.len() - 1
                    });
                    merge_entry(&mut entries[position], entry).map_err(|inner| format!("brokers[{index}].{inner}"))?;
                }
            }
            "brokerCertChainAndKey" => configuration["brokerCertChainAndKey"] = value.clone(),
            _ => return Err(field.clone()),
        }
    }
    Ok(())
}

fn merge_entry(new: &mut Value, old: &Value) -> Result<(), String> {
    for (field, value) in old.as_object().into_iter().flatten() {
        match field.as_str() {
            "address" => new["alternativeNames"] = json!([value]),
            "dnsAnnotations" => new["annotations"] = value.clone(),
            same if SAME_OF_ENTRIES.contains(&same) => new[same] = value.clone(),
            _ => return Err(field.clone()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to_list_of(listeners: &Value) -> Result<Value, String> {
        to_list(listeners.as_object().expect("the value is written for this test"))
    }

    #[test]
    fn every_field_of_the_old_form_has_its_place() {
        let old = json!({
            "plain": {"networkPolicyPeers": []},
            "tls": {"authentication": {"type": "tls"}},
            "external": {
                "type": "ingress", "class": "nginx", "tls": true, "authentication": {"type": "tls"},
                "overrides": {
                    "bootstrap": {"address": "b.example.com", "dnsAnnotations": {"a": "b"}},
                    "brokers": [{"broker": 1, "advertisedHost": "b1", "advertisedPort": 443, "nodePort": 30001}],
                },
                "configuration": {
                    "bootstrap": {"host": "b.example.com"},
                    "brokers": [{"broker": 0, "host": "b0"}, {"broker": 1, "host": "b1"}],
                    "brokerCertChainAndKey": {"secretName": "s"},
                },
            },
        });
        let expected = json!([
            {"name": "plain", "port": 9092, "type": "internal", "tls": false, "networkPolicyPeers": []},
            {"name": "tls", "port": 9093, "type": "internal", "tls": true, "authentication": {"type": "tls"}},
            {"name": "external", "port": 9094, "type": "ingress", "tls": true, "authentication": {"type": "tls"}, "configuration": {
                "class": "nginx",
                "bootstrap": {"alternativeNames": ["b.example.com"], "annotations": {"a": "b"}, "host": "b.example.com"},
                "brokers": [
                    {"broker": 1, "advertisedHost": "b1", "advertisedPort": 443, "nodePort": 30001, "host": "b1"},
                    {"broker": 0, "host": "b0"},
                ],
                "brokerCertChainAndKey": {"secretName": "s"},
            }},
        ]);
        assert_eq!(to_list_of(&old), Ok(expected));
    }

    #[test]
    fn what_has_no_place_is_named() {
        let cases = [
            (json!({"extern": {}}), "extern"),
            (json!({"plain": {"tls": true}}), "plain.tls"),
            (json!({"external": {"overrides": {"bootstrap": {"x": 1}}}}), "external.overrides.bootstrap.x"),
            (json!({"external": {"overrides": {"brokers": [{"host": "h"}]}}}), "external.overrides.brokers[0].broker"),
            (json!({"external": "route"}), "external"),
        ];
        for (old, field) in cases {
            assert_eq!(to_list_of(&old), Err(field.to_owned()));
        }
    }
}
