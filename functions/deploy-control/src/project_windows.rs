//! The windows that projects need, held against those that they have.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::ItemId;

use crate::build::{Build, Gated};
use crate::environments::{Environments, option_of};
use crate::gate::{Idle, WantedWindow};
use crate::projects::Project;
use crate::reach::{self, Targets};
use crate::rule::Rule;
use crate::version::{Feature, Version};
use crate::windows::{ALLOW, DENY, SyncWindow, Week};

/// The windows that each project gets. What prevents one is reported.
pub(crate) fn plan(
    environments: &Environments<'_>,
    build: &Build<'_>,
    findings: &mut Findings,
) -> Vec<(ItemId, Vec<SyncWindow>)> {
    build.gated.iter().for_each(|gated| check_project(build, gated, findings));
    check_idle(environments, build, findings);
    let mut planned = Vec::new();
    for project in &build.projects {
        check_written(environments.version, project, findings);
        let members = members(build, project);
        let wanted = wanted(environments.version, build, &members, findings);
        check_others(project, &members, &wanted, findings);
        let new = new_windows(environments.version, project, wanted, findings);
        planned.push((project.id, new));
    }
    planned.retain(|(_, new)| !new.is_empty());
    planned
}

/// The Applications of a project that the config says something of.
fn members<'b, 's>(build: &'b Build<'s>, project: &Project) -> Vec<&'b Gated<'s>> {
    let is_member = |gated: &&Gated<'_>| build.project_of(&gated.deployment).is_some_and(|it| it.id == project.id);
    build.gated.iter().filter(is_member).filter(|gated| gated.deployment.project() != DEFAULT).collect()
}

/// The project that Argo CD makes for Applications without one.
const DEFAULT: &str = "default";

fn check_project(build: &Build<'_>, gated: &Gated<'_>, findings: &mut Findings) {
    let Gated { deployment, gate } = gated;
    if gate.windows.is_empty() {
        return;
    }
    let name = deployment.project();
    let finding = if name == DEFAULT {
        let message = "is of the project `default`, which gets no windows: Argo CD makes it, and all that names no project is of it; name another";
        Finding::new(Rule::DefaultProject, message)
    } else if build.project_of(deployment).is_none() {
        let message =
            format!("needs windows in its project `{name}`, which this build does not have; add the AppProject");
        Finding::new(Rule::ProjectNotInBuild, message)
    } else {
        return;
    };
    findings.push(finding.on(deployment.object.clone()).because_of(name));
}

/// Windows of environments that have no effect.
fn check_idle(environments: &Environments<'_>, build: &Build<'_>, findings: &mut Findings) {
    for environment in &environments.all {
        let gates = build.gated.iter().map(|gated| &gated.gate).filter(|gate| gate.environment == environment.name);
        let idle: Vec<_> = gates.map(|gate| gate.idle).collect();
        let message = match idle.as_slice() {
            [Some(Idle::AlwaysOpen), ..] => "are open all week, so no window is written; set `enabled` to `false`",
            [_, ..] if idle.iter().all(Option::is_some) => {
                "have no effect: nothing syncs by itself here, and people may sync outside of them; set `manual_sync` to `false`"
            }
            _ => continue,
        };
        let option = option_of(environment.name).key("deployment_windows");
        findings.push(Finding::new(Rule::WindowWithoutEffect, message).at(option));
    }
}

/// The windows that the Applications of a project need, each once.
fn wanted(version: Version, build: &Build<'_>, members: &[&Gated<'_>], findings: &mut Findings) -> Vec<SyncWindow> {
    let mut groups: Vec<(&WantedWindow, Vec<&Gated<'_>>)> = Vec::new();
    for gated in members {
        for window in &gated.gate.windows {
            match groups.iter_mut().find(|(known, _)| *known == window) {
                Some((_, group)) => group.push(gated),
                None => groups.push((window, vec![gated])),
            }
        }
    }
    let mut windows = Vec::new();
    for (window, group) in groups {
        let targets = reach::targets(version, build, &group, window, findings);
        windows.extend(targets.into_iter().map(|targets| written(version, window, targets)));
    }
    windows
}

/// A window as a release of Argo CD takes it.
fn written(version: Version, window: &WantedWindow, targets: Targets) -> SyncWindow {
    let description = if version.has(Feature::Description) { window.purpose.as_str() } else { "" };
    SyncWindow {
        kind: window.kind.to_owned(),
        schedule: window.recurrence.schedule.clone(),
        duration: window.recurrence.duration.to_string(),
        time_zone: window.time_zone.clone(),
        and_operator: !targets.namespaces.is_empty(),
        applications: targets.applications,
        namespaces: targets.namespaces,
        clusters: Vec::new(),
        manual_sync: window.is_manual_free,
        sync_overrun: window.lets_syncs_end && version.has(Feature::SyncOverrun),
        description: description.to_owned(),
    }
}

/// The wanted windows that a project does not have yet.
fn new_windows(
    version: Version,
    project: &Project,
    wanted: Vec<SyncWindow>,
    findings: &mut Findings,
) -> Vec<SyncWindow> {
    let is_exact = version.has(Feature::TargetsCount);
    let mut new: Vec<SyncWindow> = Vec::new();
    for window in wanted {
        let known = || project.windows.iter().flatten().chain(&new);
        if known().any(|other| *other == window) {
            continue;
        }
        if known().any(|other| other.identity(is_exact) == window.identity(is_exact)) {
            findings.push(duplicate(is_exact, &window).on(project.object.clone()).at("spec.syncWindows"));
        }
        new.push(window);
    }
    let is_cut_off = new.iter().any(|window| !window.time_zone.is_empty()) && !version.has(Feature::SyncOverrun);
    if is_cut_off {
        let message = format!(
            "a sync that runs when a window closes is stuck until it opens; Argo CD {} and later let it end, so set `argoCDVersion` where that is installed",
            Feature::SyncOverrun.since()
        );
        findings.push(Finding::new(Rule::SyncCutOff, message).on(project.object.clone()).at("spec.syncWindows"));
    }
    new
}

fn duplicate(is_exact: bool, window: &SyncWindow) -> Finding {
    let SyncWindow { kind, schedule, duration, .. } = window;
    let since = Feature::TargetsCount.since();
    let remedy = match is_exact {
        true => "they differ in what does not count, as `manualSync`; take one out".to_owned(),
        false => format!(
            "Argo CD before {since} counts no targets and no time zone; set `argoCDVersion: \"{since}\"` if that is installed, or give the environments projects of their own"
        ),
    };
    let message = format!(
        "`{kind}` `{schedule}` for `{duration}` would be there twice, and Argo CD refuses the project then: {remedy}"
    );
    Finding::new(Rule::DuplicateWindow, message)
}

/// Whether Argo CD takes the windows that a project has.
fn check_written(version: Version, project: &Project, findings: &mut Findings) {
    let is_exact = version.has(Feature::TargetsCount);
    if !project.takes_windows {
        let finding = Finding::new(Rule::InvalidWindow, "must be a list of windows; correct it");
        findings.push(finding.on(project.object.clone()).at("spec.syncWindows"));
    }
    for (index, window) in project.windows.iter().enumerate() {
        let Some(window) = window else { continue };
        let tell =
            |finding: Finding| finding.on(project.object.clone()).at(FieldPath::from("spec.syncWindows").index(index));
        for fault in window.faults() {
            findings.push(tell(Finding::new(Rule::InvalidWindow, format!("{fault}; correct it"))));
        }
        let before = project.windows[..index].iter().flatten();
        if before.clone().any(|other| other.identity(is_exact) == window.identity(is_exact)) {
            findings.push(tell(duplicate(is_exact, window)));
        }
        findings.extend(newer_fields(version, window).map(tell));
    }
}

/// Fields that the release of Argo CD does not know.
fn newer_fields(version: Version, window: &SyncWindow) -> Option<Finding> {
    let fields = [
        ("andOperator", window.and_operator, Feature::AndOperator),
        ("description", !window.description.is_empty(), Feature::Description),
        ("syncOverrun", window.sync_overrun, Feature::SyncOverrun),
    ];
    // The fields are in the order of the releases that brought them: the last one asks for the newest.
    let is_missing = |(_, is_given, feature): &(&str, bool, Feature)| *is_given && !version.has(*feature);
    let (field, _, feature) = fields.into_iter().rev().find(is_missing)?;
    let since = feature.since();
    let message = format!(
        "`{field}` needs Argo CD {since}; set `argoCDVersion: \"{since}\"` if that is installed, or take it out"
    );
    Some(Finding::new(Rule::NewerArgoCDNeeded, message))
}

/// Windows of a project that are not ours and open what ours close.
fn check_others(project: &Project, members: &[&Gated<'_>], wanted: &[SyncWindow], findings: &mut Findings) {
    for (index, other) in project.windows.iter().enumerate() {
        let Some(other) = other.as_ref().filter(|other| !wanted.contains(other)) else { continue };
        let field = FieldPath::from("spec.syncWindows").index(index);
        for gated in members.iter().filter(|gated| reach::may_reach(other, &gated.deployment)) {
            if let Some(message) = opens(other, &gated.gate.windows) {
                let message =
                    format!("{message} for `{}`; take it out, or say it in the config", gated.deployment.target);
                let finding = Finding::new(Rule::OtherWindow, message).on(project.object.clone()).at(field.clone());
                findings.push(finding.because_of(field.to_string()));
            }
        }
    }
}

/// What another window opens that the windows of an Application close.
fn opens(other: &SyncWindow, windows: &[WantedWindow]) -> Option<&'static str> {
    // Nothing opens what a `deny` closes but a `deny` that lets people pass, and only if all of them do.
    let mut allowed = windows.iter().filter(|window| window.kind == ALLOW).peekable();
    let first = *allowed.peek()?;
    let mut open: Option<Week> = None;
    for week in allowed.filter_map(written_week) {
        open.get_or_insert_with(|| week.clone()).join(&week);
    }
    let is_within = || match (other.week(), &open) {
        (Some(week), Some(open)) => other.time_zone == first.time_zone && week.is_within(open),
        _ => false,
    };
    match other.kind.as_str() {
        ALLOW if !is_within() => Some("allows syncs outside of the deployment windows"),
        DENY if other.manual_sync && !first.is_manual_free && !is_within() => {
            Some("lets people sync outside of the deployment windows while it is active")
        }
        _ => None,
    }
}

fn written_week(window: &WantedWindow) -> Option<Week> {
    let schedule = window.recurrence.schedule.clone();
    SyncWindow { schedule, duration: window.recurrence.duration.to_string(), ..SyncWindow::default() }.week()
}
