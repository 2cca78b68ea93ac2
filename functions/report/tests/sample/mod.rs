//! A small repository and what came of its builds, with any texts in it.

use std::path::{Path, PathBuf};

use krm::finding::{ObjectReference, Report};
use krm::rule::Severity;
use report::model::{Assessment, Tool};
use report::{Assessor, Catalog};
use repository::{Adaptation, Built, Coverage, Root};

/// The texts that come from a repository.
#[derive(Debug, Clone)]
pub(crate) struct Texts {
    /// The name of objects.
    pub(crate) name: String,
    /// What a message says.
    pub(crate) message: String,
    /// The reason of an acceptance and of a failure.
    pub(crate) reason: String,
    /// The path of a file.
    pub(crate) file: String,
    /// The path of an application.
    pub(crate) directory: String,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            name: "web".to_owned(),
            message: "the port `8080` is not served; set `spec.port`".to_owned(),
            reason: "one backend serves all".to_owned(),
            file: "base/web/route.yaml".to_owned(),
            directory: "overlay/web".to_owned(),
        }
    }
}

/// The file of the base, in which findings are located.
const BASE: &str = "# The web.\napiVersion: route.openshift.io/v1\nkind: Route\nmetadata:\n  name: web\nspec:\n  to:\n    name: web\n    weight: 50\n";

/// What functions found, and what the manifests are: two applications of one base, one that fails, one that no function ran on.
pub(crate) fn assessment(texts: &Texts) -> Assessment {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let file = directory.path().join(&texts.file);
    std::fs::create_dir_all(file.parent().expect("a file is in a directory")).expect("it can be made");
    std::fs::write(file, BASE).expect("it can be written");
    let catalog = Catalog::new(&[], "platform-leftover-check");
    let mut assessor = Assessor::new(&catalog, directory.path(), false);
    for built in builds(texts) {
        let is_wired = !built.root.directory.as_os_str().is_empty();
        let functions = if is_wired { vec!["platform-leftover-check".to_owned()] } else { Vec::new() };
        assessor.add(built, &Coverage { functions: functions.into_iter().collect(), ..Coverage::default() });
    }
    assessor.add_excluded(&PathBuf::from(&texts.directory).join("old"));
    assessor.add_remark(&texts.file, texts.message.clone());
    let tool =
        Tool { name: "replatform".to_owned(), version: "0.0.0".to_owned(), builder: "kustomize v5.8.1".to_owned() };
    assessor.finish(tool)
}

fn builds(texts: &Texts) -> Vec<Built> {
    let root =
        |directory: String, applications: Vec<String>| Root { directory: PathBuf::from(directory), applications };
    let common = |namespace: &str| {
        let route = object(texts, "Route", namespace);
        vec![
            finding(texts, "route-to-ingress", "missing-service", Severity::Error, &route, Some("spec.to.name")),
            finding(texts, "route-to-ingress", "route-weight", Severity::Warning, &route, Some("spec.to.weight")),
            finding(texts, "platform-leftover-check", "platform-key", Severity::Warning, &route, None),
            Report {
                accepted: Some(texts.reason.clone()),
                ..finding(texts, "route-to-ingress", "kept", Severity::Info, &route, None)
            },
            finding(texts, "route-to-ingress", "a-note", Severity::Info, &route, None),
        ]
    };
    let service = object(texts, "Service", "prod");
    let changes = vec![
        Report {
            message: "changed".to_owned(),
            ..finding(texts, "storageclass-rewrite", "changed", Severity::Info, &service, Some("spec.a"))
        },
        Report {
            message: format!("replaced by {}", object(texts, "Ingress", "prod")),
            ..finding(texts, "route-to-ingress", "replaced", Severity::Info, &object(texts, "Route", "prod"), None)
        },
    ];
    let manifest = |kind: &str, value: &str| {
        // In JSON, which YAML reads as it is but for its breaks of lines.
        let quoted = |text: &str| {
            let json = serde_json::to_string(text).expect("a text is JSON");
            json.replace('\u{2028}', "\\u2028").replace('\u{85}', "\\u0085")
        };
        let (name, value) = (quoted(&texts.name), quoted(value));
        format!(
            "apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: prod\nspec:\n  a: {value}\n---\n"
        )
    };
    vec![
        Built {
            root: root(format!("{}/prod", texts.directory), vec![format!("Application argocd/{}", texts.name)]),
            before: Some(manifest("Service", "old") + &manifest("Route", &texts.message)),
            manifests: Ok(manifest("Service", "new") + &manifest("Ingress", &texts.message)),
            adaptation: Adaptation::Ran,
            skippable: vec![],
            findings: [common("prod"), changes].concat(),
        },
        Built {
            root: root(format!("{}/dev", texts.directory), vec![]),
            before: None,
            manifests: Err(texts.reason.clone()),
            adaptation: Adaptation::Ran,
            skippable: vec![],
            findings: common("dev"),
        },
        Built {
            root: root("broken".to_owned(), vec![]),
            before: None,
            manifests: Err(format!("Error: {}\n", texts.reason)),
            adaptation: Adaptation::Ran,
            skippable: vec![],
            findings: vec![],
        },
        Built {
            root: root(String::new(), vec![]),
            before: None,
            manifests: Ok(manifest("ConfigMap", "x")),
            adaptation: Adaptation::NotWired,
            skippable: vec![],
            findings: vec![],
        },
    ]
}

fn object(texts: &Texts, kind: &str, namespace: &str) -> ObjectReference {
    ObjectReference {
        api_version: "v1".into(),
        kind: kind.into(),
        name: texts.name.as_str().into(),
        namespace: Some(namespace.into()),
        file: None,
    }
}

fn finding(
    texts: &Texts,
    function: &str,
    rule: &str,
    severity: Severity,
    object: &ObjectReference,
    field: Option<&str>,
) -> Report {
    Report {
        function: function.to_owned(),
        rule: rule.to_owned(),
        severity,
        object: Some(object.clone()),
        field: field.map(str::to_owned),
        file: Some(texts.file.clone()),
        message: texts.message.clone(),
        current_value: None,
        proposed_value: None,
        remedy: "Do what the message says.".to_owned(),
        accepted: None,
    }
}

/// A file of this crate.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
