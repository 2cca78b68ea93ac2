//! Writes in block style what can be serialized.

use serde::de::value::Error;
use serde::ser::{self, Error as _, Impossible, Serialize, Serializer};
use serde_json::Value;

use super::scalar::{is_printable, quote};

/// Writes one value at the end of a text. It writes what JSON has, and collections that know their length.
pub(super) struct Writer<'t> {
    pub(super) text: &'t mut String,
    /// Whether strings of several lines become literal blocks.
    pub(super) literals: bool,
    /// What the value begins behind.
    pub(super) behind: Behind,
    /// The column of that.
    pub(super) column: usize,
}

/// What a value begins behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    /// The spaces that begin a line.
    Indentation,
    /// The colon of an entry.
    Colon,
    /// A dash and a space.
    Dash,
    /// Nothing: it is the key of an entry.
    Nothing,
}

impl<'t> Writer<'t> {
    /// A value on one line.
    fn line(self, value: &str) {
        match self.behind {
            Behind::Indentation => push_spaces(self.text, self.column),
            Behind::Colon => self.text.push(' '),
            Behind::Dash | Behind::Nothing => {}
        }
        self.text.push_str(value);
        if self.behind != Behind::Nothing {
            self.text.push('\n');
        }
    }

    /// A collection whose children are `below` columns to the right of a key before it.
    fn collection(self, length: Option<usize>, below: usize, empty: &str) -> Result<Children<'t>, Error> {
        let Self { text, literals, behind, column } = self;
        let length = length.ok_or_else(|| Error::custom("the collection does not know its length"))?;
        let column = match behind {
            Behind::Indentation | Behind::Nothing => column,
            Behind::Colon => column + below,
            Behind::Dash => column + 2,
        };
        if length == 0 {
            Writer { text: &mut *text, literals, behind, column: self.column }.line(empty);
        } else if behind == Behind::Colon {
            text.push('\n');
            push_spaces(text, column);
        } else if behind == Behind::Indentation {
            push_spaces(text, column);
        }
        Ok(Children { text, literals, column, is_first: true })
    }
}

/// The children of a collection, each in lines of its own; the first begins where the text ends.
pub(super) struct Children<'t> {
    text: &'t mut String,
    literals: bool,
    column: usize,
    is_first: bool,
}

impl Children<'_> {
    fn begin(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            push_spaces(self.text, self.column);
        }
    }

    fn write<T: Serialize + ?Sized>(&mut self, behind: Behind, value: &T) -> Result<(), Error> {
        value.serialize(Writer { text: self.text, literals: self.literals, behind, column: self.column })
    }
}

impl ser::SerializeSeq for Children<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.begin();
        self.text.push_str("- ");
        self.write(Behind::Dash, value)
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

impl ser::SerializeMap for Children<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.begin();
        self.write(Behind::Nothing, key)?;
        self.text.push(':');
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.write(Behind::Colon, value)
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

impl ser::SerializeStruct for Children<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        ser::SerializeMap::serialize_entry(self, key, value)
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

/// What JSON does not have.
fn unknown<T>() -> Result<T, Error> {
    Err(Error::custom("JSON does not have such a value"))
}

impl<'t> Serializer for Writer<'t> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Children<'t>;
    type SerializeMap = Children<'t>;
    type SerializeStruct = Children<'t>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_str(self, string: &str) -> Result<(), Error> {
        let may_be_literal = self.literals && matches!(self.behind, Behind::Colon | Behind::Dash);
        if may_be_literal && is_representable(string) {
            self.text.push_str(if self.behind == Behind::Colon { " " } else { "" });
            write_literal(self.text, string, self.column + 2);
        } else {
            self.line(&quote(string));
        }
        Ok(())
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.line(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        self.line(&value.to_string());
        Ok(())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.line(&value.to_string());
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.line(&Value::from(value).to_string());
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.line("null");
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Children<'t>, Error> {
        self.collection(length, 0, "[]")
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Children<'t>, Error> {
        self.collection(length, 2, "{}")
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Children<'t>, Error> {
        self.serialize_map(Some(length))
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.serialize_f64(value.into())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Error> {
        unknown()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        unknown()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Error> {
        unknown()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Error> {
        unknown()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        unknown()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        unknown()
    }
}

fn push_spaces(text: &mut String, count: usize) {
    text.extend(std::iter::repeat_n(' ', count));
}

/// Whether a string has several lines and would read back the same from a literal block.
fn is_representable(string: &str) -> bool {
    let body = string.strip_suffix('\n').unwrap_or(string);
    // Blank lines at the end would depend on what follows the block.
    string.contains('\n')
        && !body.is_empty()
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\n', '\t'])
        && body.lines().all(|line| !line.ends_with([' ', '\t']))
        && body.chars().all(|character| character == '\n' || character == '\t' || is_printable(character))
}

/// A string as a literal block (`|`), header included, whose lines are indented by `indent`.
fn write_literal(text: &mut String, string: &str, indent: usize) {
    let (body, header) = string.strip_suffix('\n').map_or((string, "|-\n"), |body| (body, "|\n"));
    text.push_str(header);
    for line in body.split('\n') {
        if !line.is_empty() {
            push_spaces(text, indent);
            text.push_str(line);
        }
        text.push('\n');
    }
}
