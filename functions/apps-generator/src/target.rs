//! The environment that is generated.

use krm::config::{ConfigError, nearest};
use krm::field::FieldPath;

use crate::config::{Controller, Environment};
use crate::spec::Spec;

/// The environment that is generated, and what holds for all apps in it.
#[derive(Debug)]
pub struct Target<'s> {
    /// The options.
    pub spec: &'s Spec,
    /// The name of the environment; none where the config has no environments.
    pub environment: Option<&'s str>,
    /// What the environment says.
    pub settings: Environment,
}

impl<'s> Target<'s> {
    /// The environment that the options choose.
    ///
    /// # Errors
    /// An environment that there is not, and none where there are some.
    pub fn of(spec: &'s Spec) -> Result<Self, ConfigError> {
        let names: Vec<&str> = spec.environments.keys().map(String::as_str).collect();
        let per_environment = [
            ("registry", spec.defaults.registry.keys().collect::<Vec<_>>()),
            ("ingress", spec.defaults.ingress.keys().collect()),
        ];
        for (key, environments) in per_environment {
            for environment in environments {
                known(environment, &names, &FieldPath::from("spec.defaults").key(key).key(environment))?;
            }
        }
        let environment = spec.environment.as_deref();
        match environment {
            Some(name) => known(name, &names, &FieldPath::from("spec.environment"))?,
            None if names.is_empty() => {}
            None => {
                let message = format!("must be given, and be one of {}", quoted(&names));
                return Err(ConfigError::new("spec.environment", message));
            }
        }
        let settings = environment.and_then(|name| spec.environments.get(name)).cloned().unwrap_or_default();
        Ok(Self { spec, environment, settings })
    }

    /// Checks that there is an environment of a name, which the config has at `place`.
    ///
    /// # Errors
    /// That there is none.
    pub fn check(&self, name: &str, place: &FieldPath) -> Result<(), ConfigError> {
        let names: Vec<&str> = self.spec.environments.keys().map(String::as_str).collect();
        known(name, &names, place)
    }

    /// The registry of images that are not named.
    pub(crate) fn registry(&self) -> Option<&'s str> {
        self.environment.and_then(|name| self.spec.defaults.registry.get(name)).map(String::as_str)
    }

    /// The ingress controller of apps that name none.
    pub(crate) fn controller(&self) -> Controller {
        let given = self.environment.and_then(|name| self.spec.defaults.ingress.get(name));
        given.copied().unwrap_or(Controller::Traefik)
    }
}

fn known(name: &str, names: &[&str], place: &FieldPath) -> Result<(), ConfigError> {
    if names.contains(&name) {
        return Ok(());
    }
    let message = match nearest(name, names) {
        Some(meant) => format!("`{name}` is no environment; did you mean `{meant}`?"),
        None if names.is_empty() => format!("`{name}` is no environment; name it in `spec.environments`"),
        None => format!("`{name}` is no environment; there are {}", quoted(names)),
    };
    Err(ConfigError::new(place.clone(), message))
}

/// Names in back-quotes.
pub(crate) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
