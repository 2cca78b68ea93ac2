//! What apps ask of an ingress controller, and how the HAProxy controllers call it.

use krm::table;

use crate::config::{Controller, Ingress};
use crate::fields::api;

/// What an app asks of its ingress controller, besides a rewritten path: where the config has it, and the value.
pub(crate) fn wishes(ingress: &Ingress) -> Vec<(&'static str, String)> {
    let mut wishes = Vec::new();
    let mut wish = |name, value: Option<String>| wishes.extend(value.map(|value| (name, value)));
    if let Some(timeouts) = &ingress.timeouts {
        wish("timeouts.connect", timeouts.connect.clone());
        wish("timeouts.server", timeouts.server.clone());
        wish("timeouts.queue", timeouts.queue.clone());
        wish("timeouts.client", timeouts.client.clone());
    }
    if let Some(limit) = &ingress.rate_limit {
        wish("rate_limit", Some(limit.requests_per_second.to_string()));
        wish("rate_limit.burst", limit.burst.map(|burst| burst.to_string()));
    }
    if let Some(cors) = ingress.cors.as_ref().filter(|cors| cors.enabled.unwrap_or(true)) {
        let list = |items: &[String]| (!items.is_empty()).then(|| items.join(", "));
        wish("cors", Some("true".to_owned()));
        wish("cors.allow_origins", list(&cors.allow_origins));
        wish("cors.allow_methods", list(&cors.allow_methods));
        wish("cors.allow_headers", list(&cors.allow_headers));
        wish("cors.allow_credentials", cors.allow_credentials.map(|allow| allow.to_string()));
        wish("cors.max_age", cors.max_age.map(|seconds| seconds.to_string()));
    }
    wish("max_body_bytes", ingress.max_body_bytes.map(|bytes| bytes.to_string()));
    wishes
}

/// The name of a controller, as the config has it.
pub(crate) fn name_of(controller: Controller) -> String {
    api(&controller).as_str().unwrap_or_default().to_owned()
}

/// The annotation by which an HAProxy controller does what an app asks for.
///
/// # Errors
/// Why the controller cannot do it.
pub(crate) fn annotation(controller: Controller, wish: &str) -> Result<&'static str, &'static str> {
    let rows = table::rows::<4>(include_str!("../data/ingress-annotations.tsv"));
    let name = name_of(controller);
    let mut rows = rows.filter(|[of, known, ..]| *of == name && *known == wish);
    match rows.next() {
        Some([_, _, "-", reason]) => Err(reason),
        Some([_, _, annotation, _]) => Ok(annotation),
        None => Err("it has no such setting"),
    }
}

/// Which controller reads an annotation: its name, `-` for one that no app can choose, none for an annotation that no controller reads.
pub(crate) fn reader_of(annotation: &str) -> Option<&'static str> {
    let mut rows = table::rows(include_str!("../data/controller-annotations.tsv"));
    rows.find(|[prefix, _]| annotation.starts_with(prefix)).map(|[_, controller]| controller)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Cors, RateLimit, Timeouts};

    #[test]
    fn the_table_knows_every_wish_for_every_controller() {
        let text = || Some("1s".to_owned());
        let all = Ingress {
            timeouts: Some(Timeouts { connect: text(), server: text(), queue: text(), client: text() }),
            rate_limit: Some(RateLimit { requests_per_second: 1, burst: Some(1) }),
            cors: Some(Cors {
                allow_origins: vec!["a".to_owned()],
                allow_methods: vec!["a".to_owned()],
                allow_headers: vec!["a".to_owned()],
                allow_credentials: Some(true),
                max_age: Some(1),
                ..Cors::default()
            }),
            max_body_bytes: Some(1),
            ..Ingress::default()
        };
        let mut known: Vec<_> = wishes(&all).into_iter().map(|(wish, _)| wish).chain(["rewrite"]).collect();
        known.sort_unstable();
        for controller in [Controller::HaproxyIngress, Controller::HaproxyTechnologies] {
            let rows = table::rows::<4>(include_str!("../data/ingress-annotations.tsv"));
            let name = name_of(controller);
            let mut listed: Vec<_> = rows.filter(|[of, ..]| *of == name).map(|[_, wish, ..]| wish).collect();
            listed.sort_unstable();
            assert_eq!(listed, known, "{name}");
        }
        for [_, controller] in table::rows(include_str!("../data/controller-annotations.tsv")) {
            let all = [Controller::Traefik, Controller::HaproxyIngress, Controller::HaproxyTechnologies];
            assert!(controller == "-" || all.map(name_of).contains(&controller.to_owned()), "{controller}");
        }
    }
}
