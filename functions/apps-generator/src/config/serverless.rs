//! Serverless functions: apps that share an image and most settings.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::app::App;
use super::keyed::Keyed;

/// Functions that share an image: the fields of an app, which hold for all, and `functions` with those that differ.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Serverless {
    /// The fields that hold for all functions.
    pub common: Map<String, Value>,
    /// The functions, by name, each with the fields of its own.
    pub functions: Keyed<Map<String, Value>>,
}

impl<'de> Deserialize<'de> for Serverless {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut common = Map::deserialize(deserializer)?;
        let functions = common.shift_remove("functions").unwrap_or_else(|| json!({}));
        let functions = Keyed::deserialize(functions).map_err(serde::de::Error::custom)?;
        Ok(Self { common, functions })
    }
}

impl JsonSchema for Serverless {
    fn schema_name() -> Cow<'static, str> {
        "Serverless".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut functions = Keyed::<App>::json_schema(generator).to_value();
        functions["description"] =
            "The functions, by name: fields of an app, which are merged into those beside this.".into();
        let mut schema = App::json_schema(generator).to_value();
        schema["properties"]["functions"] = functions;
        Schema::try_from(schema).unwrap_or_default()
    }
}
