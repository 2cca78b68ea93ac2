//! The names of time zones.

use krm::table;

/// One a line, sorted.
const TIME_ZONES: &str = include_str!("../../data/time-zones.tsv");

/// Whether Argo CD knows a time zone. It takes an unknown one for UTC, and only its log says so.
pub(crate) fn is_time_zone(name: &str) -> bool {
    table::rows::<1>(TIME_ZONES).any(|[zone]| zone == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_of_the_iana_list_are_known_as_they_are_spelt() {
        for (name, expected) in [
            ("Europe/Berlin", true),
            ("UTC", true),
            ("Etc/GMT-14", true),
            ("America/Argentina/Buenos_Aires", true),
            ("US/Eastern", true),
            ("europe/berlin", false),
            ("Europe/Bonn", false),
            ("CEST", false),
            ("+02:00", false),
            ("Local", false),
            ("zone", false),
            ("", false),
        ] {
            assert_eq!(is_time_zone(name), expected, "{name}");
        }
    }

    #[test]
    fn the_table_is_sorted_and_whole() {
        let zones: Vec<_> = table::rows::<1>(TIME_ZONES).map(|[zone]| zone).collect();
        assert!(zones.is_sorted_by(|one, other| one < other));
        assert_eq!(zones.len(), 598);
    }
}
