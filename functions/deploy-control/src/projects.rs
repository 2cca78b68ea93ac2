//! AppProjects: the windows that they have, and those that they get.

use krm::finding::{Finding, Findings, ObjectReference};
use krm::resource_list::{Item, ItemId, Resources};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::deployment::GROUP;
use crate::windows::SyncWindow;

/// An AppProject.
pub(crate) struct Project {
    pub(crate) id: ItemId,
    pub(crate) object: ObjectReference,
    /// Its windows, each at its place in the list; Argo CD passes over null.
    pub(crate) windows: Vec<Option<SyncWindow>>,
    /// Whether windows can be added to it: it has none, or a list of them.
    pub(crate) takes_windows: bool,
    /// Whether one of its roles may sync Applications.
    pub(crate) has_sync_role: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AppProject {
    spec: Spec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    sync_windows: Vec<Option<SyncWindow>>,
    roles: Vec<Role>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Role {
    policies: Vec<String>,
}

/// The AppProjects of a build, in their order. Fields that no server would take are reported.
pub(crate) fn projects(resources: &Resources, findings: &mut Findings) -> Vec<Project> {
    let mut projects = Vec::new();
    for item in resources.iter().filter(|item| item.is(GROUP, "AppProject")) {
        let (project, malformed) = Project::of(item);
        findings.extend(malformed);
        projects.push(project);
    }
    projects
}

impl Project {
    fn of(item: &Item) -> (Self, Vec<Finding>) {
        let (project, malformed) = item.read::<AppProject>();
        let has_sync_role = project.spec.roles.iter().flat_map(|role| &role.policies).any(|policy| may_sync(policy));
        let written = &item.value()["spec"]["syncWindows"];
        let project = Self {
            id: item.id(),
            object: item.reference(),
            windows: project.spec.sync_windows,
            takes_windows: written.is_null() || written.is_array(),
            has_sync_role,
        };
        (project, malformed)
    }
}

/// Whether a policy lets anyone sync, as `p, proj:shop:deployer, applications, sync, shop/*, allow`.
fn may_sync(policy: &str) -> bool {
    let parts: Vec<_> = policy.split(',').map(str::trim).collect();
    matches!(parts.as_slice(), ["p", _, "applications" | "*", "sync" | "*", _, "allow"])
}

/// Writes new windows behind those that the projects have.
pub(crate) fn write(windows: Vec<(ItemId, Vec<SyncWindow>)>, resources: &mut Resources) {
    for (project, new) in windows {
        let object = resources.edit(project);
        let windows = &mut object["spec"]["syncWindows"];
        if windows.is_null() {
            *windows = json!([]);
        }
        if let Value::Array(windows) = windows {
            windows.extend(new.iter().map(SyncWindow::value));
        }
    }
}
