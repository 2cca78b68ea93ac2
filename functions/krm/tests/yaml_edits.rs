//! Edits change what they must and nothing else: over generated values and over 184 hostile documents.

use std::path::Path;

use krm::yaml::{Tree, edit, emit, splice};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Reads the first document of `text`, changes it to `new` and returns the text that comes of it.
fn change(text: &str, new: &Value) -> Result<String, String> {
    let tree = Tree::parse(text.to_owned()).map_err(|error| error.to_string())?;
    let root = tree.documents().first().ok_or("there is no document")?.root;
    let edit = edit::edit(&tree, root, new).map_err(|error| error.to_string())?;
    let mut patched = tree.value(root);
    json_patch::patch(&mut patched, &edit.patch).map_err(|error| error.to_string())?;
    assert_eq!(&patched, new, "the patch says what changed");
    Ok(splice(text, edit.splices))
}

fn read(text: &str) -> Value {
    let tree = Tree::parse(text.to_owned()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    tree.value(tree.documents()[0].root)
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z0-9:# -]{0,8}".prop_map(Value::from),
        "([a-z ]{0,5}\n){1,3}".prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-d]", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_value_can_become_any_other(old in value(), new in value(), flow in any::<bool>(), final_newline in any::<bool>()) {
        let mut text = if flow { emit::json(&old) } else { emit::Block { literals: true }.lines(&old, 0) };
        if !final_newline {
            text.truncate(text.trim_end_matches('\n').len());
        }
        // A block that ends there has another value.
        let old = read(&text);
        prop_assert_eq!(change(&text, &old), Ok(text.clone()));
        let changed = change(&text, &new).map_err(TestCaseError::fail)?;
        let tree = Tree::parse(changed.clone()).map_err(|error| TestCaseError::fail(format!("{error}\n{text}\n->\n{changed}")))?;
        prop_assert_eq!(&tree.value(tree.documents()[0].root), &new, "{}\n->\n{}", text, changed);
        prop_assert_eq!(change(&changed, &new).map_err(TestCaseError::fail)?, changed, "a second run changes nothing");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_text_is_told_apart_by_its_value(of_text in value(), other in value(), flow in any::<bool>()) {
        let text = if flow { emit::json(&of_text) } else { emit::Block { literals: true }.lines(&of_text, 0) };
        let tree = Tree::parse(text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let root = tree.documents()[0].root;
        prop_assert_eq!(&tree.read::<Value>(root).map_err(|error| TestCaseError::fail(error.to_string()))?, &tree.value(root));
        prop_assert!(texts_are_those_of_the_value(&tree), "{}", tree.text());
        for value in [of_text, other, tree.value(root)] {
            prop_assert_eq!(tree.is_value(root, &value), tree.value(root) == value, "{}\n{}", value, tree.text());
        }
    }
}

/// Whether the texts of a mapping are those of its value.
fn texts_are_those_of_the_value(tree: &Tree) -> bool {
    let root = tree.documents()[0].root;
    let value = tree.value(root);
    let entries = value.as_object().into_iter().flatten();
    tree.texts(root) == entries.map(|(key, value)| (key.as_str(), value.as_str())).collect::<Vec<_>>()
}

/// Every object and array in `value`, with what it is after one change.
fn mutations(value: &Value) -> Vec<Value> {
    let mut mutated = Vec::new();
    let additions = [json!("0644"), json!({"new": ["yes"]}), json!(["two\nlines\n"])];
    match value {
        Value::Object(object) => {
            for (index, (key, inner)) in object.iter().enumerate() {
                let mut without = object.clone();
                without.shift_remove(key);
                mutated.push(Value::Object(without));
                let replacements = mutations(inner).into_iter().chain([additions[index % 3].clone()]);
                for replacement in replacements {
                    let mut with = object.clone();
                    with.insert(key.clone(), replacement);
                    mutated.push(Value::Object(with));
                }
            }
            let mut with = object.clone();
            with.insert("added".to_owned(), additions[object.len() % 3].clone());
            mutated.push(Value::Object(with));
        }
        Value::Array(array) => {
            for (index, inner) in array.iter().enumerate() {
                let mut without = array.clone();
                without.remove(index);
                mutated.push(Value::Array(without));
                for replacement in mutations(inner).into_iter().chain([additions[index % 3].clone()]) {
                    let mut with = array.clone();
                    with[index] = replacement;
                    mutated.push(Value::Array(with));
                }
            }
            for index in [0, array.len()] {
                let mut with = array.clone();
                with.insert(index, additions[array.len() % 3].clone());
                mutated.push(Value::Array(with));
            }
        }
        Value::String(text) => {
            mutated.push(Value::String(format!("{text}x")));
            mutated.push(Value::String(text.replacen('\n', "\nanother: line\n", 1) + "x"));
        }
        _ => mutated.push(json!("changed")),
    }
    mutated
}

#[test]
fn every_single_change_of_the_hostile_documents_is_exact() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/yaml-cases");
    let (mut changed, mut refused) = (0, 0);
    for entry in std::fs::read_dir(directory).expect("the test data is there") {
        let path = entry.expect("the test data can be listed").path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("the test data is text");
        let Ok(tree) = Tree::parse(text.clone()) else { continue };
        let old = tree.value(tree.documents()[0].root);
        let rest: Vec<_> = tree.documents()[1..].iter().map(|document| tree.value(document.root)).collect();
        assert!(tree.is_value(tree.documents()[0].root, &old), "{}", path.display());
        let read: Value = tree.read(tree.documents()[0].root).expect("every value is a `Value`");
        assert_eq!(read, old, "{}", path.display());
        assert!(texts_are_those_of_the_value(&tree), "{}", path.display());
        for new in mutations(&old) {
            assert_eq!(tree.is_value(tree.documents()[0].root, &new), new == old, "{}\n{new}", path.display());
            match change(&text, &new) {
                Ok(written) => {
                    changed += 1;
                    let tree = Tree::parse(written.clone())
                        .unwrap_or_else(|error| panic!("{}: {error}\n{written}", path.display()));
                    let values: Vec<_> = tree.documents().iter().map(|document| tree.value(document.root)).collect();
                    assert_eq!(values.first(), Some(&new), "{}\n{written}", path.display());
                    assert_eq!(values[1..], rest, "{}\n{written}", path.display());
                }
                Err(reason) => {
                    refused += 1;
                    assert!(reason.contains("shared by a YAML anchor"), "{}: {reason}", path.display());
                }
            }
        }
    }
    assert!(changed > 2000, "only {changed} changes were tried");
    assert!(refused < changed / 10, "{refused} of {changed} changes were refused");
}

/// A block at the end of a text is read as go-yaml reads it, and keeps its value when lines come behind it.
#[test]
fn blocks_at_the_end_of_a_text_are_read_as_go_reads_them() {
    let rows = include_str!("block-ends.tsv").lines().filter(|line| !line.starts_with('#'));
    for row in rows {
        let (text, value) = row.split_once('\t').expect("a row has two columns");
        let text: String = serde_json::from_str(text).expect("the text is JSON");
        let value: Value = serde_json::from_str(value).expect("the value is JSON");
        assert_eq!(read(&text)["a"], value, "{text:?}");
        let mut new = read(&text);
        new["b"] = json!(1);
        let changed = change(&text, &new).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(read(&changed), new, "{text:?}\n->\n{changed:?}");
    }
}

/// A byte order mark where files were joined belongs to no block above it.
#[test]
fn blocks_end_before_a_byte_order_mark() {
    for (header, value) in [("|", "x\n"), ("|+", "x\n"), (">", "x\n"), (">-", "x"), (">+", "x\n")] {
        let text = format!("a: {header}\n  x\n\u{feff}---\nb: 1\n");
        assert_eq!(read(&text), json!({"a": value}), "{text:?}");
        let changed = change(&text, &json!({"a": "y z", "c": 2})).expect("nothing is shared");
        assert!(changed.ends_with("\n\u{feff}---\nb: 1\n"), "{changed:?}");
        assert_eq!(read(&changed), json!({"a": "y z", "c": 2}), "{changed:?}");
    }
}

/// A root that is indented, as below an anchor of its own, gives way with its indentation.
#[test]
fn an_indented_root_can_be_replaced() {
    for text in [
        " &a\na: 1\n",
        "  a: 1\n  b: 2\n",
        "--- # c\n  a: 1\n",
        "---\n  &a {a: 1}\n",
        "\n - 1\n - 2\n",
        "--- &a\na: 1\n",
    ] {
        let tree = Tree::parse(text.to_owned()).expect("the text is YAML");
        for new in [json!({"kind": "Ingress", "spec": {"b": [1]}}), json!(["x", "y"])] {
            let written = splice(text, vec![edit::replace_root(&tree, tree.documents()[0].root, &new)]);
            assert_eq!(read(&written), new, "{text:?}\n->\n{written:?}");
        }
    }
}

/// Table of small changes whose bytes matter, comments above all.
#[test]
fn bytes_around_a_change_stay() {
    let cases = [
        ("value", "a: 1 # one\nb: 2 # two\n", json!({"a": 1, "b": 3}), "a: 1 # one\nb: 3 # two\n"),
        ("quotes", "a: 'x'\nb: \"y\"\n", json!({"a": "0644", "b": "z"}), "a: '0644'\nb: \"z\"\n"),
        (
            "new key",
            "a:\n  b: 1 # c\n# end\n",
            json!({"a": {"b": 1, "c": "yes"}}),
            "a:\n  b: 1 # c\n  c: \"yes\"\n# end\n",
        ),
        (
            "new key behind comments of what is inside",
            "a:\n  b:\n    c: 1\n    # about c\n   # too\n  # about a\nz: 1\n",
            json!({"a": {"b": {"c": 1}, "d": 2}, "z": 1}),
            "a:\n  b:\n    c: 1\n    # about c\n   # too\n  d: 2\n  # about a\nz: 1\n",
        ),
        (
            "new key behind a comment that ends the text",
            "a:\n- b: 1\n  # about b",
            json!({"a": [{"b": 1}], "c": 2}),
            "a:\n- b: 1\n  # about b\nc: 2\n",
        ),
        ("removed key", "a: 1\n# about b\nb: 2 # gone\nc: 3\n", json!({"a": 1, "c": 3}), "a: 1\n# about b\nc: 3\n"),
        ("first key of an item", "- a: 1\n  b: 2\n", json!([{"b": 2}]), "- b: 2\n"),
        ("removed item", "- 1 # one\n- 2\n- 3 # three\n", json!([1, 3]), "- 1 # one\n- 3 # three\n"),
        ("item between", "x:\n  - 1 # one\n  - 3\n", json!({"x": [1, 2, 3]}), "x:\n  - 1 # one\n  - 2\n  - 3\n"),
        ("flow", "{a: 1, b: [x, y]}\n", json!({"a": 1, "b": ["x"], "c": "no"}), "{a: 1, b: [x], \"c\": \"no\"}\n"),
        ("empty value", "a:\nb: 1\n", json!({"a": {"c": 1}, "b": 1}), "a:\n  c: 1\nb: 1\n"),
        ("empty flow", "a: {}\nb: 1\n", json!({"a": {"c": 1}, "b": 1}), "a:\n  c: 1\nb: 1\n"),
        ("emptied", "a:\n  c: 1\nb: 1\n", json!({"a": {}, "b": 1}), "a: {}\nb: 1\n"),
        ("no final newline", "a: 1", json!({"a": 1, "b": 2}), "a: 1\nb: 2\n"),
        ("windows", "a: 1\r\nb: 2\r\n", json!({"a": 1, "b": 2, "c": 3}), "a: 1\r\nb: 2\r\nc: 3\r\n"),
        ("comment", "a: 1 # c\nb: 2\n", json!({"a": {"x": "y\nz\n"}, "b": 2}), "a: # c\n  x: |\n    y\n    z\nb: 2\n"),
        (
            "line of a literal",
            "v: |  # values\n    one: 1\n\n    two:   2 # kept\n    end: x\n",
            json!({"v": "one: 5\n\ntwo:   2 # kept\nend: x\n"}),
            "v: |  # values\n    one: 5\n\n    two:   2 # kept\n    end: x\n",
        ),
        ("blank literal", "v: |\n  a\n", json!({"v": "\n \n"}), "v: \"\\n \\n\"\n"),
        ("json", "{\"a\":{\"b\":\"c\"}}", json!({"a": {"b": "d", "e": []}}), "{\"a\":{\"b\":\"d\", \"e\": []}}"),
    ];
    for (name, text, new, expected) in cases {
        assert_eq!(change(text, &new).expect(name), expected, "{name}");
        assert_eq!(read(expected), new, "{name}");
    }
}

#[test]
fn a_key_that_changes_alone_is_renamed_in_its_place() {
    let cases = [
        ("a: 1 # one\nb: {c: 2}\n", json!({"x": 1, "b": {"c": 2}}), "x: 1 # one\nb: {c: 2}\n"),
        ("'a': 1\n\"b\": 2 # two\n", json!({"a": 1, "x": 2}), "'a': 1\n\"x\": 2 # two\n"),
        ("k:\n  a:\n  - 1 # one\n", json!({"k": {"yes": [1]}}), "k:\n  \"yes\":\n  - 1 # one\n"),
        ("{a: 1, b: 2}\n", json!({"x": 1, "y": 2}), "{\"x\": 1, \"y\": 2}\n"),
        ("? a # key\n: 1\n", json!({"x": 1}), "? x # key\n: 1\n"),
    ];
    for (text, new, expected) in cases {
        assert_eq!(change(text, &new).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn shared_values_are_not_edited() {
    let cases = [
        ("a: &x {p: 1}\nb: *x\n", json!({"a": {"p": 2}, "b": {"p": 1}}), "/a"),
        ("a: &x {p: 1}\nb: *x\n", json!({"a": {"p": 1}, "b": {"p": 2}}), "/b"),
        ("a: &x {p: 1}\nb: *x\n", json!({"b": {"p": 1}}), "/a"),
        ("a: {<<: &x {p: 1}}\n", json!({"a": {"p": 2}}), "/a/p"),
    ];
    for (text, new, pointer) in cases {
        let error = change(text, &new).expect_err("the change must be refused");
        assert!(error.starts_with(&format!("{pointer}: ")), "{text}: {error}");
    }
}

#[test]
fn a_key_that_is_here_twice_is_refused() {
    for (text, line) in [
        ("a: 1\nb: 2\na: 3\n", 3),
        ("- {a: 1, \"a\": 2}\n", 1),
        ("x:\n  a: 1\n  'a': 2\n", 3),
        ("<<: {b: 1}\n<<: {c: 1}\n", 2),
        ("? a\n: 1\na: 2\n", 3),
        ("1: a\n\"1\": b\n", 2),
    ] {
        let error = Tree::parse(text.to_owned()).expect_err("the key is here twice");
        assert_eq!((error.line, error.message.contains("is here twice")), (line, true), "{text}: {error}");
    }
    let many: String = (0..50).map(|index| format!("k{index}: 1\n")).collect();
    assert!(Tree::parse(many.clone()).is_ok());
    assert_eq!(Tree::parse(many + "k7: 2\n").map_err(|error| error.line).err(), Some(51));
    assert!(Tree::parse("a: {b: 1}\nc: {b: 1}\n---\na: 1\n".to_owned()).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// The same of texts with blocks, and of those whose last line does not end.
    #[test]
    fn every_line_break_is_one_in_blocks(
        old in value(), new in value(), line_end in prop::sample::select(vec!["\r", "\r\n"]), final_break in any::<bool>(),
    ) {
        let mut text = emit::Block { literals: true }.lines(&old, 0).replace('\n', line_end);
        if !final_break {
            text.truncate(text.trim_end_matches(['\r', '\n']).len());
        }
        let changed = change(&text, &new).map_err(TestCaseError::fail)?;
        let tree = Tree::parse(changed.clone()).map_err(|error| TestCaseError::fail(format!("{error}\n{text:?}\n->\n{changed:?}")))?;
        prop_assert_eq!(&tree.value(tree.documents()[0].root), &new, "{:?}\n->\n{:?}", text, changed);
    }

    /// Whatever ends a line, a text means the same, and a change of it is exact.
    #[test]
    fn every_line_break_is_one(
        old in value(), new in value(), ends in prop::collection::vec(0usize..6, 1..4), comment in any::<bool>(),
    ) {
        const BREAKS: [&str; 6] = ["\n", "\r", "\r\n", "\u{85}", "\u{2028}", "\u{2029}"];
        let lines = emit::Block { literals: false }.lines(&old, 0);
        let mut text = String::new();
        for (index, line) in lines.lines().enumerate() {
            text.push_str(line);
            text.push_str(if comment { " # c" } else { "" });
            text.push_str(BREAKS[ends[index % ends.len()]]);
        }
        prop_assert_eq!(&read(&text), &old, "{:?}", text);
        let changed = change(&text, &new).map_err(TestCaseError::fail)?;
        let tree = Tree::parse(changed.clone()).map_err(|error| TestCaseError::fail(format!("{error}\n{text:?}\n->\n{changed:?}")))?;
        prop_assert_eq!(&tree.value(tree.documents()[0].root), &new, "{:?}\n->\n{:?}", text, changed);
    }

    /// No text makes the parser or an edit panic, and one that means what it should stays as it is.
    #[test]
    fn no_breaks_and_comments_are_too_odd(text in "[a\\-:#\"'|>&*{}\\[\\], \n\r\t\u{85}\u{2028}\u{feff}]{0,24}", new in value()) {
        let Ok(tree) = Tree::parse(text.clone()) else { return Ok(()) };
        let Some(document) = tree.documents().first() else { return Ok(()) };
        let _ = change(&text, &new);
        prop_assert_eq!(change(&text, &tree.value(document.root)), Ok(text));
    }
}
