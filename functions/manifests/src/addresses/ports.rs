//! Ports that clients take for granted.

use std::collections::HashMap;
use std::sync::LazyLock;

use krm::table;

/// The port that clients of a scheme connect to if none is given. The scheme is in lower case, without a driver.
pub fn default_port(scheme: &str) -> Option<u16> {
    ports().get(scheme).copied().flatten()
}

/// Whether what is behind the scheme of a URL is no host: a bucket, a file, a repository.
pub(super) fn names_no_host(scheme: &str) -> bool {
    ports().get(scheme) == Some(&None)
}

/// The schemes, each with its port; nothing for those without hosts.
fn ports() -> &'static HashMap<&'static str, Option<u16>> {
    static PORTS: LazyLock<HashMap<&'static str, Option<u16>>> = LazyLock::new(|| {
        let number = |port: &str| port.parse().unwrap_or_else(|_| unreachable!("`{port}` is no port"));
        rows().map(|(scheme, port)| (scheme, (port != "-").then(|| number(port)))).collect()
    });
    &PORTS
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    table::rows(include_str!("../../data/default-ports.tsv")).map(|[scheme, port, _source]| (scheme, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_each_scheme_once_in_order() {
        let schemes: Vec<_> = rows().map(|(scheme, _)| scheme).collect();
        assert!(schemes.is_sorted_by(|one, next| one < next), "{schemes:?}");
        assert!(
            schemes.iter().all(|scheme| scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())),
            "{schemes:?}"
        );
    }

    #[test]
    fn schemes_have_the_ports_of_their_clients() {
        assert_eq!(default_port("postgresql"), Some(5432));
        assert_eq!((default_port("jdbc"), names_no_host("jdbc")), (None, false));
        assert_eq!((default_port("s3"), names_no_host("s3")), (None, true));
    }
}
