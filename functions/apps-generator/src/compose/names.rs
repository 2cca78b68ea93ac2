//! Names of compose as names of objects.

use manifests::names;

/// The name of the objects of a service, volume, config or secret: in lower case, with dashes, and a letter in front, as
/// Services need it (RFC 1035).
pub(super) fn object_name(name: &str) -> String {
    let dashed = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    let dashed: String = name.chars().map(dashed).collect();
    let trimmed = dashed.trim_matches('-');
    let prefix = if trimmed.starts_with(|letter: char| letter.is_ascii_lowercase()) { "" } else { "app-" };
    names::shortened(&format!("{prefix}{trimmed}"), LIMIT).trim_end_matches('-').to_owned()
}

/// The longest name: that of a Service, and the label with the name of an app.
const LIMIT: usize = 63;

/// The name of what belongs to an app, as a ConfigMap of its files.
pub(super) fn part_name(app: &str, part: &str) -> String {
    names::shortened(&format!("{app}-{}", object_name(part)), LIMIT)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_made_names_of_services() {
        for (name, expected) in [
            ("web", "web"),
            ("my_db", "my-db"),
            ("Web.App", "web-app"),
            ("2fauth", "app-2fauth"),
            ("_x_", "x"),
            ("a__b", "a--b"),
        ] {
            assert_eq!(object_name(name), expected);
        }
    }

    proptest! {
        #[test]
        fn every_name_is_a_label(name in "[a-zA-Z0-9._-]{1,80}") {
            let made = object_name(&name);
            prop_assert!(names::is_dns_label(&made) || made == "app", "{made}");
            prop_assert_eq!(object_name(&made), made);
        }
    }
}
