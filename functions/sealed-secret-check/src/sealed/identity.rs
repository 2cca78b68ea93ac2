//! Whether a SealedSecret still has the name, namespace and scope that it was sealed for, as far as it shows without keys.
//!
//! Two traces tell: kustomize notes former names and namespaces while it builds, and kubeseal writes name, namespace and
//! scope into `spec.template.metadata`, which kustomize leaves alone.

use krm::finding::Finding;
use krm::resource_list::bookkeeping::{PREVIOUS_NAMES, PREVIOUS_NAMESPACES};

use super::SealedSecret;
use super::scope::{CLUSTER_WIDE, Label, NAMESPACE_WIDE, Scope};

/// What shows that the values no longer fit.
pub(super) fn problems(sealed: &SealedSecret<'_>) -> Vec<Finding> {
    let mut problems = Vec::new();
    problems.extend(scope_problem(sealed));
    problems.extend(namespace_problem(sealed));
    problems.extend(place_problem(sealed));
    problems
}

/// Annotations of scope that do not count, or count where they did not before.
fn scope_problem(sealed: &SealedSecret<'_>) -> Option<Finding> {
    let annotations = &sealed.object["metadata"]["annotations"];
    for annotation in [CLUSTER_WIDE, NAMESPACE_WIDE] {
        let value = annotations[annotation].as_str().unwrap_or_default();
        if ["True", "TRUE", "yes", "Yes", "on", "1", "t", "y"].contains(&value) {
            let message = format!(
                "`{value}` does not count, only `true` does, so the values are taken for {}",
                sealed.label.scope
            );
            return Some(sealed.finding(
                Finding::error(message),
                format!("metadata.annotations[{annotation}]"),
                "scope",
            ));
        }
    }
    let template = &sealed.template()["metadata"];
    let sealed_as = Scope::of(&template["annotations"]);
    match (sealed_as.annotation(), sealed.label.scope) {
        (Some(annotation), scope) if sealed_as > scope => {
            let message = format!(
                "the values were sealed {sealed_as}, as `spec.template.metadata` says, but the controller looks here only and takes \
                 them for {scope}; put `{annotation}: \"true\"` here too"
            );
            Some(sealed.finding(Finding::error(message), "metadata.annotations", "scope"))
        }
        // kubeseal writes the scope in both places, so a kubeseal-made template without it tells of another scope.
        (_, scope) if sealed_as < scope && template["name"].is_string() => {
            let message = format!(
                "says {scope}, but the values look sealed {sealed_as}, as `spec.template.metadata` was written by kubeseal; seal them anew"
            );
            Some(sealed.finding(Finding::warning(message), "metadata.annotations", "scope"))
        }
        _ => None,
    }
}

fn namespace_problem(sealed: &SealedSecret<'_>) -> Option<Finding> {
    if sealed.label.scope == Scope::ClusterWide || sealed.item.namespace().is_some() {
        return None;
    }
    let message = format!(
        "is missing, so whether the {} values fit depends on who applies them; write the namespace they were sealed for",
        sealed.label.scope
    );
    Some(sealed.finding(Finding::warning(message), "metadata.namespace", "namespace"))
}

/// A name or namespace that is not the one the values were sealed for.
fn place_problem(sealed: &SealedSecret<'_>) -> Option<Finding> {
    let label = &sealed.label;
    let fits = |other: &Label| Label { scope: label.scope, ..other.clone() }.text() == label.text();
    let error = |message: String, path: &str| Some(sealed.finding(Finding::error(message), path, "moved"));
    let path_of =
        |other: &Label| if other.namespace == label.namespace { "metadata.name" } else { "metadata.namespace" };
    let written = written_by_kubeseal(sealed);
    if let Some(written) = &written {
        if fits(written) {
            return None;
        }
        let message = format!(
            "the values were sealed for `{}/{}`, as `spec.template.metadata` says, and being {} they do not open as `{}/{}`; {}",
            written.namespace,
            written.name,
            label.scope,
            label.namespace,
            label.name,
            remedy(label.scope)
        );
        return error(message, path_of(written));
    }
    let former = former_places(sealed).into_iter().find(|former| !fits(former))?;
    if former.namespace == "default" && Label::new(label.scope, &label.namespace, &former.name).text() == label.text() {
        let message = format!(
            "kustomize put the object into this namespace; if it was sealed for `default`, its {} values do not open here; \
             write the namespace it was sealed for into the file",
            label.scope
        );
        return Some(sealed.finding(Finding::warning(message), "metadata.namespace", "moved"));
    }
    let message = format!(
        "kustomize made `{}/{}` of `{}/{}`, and its {} values open only as {former}; {}",
        label.namespace,
        label.name,
        former.namespace,
        former.name,
        label.scope,
        remedy(label.scope)
    );
    error(message, path_of(&former))
}

fn remedy(scope: Scope) -> &'static str {
    match scope {
        Scope::NamespaceWide => "seal them anew for this namespace, or cluster-wide",
        _ => "seal them anew for this name and namespace, or with a wider scope",
    }
}

/// The name and namespace in the template, where kubeseal puts what it sealed for. What is missing is taken as it is.
pub(super) fn written_by_kubeseal(sealed: &SealedSecret<'_>) -> Option<Label> {
    let metadata = &sealed.template()["metadata"];
    let (name, namespace) = (metadata["name"].as_str(), metadata["namespace"].as_str());
    let label = &sealed.label;
    // Without a namespace of its own there is nothing to compare with.
    let namespace = namespace.filter(|_| !label.namespace.is_empty());
    let is_known = namespace.is_some() || (name.is_some() && former_places(sealed).is_empty());
    is_known.then(|| Label::new(label.scope, namespace.unwrap_or(&label.namespace), name.unwrap_or(&label.name)))
}

/// The names and namespaces that kustomize remembers, oldest first.
pub(super) fn former_places(sealed: &SealedSecret<'_>) -> Vec<Label> {
    let list = |annotation: &str| -> Vec<String> {
        sealed.item.annotation(annotation).unwrap_or_default().split(',').map(str::to_owned).collect()
    };
    let places = list(PREVIOUS_NAMES).into_iter().zip(list(PREVIOUS_NAMESPACES));
    places
        .filter(|(name, namespace)| !name.is_empty() && !namespace.is_empty())
        .map(|(name, namespace)| Label::new(sealed.label.scope, &namespace, &name))
        .collect()
}
