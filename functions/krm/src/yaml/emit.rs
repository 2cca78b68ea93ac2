//! New YAML, in the style of kyaml: block collections, dashes in the column of their key, no folding.

use serde_json::{Map, Value};

use super::scalar::{double_quoted, is_printable, quote};

/// Writes block style.
#[derive(Debug, Clone, Copy)]
pub struct Block {
    /// Whether strings of several lines become literal blocks (`|`). A block takes indented comments below it for its
    /// own text, so none is written where these follow.
    pub literals: bool,
}

impl Block {
    /// `value` as lines, each indented by `indent` spaces and ended by a newline.
    pub fn lines(self, value: &Value, indent: usize) -> String {
        let mut text = String::new();
        self.write_lines(&mut text, value, indent);
        text
    }

    /// What follows the `:` of an entry whose key is in column `indent`: the rest of the line and, for collections
    /// and literal blocks, the lines below it.
    pub fn behind_colon(self, value: &Value, indent: usize) -> String {
        let mut text = String::new();
        self.write_behind_colon(&mut text, value, indent);
        text
    }

    /// `key: value` as the lines of an entry of a mapping in column `indent`.
    pub fn entry(self, key: &str, value: &Value, indent: usize) -> String {
        let mut text = String::new();
        push_spaces(&mut text, indent);
        self.write_entry(&mut text, key, value, indent);
        text
    }

    /// `- value` as the lines of an item of a sequence whose dashes are in column `indent`.
    pub fn item(self, value: &Value, indent: usize) -> String {
        let mut text = String::new();
        push_spaces(&mut text, indent);
        self.write_item(&mut text, value, indent);
        text
    }

    fn write_lines(self, text: &mut String, value: &Value, indent: usize) {
        push_spaces(text, indent);
        match value {
            Value::Object(object) if !object.is_empty() => self.write_object(text, object, indent),
            Value::Array(array) if !array.is_empty() => self.write_array(text, array, indent),
            other => {
                write_flow(text, other);
                text.push('\n');
            }
        }
    }

    fn write_entry(self, text: &mut String, key: &str, value: &Value, indent: usize) {
        text.push_str(&quote(key));
        text.push(':');
        self.write_behind_colon(text, value, indent);
    }

    fn write_behind_colon(self, text: &mut String, value: &Value, indent: usize) {
        let below = match value {
            Value::Object(object) if !object.is_empty() => indent + 2,
            Value::Array(array) if !array.is_empty() => indent,
            other => {
                text.push(' ');
                return self.write_scalar(text, other, indent + 2);
            }
        };
        text.push('\n');
        self.write_lines(text, value, below);
    }

    /// What has no lines of its own but those of a literal block, which are indented by `indent`.
    fn write_scalar(self, text: &mut String, value: &Value, indent: usize) {
        match value {
            Value::String(string) if self.literals && is_representable(string) => write_literal(text, string, indent),
            other => {
                write_flow(text, other);
                text.push('\n');
            }
        }
    }

    /// The entries of a mapping; the first begins where the text ends.
    fn write_object(self, text: &mut String, object: &Map<String, Value>, indent: usize) {
        for (index, (key, value)) in object.iter().enumerate() {
            if index > 0 {
                push_spaces(text, indent);
            }
            self.write_entry(text, key, value, indent);
        }
    }

    /// The items of a sequence; the first begins where the text ends.
    fn write_array(self, text: &mut String, array: &[Value], indent: usize) {
        for (index, value) in array.iter().enumerate() {
            if index > 0 {
                push_spaces(text, indent);
            }
            self.write_item(text, value, indent);
        }
    }

    fn write_item(self, text: &mut String, value: &Value, indent: usize) {
        text.push_str("- ");
        match value {
            Value::Object(object) if !object.is_empty() => self.write_object(text, object, indent + 2),
            Value::Array(array) if !array.is_empty() => self.write_array(text, array, indent + 2),
            other => self.write_scalar(text, other, indent + 2),
        }
    }
}

fn push_spaces(text: &mut String, count: usize) {
    text.extend(std::iter::repeat_n(' ', count));
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
