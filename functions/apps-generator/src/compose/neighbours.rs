//! What services of a project say about each other: names, and the ports that they connect to.

use std::collections::BTreeSet;

use manifests::addresses::{Certainty, Mention, mentions_in_command, mentions_in_pairs};

use super::names::object_name;
use super::node::Node;
use super::ports::{Port, Protocol};
use super::service::{Condition, Service};
use crate::rule::Rule;

/// Gives services the names and ports by which others call them, and tells about names that no longer lead to them. It gives
/// the names of the apps that others call or wait for.
pub(super) fn name_each_other(services: &mut [Service<'_>]) -> BTreeSet<String> {
    link(services);
    let mut called = waited_for(services);
    for caller in 0..services.len() {
        tell_old_names(&services[caller], services);
        for mention in mentions(&services[caller]) {
            let is_meant = |service: &Service<'_>| service.name == mention.host || is_called(service, &mention.host);
            let Some(target) = services.iter().position(is_meant).filter(|target| *target != caller) else { continue };
            called.insert(services[target].name.clone());
            if let Some(port) = mention.dialled_port() {
                let caller = services[caller].name.clone();
                add_port(&mut services[target], port, &caller);
            }
        }
    }
    called
}

fn is_called(service: &Service<'_>, host: &str) -> bool {
    service.key.eq_ignore_ascii_case(host) || service.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(host))
}

/// Gives services the names that links of others have for them.
fn link(services: &mut [Service<'_>]) {
    let links: Vec<_> = services.iter().flat_map(|service| service.links.clone()).collect();
    for (service, alias) in links {
        let Some(target) = services.iter_mut().find(|target| target.key == service) else { continue };
        if target.name != alias && !target.aliases.contains(&alias) {
            target.aliases.push(alias);
        }
    }
}

/// The apps that others wait for, and that run on.
fn waited_for(services: &[Service<'_>]) -> BTreeSet<String> {
    let dependencies = services.iter().flat_map(|service| &service.dependencies);
    let running = dependencies.filter(|dependency| dependency.condition != Condition::Completed);
    running.map(|dependency| object_name(&dependency.service)).collect()
}

/// The hosts that variables and commands of a service name.
fn mentions(service: &Service<'_>) -> Vec<Mention> {
    let pairs: Vec<_> = service.environment.iter().map(|(name, value, _)| (name.as_str(), value.as_str())).collect();
    let mut found: Vec<_> = mentions_in_pairs(&pairs).into_iter().flatten().collect();
    for words in [&service.entrypoint, &service.command].into_iter().flatten() {
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        found.extend(mentions_in_command(&words));
    }
    found.retain(|mention| mention.certainty > Certainty::Word);
    found
}

/// Adds a port that another service connects to, if the service does not have it.
fn add_port(service: &mut Service<'_>, target: u16, caller: &str) {
    if service.ports.iter().any(|port| port.target == target && port.protocol == Protocol::Tcp) {
        return;
    }
    let message = format!(
        "`{caller}` connects to port {target} of `{}`, which is added to the Service; write it in `expose`",
        service.name
    );
    service.node.at("expose").tell(Rule::ComposePortInferred, message);
    service.ports.push(Port { target, ..Port::default() });
}

/// Tells about texts with a name of another service that was changed.
fn tell_old_names(caller: &Service<'_>, services: &[Service<'_>]) {
    let changed =
        services.iter().filter(|other| other.key != caller.key && !other.key.eq_ignore_ascii_case(&other.name));
    for other in changed {
        let tell = |place: &Node<'_>| {
            let message =
                format!("names `{}`, which is `{}` in Kubernetes; write `{}`", other.key, other.name, other.name);
            place.tell(Rule::ComposeOldName, message);
        };
        caller
            .environment
            .iter()
            .filter(|(_, value, _)| has_word(value, other.key))
            .for_each(|(_, _, place)| tell(place));
        for (key, words) in [("entrypoint", &caller.entrypoint), ("command", &caller.command)] {
            if words.iter().flatten().any(|word| has_word(word, other.key)) {
                tell(&caller.node.at(key));
            }
        }
    }
}

/// Whether a text has a name that is not part of a longer one.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_where_it_is_no_part_of_another() {
        for (text, expected) in [
            ("my_db", true),
            ("postgres://my_db:5432/x", true),
            ("tcp(my_db)", true),
            ("my_db_2", false),
            ("not-my_db", false),
            ("my-db", false),
            ("", false),
        ] {
            assert_eq!(has_word(text, "my_db"), expected, "{text}");
        }
    }
}
