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
        let lead = " ".repeat(indent);
        match value {
            Value::Object(object) if !object.is_empty() => self.write_object(&mut text, object, indent, lead),
            Value::Array(array) if !array.is_empty() => self.write_array(&mut text, array, indent, lead),
            other => {
                text.push_str(&lead);
                text.push_str(&flow(other));
                text.push('\n');
            }
        }
        text
    }

    /// What follows the `:` of an entry whose key is in column `indent`: the rest of the line and, for collections
    /// and literal blocks, the lines below it.
    pub fn behind_colon(self, value: &Value, indent: usize) -> String {
        match value {
            Value::Object(object) if !object.is_empty() => format!("\n{}", self.lines(value, indent + 2)),
            Value::Array(array) if !array.is_empty() => format!("\n{}", self.lines(value, indent)),
            other => format!(" {}", self.scalar(other, indent + 2)),
        }
    }

    /// `key: value` as the lines of an entry of a mapping in column `indent`.
    pub fn entry(self, key: &str, value: &Value, indent: usize) -> String {
        format!("{}{}:{}", " ".repeat(indent), quote(key), self.behind_colon(value, indent))
    }

    /// `- value` as the lines of an item of a sequence whose dashes are in column `indent`.
    pub fn item(self, value: &Value, indent: usize) -> String {
        let mut text = String::new();
        self.write_item(&mut text, value, indent, &" ".repeat(indent));
        text
    }

    fn scalar(self, value: &Value, indent: usize) -> String {
        let literal = match value {
            Value::String(text) if self.literals => literal(text, indent),
            _ => None,
        };
        literal.unwrap_or_else(|| flow(value) + "\n")
    }

    fn write_object(self, text: &mut String, object: &Map<String, Value>, indent: usize, first_indent: String) {
        let mut lead = first_indent;
        for (key, value) in object {
            text.push_str(&lead);
            text.push_str(&quote(key));
            text.push(':');
            text.push_str(&self.behind_colon(value, indent));
            lead = " ".repeat(indent);
        }
    }

    fn write_array(self, text: &mut String, array: &[Value], indent: usize, first_indent: String) {
        let mut lead = first_indent;
        for value in array {
            self.write_item(text, value, indent, &lead);
            lead = " ".repeat(indent);
        }
    }

    fn write_item(self, text: &mut String, value: &Value, indent: usize, lead: &str) {
        let dash = format!("{lead}- ");
        match value {
            Value::Object(object) if !object.is_empty() => self.write_object(text, object, indent + 2, dash),
            Value::Array(array) if !array.is_empty() => self.write_array(text, array, indent + 2, dash),
            other => {
                text.push_str(&dash);
                text.push_str(&self.scalar(other, indent + 2));
            }
        }
    }
}

/// `value` on one line, as JSON, which is YAML flow style; a lone string is quoted only where it must be.
pub fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text).into_owned(),
        other => json(other),
    }
}

/// `value` as JSON on one line.
pub fn json(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let entries: Vec<_> =
                object.iter().map(|(key, value)| format!("{}: {}", double_quoted(key), json(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Array(array) => format!("[{}]", array.iter().map(json).collect::<Vec<_>>().join(", ")),
        Value::String(text) => double_quoted(text),
        other => other.to_string(),
    }
}

/// A string of several lines as a literal block (`|`) whose lines are indented by `indent`, header included, if the
/// block would read back the same.
fn literal(text: &str, indent: usize) -> Option<String> {
    let (body, chomping) = text.strip_suffix('\n').map_or((text, "-"), |body| (body, ""));
    // Blank lines at the end would depend on what follows the block.
    let representable = text.contains('\n')
        && !body.is_empty()
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\n', '\t'])
        && body.lines().all(|line| !line.ends_with([' ', '\t']))
        && body.chars().all(|character| character == '\n' || character == '\t' || is_printable(character));
    if !representable {
        return None;
    }
    let mut lines = format!("|{chomping}\n");
    for line in body.split('\n') {
        if !line.is_empty() {
            lines.push_str(&" ".repeat(indent));
            lines.push_str(line);
        }
        lines.push('\n');
    }
    Some(lines)
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
