//! How clients stay with a pod.

use crate::exposure::{Exposure, Termination};
use crate::route::InsecurePolicy;
use crate::settings::Feature;

/// The cookie that keeps a client with its pod, as the router of OpenShift sets it.
pub(super) struct Session<'e> {
    /// Its name, if the Route gives one.
    pub(super) name: Option<&'e str>,
    /// Its `SameSite`, in lower case. The cookie is for HTTPS only where it has one.
    pub(super) same_site: Option<&'e str>,
}

impl<'e> Session<'e> {
    /// The session that the Route or the options want.
    pub(super) fn of(exposure: &'e Exposure<'_>, by_default: bool) -> Option<Self> {
        let features = || exposure.settings.iter().map(|setting| &setting.feature);
        let name = features().find_map(|feature| match feature {
            Feature::Cookie(name) => Some(name.as_str()),
            _ => None,
        });
        let same_site = features().find_map(|feature| match feature {
            Feature::CookieSameSite(same_site) => Some(same_site.as_str()),
            _ => None,
        });
        let is_refused = features().any(|feature| *feature == Feature::NoCookies);
        let is_http = !matches!(exposure.termination, Termination::Passthrough { .. });
        let is_wanted = by_default || name.is_some() || same_site.is_some();
        let is_secure =
            matches!(&exposure.termination, Termination::Edge { insecure, .. } if *insecure != InsecurePolicy::Allow);
        let same_site = is_secure.then(|| same_site.unwrap_or("none"));
        (is_http && is_wanted && !is_refused).then_some(Self { name, same_site })
    }
}
