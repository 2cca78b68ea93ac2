//! Things by name: a mapping, which overlays can patch, or a list of things that have a name.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// Things by name, in the order in which they are written.
///
/// In YAML it is a mapping, which kustomize merges key by key, or a list of things with a `name`, which a patch replaces as a
/// whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyed<T>(pub Vec<(String, T)>);

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Keyed<T> {
    /// The things with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, thing)| (name.as_str(), thing))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T> FromIterator<(String, T)> for Keyed<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(things: I) -> Self {
        Self(things.into_iter().collect())
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Keyed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeyedVisitor(PhantomData))
    }
}

struct KeyedVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for KeyedVisitor<T> {
    type Value = Keyed<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a mapping, or a list of mappings with a name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut things = Vec::new();
        while let Some(entry) = map.next_entry()? {
            things.push(entry);
        }
        Ok(Keyed(things))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut things = Vec::new();
        while let Some(mut thing) = list.next_element::<Map<String, Value>>()? {
            let Some(Value::String(name)) = thing.shift_remove("name") else {
                return Err(A::Error::custom("an item of a list must have a `name`"));
            };
            if things.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format!("`{name}` is given twice")));
            }
            things.push((name, T::deserialize(Value::Object(thing)).map_err(A::Error::custom)?));
        }
        Ok(Keyed(things))
    }
}

impl<T: JsonSchema> JsonSchema for Keyed<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("KeyedOf{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (thing, item) = (generator.subschema_for::<T>(), generator.subschema_for::<Named<T>>());
        json_schema!({
            "anyOf": [
                {"type": "object", "additionalProperties": thing},
                {"type": "array", "items": item},
            ]
        })
    }
}

/// A thing in a list: it has its name in it. Only its schema is used.
struct Named<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Named{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator).to_value();
        let name = serde_json::json!({"description": "Its name.", "type": "string"});
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        schema["properties"] = Value::Object(std::iter::once(("name".to_owned(), name)).chain(properties).collect());
        schema["required"] = serde_json::json!(["name"]);
        Schema::try_from(schema).unwrap_or_default()
    }
}
