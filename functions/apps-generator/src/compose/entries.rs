//! The compose projects of the config, as apps.

use krm::config::ConfigError;
use krm::field::FieldPath;
use krm::finding::Findings;

use super::keys::EXTENSION;
use super::project;
use super::schema::Project;
use crate::app::NamedApp;
use crate::entries::{of_environment, typed};
use crate::target::Target;

/// The apps of the compose projects of the config. The app of a service has its name, and the project is its group.
///
/// # Errors
/// An environment that there is not, and what `x-replatform` of a service says if it is no part of an app.
pub(crate) fn apps(target: &Target<'_>, findings: &mut Findings) -> Result<Vec<NamedApp>, ConfigError> {
    let mut apps = Vec::new();
    for (name, entry) in target.spec.compose.iter() {
        let place = FieldPath::from("spec.compose").key(name);
        let project: Project = of_environment(entry, target, &place)?;
        let made = project::apps(name, &project.into());
        for finding in made.findings {
            findings.push(finding);
        }
        for app in made.apps {
            let place = place.clone().key("services").key(&app.key).key(EXTENSION);
            let group = made.group.clone();
            apps.push(NamedApp { name: app.name, group, app: typed(app.app, &place)?, place });
        }
    }
    Ok(apps)
}
