//! Pull secrets: named by the pods or by their ServiceAccount, and of the right type.
//!
//! Source: kubernetes plugin/pkg/admission/serviceaccount/admission.go, `Admit`, which copies the secrets of the account to
//! pods that list none; pkg/credentialprovider/secrets, for the types. That a Secret is missing sealed-secret-check tells.

use std::collections::BTreeSet;

use krm::field::{FieldPath, PointerBuf};
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Referent};
use manifests::images::{Prefix, leading_name};
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
    image: &'r str,
    path: FieldPath,
    origin: Origin<'r>,
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
fn completion<'r>(build: &Build<'r>, workload: &Workload<'r>) -> Option<Change> {
    let needed = needed(build, workload);
    if needed.is_empty() {
        return None;
    }
    let present = present(build, workload);
    let mut names = present.clone();
    for needed in needed {
        if !names.contains(&needed.secret) {
            names.push(needed.secret);
        }
    }
    let pointer = PointerBuf::parse(format!("{}/{FIELD}", workload.template.spec_pointer())).ok()?;
    let value: Vec<_> = names.iter().map(|name| json!({ "name": name })).collect();
    (names.len() > present.len()).then(|| Change::Set { id: workload.item.id(), pointer, value: value.into() })
}

/// The pull secrets that pods use: their own, or those of their ServiceAccount if they list none.
fn present<'r>(build: &Build<'r>, workload: &Workload<'r>) -> Vec<&'r str> {
    let own = names(&workload.template.spec[FIELD]);
    if own.is_empty() { account(build, workload).map_or(own, |account| names(&account.value()[FIELD])) } else { own }
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["name"].as_str())
        .filter(|name| !name.is_empty())
        .collect()
}

/// The ServiceAccount of pods, if it is in the build.
fn account<'r>(build: &Build<'r>, workload: &Workload<'_>) -> Option<&'r Item> {
    let name =
        workload.template.spec["serviceAccountName"].as_str().filter(|name| !name.is_empty()).unwrap_or("default");
    match build.resources.referent(workload.item.id(), "", "ServiceAccount", name) {
        Referent::Found(id) => Some(build.resources.get(id)),
        Referent::Missing | Referent::Ambiguous(_) => None,
    }
}

/// The pull secrets that the images of pods need, each once.
fn needed<'r>(build: &Build<'r>, workload: &Workload<'r>) -> Vec<Needed<'r>> {
    let used = |entry: &'r NamespaceSpec| Some(&entry.pull_secrets).filter(|secrets| !secrets.is_empty());
    let Some((origin, secrets)) = setting(build.spec, workload.namespace(), used) else { return Vec::new() };
    let secrets: Vec<_> =
        secrets.iter().filter_map(|(key, name)| Some((Prefix::parse(key).ok()?, name.as_str()))).collect();
    let mut seen = BTreeSet::new();
    let containers = workload.template.containers();
    let needed = containers.filter_map(|container| {
        let image = container.value["image"].as_str()?;
        let repository = leading_name(image)?.repository();
        let fitting = secrets.iter().filter(|(prefix, _)| prefix.rest_of(&repository).is_some());
        let (_, secret) = fitting.max_by_key(|(prefix, _)| prefix.as_str().len())?;
        seen.insert(*secret).then(|| Needed { secret, image, path: container.path().key("image"), origin })
    });
    needed.collect()
}

/// Checks that pods name the pull secrets of their images, and what these are.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    let mut checked = BTreeSet::new();
    for workload in build.workloads.iter() {
        let needed = needed(build, workload);
        if needed.is_empty() {
            continue;
        }
        let present = present(build, workload);
        for needed in needed {
            if !present.contains(&needed.secret) {
                findings.push(not_named(build, workload, &needed));
            }
            if checked.insert((workload.namespace().to_owned(), needed.secret.to_owned())) {
                findings.extend(wrong_type(build, workload, needed.secret));
            }
        }
    }
}

fn not_named(build: &Build<'_>, workload: &Workload<'_>, needed: &Needed<'_>) -> Finding {
    let Needed { secret, image, origin, .. } = needed;
    let account = account(build, workload);
    let is_hidden = account.is_some_and(|account| names(&account.value()[FIELD]).contains(secret));
    let why = if is_hidden {
        "their ServiceAccount names it, which does not count beside the list of the pods"
    } else if account.is_some() {
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
        .at(needed.path.clone())
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
        let found = field.split('.').fold(item.value(), |value, key| &value[key]);
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
