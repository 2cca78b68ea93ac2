//! DeploymentConfigs in texts and fields that the function does not change: told.

use krm::field::PointerBuf;
use krm::resource_list::{Item, Prefilter, Resources, bookkeeping};
use manifests::addresses::commands_in_script;
use manifests::fields::below;
use manifests::names::is_dns_subdomain;
use serde_json::Value;

use crate::kinds::{BUILD_CONFIG, DEPLOYMENT_CONFIG, TEMPLATE};
use crate::plan::Plan;
use crate::rule::Rule;

/// What a text that names DeploymentConfigs holds, in lower case.
const WORD: &str = "deploymentconfig";
/// The short name of the kind on the command line.
const SHORT: &str = "dc";
/// Annotations that only people or the console of OpenShift read, or that repeat the object.
const COSMETIC: [&str; 7] = [
    "app.openshift.io/",
    "console.alpha.openshift.io/",
    "description",
    "kubectl.kubernetes.io/last-applied-configuration",
    "message",
    "openshift.io/",
    "summary",
];

/// Actions of `oc` that only DeploymentConfigs know. Source: openshift/oc pkg/cli/rollout, rollback and set.
const ACTIONS: [&[&str]; 5] =
    [&["rollout", "latest"], &["rollout", "cancel"], &["rollout", "retry"], &["rollback"], &["set", "deployment-hook"]];

/// Words of which each of these actions has one.
const ACTION_WORDS: [&str; 3] = ["rollout", "rollback", "deployment-hook"];

/// A text about DeploymentConfigs.
struct Mention {
    pointer: PointerBuf,
    /// The words of a command that work on one, if it is a command. The rest of the command may hold a credential.
    command: Option<String>,
}

/// Tells of texts about DeploymentConfigs that stay as they are.
pub(crate) fn report(resources: &Resources, plan: &mut Plan) {
    let [rollout, rollback, hook] = ACTION_WORDS;
    let prefilter = Prefilter::new([WORD, SHORT, DEPLOYMENT_CONFIG.group, rollout, rollback, hook]);
    for item in resources.iter().filter(|item| prefilter.may_match(item)) {
        if plan.is_removed(item) || is_told_otherwise(item) {
            continue;
        }
        let mut found = Vec::new();
        search(plan.value(item), &mut PointerBuf::new(), &mut found);
        found.retain(|mention| !is_type(&mention.pointer) || !is_converted(item, plan));
        let (commands, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|mention| mention.command.is_some());
        report_commands(item, &commands, plan);
        report_others(item, &others, plan);
    }
}

/// Objects of which another rule tells as a whole, and definitions of kinds, which describe and do nothing.
fn is_told_otherwise(item: &Item) -> bool {
    BUILD_CONFIG.is_of(item) || TEMPLATE.is_of(item) || item.is("apiextensions.k8s.io", "CustomResourceDefinition")
}

/// Whether the type of an object is told of already: it becomes another, or an error says why not.
fn is_converted(item: &Item, plan: &Plan) -> bool {
    plan.type_of(item).is_some() || DEPLOYMENT_CONFIG.is_of(item)
}

/// Whether a pointer is that of the type of the object itself, which is written at the end.
fn is_type(pointer: &PointerBuf) -> bool {
    matches!(pointer.as_str(), "/apiVersion" | "/kind")
}

fn report_commands(item: &Item, commands: &[Mention], plan: &mut Plan) {
    let Some(first) = commands.first() else { return };
    let command = first.command.as_deref().unwrap_or_default();
    let message = format!(
        "a command with `{command}` works on a DeploymentConfig, which K3s does not have; use `kubectl` with `deployment/NAME`, and \
         `kubectl rollout restart` for `oc rollout latest`{}",
        others(commands.len() - 1)
    );
    plan.report(Rule::CommandOnDeploymentConfig, item, &first.pointer, message);
}

fn report_others(item: &Item, mentions: &[Mention], plan: &mut Plan) {
    let Some(first) = mentions.first() else { return };
    let message = format!(
        "names DeploymentConfigs, which K3s does not have, and stays as it is; see whether it must name the Deployment{}",
        others(mentions.len() - 1)
    );
    plan.report(Rule::MentionOfDeploymentConfig, item, &first.pointer, message);
}

fn others(more: usize) -> String {
    match more {
        0 => String::new(),
        1 => "; one more field of the object does so".to_owned(),
        more => format!("; {more} more fields of the object do so"),
    }
}

fn search(value: &Value, pointer: &mut PointerBuf, found: &mut Vec<Mention>) {
    match value {
        Value::String(text) => found.extend(mention(text, pointer)),
        Value::Array(items) => {
            let words: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            if let Some(command) = words.as_deref().and_then(command_of) {
                found.push(Mention { pointer: pointer.clone(), command: Some(command) });
                return;
            }
            for (index, item) in items.iter().enumerate() {
                below(pointer, &index.to_string(), |pointer| search(item, pointer, found));
            }
        }
        Value::Object(map) => {
            let is_reference = map.get("kind").is_some_and(|kind| kind == DEPLOYMENT_CONFIG.kind);
            let is_of_others = is_reference && is_of_others(value);
            for (key, inner) in map {
                // A type is one mention.
                let is_part_of_type = is_reference && matches!(key.as_str(), "apiVersion" | "group");
                if is_skipped(pointer, key) || is_part_of_type || is_of_others && key == "kind" {
                    continue;
                }
                below(pointer, key, |pointer| {
                    if names_kind(key) || is_kind_in_words(key, inner) {
                        found.push(Mention { pointer: pointer.clone(), command: None });
                    } else {
                        search(inner, pointer, found);
                    }
                });
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether the type in a mapping is a DeploymentConfig of another API group than that of OpenShift.
fn is_of_others(reference: &Value) -> bool {
    let of_version =
        || reference["apiVersion"].as_str().and_then(|version| version.split_once('/')).map(|(group, _)| group);
    let group = reference["group"].as_str().or_else(of_version).unwrap_or_default();
    group.contains('.') && group != DEPLOYMENT_CONFIG.group
}

/// Whether a field holds the kind as programs write it, as `appkind: deploymentconfig`.
fn is_kind_in_words(key: &str, value: &Value) -> bool {
    key.to_ascii_lowercase().ends_with("kind") && value.as_str().is_some_and(is_kind)
}

/// Whether a field says nothing to the cluster: labels, what the API server writes, and annotations of consoles, tools and
/// people. Owners and lists of what is denied are told of as references.
fn is_skipped(parent: &PointerBuf, key: &str) -> bool {
    let parent = parent.as_str();
    match parent.rsplit('/').next() {
        Some("metadata") => matches!(key, "labels" | "ownerReferences" | "managedFields" | "selfLink"),
        Some("annotations") => {
            bookkeeping::is_bookkeeping(key) || COSMETIC.iter().any(|cosmetic| key.starts_with(cosmetic))
        }
        Some("spec") => key.ends_with("ResourceBlacklist"),
        _ => false,
    }
}

/// What a text says about DeploymentConfigs, if it says anything.
fn mention(text: &str, pointer: &PointerBuf) -> Option<Mention> {
    let lower = text.to_ascii_lowercase();
    let may_be_command = [SHORT, WORD].iter().chain(&ACTION_WORDS).any(|word| lower.contains(word));
    let command =
        if may_be_command { commands_in_script(text).iter().find_map(|words| command_of(words)) } else { None };
    let is_mention = command.is_some() || names_kind(text) || names_group(&lower);
    is_mention.then(|| Mention { pointer: pointer.clone(), command })
}

/// Whether a text names the kind. `deploymentconfig` and `deploymentConfig` alone are labels, and a name such as
/// `deploymentconfig-reader` is that of another object.
fn names_kind(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_other = |at: usize| {
        let (before, behind) = (&lower[..at], &lower[at + WORD.len()..]);
        let is_label = ["=", "!=", ":", "in (", "notin ("].iter().any(|sign| behind.trim_start().starts_with(sign))
            || ["label_", "labels['", "labels[\""].iter().any(|sign| before.ends_with(sign));
        let is_name = before.ends_with('-') || behind.strip_prefix('s').unwrap_or(behind).starts_with('-');
        is_label || is_name
    };
    let is_label = lower == WORD && text.starts_with('d');
    !is_label && lower.match_indices(WORD).any(|(at, _)| !is_other(at))
}

/// Whether a text names the API group. In a host, something is before it.
fn names_group(lower: &str) -> bool {
    let is_part =
        |before: &str| before.ends_with(|letter: char| letter.is_ascii_alphanumeric() || ".-".contains(letter));
    lower.match_indices(DEPLOYMENT_CONFIG.group).any(|(at, _)| !is_part(&lower[..at]))
}

/// The words of a command line that work on a DeploymentConfig.
fn command_of(words: &[&str]) -> Option<String> {
    if words.first().is_some_and(|word| word.starts_with('#')) {
        return None;
    }
    let object = words.iter().find(|word| is_object(word)).map(|word| (*word).to_owned());
    let is_client = |word: &str| matches!(word.rsplit('/').next(), Some("oc" | "kubectl"));
    let client = words.iter().position(|word| is_client(word));
    let rest = client.map_or(&[][..], |at| &words[at + 1..]);
    let action = ACTIONS.iter().find(|action| rest.windows(action.len()).any(|words| words == **action));
    let kind = rest.iter().find(|word| word.split(',').any(is_kind)).map(|word| (*word).to_owned());
    object.or(action.map(|action| action.join(" "))).or(kind)
}

/// `dc/web`, and the same with a longer name of the kind or with a placeholder for the name.
fn is_object(word: &str) -> bool {
    let is_name = |name: &str| is_dns_subdomain(name) || name.starts_with(['$', '{']);
    word.split_once('/').is_some_and(|(kind, name)| is_kind(kind) && is_name(name))
}

/// The names of the kind on the command line.
fn is_kind(word: &str) -> bool {
    let word = word.strip_suffix(".apps.openshift.io").unwrap_or(word);
    matches!(word.to_ascii_lowercase().as_str(), SHORT | WORD | "deploymentconfigs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_about_deployment_configs_are_told_from_others() {
        let found = |text: &str| mention(text, &PointerBuf::new()).map(|mention| mention.command);
        for (text, expected) in [
            ("oc rollout latest dc/web", Some(Some("dc/web"))),
            ("set -e\noc rollout latest web\n", Some(Some("rollout latest"))),
            ("/usr/bin/oc get dc web -o yaml", Some(Some("dc"))),
            ("dc/web", Some(Some("dc/web"))),
            ("oc set image dc/$NAME web=a", Some(Some("dc/$NAME"))),
            ("oc wait dc/{{ .name }}", Some(Some("dc/{{"))),
            (
                "oc scale deploymentconfigs.apps.openshift.io/web --replicas 1",
                Some(Some("deploymentconfigs.apps.openshift.io/web")),
            ),
            ("oc rollout cancel web", Some(Some("rollout cancel"))),
            ("oc rollback web-3", Some(Some("rollback"))),
            ("oc delete dc,svc,route -l app=web", Some(Some("dc,svc,route"))),
            ("oc get pods -l 'deploymentconfig in (web)'", None),
            ("metadata.labels['deploymentconfig']", None),
            ("__meta_kubernetes_pod_label_deploymentconfig", None),
            ("kubectl get deploy web", None),
            ("helm rollback web", None),
            ("deploymentConfig", None),
            ("kind: DeploymentConfig", Some(None)),
            ("apps.openshift.io", Some(None)),
            ("DeploymentConfig", Some(None)),
            ("oc get pods -l deploymentconfig=web", None),
            ("kubectl rollout restart deployment/web", None),
            ("cp /srv/dc/web /tmp", None),
            ("# oc rollout latest dc/web", None),
            ("https://console.apps.openshift.io/", None),
            ("rollout of latest", None),
            ("deploymentconfig", None),
            ("deploymentconfigs-reader", None),
            ("resource.apps.openshift.io_DeploymentConfig", Some(None)),
        ] {
            assert_eq!(found(text), expected.map(|command| command.map(str::to_owned)), "{text}");
        }
    }
}
