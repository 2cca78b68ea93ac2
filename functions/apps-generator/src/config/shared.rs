//! Options whose schema names each type once.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// Options whose schema names each type once, below `$defs`. Written out in each place, the types of an app would make a
/// schema of megabytes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Shared<T>(pub T);

/// Nothing is written of it, so that krm always holds these options against the schema. Their types write several forms of the
/// same as one.
impl<T> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<T: JsonSchema> JsonSchema for Shared<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            // Where krm puts the schema of the options in that of the config.
            settings.definitions_path = "/properties/spec/$defs".into();
        });
        let mut generator = settings.into_generator();
        let mut schema = T::json_schema(&mut generator);
        schema.insert("$defs".to_owned(), Value::Object(generator.take_definitions(true)));
        schema
    }
}
