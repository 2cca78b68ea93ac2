//! What apps say that cannot be generated, or that would not work.

mod containers;
mod routes;
mod scaling;
mod security;
mod volumes;

use krm::finding::Findings;

use crate::app::NamedApp;
use crate::target::Target;

/// Reports what is wrong with apps.
pub(crate) fn check(apps: &[NamedApp], target: &Target<'_>, findings: &mut Findings) {
    for app in apps {
        containers::check(app, target, findings);
        volumes::check(app, findings);
        scaling::check(app, target, findings);
        security::check(app, findings);
    }
    routes::check(apps, target, findings);
}
