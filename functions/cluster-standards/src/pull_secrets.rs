//! Pull secrets: named by the pods or by their ServiceAccount, and of the right type.
//!
//! Source: kubernetes plugin/pkg/admission/serviceaccount/admission.go, `Admit`, which copies the secrets of the account to
//! pods that list none; pkg/credentialprovider/secrets, for the types. That a Secret is missing sealed-secret-check tells.

use std::collections::{BTreeMap, BTreeSet};

use krm::field::{FieldPath, PointerBuf};
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Referent};
use manifests::images::{Prefix, leading_name};
use manifests::pods::PodTemplate;
use serde_json::{Value, json};

use crate::build::Build;
use crate::change::Change;
use crate::config::{Completion, NamespaceSpec};
use crate::namespaces::{Origin, setting};
use crate::rule::Rule;
use crate::workloads::Workload;

const FIELD: &str = "imagePullSecrets";
/// The types that the kubelet reads.
const TYPES: [&str; 2] = ["kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"];

/// A pull secret that an image needs.
struct Needed<'r> {
    secret: &'r str,
    image: String,
    path: FieldPath,
}

/// The pull secrets of the pods of a workload whose images need some.
struct Pull<'r> {
    /// Those that the images need, each once.
    needed: Vec<Needed<'r>>,
    /// Who says so.
    origin: Origin<'r>,
    /// The ServiceAccount of the pods, if it is in the build.
    account: Option<&'r Item>,
    /// Those that the pods use: their own, or those of their ServiceAccount if they list none.
    present: Vec<String>,
}

impl<'r> Pull<'r> {
    fn of(build: &Build<'r>, workload: &Workload<'_>) -> Option<Self> {
        let used = |entry: &'r NamespaceSpec| Some(&entry.pull_secrets).filter(|secrets| !secrets.is_empty());
        let (origin, secrets) = setting(build.spec, workload.namespace(), used)?;
        workload.look(build.resources, |template| {
            let needed = Some(needed(secrets, template)).filter(|needed| !needed.is_empty())?;
            let account = account(build, workload, template);
            let own = names(&template.spec[FIELD]);
            let present = if own.is_empty() { account.map(names_of_account).unwrap_or_default() } else { own };
            Some(Self { needed, origin, account, present })
        })
    }

    fn uses(&self, secret: &str) -> bool {
        self.present.iter().any(|name| name == secret)
    }
}

/// Names the pull secrets where they are not named.
pub(crate) fn completions(build: &Build<'_>) -> Vec<Change> {
    if !build.spec.completes(Completion::PullSecrets) {
        return Vec::new();
    }
    build
        .workloads
        .iter()
        .filter(|workload| workload.can_change())
        .filter_map(|workload| completion(build, workload))
        .collect()
}

/// A list in the pods takes the place of that of their ServiceAccount, so that it has what is there too.
fn completion(build: &Build<'_>, workload: &Workload<'_>) -> Option<Change> {
    let pull = Pull::of(build, workload)?;
    let missing: Vec<_> = pull.needed.iter().map(|needed| needed.secret).filter(|secret| !pull.uses(secret)).collect();
    let pointer = PointerBuf::parse(format!("{}/{FIELD}", workload.kind.spec_pointer())).ok()?;
    let names = pull.present.iter().map(String::as_str).chain(missing.iter().copied());
    let value: Vec<_> = names.map(|name| json!({ "name": name })).collect();
    (!missing.is_empty()).then(|| Change::Set { id: workload.item.id(), pointer, value: value.into() })
}

fn names(list: &Value) -> Vec<String> {
    let names = list.as_array().into_iter().flatten().filter_map(|entry| entry["name"].as_str());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn names_of_account(account: &Item) -> Vec<String> {
    names(&account.field(&[FIELD]))
}

/// The ServiceAccount of pods, if it is in the build.
fn account<'r>(build: &Build<'r>, workload: &Workload<'_>, template: &PodTemplate<'_>) -> Option<&'r Item> {
    let name = template.spec["serviceAccountName"].as_str().filter(|name| !name.is_empty()).unwrap_or("default");
    match build.resources.referent(workload.item.id(), "", "ServiceAccount", name) {
        Referent::Found(id) => Some(build.resources.get(id)),
        Referent::Missing | Referent::Ambiguous(_) => None,
    }
}

/// The pull secrets that the images of pods need, each once.
fn needed<'r>(secrets: &'r BTreeMap<String, String>, template: &PodTemplate<'_>) -> Vec<Needed<'r>> {
    let secrets: Vec<_> =
        secrets.iter().filter_map(|(key, name)| Some((Prefix::parse(key).ok()?, name.as_str()))).collect();
    let mut seen = BTreeSet::new();
    let needed = template.containers().filter_map(|container| {
        let image = container.value["image"].as_str()?;
        let repository = leading_name(image)?.repository();
        let fitting = secrets.iter().filter(|(prefix, _)| prefix.rest_of(&repository).is_some());
        let (_, secret) = fitting.max_by_key(|(prefix, _)| prefix.as_str().len())?;
        seen.insert(*secret).then(|| Needed { secret, image: image.to_owned(), path: container.path().key("image") })
    });
    needed.collect()
}

/// Checks that pods name the pull secrets of their images, and what these are.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    let mut checked = BTreeSet::new();
    for workload in build.workloads.iter() {
        let Some(pull) = Pull::of(build, workload) else { continue };
        for needed in &pull.needed {
            if !pull.uses(needed.secret) {
                findings.push(not_named(workload, &pull, needed));
            }
            if checked.insert((workload.namespace().to_owned(), needed.secret.to_owned())) {
                findings.extend(wrong_type(build, workload, needed.secret));
            }
        }
    }
}

fn not_named(workload: &Workload<'_>, pull: &Pull<'_>, needed: &Needed<'_>) -> Finding {
    let (Needed { secret, image, path }, origin) = (needed, pull.origin);
    let is_hidden = pull.account.is_some_and(|account| names_of_account(account).iter().any(|name| name == secret));
    let why = if is_hidden {
        "their ServiceAccount names it, which does not count beside the list of the pods"
    } else if pull.account.is_some() {
        "neither they nor their ServiceAccount name it"
    } else {
        "they do not name it, nor is their ServiceAccount in the build"
    };
    let message = format!(
        "the pods need the pull secret `{secret}` for `{image}`, as {origin} says, and {why}; name it{}",
        workload.or_complete("PullSecrets")
    );
    Finding::new(Rule::PullSecretNotNamed, message)
        .on(workload.item)
        .at(path.clone())
        .because_of(format!("{} {secret} {why}", workload.namespace()))
}

/// The type of a pull secret of the build.
fn wrong_type(build: &Build<'_>, workload: &Workload<'_>, secret: &str) -> Option<Finding> {
    let kinds = [
        ("", "Secret", "type"),
        ("bitnami.com", "SealedSecret", "spec.template.type"),
        ("external-secrets.io", "ExternalSecret", "spec.target.template.type"),
    ];
    kinds.into_iter().find_map(|(group, kind, field)| {
        let Referent::Found(id) = build.resources.referent(workload.item.id(), group, kind, secret) else {
            return None;
        };
        let item = build.resources.get(id);
        let found = item.field(&Vec::from_iter(field.split('.')));
        let found = found.as_str().unwrap_or("Opaque");
        let message = || {
            format!(
                "is of the type `{found}`, and the kubelet reads pull secrets of `{}` only; make it of that type",
                TYPES[0]
            )
        };
        (!TYPES.contains(&found)).then(|| Finding::new(Rule::PullSecretType, message()).on(item).at(field))
    })
}
