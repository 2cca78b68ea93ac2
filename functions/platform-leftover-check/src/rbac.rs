//! Roles and bindings.

use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::rule::Severity;
use krm::table;
use serde_json::Value;

use crate::names::{KindOfName, old_name};
use crate::patterns::Keys;
use crate::report::{Fact, Report};
use crate::rule::Rule;

static ROLES: LazyLock<Keys<&'static str>> =
    LazyLock::new(|| table::rows(include_str!("../data/roles.tsv")).map(|[role, remedy]| (role, remedy)).collect());
static SUBJECTS: LazyLock<Keys<&'static str>> = LazyLock::new(|| {
    table::rows(include_str!("../data/subjects.tsv")).map(|[name, message]| (name, message)).collect()
});

/// The beginning of the names of roles that let pods use a SecurityContextConstraints.
const CONSTRAINTS: &str = "system:openshift:scc:";

/// A role or a binding.
pub(crate) fn check(report: &mut Report<'_>) {
    if report.item.group() != "rbac.authorization.k8s.io" || !report.context.spec.is_from("OpenShift") {
        return;
    }
    let value = report.item.value();
    match report.item.kind() {
        "RoleBinding" | "ClusterRoleBinding" => {
            check_role(report, &value["roleRef"]);
            for (index, subject) in entries(&value["subjects"]) {
                check_subject(report, FieldPath::from("subjects").index(index), subject);
            }
        }
        "Role" | "ClusterRole" => {
            for (index, rule) in entries(&value["rules"]) {
                check_rule(report, &FieldPath::from("rules").index(index), rule);
            }
        }
        _ => {}
    }
}

fn entries(list: &Value) -> impl Iterator<Item = (usize, &Value)> {
    list.as_array().into_iter().flatten().enumerate()
}

fn check_role(report: &mut Report<'_>, reference: &Value) {
    let Some(name) = reference["name"].as_str() else { return };
    let is_own = reference["kind"] == "Role" || report.context.build.makes("ClusterRole", name);
    let Some(remedy) = ROLES.of(name).next().filter(|_| !is_own) else { return };
    let rule = if name.starts_with(CONSTRAINTS) { Rule::SecurityContextConstraint } else { Rule::MissingRole };
    let message = format!("K3s has no ClusterRole `{name}`, so that the binding grants nothing; {remedy}");
    report.tell("roleRef.name", Fact::new(rule, name, message));
}

fn check_subject(report: &mut Report<'_>, path: FieldPath, subject: &Value) {
    let Some(name) = subject["name"].as_str() else { return };
    if let Some(message) = SUBJECTS.of(name).next() {
        return report.tell(path.key("name"), Fact::new(Rule::MissingSubject, name, format!("`{name}` {message}")));
    }
    if subject["kind"] == "Group" && report.context.build.makes("Group", name) {
        let message = format!(
            "the Group `{name}` is of OpenShift, so that the binding grants nothing; let your identity provider tell who is in it"
        );
        return report.tell(path.key("name"), Fact::new(Rule::MissingSubject, format!("group {name}"), message));
    }
    let Some(namespace) = subject["namespace"].as_str().filter(|_| subject["kind"] == "ServiceAccount") else { return };
    // route-to-ingress reports the router.
    let is_router = namespace == "openshift-ingress" && name == "router";
    if !is_router && old_name(report.context, KindOfName::Namespace, namespace).is_some() {
        let message = format!(
            "the ServiceAccount `{name}` in `{namespace}` is of OpenShift, so that the binding grants nothing; name that of your own operator"
        );
        report.tell(path, Fact::new(Rule::MissingSubject, format!("{namespace} {name}"), message));
    }
}

/// Rights on kinds that the cluster does not serve.
fn check_rule(report: &mut Report<'_>, path: &FieldPath, rule: &Value) {
    for (index, group) in entries(&rule["apiGroups"]) {
        let Some(group) = group.as_str().filter(|group| !group.is_empty() && !report.context.served.serves(group, "*"))
        else {
            continue;
        };
        let is_constraint = rule["resources"]
            .as_array()
            .is_some_and(|names| names.iter().any(|name| name == "securitycontextconstraints"));
        let path = path.clone().key("apiGroups").index(index);
        // route-to-ingress translates rights on Routes, and reports those that stay.
        if group == "security.openshift.io" && is_constraint {
            let message = "gives the right to use a SecurityContextConstraints, and K3s has none; take the rule out, and label the Namespace with a Pod Security level that admits the pods";
            report.tell(path, Fact::new(Rule::SecurityContextConstraint, "rule", message));
        } else if group != "route.openshift.io" {
            let message = format!(
                "gives rights on `{group}`, which K3s does not serve; a controller that lists its kinds may not start"
            );
            report.tell(path, Fact::new(Rule::RightsOnMissingKinds, group, message).of_severity(Severity::Info));
        }
    }
}
