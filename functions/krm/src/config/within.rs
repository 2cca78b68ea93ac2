//! Numbers with bounds.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// A number of an option that is neither less than one bound nor more than the other, which its schema says too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Within<const LEAST: u16, const MOST: u16>(u16);

/// The number of a port.
pub type PortNumber = Within<1, { u16::MAX }>;

impl<const LEAST: u16, const MOST: u16> Within<LEAST, MOST> {
    /// The number, if it is within the bounds.
    pub const fn new(number: u16) -> Option<Self> {
        if LEAST <= number && number <= MOST { Some(Self(number)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl<const LEAST: u16, const MOST: u16> From<Within<LEAST, MOST>> for u32 {
    fn from(number: Within<LEAST, MOST>) -> Self {
        number.get().into()
    }
}

impl<'de, const LEAST: u16, const MOST: u16> Deserialize<'de> for Within<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u16::deserialize(deserializer)?;
        Self::new(number).ok_or_else(|| D::Error::custom(format!("`{number}` must be from {LEAST} to {MOST}")))
    }
}

impl<const LEAST: u16, const MOST: u16> JsonSchema for Within<LEAST, MOST> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("From{LEAST}To{MOST}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "format": "uint16", "minimum": LEAST, "maximum": MOST})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_number_is_read_within_its_bounds() {
        let read = |number: Value| serde_json::from_value::<Within<2, 4>>(number).map_err(|error| error.to_string());
        for number in 2..=4 {
            let read = read(json!(number)).expect("it is within the bounds");
            assert_eq!((read.get(), json!(read)), (number, json!(number)));
        }
        for number in [1, 5] {
            assert_eq!(read(json!(number)), Err(format!("`{number}` must be from 2 to 4")));
        }
        assert!(read(json!(-1)).is_err() && read(json!("3")).is_err());
    }
}
