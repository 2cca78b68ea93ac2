//! A sync window as an AppProject holds it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cron::Schedule;
use super::duration::Duration;
use super::time_zones::is_time_zone;
use super::week::Week;

/// The kind of a window in which syncs may run.
pub(crate) const ALLOW: &str = "allow";
/// The kind of a window in which none may.
pub(crate) const DENY: &str = "deny";

/// An entry of `spec.syncWindows` of an AppProject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SyncWindow {
    pub(crate) kind: String,
    pub(crate) schedule: String,
    pub(crate) duration: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) time_zone: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) applications: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) namespaces: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) clusters: Vec<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) and_operator: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) manual_sync: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) sync_overrun: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// What two windows of a project must not have in common.
pub(crate) type Identity<'w> = (&'w str, &'w str, &'w str, Option<Targets<'w>>);

type Targets<'w> = (&'w [String], &'w [String], &'w [String], &'w str, bool);

impl SyncWindow {
    /// What makes it a duplicate of another: its kind, schedule and duration, and from Argo CD 3.2 on (`is_exact`) its
    /// targets and its time zone too. A project with duplicates is invalid, and none of its Applications syncs.
    pub(crate) fn identity(&self, is_exact: bool) -> Identity<'_> {
        let targets: Targets<'_> =
            (&self.applications, &self.namespaces, &self.clusters, &self.time_zone, self.and_operator);
        (&self.kind, &self.schedule, &self.duration, is_exact.then_some(targets))
    }

    /// What is wrong with it: for what Argo CD refuses the project, and what it takes for something else.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if ![ALLOW, DENY].contains(&self.kind.as_str()) {
            faults.push(format!("the kind `{}` must be `{ALLOW}` or `{DENY}`", self.kind));
        }
        faults.extend(Schedule::parse(&self.schedule).err());
        match Duration::parse(&self.duration) {
            None => faults.push(format!("`{}` is no duration, as `8h` or `1h30m`", self.duration)),
            Some(duration) if duration.minutes() == 0 => {
                faults.push(format!("it never opens, since it lasts `{}`", self.duration));
            }
            Some(_) => {}
        }
        if !self.time_zone.is_empty() && !is_time_zone(&self.time_zone) {
            faults.push(format!("Argo CD knows no time zone `{}` and takes it for UTC", self.time_zone));
        }
        if self.applications.is_empty() && self.namespaces.is_empty() && self.clusters.is_empty() {
            faults.push("it names no Applications, namespaces or clusters".to_owned());
        }
        if self.description.len() > 255 {
            faults.push("its description is longer than 255 bytes".to_owned());
        }
        faults
    }

    /// When it is open, by the clock of its time zone; none if that is not the same in every week.
    pub(crate) fn week(&self) -> Option<Week> {
        Week::of_schedule(&Schedule::parse(&self.schedule).ok()?, Duration::parse(&self.duration)?)
    }

    /// The entry as it is written.
    pub(crate) fn value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_else(|error| unreachable!("a window is plain data: {error}"))
    }
}
