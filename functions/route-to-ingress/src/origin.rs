//! Where the fields of a Route are written: in the Route itself, or in the Ingress that OpenShift makes it of.

use krm::field::FieldPath;
use krm::finding::Finding;

/// Where the fields of a Route are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In the Route.
    Route,
    /// In a path of an Ingress.
    Ingress {
        /// The place of the rule in `spec.rules`.
        rule: usize,
        /// The place of the path in the rule.
        path: usize,
        /// The place of the entry of `spec.tls` that names the host.
        tls: Option<usize>,
    },
}

impl Origin {
    /// Whether it is a Route.
    pub(crate) fn is_route(self) -> bool {
        self == Self::Route
    }

    /// The finding at the field that the author wrote.
    pub(crate) fn relocated(self, finding: Finding) -> Finding {
        match finding.field_path().and_then(|field| self.written(field)) {
            Some(field) => finding.at(field),
            None => finding,
        }
    }

    /// The field of an Ingress that a field of the Route comes from.
    fn written(self, field: &str) -> Option<FieldPath> {
        let Self::Ingress { rule, path, tls } = self else { return None };
        let rule = || FieldPath::from("spec.rules").index(rule);
        let path = || rule().key("http").key("paths").index(path);
        let is_in =
            |parent: &str| field == parent || field.strip_prefix(parent).is_some_and(|rest| rest.starts_with('.'));
        match () {
            () if is_in("spec.host") || is_in("spec.wildcardPolicy") => Some(rule().key("host")),
            () if is_in("spec.path") => Some(path().key("path")),
            () if is_in("spec.to") || is_in("spec.port") => Some(path().key("backend")),
            () if is_in("spec.tls") => Some(match tls {
                Some(index) => FieldPath::from("spec.tls").index(index),
                None => FieldPath::from("spec.tls"),
            }),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_route_are_found_in_the_ingress() {
        let ingress = Origin::Ingress { rule: 1, path: 2, tls: Some(0) };
        for (field, expected) in [
            ("spec.host", Some("spec.rules[1].host")),
            ("spec.to.name", Some("spec.rules[1].http.paths[2].backend")),
            ("spec.path", Some("spec.rules[1].http.paths[2].path")),
            ("spec.tls.termination", Some("spec.tls[0]")),
            ("spec.tlsx", None),
            ("metadata.annotations[a]", None),
        ] {
            assert_eq!(ingress.written(field).as_ref().map(FieldPath::as_str), expected, "{field}");
            assert_eq!(Origin::Route.written(field), None);
        }
    }
}
