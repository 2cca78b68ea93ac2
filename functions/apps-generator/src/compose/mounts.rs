//! Mounts of a service in the short syntax.
//!
//! Source: compose-spec `05-services.md`, `volumes`.

/// What is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// A volume of the project.
    Named(String),
    /// A volume without a name, which lives as long as the container.
    Anonymous,
    /// A path of the host: absolute, or of the project's directory.
    Host(String),
    /// Memory; the amount as a quantity.
    Memory(Option<String>),
}

/// A mount of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) source: Source,
    pub(super) target: String,
    pub(super) read_only: bool,
    pub(super) sub_path: Option<String>,
}

impl Mount {
    pub(super) fn new(source: Source, target: impl Into<String>) -> Self {
        Self { source, target: target.into(), read_only: false, sub_path: None }
    }
}

/// The mount of an entry such as `data:/var/lib/data:ro`, or nothing if it is malformed.
pub(super) fn short(text: &str) -> Option<Mount> {
    let parts: Vec<_> = text.split(':').collect();
    match parts[..] {
        [target] if is_path(target) => Some(Mount::new(Source::Anonymous, target)),
        [source, target] if is_path(target) && !source.is_empty() => Some(Mount::new(source_of(source), target)),
        [source, target, options] if is_path(target) && !source.is_empty() => {
            let known = ["ro", "rw", "z", "Z", "nocopy", "cached", "delegated", "consistent"];
            let is_known = options.split(',').all(|option| known.contains(&option));
            let read_only = options.split(',').any(|option| option == "ro");
            is_known.then(|| Mount { read_only, ..Mount::new(source_of(source), target) })
        }
        _ => None,
    }
}

/// What a source is: a path, or the name of a volume. A volume may have a name of one letter.
pub(super) fn source_of(source: &str) -> Source {
    if source.starts_with(['/', '.', '~']) { Source::Host(source.to_owned()) } else { Source::Named(source.to_owned()) }
}

/// Whether a text is a path in a container.
fn is_path(text: &str) -> bool {
    text.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_of_the_short_syntax_are_read() {
        let named = |name: &str, target| Mount::new(Source::Named(name.to_owned()), target);
        let host = |path: &str, target| Mount::new(Source::Host(path.to_owned()), target);
        for (text, expected) in [
            ("/data", Some(Mount::new(Source::Anonymous, "/data"))),
            ("data:/data", Some(named("data", "/data"))),
            ("d:/d", Some(named("d", "/d"))),
            ("data:/data:ro", Some(Mount { read_only: true, ..named("data", "/data") })),
            ("data:/data:rw", Some(named("data", "/data"))),
            ("data:/data:nocopy,ro", Some(Mount { read_only: true, ..named("data", "/data") })),
            ("./conf:/etc/conf:ro,z", Some(Mount { read_only: true, ..host("./conf", "/etc/conf") })),
            ("../x:/x", Some(host("../x", "/x"))),
            ("~/x:/x", Some(host("~/x", "/x"))),
            ("/var/run/docker.sock:/var/run/docker.sock", Some(host("/var/run/docker.sock", "/var/run/docker.sock"))),
            ("data", None),
            ("data:relative", None),
            ("data:/data:exotic", None),
            (":/data", None),
            ("C:\\x:/x", None),
            ("", None),
        ] {
            assert_eq!(short(text), expected, "{text}");
        }
    }
}
