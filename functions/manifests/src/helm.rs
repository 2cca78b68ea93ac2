//! Where manifests hold values of Helm charts, and what these are.

use std::sync::LazyLock;

use krm::field::{FieldPath, Pointer, PointerBuf};
use krm::table;
use krm::yaml::{ParseError, Tree};
use serde_json::{Map, Value, json};

use crate::fields::{Match, Pattern, group_and_kind};

/// The key of an Application of Argo CD that holds values as a mapping, beside the chart.
pub const VALUES_OF_APPLICATION: &str = "valuesObject";

/// The key of a HelmChart of K3s that holds values as text.
pub const VALUES_OF_HELM_CHART: &str = "valuesContent";

/// A field that holds values of a Helm chart.
#[derive(Debug, Clone)]
pub struct ValuesField {
    /// The API group of the object.
    pub group: &'static str,
    /// The kind of the object.
    pub kind: &'static str,
    /// The path of the field, as text of [`ValuesField::pattern`].
    pub path: &'static str,
    /// The path of the field.
    pub pattern: Pattern,
    /// How the field holds the values.
    pub form: Form,
}

/// How a field holds values of a Helm chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As a mapping.
    Mapping,
    /// As YAML text.
    Text,
    /// As a list of mappings with `name`, a dotted name, and `value`.
    Parameters,
    /// As a mapping with dotted names.
    Dotted,
}

/// The fields that hold values of Helm charts, ordered by group and kind.
pub fn fields() -> &'static [ValuesField] {
    static FIELDS: LazyLock<Vec<ValuesField>> = LazyLock::new(|| {
        let rows = table::rows(include_str!("../data/helm-values.tsv"));
        let field = |[group, kind, path, form]: [&'static str; 4]| ValuesField {
            group,
            kind,
            path,
            pattern: Pattern::known(path),
            form: match form {
                "mapping" => Form::Mapping,
                "text" => Form::Text,
                "parameters" => Form::Parameters,
                "dotted" => Form::Dotted,
                other => unreachable!("`{other}` is no form of values"),
            },
        };
        rows.map(field).collect()
    });
    &FIELDS
}

/// Values of a Helm chart in an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Values<'v> {
    /// Where the field is.
    pub pointer: PointerBuf,
    /// What the field holds.
    pub field: &'v Value,
    /// How the field holds the values.
    pub form: Form,
}

/// The values of Helm charts in an object.
pub fn values_of(object: &Value) -> Vec<Values<'_>> {
    let (group, kind) = group_and_kind(object);
    let known = fields().iter().filter(|field| field.kind == kind && field.group == group);
    let found = known.flat_map(|field| field.pattern.matches(object).into_iter().map(|found| (found, field.form)));
    found.map(|(Match { pointer, value }, form)| Values { pointer, field: value, form }).collect()
}

impl Values<'_> {
    /// The field path of the field in its object.
    pub fn path(&self) -> FieldPath {
        FieldPath::from(&self.pointer)
    }

    /// The values as a chart gets them: every document of a text, and one part for each dotted name. A field of another
    /// type than its form has gives none.
    ///
    /// # Errors
    /// Text that is not YAML.
    pub fn read(&self) -> Result<Vec<Part>, ParseError> {
        let inside = |value: Value| Part { field: self.pointer.clone(), is_named: false, value };
        Ok(match self.form {
            Form::Mapping => vec![inside(self.field.clone())],
            Form::Text => {
                let tree = Tree::parse(self.field.as_str().unwrap_or_default().to_owned())?;
                tree.documents().iter().map(|document| inside(tree.value(document.root))).collect()
            }
            Form::Parameters => self.parameters().collect(),
            Form::Dotted => self.dotted().collect(),
        })
    }

    fn parameters(&self) -> impl Iterator<Item = Part> {
        let parameters = self.field.as_array().into_iter().flatten().enumerate();
        parameters.filter_map(|(index, parameter)| {
            let name = parameter["name"].as_str()?;
            let value = parameter.get("value")?;
            let value = if parameter["forceString"] == true { value.clone() } else { typed(value) };
            let field = self.pointer.with_trailing_token(index).with_trailing_token("value");
            Some(Part { field, is_named: true, value: nested(name, value) })
        })
    }

    fn dotted(&self) -> impl Iterator<Item = Part> {
        let entries = self.field.as_object().into_iter().flatten();
        entries.map(|(name, value)| {
            let field = self.pointer.with_trailing_token(name.as_str());
            Part { field, is_named: true, value: nested(name, typed(value)) }
        })
    }
}

/// A part of the values of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The values below the field, as Helm reads them.
    pub value: Value,
    /// The field of the object that holds them.
    field: PointerBuf,
    /// Whether a dotted name leads to the value, so that the field holds no more than the value.
    is_named: bool,
}

impl Part {
    /// The field of the object that holds the values; of a dotted name, the value and no more.
    pub fn field(&self) -> &Pointer {
        &self.field
    }

    /// The field path, in the object, of what is at a JSON pointer of [`Part::value`].
    pub fn path_of(&self, pointer: &Pointer) -> FieldPath {
        let field = FieldPath::from(&self.field);
        if self.is_named { field } else { field.join(pointer) }
    }
}

/// The value at a dotted name, as `a.b\.c.d[0]`. A list holds just the item that the name means.
///
/// Source: helm/helm pkg/strvals/parser.go.
fn nested(name: &str, value: Value) -> Value {
    steps(name).into_iter().rev().fold(value, |value, step| match step {
        Step::Key(key) => Map::from_iter([(key, value)]).into(),
        Step::Item(_) => json!([value]),
    })
}

/// The keys and indices of a dotted name, as `a`, `b.c` and `0` of `a.b\.c[0]`.
pub fn keys_of(name: &str) -> impl Iterator<Item = String> {
    steps(name).into_iter().map(|step| match step {
        Step::Key(key) | Step::Item(key) => key,
    })
}

/// A step of a dotted name.
enum Step {
    Key(String),
    /// The index of an item.
    Item(String),
}

fn steps(name: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut key = String::new();
    let mut letters = name.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => key.extend(letters.next()),
            '.' => end_key(&mut key, &mut steps),
            '[' => {
                end_key(&mut key, &mut steps);
                steps.push(Step::Item(letters.by_ref().take_while(|letter| *letter != ']').collect()));
            }
            letter => key.push(letter),
        }
    }
    end_key(&mut key, &mut steps);
    steps
}

fn end_key(key: &mut String, steps: &mut Vec<Step>) {
    if !key.is_empty() {
        steps.push(Step::Key(std::mem::take(key)));
    }
}

/// A value as `helm --set` reads its text.
///
/// Source: helm/helm pkg/strvals/parser.go, `typedVal`.
fn typed(value: &Value) -> Value {
    let Value::String(text) = value else { return value.clone() };
    let is_number = text == "0" || !text.starts_with('0');
    match text.parse::<i64>() {
        Ok(number) if is_number => number.into(),
        _ if text.eq_ignore_ascii_case("true") => true.into(),
        _ if text.eq_ignore_ascii_case("false") => false.into(),
        _ if text.eq_ignore_ascii_case("null") => Value::Null,
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a field holds that gives the values `{"web": {"nodePort": 30080}}`.
    fn content(form: Form) -> Value {
        match form {
            Form::Mapping => json!({"web": {"nodePort": 30080}}),
            Form::Text => json!("# Ports\nweb:\n  nodePort: 30080\n"),
            Form::Parameters => json!([{"name": "web.nodePort", "value": "30080"}]),
            Form::Dotted => json!({"web.nodePort": "30080"}),
        }
    }

    /// The path of the port for `content`.
    fn path_of_port(form: Form, field: FieldPath) -> FieldPath {
        match form {
            Form::Mapping | Form::Text => field.key("web").key("nodePort"),
            Form::Parameters => field.index(0).key("value"),
            Form::Dotted => field.key("web.nodePort"),
        }
    }

    fn object_with(field: &ValuesField) -> Value {
        let mut object = field.pattern.example(content(field.form));
        object["apiVersion"] = format!("{}/v1", field.group).into();
        object["kind"] = field.kind.into();
        object
    }

    #[test]
    fn every_row_is_found_and_read() {
        for field in fields() {
            let object = object_with(field);
            let path = field.path.replace("[]", "[0]").replace("**", "any[0]").replace('*', "any");
            let [values] = &values_of(&object)[..] else { panic!("{field:?} is not found once in {object}") };
            assert_eq!((values.path().as_str(), values.form), (path.as_str(), field.form));
            let [part] = &values.read().expect("the values are well formed")[..] else { panic!("{field:?}") };
            assert_eq!(part.value, json!({"web": {"nodePort": 30080}}), "{field:?}");
            let port = PointerBuf::from_tokens(["web", "nodePort"]);
            assert_eq!(part.path_of(&port), path_of_port(field.form, values.path()));
        }
    }

    #[test]
    fn other_objects_hold_no_values() {
        for object in [
            json!({"apiVersion": "example.org/v1", "kind": "HelmRelease", "spec": {"values": {}}}),
            json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "spec": {}}),
            json!([]),
        ] {
            assert_eq!(values_of(&object), [], "{object}");
        }
    }

    #[test]
    fn fields_of_another_type_give_no_values() {
        let object = json!({"apiVersion": "helm.cattle.io/v1", "kind": "HelmChart", "spec": {
            "valuesContent": {"a": 1}, "set": ["a"]}});
        for values in values_of(&object) {
            assert_eq!(values.read(), Ok(Vec::new()), "{}", values.path());
        }
        let object = json!({"apiVersion": "helm.cattle.io/v1", "kind": "HelmChart", "spec": {"valuesContent": "a: ["}});
        assert!(values_of(&object)[0].read().is_err());
    }

    #[test]
    fn dotted_names_are_read_as_helm_reads_them() {
        for (name, value, expected) in [
            ("a", json!("x"), json!({"a": "x"})),
            ("a.b", json!("30080"), json!({"a": {"b": 30080}})),
            ("a.b", json!(30080), json!({"a": {"b": 30080}})),
            ("a[1].b", json!("TRUE"), json!({"a": [{"b": true}]})),
            (r"a.b\.c/d.e", json!("null"), json!({"a": {"b.c/d": {"e": null}}})),
            ("a", json!("0644"), json!({"a": "0644"})),
            ("a", json!("0"), json!({"a": 0})),
        ] {
            assert_eq!(nested(name, typed(&value)), expected, "{name}");
        }
        assert_eq!(keys_of(r"a[1].b\.c.d").collect::<Vec<_>>(), ["a", "1", "b.c", "d"]);
    }

    #[test]
    fn the_table_is_ordered_and_names_each_field_once() {
        let names: Vec<_> = fields().iter().map(|field| (field.group, field.kind)).collect();
        assert!(names.is_sorted());
        let paths: std::collections::BTreeSet<_> =
            fields().iter().map(|field| (field.group, field.kind, field.path)).collect();
        assert_eq!(paths.len(), names.len());
    }
}
