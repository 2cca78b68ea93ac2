//! What the config says of an Application: whether it syncs by itself, and when it syncs at all.

use krm::field::FieldPath;

use crate::config::Service;
use crate::deployment::Deployment;
use crate::environments::{Checked, Environments, Windows, option_of};
use crate::matching::is_of_service;
use crate::windows::{ALLOW, DENY, Recurrence};

/// What the config says of an Application.
pub(crate) struct Gate<'s> {
    pub(crate) environment: &'s str,
    pub(crate) is_production: bool,
    /// The options that keep it from syncing by itself, as `spec.global.auto_deploy`, each with its value.
    pub(crate) closed_by: Vec<Switch>,
    /// Whether a person must start its syncs.
    pub(crate) needs_approval: bool,
    /// The windows that its project must have.
    pub(crate) windows: Vec<WantedWindow>,
    /// What its windows cannot do.
    pub(crate) idle: Option<Idle>,
}

/// An option that closes a gate.
pub(crate) struct Switch {
    pub(crate) option: FieldPath,
    pub(crate) value: bool,
}

/// Why a deployment window has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Idle {
    /// It is open all the time.
    AlwaysOpen,
    /// Nothing syncs by itself, and people may sync at any time.
    NobodyHeld,
}

/// A window that a project must have for some of its Applications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantedWindow {
    pub(crate) kind: &'static str,
    pub(crate) recurrence: Recurrence,
    /// The zone of the recurrence; empty if it is all the time.
    pub(crate) time_zone: String,
    pub(crate) is_manual_free: bool,
    /// Whether a sync that runs when the window closes may end.
    pub(crate) lets_syncs_end: bool,
    /// What it is for, in words.
    pub(crate) purpose: String,
}

impl<'s> Gate<'s> {
    /// The gate of an Application of an environment.
    pub(crate) fn of(environments: &Environments<'_>, environment: &Checked<'s>, deployment: &Deployment) -> Self {
        let services = environment.config.services.iter().flatten();
        let services: Vec<_> = services.filter(|(name, service)| is_of_service(name, service, deployment)).collect();
        let switches = switches(environments.is_auto, environment, &services);
        let is_disabled = switches.iter().any(|(switch, role)| *role == Role::Enabled && switch.is_closed(*role));
        let needs_approval = switches.iter().any(|(switch, role)| *role == Role::Approval && switch.is_closed(*role));
        let closed_by: Vec<_> =
            switches.into_iter().filter(|(switch, role)| switch.is_closed(*role)).map(|(switch, _)| switch).collect();
        let has_guard = needs_approval && environments.spec.approval_windows;
        let idle = environment.windows.as_ref().filter(|_| !is_disabled).and_then(|it| idle(it, closed_by.is_empty()));
        Self {
            environment: environment.name,
            is_production: environment.is_production,
            needs_approval,
            windows: windows(environment, is_disabled, has_guard),
            idle,
            closed_by,
        }
    }

    /// Whether it may sync by itself.
    pub(crate) fn is_open(&self) -> bool {
        self.closed_by.is_empty()
    }
}

/// What an option is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Enabled,
    Auto,
    Approval,
}

impl Switch {
    fn is_closed(&self, role: Role) -> bool {
        match role {
            Role::Enabled | Role::Auto => !self.value,
            Role::Approval => self.value,
        }
    }
}

/// All options that decide whether an Application syncs by itself: it does if none of them is closed.
fn switches(is_auto: bool, environment: &Checked<'_>, services: &[(&String, &Service)]) -> Vec<(Switch, Role)> {
    let switch = |option: FieldPath, value, role| (Switch { option, value }, role);
    let option = option_of(environment.name);
    let config = environment.config;
    let mut switches = vec![
        switch(FieldPath::from("spec.global.auto_deploy"), is_auto, Role::Auto),
        switch(option.clone().key("enabled"), config.enabled, Role::Enabled),
        switch(option.clone().key("auto_deploy"), config.auto_deploy, Role::Auto),
        switch(option.clone().key("require_manual_approval"), config.require_manual_approval, Role::Approval),
    ];
    for (name, service) in services {
        let option = option.clone().key("services").key(name);
        switches.push(switch(option.clone().key("enabled"), service.enabled, Role::Enabled));
        switches.push(switch(option.clone().key("auto_deploy"), service.auto_deploy, Role::Auto));
        switches.push(switch(option.key("require_approval"), service.require_approval == Some(true), Role::Approval));
    }
    switches
}

/// Why the windows of an environment have no effect.
fn idle(windows: &Windows<'_>, is_open: bool) -> Option<Idle> {
    if windows.week.is_full() {
        Some(Idle::AlwaysOpen)
    } else if windows.is_manual_free && !is_open {
        Some(Idle::NobodyHeld)
    } else {
        None
    }
}

/// The windows that an Application needs. Argo CD decides in this order: an active `deny` refuses, unless it is by hand and
/// all of them let that pass; an active `allow` allows; an inactive one refuses, unless it is by hand and all let it pass.
fn windows(environment: &Checked<'_>, is_disabled: bool, has_guard: bool) -> Vec<WantedWindow> {
    let wanted = |kind, recurrence, time_zone: &str, is_manual_free, purpose: &str| WantedWindow {
        kind,
        recurrence,
        time_zone: time_zone.to_owned(),
        is_manual_free,
        lets_syncs_end: !time_zone.is_empty(),
        purpose: format!("{}: {purpose}", environment.name),
    };
    if is_disabled {
        return vec![wanted(DENY, Recurrence::always(), "", false, "disabled")];
    }
    let limits = environment.windows.as_ref().filter(|windows| !windows.week.is_full());
    let mut windows = Vec::new();
    if has_guard {
        windows.push(wanted(DENY, Recurrence::always(), "", true, "by hand only"));
    }
    match limits {
        // While a `deny` that lets people pass is active, no `allow` counts: the time outside must be refused itself.
        Some(limits) if has_guard && !limits.is_manual_free => {
            let closed = limits.week.complement().recurrences();
            windows.extend(
                closed.into_iter().map(|it| wanted(DENY, it, limits.time_zone, false, "outside of deployment windows")),
            );
        }
        Some(limits) if !has_guard => {
            let open = limits.week.recurrences();
            windows.extend(
                open.into_iter()
                    .map(|it| wanted(ALLOW, it, limits.time_zone, limits.is_manual_free, "deployment window")),
            );
        }
        _ => {}
    }
    windows
}
