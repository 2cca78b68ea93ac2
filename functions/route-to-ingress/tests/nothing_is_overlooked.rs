//! What counts on Routes is found however it is written: the prefilter hides nothing that the search would find.

use std::ffi::OsString;

use krm::host::{Call, Outcome, run};
use proptest::prelude::*;
use route_to_ingress::RouteToIngress;

/// A way to write a text in YAML.
#[derive(Debug, Clone)]
enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    /// In double quotes, with some letters as escapes.
    Escaped(Vec<bool>),
    /// In double quotes, broken into two lines.
    Broken(prop::sample::Index),
    /// As an alias of a text in another object.
    Alias,
}

fn style() -> impl Strategy<Value = Style> {
    prop_oneof![
        Just(Style::Plain),
        Just(Style::SingleQuoted),
        Just(Style::DoubleQuoted),
        prop::collection::vec(any::<bool>(), 64).prop_map(Style::Escaped),
        any::<prop::sample::Index>().prop_map(Style::Broken),
        Just(Style::Alias),
    ]
}

impl Style {
    fn write(&self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::SingleQuoted => format!("'{text}'"),
            Self::DoubleQuoted => format!("\"{text}\""),
            Self::Escaped(escaped) => {
                let letters = text.chars().zip(escaped.iter().chain(std::iter::repeat(&false)));
                let letters = letters.map(|(letter, is_escaped)| match is_escaped {
                    true => format!("\\x{:02x}", u32::from(letter)),
                    false => letter.to_string(),
                });
                format!("\"{}\"", letters.collect::<String>())
            }
            Self::Broken(position) => {
                let (before, after) = text.split_at(position.index(text.len()));
                format!("\"{before}\\\n          {after}\"")
            }
            Self::Alias => "*text".to_owned(),
        }
    }
}

/// The text with some of its letters in the other case.
fn in_case(text: &str, upper: &[bool]) -> String {
    let letters = text.chars().zip(upper);
    letters.map(|(letter, is_upper)| if *is_upper { letter.to_ascii_uppercase() } else { letter }).collect()
}

/// Runs the function on an object that holds a text, beside a Route.
fn convert(object: &str, text: &str, style: &Style) -> Outcome {
    let written = style.write(text);
    let object = object.replace("TEXT", &written);
    let list = format!(
        "apiVersion: config.kubernetes.io/v1
kind: ResourceList
functionConfig:
  apiVersion: replatform.dev/v1alpha1
  kind: RouteToIngress
  spec:
    domains:
      apps.old.example.com: k3s.example.com
items:
- apiVersion: route.openshift.io/v1
  kind: Route
  metadata:
    name: web
    namespace: apps
  spec:
    host: web.apps.old.example.com
    to:
      name: elsewhere
    port:
      targetPort: http
- apiVersion: v1
  kind: Secret
  metadata:
    name: anchor
    namespace: apps
  stringData:
    text: &text {text}
{object}
"
    );
    let arguments = vec![OsString::from("route-to-ingress")];
    run::<RouteToIngress>(Call { arguments, is_plugin: false, stdin: Some(list.into_bytes()) })
}

const CONFIG_MAP: &str = "- apiVersion: v1
  kind: ConfigMap
  metadata:
    name: found
    namespace: apps
  data:
    nested: TEXT";

const POD: &str = "- apiVersion: v1
  kind: Pod
  metadata:
    name: found
    namespace: apps
  spec:
    containers:
    - name: proxy
      args:
      - TEXT";

const NETWORK_POLICY: &str = "- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata:
    name: found
    namespace: apps
  spec:
    podSelector: {}
    ingress:
    - from:
      - namespaceSelector:
          matchLabels:
            kubernetes.io/metadata.name: TEXT";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_host_that_moved_is_replaced(upper in prop::collection::vec(any::<bool>(), 64), style in style()) {
        let host = in_case("https://web.apps.old.example.com/start", &upper);
        let outcome = convert(CONFIG_MAP, &host, &style);
        // What an alias shares cannot be changed, which is an error.
        let changed = if let Style::Alias = style { "cannot be changed here" } else { "changed" };
        let finding = format!("ConfigMap apps/found: data.nested: {changed}");
        prop_assert!(outcome.stderr.contains(&finding), "{}", outcome.stderr);
    }

    #[test]
    fn a_host_in_an_old_domain_is_reported(upper in prop::collection::vec(any::<bool>(), 64), style in style()) {
        let host = in_case("other.apps.old.example.com", &upper);
        let outcome = convert(CONFIG_MAP, &host, &style);
        let finding = "warning: ConfigMap apps/found: data.nested: `other.apps.old.example.com` lies in the old domain";
        prop_assert!(outcome.stderr.contains(finding), "{}", outcome.stderr);
    }

    #[test]
    fn what_means_openshift_is_found(style in style()) {
        let outcome = convert(POD, "--provider=openshift", &style);
        prop_assert!(outcome.stderr.contains("warning: Pod apps/found: spec.containers[0].args[0]"), "{}", outcome.stderr);
        let outcome = convert(NETWORK_POLICY, "openshift-ingress", &style);
        prop_assert!(outcome.stderr.contains("NetworkPolicy apps/found: spec.ingress[0]"), "{}", outcome.stderr);
    }
}
