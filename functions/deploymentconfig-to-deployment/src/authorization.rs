//! Roles and bindings of OpenShift: they become those of Kubernetes.
//!
//! Source: openshift/api authorization/v1/types.go; openshift-apiserver pkg/authorization/apis/.../rbacconversion.

use krm::field::FieldPath;
use krm::resource_list::{Item, Resources};
use serde_json::{Value, json};

use crate::kinds::AUTHORIZATION;
use crate::plan::{Plan, Type};
use crate::rule::Rule;

const API_VERSION: &str = "rbac.authorization.k8s.io/v1";
const GROUP: &str = "rbac.authorization.k8s.io";

/// Makes every Role, ClusterRole, RoleBinding and ClusterRoleBinding of OpenShift one of Kubernetes.
pub(crate) fn convert_all(resources: &Resources, plan: &mut Plan) {
    for item in resources.iter() {
        let Some(kind) = kind_of(item) else { continue };
        plan.retype(item, Type { api_version: API_VERSION, kind });
        if kind.ends_with("Binding") {
            role_reference(item, kind, plan);
            subjects(item, plan);
        } else {
            rules(item, plan);
        }
    }
}

/// The kind of an object of OpenShift that is about access.
fn kind_of(item: &Item) -> Option<&'static str> {
    const KINDS: [&str; 4] = ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
    let is_of_openshift = [AUTHORIZATION, ""].contains(&item.group());
    KINDS.into_iter().find(|kind| is_of_openshift && *kind == item.kind())
}

/// A role in the namespace of the binding, or one of the cluster where no namespace is named.
fn role_reference(item: &Item, kind: &str, plan: &mut Plan) {
    let reference = &item.value()["roleRef"];
    let path = FieldPath::from("roleRef");
    let Some(name) = reference["name"].as_str().filter(|name| !name.is_empty()) else {
        return plan.report(Rule::UnreadableField, item, path, "names no role; write its `name`");
    };
    let namespace = reference["namespace"].as_str().filter(|namespace| !namespace.is_empty());
    let role = reference["kind"].as_str().unwrap_or(if namespace.is_some() { "Role" } else { "ClusterRole" });
    if let Some(namespace) = namespace
        && (!item.is_in_namespace(Some(namespace)) || kind == "ClusterRoleBinding")
    {
        let message = format!(
            "names role `{name}` of namespace `{namespace}`, and a {kind} reaches no role of another namespace; write the role into the \
             namespace of the binding, and `kind: Role` in the place of `namespace`"
        );
        return plan.report(Rule::RoleNamespace, item, path.key("namespace"), message);
    }
    plan.edit(item)["roleRef"] = json!({"apiGroup": GROUP, "kind": role, "name": name});
}

/// The subjects, with the group that Kubernetes asks for. The older lists of names say the same again.
fn subjects(item: &Item, plan: &mut Plan) {
    let value = item.value();
    let mut subjects: Vec<Value> = Vec::new();
    for (index, subject) in value["subjects"].as_array().into_iter().flatten().enumerate() {
        match converted(subject, item) {
            Some(subject) => {
                if subject["kind"] == "ServiceAccount" && subject["namespace"].is_null() {
                    let path = FieldPath::from("subjects").index(index);
                    let message = "names a ServiceAccount without its `namespace`, which Kubernetes demands; write it";
                    plan.report(Rule::UnreadableField, item, path, message);
                }
                push(&mut subjects, subject);
            }
            None => {
                let path = FieldPath::from("subjects").index(index).key("kind");
                let message = "must be `User`, `Group` or `ServiceAccount`; correct it";
                plan.report(Rule::UnreadableField, item, path, message);
            }
        }
    }
    for (key, kind) in [("userNames", "User"), ("groupNames", "Group")] {
        for name in value[key].as_array().into_iter().flatten().filter_map(Value::as_str) {
            push(&mut subjects, named(kind, name));
        }
    }
    if let Some(object) = plan.edit(item).as_object_mut() {
        object.shift_remove("userNames");
        object.shift_remove("groupNames");
        object.insert("subjects".to_owned(), subjects.into());
    }
}

/// Adds a subject that is not there. A ServiceAccount in the namespace of the binding is the same with and without it.
fn push(subjects: &mut Vec<Value>, subject: Value) {
    if !subjects.contains(&subject) {
        subjects.push(subject);
    }
}

/// A subject as Kubernetes reads it.
fn converted(subject: &Value, item: &Item) -> Option<Value> {
    let name = subject["name"].as_str()?;
    match subject["kind"].as_str()? {
        "User" | "SystemUser" => Some(named("User", name)),
        "Group" | "SystemGroup" => Some(named("Group", name)),
        "ServiceAccount" => {
            let mut account = json!({"kind": "ServiceAccount", "name": name});
            let namespace = subject["namespace"].as_str().or(item.namespace());
            if let Some(namespace) = namespace {
                account["namespace"] = namespace.into();
            }
            Some(account)
        }
        _ => None,
    }
}

/// A user or group of a name. The user of a ServiceAccount is that ServiceAccount.
fn named(kind: &str, name: &str) -> Value {
    let account = name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    match account {
        Some((namespace, name)) if kind == "User" => {
            json!({"kind": "ServiceAccount", "name": name, "namespace": namespace})
        }
        _ => json!({"apiGroup": GROUP, "kind": kind, "name": name}),
    }
}

/// Rules have the same form, but for restrictions that nothing enforces.
fn rules(item: &Item, plan: &mut Plan) {
    let rules = item.value()["rules"].as_array().cloned().unwrap_or_default();
    for (index, rule) in rules.iter().enumerate() {
        let Some(restrictions) = rule.get("attributeRestrictions") else { continue };
        if restrictions.is_null() {
            if let Some(rule) = plan.edit(item)["rules"][index].as_object_mut() {
                rule.shift_remove("attributeRestrictions");
            }
        } else {
            let path = FieldPath::from("rules").index(index).key("attributeRestrictions");
            plan.report(
                Rule::UnreadableField,
                item,
                path,
                "restricts the rule, which Kubernetes cannot do; take it out",
            );
        }
    }
}
