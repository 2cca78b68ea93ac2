//! Paths of the host that projects mount.

use krm::table;

/// What becomes of the mount of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HostPath {
    /// Whether the service works without the mount.
    pub(super) is_ignored: bool,
    pub(super) reason: &'static str,
    pub(super) remedy: &'static str,
}

/// The table of paths.
const TABLE: &str = include_str!("../../data/compose-host-paths.tsv");

/// What is known about an absolute path: the row of the longest path that it is, or is below.
pub(super) fn host_path(path: &str) -> Option<HostPath> {
    let is_below = |above: &str| {
        path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || above.ends_with('/'))
    };
    let rows = table::rows::<4>(TABLE).filter(|row| is_below(row[0]));
    let [_, treatment, reason, remedy] = rows.max_by_key(|row| row[0].len())?;
    Some(HostPath { is_ignored: treatment == "Ignored", reason, remedy })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_path_counts_and_whole_parts_do() {
        let reason = |path| host_path(path).map(|known| known.reason.split(' ').next().unwrap_or_default());
        assert_eq!(reason("/var/run/docker.sock"), Some("nodes"));
        assert_eq!(reason("/dev/ttyUSB0"), Some("Pods"));
        assert_eq!(reason("/developer"), Some("a"));
        assert_eq!(reason("/srv/data"), Some("a"));
        assert_eq!(reason("/"), Some("a"));
        assert_eq!(reason("data"), None);
        for [path, treatment, reason, remedy] in table::rows::<4>(TABLE) {
            assert!(["Ignored", "Refused"].contains(&treatment), "{path}");
            assert!(!reason.is_empty() && (treatment == "Ignored") == remedy.is_empty(), "{path}");
        }
    }
}
