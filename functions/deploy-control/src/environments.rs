//! The environments of the config, checked.

use std::collections::BTreeSet;

use krm::config::ConfigError;
use krm::field::FieldPath;
use serde_json::Value;

use crate::config::{DeploymentWindows, Environment, Match, Spec};
use crate::version::Version;
use crate::windows::{Day, Hours, Week, is_time_zone};

/// What the config says, checked.
pub(crate) struct Environments<'s> {
    pub(crate) spec: &'s Spec,
    pub(crate) version: Version,
    pub(crate) is_auto: bool,
    pub(crate) all: Vec<Checked<'s>>,
}

/// An environment, checked.
pub(crate) struct Checked<'s> {
    pub(crate) name: &'s str,
    pub(crate) config: &'s Environment,
    pub(crate) is_production: bool,
    /// When it takes deployments; none at all times.
    pub(crate) windows: Option<Windows<'s>>,
}

/// The windows of an environment.
#[derive(Clone)]
pub(crate) struct Windows<'s> {
    pub(crate) week: Week,
    pub(crate) time_zone: &'s str,
    pub(crate) is_manual_free: bool,
}

/// The option of an environment.
pub(crate) fn option_of(environment: &str) -> FieldPath {
    FieldPath::from("spec.environments").key(environment)
}

impl<'s> Environments<'s> {
    /// Checks the config.
    ///
    /// # Errors
    /// What makes no sense, or is not the same in all environments.
    pub(crate) fn of(spec: &'s Spec) -> Result<Self, ConfigError> {
        let version = version(&spec.argo_cd_version)?;
        let Some(global) = &spec.global else {
            return match spec.environments.is_empty() {
                true => Ok(Self { spec, version, is_auto: false, all: Vec::new() }),
                false => Err(ConfigError::new("spec.global.auto_deploy", "must be given where `environments` is")),
            };
        };
        check_structure(spec)?;
        check_production(spec)?;
        let check = |(name, config)| checked(spec, name, config);
        let all = spec.environments.iter().map(check).collect::<Result<_, _>>()?;
        Ok(Self { spec, version, is_auto: global.auto_deploy, all })
    }
}

fn version(text: &str) -> Result<Version, ConfigError> {
    Version::parse(text).filter(|version| *version >= Version::OLDEST).ok_or_else(|| {
        let message = format!("`{text}` must be a minor release of Argo CD, `{}` or later", Version::OLDEST);
        ConfigError::new("spec.argoCDVersion", message)
    })
}

fn checked<'s>(spec: &Spec, name: &'s String, config: &'s Environment) -> Result<Checked<'s>, ConfigError> {
    let option = option_of(name);
    if config.matched == Match::default() {
        return Err(ConfigError::new(option.key("match"), "must say which Applications belong to the environment"));
    }
    let windows = match &config.deployment_windows {
        Some(windows) => {
            let checked = checked_windows(windows, &option.key("deployment_windows"))?;
            checked.filter(|_| windows.enabled)
        }
        None => None,
    };
    Ok(Checked { name, config, is_production: spec.production.contains(name), windows })
}

/// The windows, checked whether they are enabled or not, so that a fault shows before they are; none if nothing says when.
fn checked_windows<'s>(windows: &'s DeploymentWindows, option: &FieldPath) -> Result<Option<Windows<'s>>, ConfigError> {
    let is_empty = |list: Option<usize>| list == Some(0);
    for (key, length) in
        [("days", windows.days.as_ref().map(Vec::len)), ("hours", windows.hours.as_ref().map(Vec::len))]
    {
        if is_empty(length) {
            return Err(ConfigError::new(option.clone().key(key), "must not be empty; leave it out to mean all"));
        }
    }
    let mut hours = Vec::new();
    for (index, text) in windows.hours.iter().flatten().enumerate() {
        let wrong = |message| ConfigError::new(option.clone().key("hours").index(index), message);
        hours.push(Hours::parse(text).map_err(wrong)?);
    }
    let time_zone = windows.timezone.as_deref().unwrap_or_default();
    if !time_zone.is_empty() && !is_time_zone(time_zone) {
        let message = format!(
            "`{time_zone}` is no time zone of the IANA list, as `Europe/Berlin`; Argo CD would take it for UTC"
        );
        return Err(ConfigError::new(option.clone().key("timezone"), message));
    }
    if windows.days.is_none() && windows.hours.is_none() {
        return match windows.enabled {
            true => Err(ConfigError::new(option.clone(), "must say `days` or `hours` where `enabled` is `true`")),
            false => Ok(None),
        };
    }
    if time_zone.is_empty() {
        return Err(ConfigError::new(option.clone().key("timezone"), "must be given, as `Europe/Berlin` or `UTC`"));
    }
    let hours = if hours.is_empty() { vec![Hours::ALL] } else { hours };
    let week = Week::of(windows.days.as_deref().unwrap_or(&Day::ALL), &hours);
    Ok(Some(Windows { week, time_zone, is_manual_free: windows.manual_sync.unwrap_or(true) }))
}

/// A name of production that is misspelt would protect nothing. Of the names that are there by default any may be missing.
fn check_production(spec: &Spec) -> Result<(), ConfigError> {
    let is_given = spec.production != Spec::default().production;
    let missing = spec.production.iter().position(|name| is_given && !spec.environments.contains_key(name));
    missing.map_or(Ok(()), |index| {
        let option = FieldPath::from("spec.production").index(index);
        Err(ConfigError::new(option, format!("`{}` is no environment of `spec.environments`", spec.production[index])))
    })
}

/// All environments have the same keys: what is tried in one can then be turned on in another by a value alone.
fn check_structure(spec: &Spec) -> Result<(), ConfigError> {
    let shapes: Vec<_> = spec.environments.iter().map(|(name, environment)| (name, shape(environment))).collect();
    for (name, keys) in &shapes {
        for (other, other_keys) in &shapes {
            if let Some(key) = keys.iter().find(|key| !other_keys.contains(*key)) {
                let message = format!(
                    "is given for `{name}` and not for `{other}`; all environments have the same keys, so give it for `{other}` too"
                );
                return Err(ConfigError::new(key.iter().fold(option_of(name), |path, key| path.key(key)), message));
            }
        }
    }
    Ok(())
}

/// The keys of an environment, each with those around it.
fn shape(environment: &Environment) -> BTreeSet<Vec<String>> {
    fn visit(value: &Value, path: &[String], keys: &mut BTreeSet<Vec<String>>) {
        for (key, value) in value.as_object().into_iter().flatten() {
            let path: Vec<_> = path.iter().chain([key]).cloned().collect();
            let is_match = path == ["match"];
            keys.insert(path.clone());
            if !is_match {
                visit(value, &path, keys);
            }
        }
    }
    let mut keys = BTreeSet::new();
    visit(&serde_json::to_value(environment).unwrap_or_default(), &[], &mut keys);
    keys
}
