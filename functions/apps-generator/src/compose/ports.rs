//! Ports of a service in the short syntax.
//!
//! Source: compose-spec `05-services.md`, `ports` and `expose`.

use std::net::IpAddr;
use std::ops::RangeInclusive;

/// The protocol of a port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Protocol {
    /// The default.
    #[default]
    Tcp,
    Udp,
    Sctp,
}

impl Protocol {
    /// Reads it in any case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "tcp" => Some(Self::Tcp),
            "udp" => Some(Self::Udp),
            "sctp" => Some(Self::Sctp),
            _ => None,
        }
    }

    /// As the Kubernetes API names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }
}

/// A port of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Port {
    /// The port of the container, which containers of the project connect to.
    pub(super) target: u16,
    pub(super) protocol: Protocol,
    /// How the outside world reaches it, if the project publishes it.
    pub(super) published: Option<Published>,
    pub(super) name: Option<String>,
    pub(super) app_protocol: Option<String>,
}

/// Where a port is published on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Published {
    /// On all addresses of the host; the port or the range that one is taken from, or nothing where compose takes any.
    Everywhere(Option<String>),
    /// Only for programs on the host itself.
    Loopback,
}

impl Published {
    /// What a port that is published on an address is.
    pub(super) fn on(address: Option<&str>, port: Option<String>) -> Self {
        let is_loopback = |address: &str| {
            let address = address.trim_start_matches('[').trim_end_matches(']');
            address == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        };
        if address.is_some_and(is_loopback) { Self::Loopback } else { Self::Everywhere(port) }
    }
}

/// The ports of an entry such as `127.0.0.1:8080-8081:80-81/udp`, or nothing if it is malformed.
pub(super) fn short(text: &str) -> Option<Vec<Port>> {
    let (rest, protocol) = text.rsplit_once('/').unwrap_or((text, "tcp"));
    let protocol = Protocol::parse(protocol)?;
    let (address, published, target) = parts(rest)?;
    let targets = range(target)?;
    let count = targets.clone().count();
    let hosts = match published {
        None => vec![None; count],
        Some(ports) if range(ports)?.count() == count => range(ports)?.map(|port| Some(port.to_string())).collect(),
        // The container has one port, and compose takes one of the range.
        Some(ports) if count == 1 => vec![Some(ports.to_owned())],
        Some(_) => return None,
    };
    let port =
        |(target, host)| Port { target, protocol, published: Some(Published::on(address, host)), ..Port::default() };
    Some(targets.zip(hosts).map(port).collect())
}

/// Address, published port and port of the container.
fn parts(text: &str) -> Option<(Option<&str>, Option<&str>, &str)> {
    let Some((before, target)) = text.rsplit_once(':') else { return Some((None, None, text)) };
    // `127.0.0.1::80` publishes any port on the address.
    let filled = |ports: &'_ str| !ports.is_empty();
    match before.rsplit_once(':') {
        Some((address, ports)) => {
            let bare = address.trim_start_matches('[').trim_end_matches(']');
            (bare == "localhost" || bare.parse::<IpAddr>().is_ok()).then_some((
                Some(address),
                Some(ports).filter(|ports| filled(ports)),
                target,
            ))
        }
        None => Some((None, Some(before).filter(|ports| filled(ports)), target)),
    }
}

/// The ports of `8000` or `8000-8010`.
pub(super) fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
    let (first, last) = (port(first)?, port(last)?);
    (first <= last).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ports as text: target, protocol, and where it is published.
    fn told(text: &str) -> Option<String> {
        let tell = |port: &Port| {
            let published = match &port.published {
                Some(Published::Everywhere(Some(port))) => format!("<{port}"),
                Some(Published::Everywhere(None)) => "<".to_owned(),
                Some(Published::Loopback) => "!".to_owned(),
                None => String::new(),
            };
            format!("{}{}{published}", port.target, if port.protocol == Protocol::Udp { "u" } else { "" })
        };
        short(text).map(|ports| ports.iter().map(tell).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn ports_of_the_short_syntax_are_read() {
        for (text, expected) in [
            ("3000", Some("3000<")),
            ("3000-3002", Some("3000< 3001< 3002<")),
            ("8000:80", Some("80<8000")),
            ("9090-9091:8080-8081", Some("8080<9090 8081<9091")),
            ("9090-9095:80", Some("80<9090-9095")),
            ("127.0.0.1:8001:8001", Some("8001!")),
            ("127.0.0.1:5000-5001:5000-5001", Some("5000! 5001!")),
            ("127.0.0.1::5000", Some("5000!")),
            ("0.0.0.0:53:53/udp", Some("53u<53")),
            ("[::1]:6001:6001", Some("6001!")),
            ("::1:6001:6001", Some("6001!")),
            ("6060:6060/UDP", Some("6060u<6060")),
            ("localhost:80:80", Some("80!")),
            ("192.168.1.2:80:80", Some("80<80")),
            ("80:80/icmp", None),
            ("x:80", None),
            ("80:x", None),
            ("0", None),
            ("70000", None),
            ("9-8", None),
            ("1-3:1-2", None),
            ("host:80:80", None),
            ("", None),
        ] {
            assert_eq!(told(text).as_deref(), expected, "{text}");
        }
    }
}
