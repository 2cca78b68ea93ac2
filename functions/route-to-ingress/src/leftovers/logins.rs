//! Logins through OpenShift.

use krm::field::FieldPath;
use krm::resource_list::Item;
use manifests::pods::PodTemplate;
use serde_json::Value;

use super::adaptation::{Adaptation, Context, annotations, objects};
use crate::rule::Rule;

/// ServiceAccounts that OpenShift sends people back to after a login.
pub(super) fn of_service_accounts(item: &Item, _: &Context<'_>, adaptation: &mut Adaptation) {
    if !item.is("", "ServiceAccount") {
        return;
    }
    for (key, value) in annotations(item) {
        if key.starts_with("serviceaccounts.openshift.io/oauth-redirect") {
            let message =
                format!("`{value}` redirects logins of OpenShift, which K3s does not have; use another login provider");
            adaptation.report(Rule::OpenShiftLogin, item, FieldPath::annotation(key), message);
        }
    }
}

/// Proxies that log in through OpenShift, in every kind that makes pods.
pub(super) fn of_proxies(item: &Item, _: &Context<'_>, adaptation: &mut Adaptation) {
    let containers = PodTemplate::of(item).into_iter().flat_map(|template| template.containers());
    for container in containers {
        if logs_in_by_default(container.value) {
            let message = "is the proxy of OpenShift, which logs in through OpenShift unless told otherwise; use another login provider";
            adaptation.report(Rule::OpenShiftLogin, item, container.path().key("image"), message);
            continue;
        }
        for (index, _) in objects(&container.value["env"]).filter(|(_, variable)| is_provider(variable)) {
            let message =
                "makes the proxy log in through OpenShift, which K3s does not have; use another login provider";
            adaptation.report(Rule::OpenShiftLogin, item, container.path().key("env").index(index), message);
        }
        for field in ["command", "args"] {
            for (index, option) in openshift_options(&container.value[field]) {
                let message = format!(
                    "`{option}` logs in through OpenShift, which K3s does not have; use another login provider"
                );
                adaptation.report(Rule::OpenShiftLogin, item, container.path().key(field).index(index), message);
            }
        }
    }
}

/// Whether a container runs OpenShift's proxy and names no provider, so that the proxy takes OpenShift.
///
/// Source: openshift/oauth-proxy main.go: the default of `provider`.
fn logs_in_by_default(container: &Value) -> bool {
    let image = container["image"].as_str().unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default().split([':', '@']).next().unwrap_or_default();
    let is_proxy =
        name == "oauth-proxy" || name.starts_with("origin-oauth-proxy") || name.starts_with("ose-oauth-proxy");
    let names_provider = |field: &str| {
        objects(&container[field])
            .any(|(_, item)| words(item).any(|word| word.contains("-provider") || word.contains("-openshift-")))
    };
    let by_variable = objects(&container["env"]).any(|(_, variable)| variable["name"] == PROVIDER);
    is_proxy && !names_provider("command") && !names_provider("args") && !by_variable
}

/// The variable that names the provider.
const PROVIDER: &str = "OAUTH2_PROXY_PROVIDER";

fn is_provider(variable: &Value) -> bool {
    variable["name"] == PROVIDER && variable["value"] == "openshift"
}

/// The options in a command line that make oauth-proxy log in through OpenShift, with the items they are in. An item may be
/// a whole command for a shell. Values are not returned, as they may be secret.
///
/// Source: openshift/oauth-proxy main.go: `provider`, and the options that start with `openshift-`.
fn openshift_options(command: &Value) -> Vec<(usize, String)> {
    let words: Vec<_> = objects(command).flat_map(|(index, item)| words(item).map(move |word| (index, word))).collect();
    let following = words.iter().skip(1).map(|(_, word)| *word).chain(std::iter::once(""));
    let asks_openshift = |((index, word), next): (&(usize, &str), &str)| {
        let option = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
        match option.split_once('=').unwrap_or((option, next)) {
            ("provider", "openshift") if option == "provider" => Some((*index, format!("{word} openshift"))),
            ("provider", "openshift") => Some((*index, (*word).to_owned())),
            (name, _) if name.starts_with("openshift-") => {
                Some((*index, word.split('=').next().unwrap_or_default().to_owned()))
            }
            _ => None,
        }
    };
    words.iter().zip(following).filter_map(asks_openshift).collect()
}

/// The words of an item of a command line, as a shell would split them.
fn words(item: &Value) -> impl Iterator<Item = &str> {
    let text = item.as_str().unwrap_or_default();
    let is_break =
        |character: char| character.is_whitespace() || matches!(character, '"' | '\'' | '\\' | ';' | '&' | '|');
    text.split(is_break).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn options_are_found_in_lists_and_in_commands_for_a_shell() {
        for (command, expected) in [
            (json!(["--provider=openshift"]), vec![(0, "--provider=openshift")]),
            (json!(["oauth-proxy", "-provider=openshift"]), vec![(1, "-provider=openshift")]),
            (json!(["--provider", "openshift"]), vec![(0, "--provider openshift")]),
            (json!([1, "--provider", "openshift"]), vec![(1, "--provider openshift")]),
            (json!(["sh", "-c", "exec oauth-proxy '--provider=openshift'"]), vec![(2, "--provider=openshift")]),
            (json!(["sh -c \"oauth-proxy --provider \\\n openshift; true\""]), vec![(0, "--provider openshift")]),
            (json!(["-openshift-sar={\"verb\": \"get\"}"]), vec![(0, "-openshift-sar")]),
            (json!(["--openshift-service-account", "web"]), vec![(0, "--openshift-service-account")]),
            (json!(["--provider=google", "openshift"]), vec![]),
            (json!(["--provider"]), vec![]),
            (json!(["provider=openshift", "--providers=openshift", "--provider=openshift-v4"]), vec![]),
            (json!("--provider=openshift"), vec![]),
            (json!(null), vec![]),
        ] {
            let found = openshift_options(&command);
            let found: Vec<_> = found.iter().map(|(index, option)| (*index, option.as_str())).collect();
            assert_eq!(found, expected, "{command}");
        }
    }
}
