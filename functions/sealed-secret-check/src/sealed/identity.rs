//! Whether a SealedSecret still has the name, namespace and scope that it was sealed for, as far as it shows without keys.
//!
//! Two traces tell: kustomize notes former names and namespaces while it builds, and kubeseal writes name, namespace and
//! scope into `spec.template.metadata`, which kustomize leaves alone.

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::bookkeeping::{PREVIOUS_NAMES, PREVIOUS_NAMESPACES};
use krm::rule::Severity;

use super::scope::{CLUSTER_WIDE, Label, NAMESPACE_WIDE, Scope};
use super::sealed_secret::SealedSecret;
use crate::rule::Rule;

/// What shows that the values no longer fit.
pub(super) fn problems(sealed: &SealedSecret<'_>) -> Vec<Finding> {
    let mut problems = Vec::new();
    problems.extend(misspelt_scope(sealed).or_else(|| changed_scope(sealed)));
    problems.extend(missing_namespace(sealed));
    problems.extend(match written_by_kubeseal(sealed) {
        Some(written) => changed_since_sealed(sealed, &written),
        None => changed_by_kustomize(sealed),
    });
    problems
}

/// Annotations of scope that do not count.
fn misspelt_scope(sealed: &SealedSecret<'_>) -> Option<Finding> {
    const MISSPELT: [&str; 8] = ["True", "TRUE", "yes", "Yes", "on", "1", "t", "y"];
    let annotations = &sealed.object["metadata"]["annotations"];
    let found = [CLUSTER_WIDE, NAMESPACE_WIDE].into_iter().find_map(|annotation| {
        let value = annotations[annotation].as_str().filter(|value| MISSPELT.contains(value))?;
        Some((annotation, value))
    });
    let (annotation, value) = found?;
    let scope = sealed.label.scope;
    let message = format!(
        "`{value}` does not count, only `true` does, so the values are taken for {scope}; write `\"true\"`, or remove the annotation"
    );
    Some(sealed.finding(Rule::SealedScopeMismatch, message, FieldPath::annotation(annotation)))
}

/// A scope that is not the one in the template. kubeseal writes it in both.
fn changed_scope(sealed: &SealedSecret<'_>) -> Option<Finding> {
    let template = &sealed.template()["metadata"];
    let (sealed_as, scope) = (Scope::of(&template["annotations"]), sealed.label.scope);
    let (severity, message) = match sealed_as.annotation() {
        Some(annotation) if sealed_as > scope => (
            Severity::Error,
            format!(
                "the values were sealed {sealed_as}, as `spec.template.metadata` says, but the controller looks here only and \
                 takes them for {scope}; put `{annotation}: \"true\"` here too"
            ),
        ),
        _ if sealed_as < scope && template["name"].is_string() => (
            Severity::Warning,
            format!(
                "says {scope}, but the values look sealed {sealed_as}, as `spec.template.metadata` was written by kubeseal; \
                 reseal them"
            ),
        ),
        _ => return None,
    };
    Some(sealed.finding(Rule::SealedScopeMismatch, message, "metadata.annotations").with_severity(severity))
}

fn missing_namespace(sealed: &SealedSecret<'_>) -> Option<Finding> {
    let scope = sealed.label.scope;
    if scope == Scope::ClusterWide || sealed.item.namespace().is_some() {
        return None;
    }
    let message = format!(
        "is missing, so whether the {scope} values fit depends on who applies them; write the namespace they were sealed for"
    );
    Some(sealed.finding(Rule::SealedWithoutNamespace, message, "metadata.namespace"))
}

/// A name or namespace that is not the one kubeseal wrote into the template.
fn changed_since_sealed(sealed: &SealedSecret<'_>, written: &Label) -> Option<Finding> {
    let label = &sealed.label;
    let message = format!(
        "the values were sealed for `{}/{}`, as `spec.template.metadata` says, and being {} they do not open as `{}/{}`; {}",
        written.namespace,
        written.name,
        label.scope,
        label.namespace,
        label.name,
        remedy(label.scope)
    );
    (!is_same(label, written)).then(|| moved(sealed, written, message))
}

/// A name or namespace that is not the one before kustomize.
fn changed_by_kustomize(sealed: &SealedSecret<'_>) -> Option<Finding> {
    let label = &sealed.label;
    let former = former_labels(sealed).into_iter().find(|former| !is_same(label, former))?;
    let scope = label.scope;
    // kustomize notes `default` for an object without a namespace.
    if former.namespace == "default" && is_same(label, &Label::new(scope, &label.namespace, &former.name)) {
        let message = format!(
            "kustomize put the object into this namespace; if it was sealed for `default`, its {scope} values do not open here; \
             write the namespace it was sealed for into the file"
        );
        return Some(moved(sealed, &former, message).with_severity(Severity::Warning));
    }
    let message = format!(
        "kustomize made `{}/{}` of `{}/{}`, and its {scope} values open only as {former}; {}",
        label.namespace,
        label.name,
        former.namespace,
        former.name,
        remedy(scope)
    );
    Some(moved(sealed, &former, message))
}

/// Whether values that are bound to one label open under the other.
fn is_same(label: &Label, other: &Label) -> bool {
    label.text() == other.text()
}

/// A finding about the field that differs from a label.
fn moved(sealed: &SealedSecret<'_>, other: &Label, message: String) -> Finding {
    let is_renamed = other.namespace == sealed.label.namespace;
    let field = if is_renamed { "metadata.name" } else { "metadata.namespace" };
    sealed.finding(Rule::MovedSealedSecret, message, field)
}

fn remedy(scope: Scope) -> &'static str {
    match scope {
        Scope::NamespaceWide => "reseal them for this namespace, or cluster-wide",
        _ => "reseal them for this name and namespace, or with a wider scope",
    }
}

/// The name and namespace in the template, where kubeseal puts what it sealed for. What is missing is taken as it is.
pub(super) fn written_by_kubeseal(sealed: &SealedSecret<'_>) -> Option<Label> {
    let metadata = &sealed.template()["metadata"];
    let (name, namespace) = (metadata["name"].as_str(), metadata["namespace"].as_str());
    let label = &sealed.label;
    // Without a namespace of its own there is nothing to compare with.
    let namespace = namespace.filter(|_| !label.namespace.is_empty());
    let is_known = namespace.is_some() || (name.is_some() && former_labels(sealed).is_empty());
    is_known.then(|| Label::new(label.scope, namespace.unwrap_or(&label.namespace), name.unwrap_or(&label.name)))
}

/// The names and namespaces that kustomize remembers, oldest first, in the scope of the object.
pub(super) fn former_labels(sealed: &SealedSecret<'_>) -> Vec<Label> {
    let list = |annotation: &str| sealed.item.annotation(annotation).unwrap_or_default().split(',');
    let former = list(PREVIOUS_NAMES).zip(list(PREVIOUS_NAMESPACES));
    former
        .filter(|(name, namespace)| !name.is_empty() && !namespace.is_empty())
        .map(|(name, namespace)| Label::new(sealed.label.scope, namespace, name))
        .collect()
}
