//! Nodes as types, without a value in between.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};

use super::kind::{Kind, NodeId};
use super::node::{Entry, SequenceItem};
use super::tree::Tree;

impl Tree {
    /// A node as a type: what its [`Tree::value`] would be read as, but no value is made.
    ///
    /// # Errors
    /// A value that does not fit the type.
    pub fn read<'de, T: Deserialize<'de>>(&'de self, node: NodeId) -> Result<T, Error> {
        T::deserialize(Reader::of(self, node))
    }
}

/// A node that is read.
#[derive(Clone, Copy)]
struct Reader<'de> {
    tree: &'de Tree,
    node: NodeId,
}

impl<'de> Reader<'de> {
    fn of(tree: &'de Tree, node: NodeId) -> Self {
        Self { tree, node: tree.resolved(node) }
    }

    fn value(self) -> Value {
        self.tree.value(self.node)
    }
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.tree.node(self.node).kind() {
            Kind::Sequence { .. } => {
                visitor.visit_seq(Items { tree: self.tree, items: self.tree.items(self.node).iter() })
            }
            Kind::Mapping { .. } if !self.tree.has_merges() => {
                let entries = self.tree.entries(self.node).iter();
                visitor.visit_map(Entries { tree: self.tree, entries, value: None })
            }
            Kind::Scalar(style) => match self.tree.scalar(self.node, style) {
                Ok(value) => value.deserialize_any(visitor),
                Err(text) => visitor.visit_borrowed_str(text),
            },
            Kind::Mapping { .. } | Kind::Alias(_) => self.value().deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.tree.node(self.node).kind() {
            Kind::Scalar(style) if self.tree.scalar(self.node, style) == Ok(Value::Null) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.value().deserialize_enum(name, variants, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

/// The items of a sequence.
struct Items<'de> {
    tree: &'de Tree,
    items: std::slice::Iter<'de, SequenceItem>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let item = self.items.next();
        item.map(|item| seed.deserialize(Reader::of(self.tree, item.node))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The entries of a mapping.
struct Entries<'de> {
    tree: &'de Tree,
    entries: std::slice::Iter<'de, Entry>,
    /// The value of the key that was read last.
    value: Option<NodeId>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.value = Some(entry.value);
        seed.deserialize(BorrowedStrDeserializer::new(self.tree.key_text(entry))).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let value = self.value.take().unwrap_or_else(|| unreachable!("a key comes before its value"));
        seed.deserialize(Reader::of(self.tree, value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}
