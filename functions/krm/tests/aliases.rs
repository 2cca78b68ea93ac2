//! What aliases make of a text is bounded by what is written.

use krm::yaml::Tree;
use proptest::prelude::*;
use serde_json::Value;

/// The memory that a value takes, roughly, and how deep it is.
fn extent(value: &Value) -> (usize, usize) {
    let children: Vec<_> = match value {
        Value::Object(object) => object.iter().map(|(key, value)| (key.len(), value)).collect(),
        Value::Array(items) => items.iter().map(|item| (0, item)).collect(),
        _ => Vec::new(),
    };
    let own = 80 + value.as_str().map_or(0, str::len);
    children.into_iter().fold((own, 0), |(memory, depth), (key, child)| {
        let (of_child, below) = extent(child);
        (memory + key + of_child, depth.max(below + 1))
    })
}

fn parse(text: &str) -> Result<Value, String> {
    let tree = Tree::parse(text.to_owned()).map_err(|error| error.to_string())?;
    Ok(tree.value(tree.documents()[0].root))
}

/// A line that anchors what earlier anchors mean, several times, in brackets or by merge keys.
fn line(index: usize, of: &[usize], copies: usize, brackets: usize, merges: bool) -> String {
    let earlier = of.iter().map(|before| format!("*a{}", before % index.max(1)));
    let aliases: Vec<_> = if index == 0 { vec!["xxxxxxxxxx".to_owned()] } else { earlier.collect() };
    let value = match merges && index > 1 {
        true => format!("{{k{index}: 1, b: {}}}", aliases[0]),
        false => vec![aliases.join(","); copies].join(","),
    };
    format!("l{index}: &a{index} {}{value}{}\n", "[".repeat(brackets), "]".repeat(brackets))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_expanded_is_a_multiple_of_what_is_written(
        lines in prop::collection::vec((prop::collection::vec(0usize..40, 1..4), 1usize..12, 1usize..60, any::<bool>()), 1..40),
    ) {
        let lines = lines.iter().enumerate();
        let text: String = lines.map(|(index, (of, copies, brackets, merges))| line(index, of, *copies, *brackets, *merges)).collect();
        match parse(&text) {
            Ok(value) => {
                let (memory, depth) = extent(&value);
                let written = text.len() * 80;
                prop_assert!(memory <= 500_000 + 40 * text.len() + written, "{memory} of {}", text.len());
                prop_assert!(depth <= 257, "{depth}");
            }
            Err(error) => prop_assert!(error.contains("the aliases up to here"), "{error}"),
        }
    }
}

#[test]
fn series_that_grow_faster_than_their_text_are_refused() {
    let chain = (1..9000).map(|n| format!("b{n}: &a{n} [*a{}]\n", n - 1)).collect::<String>();
    let long = "x".repeat(900_000);
    let keys: String = (0..3000).map(|n| format!("  k{n}: 1\n")).collect();
    let cases = [
        (format!("b0: &a0 [x]\n{chain}"), "nest values deeper than 256"),
        (format!("a: &a {long}\nb: [{}]\n", "*a,".repeat(6000)), "many times more"),
        (format!("m: &m\n{keys}uses:\n{}", "- <<: *m\n  a: b\n".repeat(3000)), "many times more"),
        (format!("? &k {long}\n: 1\nuses:\n{}", "- {*k : 1}\n".repeat(6000)), "a key of more than 1024 bytes"),
        (format!("? &k {}\n: 1\nuses:\n{}", "x".repeat(1000), "- {*k : 1}\n".repeat(60_000)), "many times more"),
    ];
    for (text, expected) in cases {
        let error = parse(&text).expect_err(expected);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn anchors_that_save_typing_are_expanded() {
    let labels = "  app: web\n  team: apps\n  tier: front\n";
    let object = "- apiVersion: v1\n  kind: Service\n  metadata:\n    name: web\n    namespace: *n\n    labels: {<<: *l, more: x}\n  \
                  spec:\n    selector: *l\n    ports:\n    - name: http\n      port: 80\n      targetPort: http\n      protocol: TCP\n";
    let text = format!("n: &n apps\nl: &l\n{labels}items:\n{}", object.repeat(20_000));
    assert_eq!(parse(&text).map(|value| value["items"][19_999]["metadata"]["labels"]["tier"] == "front"), Ok(true));
    let environment: String = (0..50).map(|n| format!("  VARIABLE_{n}: value of it\n")).collect();
    let services: String =
        (0..30).map(|n| format!("s{n}:\n  image: x\n  environment: {{<<: *e, OWN: {n}}}\n")).collect();
    assert!(parse(&format!("e: &e\n{environment}{services}")).is_ok());
}
