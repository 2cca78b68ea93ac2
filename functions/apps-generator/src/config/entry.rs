//! What an environment changes in an entry: the entry as it is written, with its `environments`.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

/// The key below which an entry says what is different in an environment.
pub const ENVIRONMENTS: &str = "environments";

/// An entry as it is written. It becomes a `T` once the environment is known; see [`Entry::of_environment`].
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<T> {
    /// What holds everywhere.
    pub common: Map<String, Value>,
    /// What is different, by environment.
    pub environments: Map<String, Value>,
    of: PhantomData<T>,
}

impl<'de, T> Deserialize<'de> for Entry<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut common = Map::deserialize(deserializer)?;
        let environments = match common.shift_remove(ENVIRONMENTS) {
            Some(Value::Object(environments)) => environments,
            _ => Map::new(),
        };
        Ok(Self { common, environments, of: PhantomData })
    }
}

impl<T: JsonSchema> JsonSchema for Entry<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("EntryOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator).to_value();
        schema["properties"][ENVIRONMENTS] = json!({
            "description": "What is different in an environment, by its name: mappings are merged, lists are replaced, and null takes an option out.",
            "type": "object",
            "additionalProperties": generator.subschema_for::<T>(),
        });
        Schema::try_from(schema).unwrap_or_default()
    }
}
