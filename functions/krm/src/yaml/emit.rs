//! New YAML, in the style of kyaml: block collections, dashes in the column of their key, no folding.

use serde::Serialize;
use serde_json::Value;

use super::scalar::{double_quoted, quote};
use super::writer::{Behind, Writer};

/// Writes block style.
#[derive(Debug, Clone, Copy)]
pub struct Block {
    /// Whether strings of several lines become literal blocks (`|`). A block takes indented comments below it for its
    /// own text, so none is written where these follow.
    pub literals: bool,
}

impl Block {
    /// `value` as lines, each indented by `indent` spaces and ended by a newline.
    pub fn lines(self, value: &impl Serialize, indent: usize) -> String {
        self.written(String::new(), value, Behind::Indentation, indent)
    }

    /// What follows the `:` of an entry whose key is in column `indent`: the rest of the line and, for collections
    /// and literal blocks, the lines below it.
    pub fn behind_colon(self, value: &impl Serialize, indent: usize) -> String {
        self.written(String::new(), value, Behind::Colon, indent)
    }

    /// `key: value` as the lines of an entry of a mapping in column `indent`.
    pub fn entry(self, key: &str, value: &impl Serialize, indent: usize) -> String {
        self.written(format!("{:indent$}{}:", "", quote(key)), value, Behind::Colon, indent)
    }

    /// `- value` as the lines of an item of a sequence whose dashes are in column `indent`.
    pub fn item(self, value: &impl Serialize, indent: usize) -> String {
        self.written(format!("{:indent$}- ", ""), value, Behind::Dash, indent)
    }

    fn written(self, mut text: String, value: &impl Serialize, behind: Behind, column: usize) -> String {
        let written = value.serialize(Writer { text: &mut text, literals: self.literals, behind, column });
        written.unwrap_or_else(|error| unreachable!("all that is written is what JSON has: {error}"));
        text
    }
}

/// `value` on one line, as JSON, which is YAML flow style; a lone string is quoted only where it must be.
pub fn flow(value: &Value) -> String {
    let mut text = String::new();
    write_flow(&mut text, value);
    text
}

fn write_flow(text: &mut String, value: &Value) {
    match value {
        Value::String(string) => text.push_str(&quote(string)),
        other => write_json(text, other),
    }
}

/// `value` as JSON on one line.
pub fn json(value: &Value) -> String {
    let mut text = String::new();
    write_json(&mut text, value);
    text
}

fn write_json(text: &mut String, value: &Value) {
    match value {
        Value::Object(object) => {
            text.push('{');
            for (index, (key, value)) in object.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                text.push_str(&double_quoted(key));
                text.push_str(": ");
                write_json(text, value);
            }
            text.push('}');
        }
        Value::Array(array) => {
            text.push('[');
            for (index, value) in array.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                write_json(text, value);
            }
            text.push(']');
        }
        Value::String(string) => text.push_str(&double_quoted(string)),
        other => text.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::yaml::Tree;

    const BLOCK: Block = Block { literals: true };

    #[test]
    fn a_block_reads_like_kyaml() {
        let value = json!({
            "apiVersion": "v1",
            "metadata": {"annotations": {"a/b": "yes"}, "labels": {}},
            "items": [{"name": "x", "ports": [80, {"a": 1}]}, [1, [2]], "text", [], "two\nlines\n"],
            "script": "#!/bin/sh\necho\n",
            "odd": " leading\nspace",
        });
        insta::assert_snapshot!(BLOCK.lines(&value, 0), @r#"
        apiVersion: v1
        metadata:
          annotations:
            a/b: "yes"
          labels: {}
        items:
        - name: x
          ports:
          - 80
          - a: 1
        - - 1
          - - 2
        - text
        - []
        - |
          two
          lines
        script: |
          #!/bin/sh
          echo
        odd: " leading\nspace"
        "#);
    }

    proptest! {
        #[test]
        fn every_string_reads_back(text in any::<String>(), lines in "[ a-z#:\\-\n\t|>]{0,30}") {
            for string in [text, lines] {
                for value in [json!({"k": string.clone()}), json!([string.clone()]), json!({(string.clone()): 1})] {
                    for written in [BLOCK.lines(&value, 0), json(&value)] {
                        let tree = Tree::parse(written.clone()).map_err(|error| TestCaseError::fail(format!("{error}\n{written}")))?;
                        prop_assert_eq!(&tree.value(tree.documents()[0].root), &value, "{}", written);
                        // A YAML 1.2 reader of another family agrees.
                        let other: Value = serde_yaml::from_str(&written).map_err(|error| TestCaseError::fail(format!("{error}\n{written}")))?;
                        prop_assert_eq!(&other, &value, "{}", written);
                    }
                }
            }
        }
    }
}
