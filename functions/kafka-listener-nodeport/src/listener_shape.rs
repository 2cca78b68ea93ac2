//! The form that the fields of a listener must have before anything is built on them.

use krm::field::FieldPath;
use serde_json::Value;

use crate::listener_refusal::Refusal;
use crate::rule::Rule;

/// The form of a field.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Mapping,
    List,
    Text,
    Port,
}

impl Shape {
    /// A field that is missing or null has every form.
    fn fits(self, value: &Value) -> bool {
        let is_port = |port: u64| (1..=65535).contains(&port);
        value.is_null()
            || match self {
                Self::Mapping => value.is_object(),
                Self::List => value.is_array(),
                Self::Text => value.is_string(),
                Self::Port => value.as_u64().is_some_and(is_port),
            }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Mapping => "a mapping",
            Self::List => "a list",
            Self::Text => "text",
            Self::Port => "a port number",
        }
    }
}

/// The fields of a listener that are read or written, outermost first.
const FIELDS: [(&[&str], Shape); 8] = [
    (&["networkPolicyPeers"], Shape::List),
    (&["configuration"], Shape::Mapping),
    (&["configuration", "bootstrap"], Shape::Mapping),
    (&["configuration", "bootstrap", "alternativeNames"], Shape::List),
    (&["configuration", "brokers"], Shape::List),
    (&["configuration", "hostTemplate"], Shape::Text),
    (&["configuration", "advertisedHostTemplate"], Shape::Text),
    (&["configuration", "advertisedPortTemplate"], Shape::Text),
];

/// The fields of `bootstrap` and of the items of `brokers`.
const ENTRY_FIELDS: [(&[&str], Shape); 5] = [
    (&["annotations"], Shape::Mapping),
    (&["host"], Shape::Text),
    (&["advertisedHost"], Shape::Text),
    (&["advertisedPort"], Shape::Port),
    (&["nodePort"], Shape::Port),
];

/// Refuses what cannot be read as a listener.
pub(crate) fn check(listener: &Value) -> Result<(), Refusal> {
    check_fields(listener, &FieldPath::root(), &FIELDS)?;
    let configuration = FieldPath::from("configuration");
    check_fields(&listener["configuration"]["bootstrap"], &configuration.clone().key("bootstrap"), &ENTRY_FIELDS)?;
    for (index, entry) in listener["configuration"]["brokers"].as_array().into_iter().flatten().enumerate() {
        let path = configuration.clone().key("brokers").index(index);
        if entry["broker"].as_u64().is_none_or(|id| u32::try_from(id).is_err()) {
            return Err(unreadable(path.key("broker"), "must be the ID of a broker"));
        }
        check_fields(entry, &path, &ENTRY_FIELDS)?;
    }
    Ok(())
}

fn check_fields(value: &Value, path: &FieldPath, fields: &[(&[&str], Shape)]) -> Result<(), Refusal> {
    let field = |keys: &[&str]| keys.iter().fold(value, |value, key| &value[*key]);
    match fields.iter().find(|(keys, shape)| !shape.fits(field(keys))) {
        Some((keys, shape)) => {
            let path = keys.iter().fold(path.clone(), |path, key| path.key(key));
            Err(unreadable(path, format!("must be {}", shape.name())))
        }
        None => Ok(()),
    }
}

/// A field that does not have the form of Strimzi's API.
pub(crate) fn unreadable(field: impl Into<FieldPath>, message: impl Into<String>) -> Refusal {
    Refusal::new(Rule::UnreadableKafkaField, field, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_of_another_form_is_refused() {
        let good = json!({"networkPolicyPeers": [], "configuration": {
            "bootstrap": {"alternativeNames": [], "annotations": {}, "host": "h", "advertisedHost": "h", "nodePort": 30000},
            "brokers": [{"broker": 0, "annotations": {}, "host": "h", "advertisedHost": "h", "nodePort": 30001}],
            "hostTemplate": "h", "advertisedHostTemplate": "h",
        }});
        assert_eq!(check(&good), Ok(()));
        assert_eq!(check(&json!({"configuration": {"bootstrap": null}})), Ok(()));
        let pointers = [
            "/networkPolicyPeers",
            "/configuration",
            "/configuration/bootstrap",
            "/configuration/bootstrap/alternativeNames",
            "/configuration/bootstrap/nodePort",
            "/configuration/brokers",
            "/configuration/brokers/0",
            "/configuration/brokers/0/broker",
            "/configuration/brokers/0/annotations",
            "/configuration/brokers/0/host",
            "/configuration/hostTemplate",
            "/configuration/advertisedHostTemplate",
        ];
        for pointer in pointers {
            let mut listener = good.clone();
            listener.pointer_mut(pointer).expect("the field is there").clone_from(&json!(true));
            assert!(check(&listener).is_err(), "{pointer}");
        }
    }
}
