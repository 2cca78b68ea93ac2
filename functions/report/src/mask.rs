//! Hides values of manifests that may be secret, so that a report can be published where the manifests cannot.
//!
//! A hidden value is written as `(hidden N)`. Within an object the same number is the same value, before and after, so that
//! changes of what is hidden are still seen.

use std::collections::{HashMap, HashSet};

use krm::field::FieldPath;
use krm::resource_list::bookkeeping::is_bookkeeping;
use krm::resource_list::{may_field_hold_secret, may_hold_secret, speaks_of_secrets};
use krm::yaml::{Kind, NodeId, Splice, Tree, splice};
use serde_json::Value;

/// The texts of an object before and after, as far as there are both, without what may be secret.
///
/// Of Secrets and SealedSecrets only keys are shown. Elsewhere a value is hidden whose key, or whose text, speaks of a secret.
/// Of a text of several lines only the lines are shown that differ before and after.
pub(crate) fn masked(kind: &str, before: Option<&str>, after: Option<&str>) -> [Option<String>; 2] {
    let trees = [before, after].map(|text| text.map(|text| Tree::parse(text.to_owned())));
    let lines = [1, 0].map(|other: usize| match &trees[other] {
        Some(Ok(tree)) => lines_of(tree),
        _ => HashMap::new(),
    });
    let mut numbers = Numbers::default();
    let [before, after] = trees;
    let [other_of_before, other_of_after] = lines;
    let mut masked = |tree: Option<Result<Tree, _>>, others: HashMap<FieldPath, HashSet<String>>| {
        // What is no YAML cannot be shown in part.
        let Ok(tree) = tree? else { return Some(String::new()) };
        let mut mask = Mask { tree: &tree, others, numbers: &mut numbers, splices: Vec::new() };
        let root = tree.documents().first().map(|document| document.root);
        let shown = if matches!(kind, "Secret" | "SealedSecret") { Shown::OfSecret } else { Shown::Plain };
        root.into_iter().for_each(|root| mask.walk(root, &FieldPath::root(), shown));
        let splices = mask.splices;
        Some(splice(tree.text(), splices))
    };
    let before = masked(before, other_of_before);
    let after = masked(after, other_of_after);
    [before, after]
}

/// Hidden values, each with its number.
#[derive(Default)]
struct Numbers(HashMap<String, usize>);

impl Numbers {
    fn placeholder(&mut self, value: &str) -> String {
        let next = self.0.len() + 1;
        format!("(hidden {})", self.0.entry(value.to_owned()).or_insert(next))
    }
}

/// What is shown of the values in a node.
#[derive(Clone, Copy, PartialEq)]
enum Shown {
    /// What does not look like a secret.
    Plain,
    /// Everything: they are names of Secrets and of their keys.
    Names,
    /// Nothing.
    Nothing,
    /// This is a Secret: what names it is shown, and nothing else.
    OfSecret,
}

impl Shown {
    /// What is shown of the value under a key.
    fn below(self, key: &str, is_collection: bool) -> Self {
        const NAMES_OF_SECRETS: [&str; 4] = ["type", "apiVersion", "kind", "metadata"];
        match self {
            Self::OfSecret if key == "metadata" => Self::OfSecret,
            Self::OfSecret if NAMES_OF_SECRETS.contains(&key) || matches!(key, "name" | "namespace") => Self::Names,
            Self::OfSecret => Self::Nothing,
            Self::Plain if is_of_names(key, is_collection) || is_bookkeeping(key) => Self::Names,
            Self::Plain if speaks_of_secrets(key) => Self::Nothing,
            inherited => inherited,
        }
    }
}

/// Whether what is under a key names something, such as a Secret, and holds no secret.
fn is_of_names(key: &str, is_collection: bool) -> bool {
    let of_names = ["secretName", "SecretName", "secretRef", "SecretRef", "secretKeyRef", "SecretKeyRef"];
    let is_name = matches!(key, "name" | "namespace" | "kind" | "apiVersion") && !is_collection;
    let of_secret = matches!(key, "secret" | "imagePullSecrets") && is_collection;
    is_name || of_secret || of_names.iter().any(|end| key.ends_with(end))
}

/// Whether a value has an `@` without a password before it, as `web-https@kubernetescrd` and an address of e-mail have it.
fn is_plain_address(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.contains([':', '\n']) && !speaks_of_secrets(text))
}

/// The key that a field ends with: `image` of `spec.containers[0].image`.
fn key_of(path: &FieldPath) -> &str {
    path.as_str().rsplit('.').next().unwrap_or_default()
}

struct Mask<'t> {
    tree: &'t Tree,
    /// The lines of the texts on the other side, by field.
    others: HashMap<FieldPath, HashSet<String>>,
    numbers: &'t mut Numbers,
    splices: Vec<Splice>,
}

impl Mask<'_> {
    fn walk(&mut self, node: NodeId, path: &FieldPath, shown: Shown) {
        match self.tree.node(node).kind() {
            Kind::Mapping { .. } => self.mapping(node, path, shown),
            Kind::Sequence { .. } => {
                for (index, item) in self.tree.items(node).iter().enumerate() {
                    self.walk(item.node, &path.clone().index(index), shown);
                }
            }
            Kind::Scalar(_) => self.scalar(node, path, shown),
            // What it names is hidden where it is written.
            Kind::Alias(_) => {}
        }
    }

    fn mapping(&mut self, node: NodeId, path: &FieldPath, shown: Shown) {
        let names_a_secret =
            ["name", "key"].iter().any(|key| self.tree.text_of(node, key).is_some_and(speaks_of_secrets));
        for entry in self.tree.entries(node) {
            let key = self.tree.key_text(entry);
            let is_collection = !matches!(self.tree.node(entry.value).kind(), Kind::Scalar(_));
            let below = match shown.below(key, is_collection) {
                Shown::Plain if key == "value" && names_a_secret => Shown::Nothing,
                below => below,
            };
            self.walk(entry.value, &path.clone().key(key), below);
        }
    }

    fn scalar(&mut self, node: NodeId, path: &FieldPath, shown: Shown) {
        let value = self.tree.value(node);
        let is_hidden = match (&value, shown) {
            (Value::Null | Value::Bool(_), _) | (_, Shown::Names) => false,
            (_, Shown::Nothing | Shown::OfSecret) => true,
            (value, Shown::Plain) => may_field_hold_secret(key_of(path), value) && !is_plain_address(value),
        };
        let range = self.tree.content_start(node)..self.tree.node(node).range().end;
        let text = &self.tree.text()[range.clone()];
        if is_hidden && text.contains('\n') && shown == Shown::Plain {
            self.lines(range.start, text, path);
        } else if is_hidden {
            let hidden = self.numbers.placeholder(&value.to_string());
            self.splices.push(Splice::new(range, with_indent(text, &hidden)));
        }
    }

    /// Hides the lines of a text but for those that differ from the other side, and of these what may hold a secret.
    fn lines(&mut self, start: usize, text: &str, path: &FieldPath) {
        let is_key_material = text.contains("-----BEGIN");
        let others = self.others.get(path);
        let mut at = start;
        for line in text.split_inclusive('\n') {
            let content = line.trim();
            let differs = others.is_some_and(|others| !others.contains(content));
            let is_shown = differs && !is_key_material && !may_hold_secret(&Value::String(content.to_owned()));
            if !is_shown && !content.is_empty() {
                let from = at + (line.len() - line.trim_start().len());
                let hidden = self.numbers.placeholder(content);
                self.splices.push(Splice::new(from..from + content.len(), hidden));
            }
            at += line.len();
        }
    }
}

/// What takes the place of a text: a block scalar starts with the indentation of its first line.
fn with_indent(text: &str, hidden: &str) -> String {
    let indent = &text[..text.len() - text.trim_start_matches(' ').len()];
    format!("{indent}{hidden}")
}

/// The lines of the texts of several lines, by field.
fn lines_of(tree: &Tree) -> HashMap<FieldPath, HashSet<String>> {
    let mut found = HashMap::new();
    let mut open: Vec<(NodeId, FieldPath)> =
        tree.documents().first().map(|document| (document.root, FieldPath::root())).into_iter().collect();
    while let Some((node, path)) = open.pop() {
        let items = tree.items(node).iter().enumerate();
        open.extend(items.map(|(index, item)| (item.node, path.clone().index(index))));
        let entries = tree.entries(node).iter();
        open.extend(entries.map(|entry| (entry.value, path.clone().key(tree.key_text(entry)))));
        if let Some(text) = tree.scalar_text(node).filter(|text| text.contains('\n')) {
            found.insert(path, text.lines().map(|line| line.trim().to_owned()).collect());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(kind: &str, before: &str, after: &str) -> (String, String) {
        let [before, after] = masked(kind, Some(before), Some(after)).map(Option::unwrap_or_default);
        (before, after)
    }

    #[test]
    fn of_a_secret_only_keys_and_changes_are_seen() {
        let before = "apiVersion: v1\nkind: Secret\ntype: Opaque\nmetadata:\n  name: db\n  annotations:\n    last: '{\"a\": \"geheim\"}'\ndata:\n  a: Z2VoZWlt\n  b: Z2Vo\n";
        let after = before.replace("a: Z2VoZWlt", "a: YW5kZXJz");
        let (masked_before, masked_after) = both("Secret", before, &after);
        assert_eq!(
            masked_before,
            "apiVersion: v1\nkind: Secret\ntype: Opaque\nmetadata:\n  name: db\n  annotations:\n    last: (hidden 1)\ndata:\n  a: (hidden 2)\n  b: (hidden 3)\n"
        );
        assert_eq!(masked_after, masked_before.replace("(hidden 2)", "(hidden 4)"));
    }

    #[test]
    fn what_speaks_of_secrets_is_hidden_and_names_of_secrets_are_not() {
        let text = "kind: Deployment\nspec:\n- name: DB_PASSWORD\n  value: geheim\n- name: HOST\n  value: db.example.com\n- name: URL\n  value: postgres://u:geheim@db\n\
                    - password: 12345678\n  automountServiceAccountToken: true\n  secretName: db-credentials\n  valueFrom: {secretKeyRef: {name: db-secret, key: password}}\n\
                    - apiKey: |\n    geheim\n    mehr\n- token: \"geheim\\nmehr\"\n\
                    - router: web-https@kubernetescrd\n  config.kubernetes.io/origin: |\n    path: base/web.yaml\n";
        let (masked, _) = both("Deployment", text, text);
        assert!(!masked.contains("geheim") && !masked.contains("mehr") && !masked.contains("12345678"), "{masked}");
        for shown in [
            "db.example.com",
            "Token: true",
            "db-credentials",
            "{name: db-secret, key: password}",
            "DB_PASSWORD",
            "web-https@kubernetescrd",
            "path: base/web.yaml",
        ] {
            assert!(masked.contains(shown), "{shown}: {masked}");
        }
    }

    #[test]
    fn an_image_is_shown_but_for_its_user() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let text = format!(
            "kind: Deployment\nspec:\n- image: quay.io/example/sealed-secrets-controller:1\n- image: quay.io/example/web@{digest}\n- image: u:geheim@quay.io/web\n"
        );
        let (masked, _) = both("Deployment", &text, &text);
        assert_eq!(masked, text.replace("u:geheim@quay.io/web", "(hidden 1)"));
    }

    #[test]
    fn of_a_text_of_several_lines_only_what_changed_is_shown() {
        let before = "kind: ConfigMap\ndata:\n  app.conf: |\n    user = admin\n    pass = geheim\n    host = old.example.com\n    token = geheim1\n";
        let after = before.replace("old.", "new.").replace("geheim1", "geheim2");
        let (before, after) = both("ConfigMap", before, &after);
        assert_eq!(
            before,
            "kind: ConfigMap\ndata:\n  app.conf: |\n    (hidden 1)\n    (hidden 2)\n    host = old.example.com\n    (hidden 3)\n"
        );
        assert_eq!(after, before.replace("old.", "new.").replace("(hidden 3)", "(hidden 4)"));
        let [alone, _] = masked("ConfigMap", Some("kind: ConfigMap\ndata:\n  a: |\n    one\n    two\n"), None);
        assert_eq!(alone.as_deref(), Some("kind: ConfigMap\ndata:\n  a: |\n    (hidden 1)\n    (hidden 2)\n"));
    }

    #[test]
    fn keys_are_hidden_with_every_line() {
        let before = "kind: ConfigMap\ndata:\n  x: |\n    -----BEGIN PRIVATE KEY-----\n    MIIE\n    -----END PRIVATE KEY-----\n";
        let (_, after) = both("ConfigMap", before, &before.replace("MIIE", "MIIF"));
        assert!(!after.contains("MIIF") && !after.contains("BEGIN"), "{after}");
    }
}
