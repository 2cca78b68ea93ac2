//! Reads the options of a functionConfig.

use std::cell::LazyCell;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::check::{check, unknown_key};
use super::common::API_VERSION;
use super::error::ConfigError;
use super::schema::{keys_of, of_value, type_of};
use super::spelling;
use crate::field::FieldPath;
use crate::finding::Finding;
use crate::yaml::Tree;

/// What options are held against.
pub(crate) struct Checks<'c> {
    /// What a function checks itself, before all else.
    own: &'c dyn Fn(&Value, &FieldPath) -> Result<(), ConfigError>,
    /// Whether they surely fit the schema.
    fits: &'c dyn Fn(&Value) -> bool,
    /// It takes more time to make than all else at the start of a function.
    schema: LazyCell<Value, Box<dyn FnOnce() -> Value + 'c>>,
}

impl<'c> Checks<'c> {
    /// What a function checks itself, what tells that options surely fit, and what makes the schema for others.
    pub(crate) fn new(
        own: &'c dyn Fn(&Value, &FieldPath) -> Result<(), ConfigError>,
        fits: &'c dyn Fn(&Value) -> bool,
        schema: impl FnOnce() -> Value + 'c,
    ) -> Self {
        Self { own, fits, schema: LazyCell::new(Box::new(schema)) }
    }
}

/// The options that a functionConfig gives. They fit the schema.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    spec: Value,
    /// The `metadata.name` of the config; empty if it has none.
    pub(crate) name: String,
    /// Warnings about options in a former spelling.
    pub(crate) respelt: Vec<Finding>,
}

impl Options {
    /// Reads the options of a functionConfig: a kind of [`API_VERSION`], or a ConfigMap with the options as text. Without a
    /// config they are empty.
    ///
    /// # Errors
    /// A config of another kind, unknown options, values of the wrong type, and what `own` refuses.
    pub(crate) fn read(config: Option<&Value>, kind: &str, checks: &Checks<'_>) -> Result<Self, ConfigError> {
        let Some(config) = config.filter(|config| !config.is_null()) else {
            return Self::checked(json!({}), "spec", checks);
        };
        let name = config["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        Self::of_config(config, kind, checks).map(|options| Self { name, ..options })
    }

    fn of_config(config: &Value, kind: &str, checks: &Checks<'_>) -> Result<Self, ConfigError> {
        if config["kind"].as_str().is_none() {
            let message = format!("must be a mapping with apiVersion `{API_VERSION}` and kind `{kind}`");
            return Err(ConfigError::new(FieldPath::root(), message));
        }
        let text = |field: &str| config[field].as_str().unwrap_or_default();
        match (text("apiVersion"), text("kind")) {
            (API_VERSION, config_kind) if config_kind == kind => Self::of_kind(config, checks),
            ("v1", "ConfigMap") => Self::of_config_map(&config["data"], checks),
            (api_version, found) => Err(ConfigError::new(
                FieldPath::root(),
                format!(
                    "`{api_version}` `{found}` is not for this function; use `{API_VERSION}` `{kind}`, or `v1` `ConfigMap` with the options as data"
                ),
            )),
        }
    }

    fn of_kind(config: &Value, checks: &Checks<'_>) -> Result<Self, ConfigError> {
        let allowed = ["apiVersion", "kind", "metadata", "spec"];
        let mut keys = config.as_object().into_iter().flat_map(Map::keys);
        if let Some(unknown) = keys.find(|key| !allowed.contains(&key.as_str())) {
            return Err(ConfigError::new(FieldPath::root().key(unknown), unknown_key(unknown, &allowed)));
        }
        let spec = match &config["spec"] {
            Value::Null => json!({}),
            spec => spec.clone(),
        };
        Self::checked(spec, "spec", checks)
    }

    fn of_config_map(data: &Value, checks: &Checks<'_>) -> Result<Self, ConfigError> {
        let (mut spec, schema) = (Map::new(), &*checks.schema);
        for (key, value) in data.as_object().into_iter().flatten() {
            let option = FieldPath::from("data").key(key);
            let known = spelling::present_key(key, schema).unwrap_or(key);
            let Some(option_schema) = schema["properties"].get(known) else {
                return Err(ConfigError::new(option, unknown_key(key, &keys_of(schema))));
            };
            let Value::String(text) = value else {
                return Err(ConfigError::new(
                    option,
                    format!("`{value}` must be a string, as all data of a ConfigMap"),
                ));
            };
            spec.insert(key.clone(), from_text(text, option_schema, schema, &option)?);
        }
        Self::checked(Value::Object(spec), "data", checks)
    }

    fn checked(mut spec: Value, root: &'static str, checks: &Checks<'_>) -> Result<Self, ConfigError> {
        let mut respelt = Vec::new();
        let root = FieldPath::from(root);
        (checks.own)(&spec, &root)?;
        if !(checks.fits)(&spec) {
            spelling::respell(&mut spec, &checks.schema, &root, &mut respelt);
            check(&spec, &checks.schema, &root)?;
        }
        Ok(Self { spec, respelt, name: String::new() })
    }

    /// What an option of the first level says, if it is given.
    pub(crate) fn get(&self, option: &str) -> Option<&Value> {
        self.spec.get(option)
    }

    /// Gives an option of the first level.
    pub(crate) fn set(&mut self, option: &str, value: Value) {
        self.spec[option] = value;
    }

    /// Takes over what a Pipeline says of the options that every function has.
    pub(crate) fn inherit(&mut self, pipeline: &Self) {
        self.name.clone_from(&pipeline.name);
        if pipeline.get("strict") == Some(&Value::Bool(true)) {
            self.set("strict", true.into());
        }
        if let (Some(report), None) = (pipeline.get("report"), self.get("report")) {
            self.set("report", report.clone());
        }
    }

    /// The options as their type.
    ///
    /// # Errors
    /// What the schema could not say.
    pub(crate) fn typed<S: DeserializeOwned>(&self) -> Result<S, ConfigError> {
        S::deserialize(&self.spec).map_err(|error| ConfigError::new("spec", error.to_string()))
    }
}

/// The value of an option that is written as text: scalars as they are, lists and `key=value` pairs separated by
/// commas or newlines, anything nested as YAML.
fn from_text(text: &str, schema: &Value, root: &Value, option: &FieldPath) -> Result<Value, ConfigError> {
    let schema = of_value(schema, root);
    let parts = || text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty());
    let is_scalar = |schema: &Value| !matches!(type_of(of_value(schema, root)), "object" | "array");
    match type_of(schema) {
        "boolean" => match text.trim() {
            "true" => Ok(json!(true)),
            "false" => Ok(json!(false)),
            other => Err(ConfigError::new(option.clone(), format!("`{other}` must be `true` or `false`"))),
        },
        "integer" => text
            .trim()
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| ConfigError::new(option.clone(), format!("`{text}` must be a whole number"))),
        "array" if is_scalar(&schema["items"]) => parts()
            .map(|part| from_text(part, &schema["items"], root, option))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::from),
        "object" if schema["additionalProperties"].is_object() && is_scalar(&schema["additionalProperties"]) => parts()
            .map(|part| {
                let (key, value) = part.split_once('=').or_else(|| part.split_once(": ")).ok_or_else(|| {
                    ConfigError::new(option.clone(), format!("`{part}` must have the form `key=value`"))
                })?;
                Ok((key.trim().to_owned(), from_text(value.trim(), &schema["additionalProperties"], root, option)?))
            })
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
        "object" | "array" => {
            let tree = Tree::parse(text.to_owned())
                .map_err(|error| ConfigError::new(option.clone(), format!("must be YAML; {error}")))?;
            Ok(tree.documents().first().map_or(Value::Null, |document| tree.value(document.root)))
        }
        _ => Ok(Value::String(text.trim().to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::super::alike::{are_written_alike, written_as};
    use super::super::common::CommonSpec;
    use super::super::schema::spec_schema;
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
        /// As another file spells it.
        gates: Option<Gates>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Gates {
        auto_deploy: bool,
        timezone: String,
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
    enum Target {
        /// The first.
        #[default]
        Ingress,
        /// The second.
        #[schemars(extend("x-former" = ["old-gateway"]))]
        Gateway,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Peer {
        namespace: String,
    }

    fn fits(options: &Value) -> bool {
        are_written_alike(options, &[written_as::<Spec>, written_as::<CommonSpec>])
    }

    fn read(config: Option<&Value>) -> Result<Options, ConfigError> {
        let schema = || spec_schema::<Spec>(false);
        let options = Options::read(config, "Example", &Checks::new(&|_, _| Ok(()), &fits, schema));
        let by_schema = Options::read(config, "Example", &Checks::new(&|_, _| Ok(()), &|_| false, schema));
        assert_eq!(options, by_schema);
        options
    }

    fn parse(config: &Value) -> Result<Spec, String> {
        let options = read(Some(config)).map_err(|error| error.to_string())?;
        options.typed().map_err(|error| error.to_string())
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
    fn options_fit_without_the_schema_only_as_they_are_written() {
        let fitting = json!({"clusterIssuer": null, "base": 1, "domains": {"a": "b"}, "target": "Gateway", "strict": true,
            "peer": {"namespace": "n"}, "accept": [{"rule": "r", "object": "*", "reason": "x"}]});
        assert!(fits(&fitting) && fits(&json!({})));
        // What serde reads too: a mapping as the list of its values, a choice as a mapping, more than there is.
        for other in [
            json!({"peer": ["n"]}),
            json!({"target": {"Gateway": null}}),
            json!({"zzz": 1}),
            json!({"accept": [{"rule": "r", "object": "*", "reason": "x", "more": 1}]}),
            json!({"base": 70000}),
            json!({"clusterISSUER": "le"}),
            json!([]),
        ] {
            assert!(!fits(&other), "{other}");
        }
    }

    #[test]
    fn nothing_and_an_empty_spec_give_the_defaults() {
        for spec in [Value::Null, json!({})] {
            let config = json!({"apiVersion": API_VERSION, "kind": "Example", "spec": spec});
            assert_eq!(parse(&config), Ok(Spec::default()));
        }
        let options = read(None);
        assert_eq!(options.and_then(|options| options.typed()), Ok(Spec::default()));
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
                "spec.zzz: is no option of this function; there are `clusterIssuer`, `base`, `namespaces`, `domains`, `target`, `peer`, `gates`, `strict`, `report`, `accept`",
            ),
            (
                json!({"gates": {"autoDeploy": true, "timezone": "UTC"}}),
                "spec.gates.autoDeploy: is no option of this function; did you mean `auto_deploy`?",
            ),
            (
                json!({"gates": {"auto_deploy": true, "timeZone": "UTC"}}),
                "spec.gates.timeZone: is no option of this function; did you mean `timezone`?",
            ),
            (json!({"base": "x"}), "spec.base: `x` must be a whole number"),
            (json!({"base": 70000}), "spec.base: `70000` must be from 0 to 65535"),
            (json!({"target": "Ingres"}), "spec.target: `Ingres` must be one of `Ingress`, `Gateway`"),
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
        for shapeless in [json!("foo"), json!([]), json!({}), json!({"kind": 1})] {
            let expected =
                "functionConfig: must be a mapping with apiVersion `replatform.dev/v1alpha1` and kind `Example`";
            assert_eq!(parse(&shapeless), Err(expected.to_owned()), "{shapeless}");
        }
        let other = json!({"apiVersion": "v1", "kind": "Secret"});
        assert!(parse(&other).is_err_and(|error| error.contains("use `replatform.dev/v1alpha1` `Example`")));
        let data = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"domains": "x"}});
        assert_eq!(parse(&data), Err("functionConfig: data.domains: `x` must have the form `key=value`".to_owned()));
    }

    #[test]
    fn former_spellings_are_read_and_the_present_ones_are_named() {
        let spec = json!({"clusterISSUER": "le", "target": "gateway", "peer": {"Namespace": "n"}});
        let config = json!({"apiVersion": API_VERSION, "kind": "Example", "spec": spec});
        let data = json!({"clusterISSUER": "le", "target": "old-gateway", "peer": "Namespace: n"});
        let config_map = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": data});
        for (config, root, target) in [(config, "spec", "gateway"), (config_map, "data", "old-gateway")] {
            let options = read(Some(&config)).expect("it is read");
            let expected = Spec {
                cluster_issuer: Some("le".to_owned()),
                target: Target::Gateway,
                peer: Some(Peer { namespace: "n".to_owned() }),
                ..Spec::default()
            };
            assert_eq!(options.typed(), Ok(expected));
            let told: Vec<_> = options.respelt.iter().map(ToString::to_string).collect();
            assert_eq!(
                told,
                [
                    format!(
                        "warning: {root}.clusterISSUER: is a former spelling; write `clusterIssuer` [former-spelling]"
                    ),
                    format!(
                        "warning: {root}.target: `{target}` is a former spelling; write `Gateway` [former-spelling]"
                    ),
                    format!(
                        "warning: {root}.peer.Namespace: is a former spelling; write `namespace` [former-spelling]"
                    ),
                ]
            );
        }
        let both = json!({"clusterIssuer": "le", "clusterISSUER": "le"});
        let config = json!({"apiVersion": API_VERSION, "kind": "Example", "spec": both});
        assert!(parse(&config).is_err_and(|error| error.contains("spec.clusterISSUER: is no option")));
    }
}
