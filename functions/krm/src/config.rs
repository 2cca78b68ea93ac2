//! The functionConfig: a typed kind or a ConfigMap, checked against the schema of its options.

use std::fmt;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::finding::Severity;
use crate::yaml::Tree;

/// The API version of all configs.
pub const API_VERSION: &str = "replatform.dev/v1alpha1";

/// The options that every function has, next to its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CommonSpec {
    /// Whether warnings fail the build too.
    pub strict: bool,
    /// The least severe findings that are reported. Errors fail the build whether reported or not.
    pub report: Report,
}

/// The least severe findings that are reported.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Report {
    /// Errors only.
    Error,
    /// Errors and warnings.
    Warning,
    /// Everything, each change of a field included.
    #[default]
    Info,
}

impl From<Report> for Severity {
    fn from(report: Report) -> Self {
        match report {
            Report::Error => Self::Error,
            Report::Warning => Self::Warning,
            Report::Info => Self::Info,
        }
    }
}

/// The option that checking functions have besides [`CommonSpec`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CheckSpec {
    /// The list of the kustomization that names this config. kustomize refuses what comes back from a function under
    /// `validators:`, so there nothing must come back. Never say `validators` under `transformers:`; that would delete
    /// every object, which is why the build then has no output.
    pub wired_as: WiredAs,
}

/// The list of the kustomization that names a config.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WiredAs {
    /// `transformers:`, where every object must come back.
    #[default]
    Transformers,
    /// `validators:`, where none may come back.
    Validators,
}

/// What is wrong with a config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The option, as `spec.domains`, or an argument of the command line, as `--key`; empty for the config as a whole.
    pub option: String,
    /// What is wrong with it and what is allowed.
    pub message: String,
}

impl ConfigError {
    /// An error of one option.
    pub fn new(option: impl Into<String>, message: impl Into<String>) -> Self {
        Self { option: option.into(), message: message.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.option.starts_with("--") {
            formatter.write_str("functionConfig: ")?;
        }
        if !self.option.is_empty() {
            write!(formatter, "{}: ", self.option)?;
        }
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}

/// The JSON Schema of `spec`: the function's own options, then those that every function has.
pub(crate) fn spec_schema<S: JsonSchema>(is_check: bool) -> Value {
    let mut schema = schema_of::<S>();
    let mut common = vec![schema_of::<CommonSpec>()];
    if is_check {
        common.push(schema_of::<CheckSpec>());
    }
    let properties = &mut schema["properties"];
    if properties.is_null() {
        *properties = json!({});
    }
    for common in common {
        if let (Value::Object(properties), Some(more)) = (&mut *properties, common["properties"].as_object()) {
            properties.extend(more.clone());
        }
    }
    schema["additionalProperties"] = json!(false);
    if let Value::Object(schema) = &mut schema {
        schema.shift_remove("title");
        schema.shift_remove("$schema");
    }
    schema
}

fn schema_of<S: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    let schema: Schema = settings.into_generator().into_root_schema_for::<S>();
    schema.to_value()
}

/// The `spec` that a functionConfig gives, as a value that fits the schema.
///
/// # Errors
/// A config of another kind, unknown options, and values of the wrong type.
pub(crate) fn spec_of(config: Option<&Value>, kind: &str, schema: &Value) -> Result<Value, ConfigError> {
    let Some(config) = config.filter(|config| !config.is_null()) else {
        return Ok(json!({}));
    };
    let text = |field: &str| config[field].as_str().unwrap_or_default();
    match (text("apiVersion"), text("kind")) {
        (API_VERSION, config_kind) if config_kind == kind => {
            let allowed = ["apiVersion", "kind", "metadata", "spec"];
            if let Some(unknown) =
                config.as_object().into_iter().flat_map(Map::keys).find(|key| !allowed.contains(&key.as_str()))
            {
                return Err(ConfigError::new(unknown.as_str(), unknown_key(unknown, &allowed)));
            }
            let spec = match &config["spec"] {
                Value::Null => json!({}),
                spec => spec.clone(),
            };
            check(&spec, schema, "spec")?;
            Ok(spec)
        }
        ("v1", "ConfigMap") => spec_of_config_map(&config["data"], schema),
        (api_version, found) => Err(ConfigError::new(
            "",
            format!(
                "`{api_version}` `{found}` is not for this function; use `{API_VERSION}` `{kind}`, or `v1` `ConfigMap` with the options as data"
            ),
        )),
    }
}

fn spec_of_config_map(data: &Value, schema: &Value) -> Result<Value, ConfigError> {
    let mut spec = Map::new();
    for (key, value) in data.as_object().into_iter().flatten() {
        let option = format!("data.{key}");
        let Some(option_schema) = schema["properties"].get(key) else {
            return Err(ConfigError::new(option, unknown_key(key, &keys_of(schema))));
        };
        let Value::String(text) = value else {
            return Err(ConfigError::new(option, format!("`{value}` must be a string, as all data of a ConfigMap")));
        };
        spec.insert(key.clone(), from_text(text, option_schema, &option)?);
    }
    let spec = Value::Object(spec);
    check(&spec, schema, "data")?;
    Ok(spec)
}

/// The value that an option written as text stands for: scalars as they are, lists and `key=value` pairs separated by
/// commas or newlines, anything nested as YAML.
fn from_text(text: &str, schema: &Value, option: &str) -> Result<Value, ConfigError> {
    let schema = non_null(schema);
    let parts = || text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty());
    let is_scalar = |schema: &Value| !matches!(type_of(schema), "object" | "array");
    match type_of(schema) {
        "boolean" => match text.trim() {
            "true" => Ok(json!(true)),
            "false" => Ok(json!(false)),
            other => Err(ConfigError::new(option, format!("`{other}` must be `true` or `false`"))),
        },
        "integer" => text
            .trim()
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| ConfigError::new(option, format!("`{text}` must be a whole number"))),
        "array" if is_scalar(&schema["items"]) => parts()
            .map(|part| from_text(part, &schema["items"], option))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::from),
        "object" if schema["additionalProperties"].is_object() && is_scalar(&schema["additionalProperties"]) => parts()
            .map(|part| {
                let (key, value) = part
                    .split_once('=')
                    .or_else(|| part.split_once(": "))
                    .ok_or_else(|| ConfigError::new(option, format!("`{part}` must have the form `key=value`")))?;
                Ok((key.trim().to_owned(), from_text(value.trim(), &schema["additionalProperties"], option)?))
            })
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
        "object" | "array" => {
            let tree = Tree::parse(text.to_owned())
                .map_err(|error| ConfigError::new(option, format!("must be YAML; {error}")))?;
            Ok(tree.documents().first().map_or(Value::Null, |document| tree.value(document.root)))
        }
        _ => Ok(Value::String(text.trim().to_owned())),
    }
}

/// Checks a value against the part of JSON Schema that the option types need.
fn check(value: &Value, schema: &Value, option: &str) -> Result<(), ConfigError> {
    let nullable = schema["anyOf"].as_array().is_some_and(|any| any.iter().any(|schema| schema["type"] == "null"))
        || schema["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
    if value.is_null() && nullable {
        return Ok(());
    }
    let schema = non_null(schema);
    if let Some(allowed) = allowed_values(schema) {
        if allowed.contains(value) {
            return Ok(());
        }
        let listed: Vec<_> = allowed.iter().map(|value| format!("`{}`", plain(value))).collect();
        let message = format!("`{}` must be one of {}", plain(value), listed.join(", "));
        return Err(ConfigError::new(option, message));
    }
    match (type_of(schema), value) {
        ("object", Value::Object(object)) => check_object(object, schema, option),
        ("array", Value::Array(array)) => array
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| check(item, &schema["items"], &format!("{option}[{index}]"))),
        ("string", Value::String(_)) | ("boolean", Value::Bool(_)) | ("", _) => Ok(()),
        ("integer", Value::Number(number)) if number.is_i64() || number.is_u64() => {
            let number = number.as_i64().unwrap_or(i64::MAX);
            let bound = |key: &str, default| schema[key].as_i64().unwrap_or(default);
            let (least, most) = (bound("minimum", i64::MIN), bound("maximum", i64::MAX));
            if (least..=most).contains(&number) {
                return Ok(());
            }
            let allowed = match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
                (Some(least), Some(most)) => format!("from {least} to {most}"),
                (Some(least), None) => format!("{least} or more"),
                (_, Some(most)) => format!("{most} or less"),
                (None, None) => "in range".to_owned(),
            };
            Err(ConfigError::new(option, format!("`{number}` must be {allowed}")))
        }
        ("number", Value::Number(_)) => Ok(()),
        (expected, _) => {
            let expected = match expected {
                "object" => "a mapping",
                "array" => "a list",
                "boolean" => "`true` or `false`",
                "integer" => "a whole number",
                "number" => "a number",
                _ => "a string",
            };
            Err(ConfigError::new(option, format!("`{}` must be {expected}", plain(value))))
        }
    }
}

fn check_object(object: &Map<String, Value>, schema: &Value, option: &str) -> Result<(), ConfigError> {
    for (key, value) in object {
        let path = format!("{option}.{key}");
        match (schema["properties"].get(key), &schema["additionalProperties"]) {
            (Some(property), _) => check(value, property, &path)?,
            (None, Value::Object(additional)) => check(value, &Value::Object(additional.clone()), &path)?,
            (None, Value::Bool(true)) => {}
            _ => return Err(ConfigError::new(path, unknown_key(key, &keys_of(schema)))),
        }
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    match required.into_iter().find(|key| !object.contains_key(*key)) {
        Some(missing) => Err(ConfigError::new(format!("{option}.{missing}"), "must be given")),
        None => Ok(()),
    }
}

/// The schema of the value where it is not null.
fn non_null(schema: &Value) -> &Value {
    let any = schema["anyOf"].as_array();
    any.and_then(|any| any.iter().find(|schema| schema["type"] != "null")).unwrap_or(schema)
}

/// The name of the schema's type, or nothing if any will do.
pub(crate) fn type_of(schema: &Value) -> &str {
    let schema = non_null(schema);
    match &schema["type"] {
        Value::String(name) => name,
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or_default(),
        _ => "",
    }
}

/// The values that an enumeration allows.
pub(crate) fn allowed_values(schema: &Value) -> Option<Vec<Value>> {
    let schema = non_null(schema);
    if let Some(values) = schema["enum"].as_array() {
        return Some(values.clone());
    }
    let variants = schema["oneOf"].as_array()?;
    let values = variants.iter().map(|variant| match variant.get("const") {
        Some(value) => Some(vec![value.clone()]),
        None => variant["enum"].as_array().cloned(),
    });
    values.collect::<Option<Vec<_>>>().map(|values| values.concat())
}

fn keys_of(schema: &Value) -> Vec<&str> {
    schema["properties"].as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect()
}

fn unknown_key(key: &str, known: &[&str]) -> String {
    let similarity = |known: &str| strsim::jaro_winkler(&key.to_lowercase(), &known.to_lowercase());
    let nearest = known.iter().max_by(|one, other| similarity(one).total_cmp(&similarity(other)));
    match nearest {
        Some(nearest) if similarity(nearest) > 0.75 => {
            format!("is no option of this function; did you mean `{nearest}`?")
        }
        _ => {
            let known: Vec<_> = known.iter().map(|known| format!("`{known}`")).collect();
            format!("is no option of this function; there are {}", known.join(", "))
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The options as their type. The value has been checked against the schema of that type.
///
/// # Errors
/// What the schema could not say.
pub(crate) fn typed<S: DeserializeOwned>(spec: &Value) -> Result<S, ConfigError> {
    serde_json::from_value(spec.clone()).map_err(|error| ConfigError::new("spec", error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase", default)]
    struct Spec {
        /// A name.
        cluster_issuer: Option<String>,
        /// A number.
        base: u16,
        /// A list.
        namespaces: Vec<String>,
        /// A map.
        domains: BTreeMap<String, String>,
        /// A choice.
        target: Target,
        /// Nested.
        peer: Option<Peer>,
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    enum Target {
        /// The first.
        #[default]
        Ingress,
        /// The second.
        Gateway,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Peer {
        namespace: String,
    }

    fn parse(config: &Value) -> Result<Spec, String> {
        let schema = spec_schema::<Spec>(false);
        let spec = spec_of(Some(config), "Example", &schema).map_err(|error| error.to_string())?;
        typed(&spec).map_err(|error| error.to_string())
    }

    #[test]
    fn a_config_map_sets_the_same_options_as_the_kind() {
        let kind = json!({"apiVersion": API_VERSION, "kind": "Example", "metadata": {"name": "x"}, "spec": {
            "clusterIssuer": "le", "base": 30000, "namespaces": ["a", "b"], "domains": {"old": "new", "x": "y"},
            "target": "Gateway", "peer": {"namespace": "n"}, "strict": true}});
        let config_map = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {
            "clusterIssuer": "le", "base": "30000", "namespaces": "a, b\n", "domains": "old=new\nx: y",
            "target": "Gateway", "peer": "namespace: n\n", "strict": "true"}});
        assert_eq!(parse(&kind), parse(&config_map));
        assert_eq!(parse(&kind).map(|spec| spec.base), Ok(30000));
    }

    #[test]
    fn nothing_and_an_empty_spec_give_the_defaults() {
        for spec in [Value::Null, json!({})] {
            let config = json!({"apiVersion": API_VERSION, "kind": "Example", "spec": spec});
            assert_eq!(parse(&config), Ok(Spec::default()));
        }
        assert_eq!(spec_of(None, "Example", &spec_schema::<Spec>(false)), Ok(json!({})));
    }

    #[test]
    fn errors_name_the_option_the_value_and_what_is_allowed() {
        let cases = [
            (
                json!({"clusterIsuer": "x"}),
                "spec.clusterIsuer: is no option of this function; did you mean `clusterIssuer`?",
            ),
            (
                json!({"zzz": 1}),
                "spec.zzz: is no option of this function; there are `clusterIssuer`, `base`, `namespaces`, `domains`, `target`, `peer`, `strict`, `report`",
            ),
            (json!({"base": "x"}), "spec.base: `x` must be a whole number"),
            (json!({"base": 70000}), "spec.base: `70000` must be from 0 to 65535"),
            (json!({"target": "ingress"}), "spec.target: `ingress` must be one of `Ingress`, `Gateway`"),
            (json!({"strict": "yes"}), "spec.strict: `yes` must be `true` or `false`"),
            (json!({"namespaces": ["a", 1]}), "spec.namespaces[1]: `1` must be a string"),
            (json!({"domains": []}), "spec.domains: `[]` must be a mapping"),
            (
                json!({"peer": {"namespaces": "x"}}),
                "spec.peer.namespaces: is no option of this function; did you mean `namespace`?",
            ),
            (json!({"peer": {}}), "spec.peer.namespace: must be given"),
        ];
        for (spec, expected) in cases {
            let config = json!({"apiVersion": API_VERSION, "kind": "Example", "spec": spec});
            assert_eq!(parse(&config), Err(format!("functionConfig: {expected}")));
        }
        let other = json!({"apiVersion": "v1", "kind": "Secret"});
        assert!(parse(&other).is_err_and(|error| error.contains("use `replatform.dev/v1alpha1` `Example`")));
        let data = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"domains": "x"}});
        assert_eq!(parse(&data), Err("functionConfig: data.domains: `x` must have the form `key=value`".to_owned()));
    }
}
