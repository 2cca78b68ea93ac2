//! Old addresses: what takes their place, and why some stay.

use crate::rule::Rule;

/// What is known of an old address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Known {
    /// The new address, if it is known.
    pub(crate) new: Option<String>,
    /// Its port, if that alone is known.
    pub(crate) port: Option<u64>,
    /// What it belonged to.
    pub(crate) owner: String,
    /// The number of the listener that it belonged to, where the host is one that OpenShift made, in a domain that the
    /// build does not tell.
    pub(crate) listener: Option<usize>,
}

impl Known {
    /// An address that the config names.
    pub(crate) fn configured(new: &str) -> Self {
        Self { new: Some(new.to_owned()), owner: "a Kafka that `addresses` names".to_owned(), ..Self::default() }
    }

    /// Whether the new address is this one.
    pub(crate) fn leads_to(&self, address: &str) -> bool {
        self.new.as_ref().is_some_and(|new| new.eq_ignore_ascii_case(address))
    }

    /// Whether the new address has this host.
    pub(crate) fn is_at(&self, host: &str) -> bool {
        let new = self.new.as_deref().and_then(|new| new.rsplit_once(':'));
        new.is_some_and(|(name, _)| name.eq_ignore_ascii_case(host))
    }

    /// The new address, or what is known of it, behind a comma.
    fn hint(&self) -> String {
        match (&self.new, self.port) {
            (Some(new), _) => format!(", `{new}`"),
            (None, Some(port)) => format!(", with port {port}"),
            (None, None) => String::new(),
        }
    }
}

/// An old address that stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept<'b> {
    pub(crate) known: &'b Known,
    pub(crate) reason: Reason<'b>,
}

/// Why an old address stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason<'b> {
    /// Something of an address is around it, or its new one is not known.
    Around,
    /// A mirror copies from it.
    Source,
    /// A mirror copies from it, and its host becomes one of the new cluster.
    MovingSource,
    /// The build has the Route in this domain too.
    OtherDomain(&'b str),
}

impl Kept<'_> {
    pub(crate) fn rule(&self) -> Rule {
        match self.reason {
            Reason::Around => Rule::OldKafkaAddress,
            Reason::Source | Reason::MovingSource => Rule::MirrorSourceKept,
            Reason::OtherDomain(_) => Rule::RouteInTwoDomains,
        }
    }

    /// What a person is told who still uses the old address.
    pub(crate) fn message(&self) -> String {
        let Known { owner, .. } = self.known;
        let hint = self.known.hint();
        match self.reason {
            Reason::Around => format!("still leads to {owner}, whose old address ends; write the new one here{hint}"),
            Reason::Source => format!(
                "stays the old address of {owner}: a mirror that moves the data reads from the old cluster; accept this as long as \
                 it does, or write the new address here{hint}"
            ),
            Reason::MovingSource => format!(
                "stays the old address of {owner}, but its host is one of the new cluster once the DNS record moves: give the mirror \
                 another name of the old cluster, or accept this if the record moves after the data"
            ),
            Reason::OtherDomain(other) => format!(
                "is the Route of {owner}, and the build has it in the domain `{other}` too; nothing tells which of them moves, so \
                 all stay: name each in `addresses`, the one that moves with its new address{hint}, the others with themselves"
            ),
        }
    }
}
