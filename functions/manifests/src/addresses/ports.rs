//! Ports that clients take for granted.

use krm::table;

/// The port that clients of a scheme connect to if none is given. The scheme is in lower case, without a driver.
pub fn default_port(scheme: &str) -> Option<u16> {
    ports().find(|(known, _)| *known == scheme).map(|(_, port)| port)
}

fn ports() -> impl Iterator<Item = (&'static str, u16)> {
    let rows = table::rows(include_str!("../../data/default-ports.tsv"));
    rows.map(|[scheme, port, _source]| {
        (scheme, port.parse().unwrap_or_else(|_| unreachable!("`{port}` of {scheme} is no port")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_each_scheme_once_in_order() {
        let schemes: Vec<_> = ports().map(|(scheme, _)| scheme).collect();
        assert!(schemes.is_sorted_by(|one, next| one < next), "{schemes:?}");
        assert!(schemes.iter().all(|scheme| scheme.bytes().all(|byte| byte.is_ascii_lowercase())), "{schemes:?}");
    }

    #[test]
    fn schemes_have_the_ports_of_their_clients() {
        assert_eq!(default_port("postgresql"), Some(5432));
        assert_eq!(default_port("jdbc"), None);
    }
}
