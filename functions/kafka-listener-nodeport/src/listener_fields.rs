//! Which fields of a listener a type and a release of Strimzi have.

use krm::table;

use crate::config::ListenerType;
use crate::strimzi::Version;

/// What a field is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parent {
    /// `configuration`.
    Configuration,
    /// `configuration.bootstrap` or an item of `configuration.brokers`.
    Entry,
}

/// A field that not every type or release has.
#[derive(Debug, Clone, Copy)]
struct ListenerField {
    parent: Parent,
    name: &'static str,
    /// The release that brought it.
    since: Option<Version>,
    /// The types that refuse it, as Strimzi spells them, separated by commas.
    refused_by: &'static str,
}

fn fields() -> impl Iterator<Item = ListenerField> {
    let rows = table::rows(include_str!("../data/listener-fields.tsv"));
    rows.map(|[parent, name, since, refused_by]| ListenerField {
        parent: if parent == "entry" { Parent::Entry } else { Parent::Configuration },
        name,
        since: (!since.is_empty()).then(|| Version::known(since)),
        refused_by,
    })
}

/// The release that brought a field, if not all have it.
pub(crate) fn since(parent: Parent, name: &str) -> Option<Version> {
    fields().find(|field| field.parent == parent && field.name == name)?.since
}

/// The fields that a type refuses.
pub(crate) fn refused_by(listener_type: ListenerType, parent: Parent) -> impl Iterator<Item = &'static str> {
    let is_refused =
        move |field: &ListenerField| field.refused_by.split(',').any(|refused| refused == listener_type.name());
    fields().filter(move |field| field.parent == parent && is_refused(field)).map(|field| field.name)
}

/// The fields that a release brought.
#[cfg(test)]
pub(crate) fn brought_by(release: Version) -> impl Iterator<Item = &'static str> {
    fields().filter(move |field| field.since == Some(release)).map(|field| field.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_each_field_once_in_order_with_known_types() {
        let rows: Vec<[&str; 4]> = table::rows(include_str!("../data/listener-fields.tsv")).collect();
        assert!(rows.is_sorted_by(|one, next| one[..2] < next[..2]), "{rows:?}");
        let types =
            [ListenerType::NodePort, ListenerType::LoadBalancer, ListenerType::ClusterIp].map(ListenerType::name);
        for [parent, field, since, refused_by] in rows {
            assert!(["configuration", "entry"].contains(&parent), "{field}");
            assert!(!since.is_empty() || !refused_by.is_empty(), "{field}");
            assert!(refused_by.is_empty() || refused_by.split(',').all(|name| types.contains(&name)), "{field}");
        }
        assert_eq!(refused_by(ListenerType::LoadBalancer, Parent::Entry).collect::<Vec<_>>(), ["externalIPs", "host"]);
    }
}
