//! Groups and rules of PrometheusRules, as far as a build can judge them without reading PromQL.
//!
//! Sources: prometheus model/rulefmt/rulefmt.go, `RuleGroups.Validate` and `Rule.Validate`; prometheus-operator
//! pkg/operator/rules.go, `ValidateRule`, by which the operator and its webhook refuse a PrometheusRule.

use std::collections::HashSet;

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use serde_json::Value;

use crate::build::Build;
use crate::rule::Rule;

/// Checks the PrometheusRules of a build.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    for item in build.resources.iter().filter(|item| item.is("monitoring.coreos.com", "PrometheusRule")) {
        build.resources.look(item, |item| check_groups(item, findings));
    }
}

fn check_groups(item: &Item, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for (index, group) in items(&item.value()["spec"]["groups"]) {
        let path = FieldPath::from("spec.groups").index(index);
        let name = group["name"].as_str().unwrap_or_default();
        let name_problem = match name {
            "" => Some("has no name; give each group a name of its own".to_owned()),
            name if !seen.insert(name) => {
                Some(format!("`{name}` is the name of an earlier group too; give each group a name of its own"))
            }
            _ => None,
        };
        findings.extend(name_problem.map(|message| refused(item, path.clone().key("name"), message)));
        for (index, rule) in items(&group["rules"]) {
            let path = path.clone().key("rules").index(index);
            findings.extend(problem(rule).map(|(key, message)| refused(item, path.key(key), message.to_owned())));
        }
    }
}

/// What is wrong with a rule: the field and the message.
fn problem(rule: &Value) -> Option<(&'static str, &'static str)> {
    let is_stated = |key: &str| !matches!(&rule[key], Value::Null) && rule[key] != "";
    match (is_stated("alert"), is_stated("record")) {
        (true, true) => {
            return Some(("record", "is set together with `alert`; a rule has one of them, so make two rules of it"));
        }
        (false, false) => return Some(("alert", "is missing, and so is `record`; a rule needs one of them")),
        _ => {}
    }
    if !is_stated("expr") {
        return Some(("expr", "is missing; write the expression"));
    }
    let of_alerts = [
        ("for", "is for alerts only; take it out of this recording rule"),
        ("keep_firing_for", "is for alerts only; take it out of this recording rule"),
        ("annotations", "are for alerts only; take them out of this recording rule"),
    ];
    of_alerts.into_iter().find(|(key, _)| is_stated("record") && is_stated(key))
}

fn refused(item: &Item, path: FieldPath, message: String) -> Finding {
    Finding::new(Rule::RefusedPrometheusRule, message).on(item).at(path)
}

fn items(list: &Value) -> impl Iterator<Item = (usize, &Value)> {
    list.as_array().into_iter().flatten().enumerate()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_is_an_alert_or_a_record_with_an_expression() {
        for (rule, key) in [
            (json!({"alert": "Down", "expr": "up == 0", "for": "5m", "annotations": {"summary": "x"}}), None),
            (json!({"record": "job:up:sum", "expr": "sum(up)", "labels": {"team": "shop"}}), None),
            (json!({"record": "one", "expr": 1}), None),
            (json!({"alert": "Down", "record": "x", "expr": "up"}), Some("record")),
            (json!({"alert": "", "expr": "up"}), Some("alert")),
            (json!({"expr": "up"}), Some("alert")),
            (json!({"alert": "Down"}), Some("expr")),
            (json!({"alert": "Down", "expr": ""}), Some("expr")),
            (json!({"record": "x", "expr": "up", "for": "5m"}), Some("for")),
            (json!({"record": "x", "expr": "up", "keep_firing_for": "5m"}), Some("keep_firing_for")),
            (json!({"record": "x", "expr": "up", "annotations": {"a": "b"}}), Some("annotations")),
        ] {
            assert_eq!(problem(&rule).map(|(key, _)| key), key, "{rule}");
        }
    }
}
