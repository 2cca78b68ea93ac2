//! Pod Security: the level of a namespace against its pods, and the level that its pods meet.
//!
//! Source: k8s.io/pod-security-admission api/constants.go and api/helpers.go, `PolicyToEvaluate`; admission/admission.go.

mod checks;

use std::collections::{BTreeSet, HashMap};

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use krm::rule::Severity;

use crate::build::Build;
use crate::namespaces::{Origin, by_namespace, namespaces, setting};
use crate::rule::Rule;
use crate::workloads::Workload;

use crate::security_level::{Level, Version};
use checks::{Violation, violations};

const PREFIX: &str = "pod-security.kubernetes.io/";

/// What the API server does with pods below a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Enforce,
    Warn,
    Audit,
}

impl Mode {
    const ALL: [Self; 3] = [Self::Enforce, Self::Warn, Self::Audit];

    fn key(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Warn => "warn",
            Self::Audit => "audit",
        }
    }

    fn severity(self) -> Severity {
        match self {
            Self::Enforce => Severity::Error,
            Self::Warn => Severity::Warning,
            Self::Audit => Severity::Info,
        }
    }

    fn outcome(self) -> &'static str {
        match self {
            Self::Enforce => "so that the API server refuses the pods",
            Self::Warn => "so that the API server warns whoever applies it",
            Self::Audit => "so that the API server notes it in its audit log",
        }
    }
}

/// A level in force in a namespace.
struct Policy<'r> {
    origin: Origin<'r>,
    mode: Mode,
    level: Level,
    version: Version,
}

/// The levels of a namespace: those of its labels if it is in the build, else those of the config.
fn policies<'r>(build: &Build<'r>, namespace: &str, object: Option<&'r Item>) -> Vec<Policy<'r>> {
    if let Some(object) = object {
        return Mode::ALL.into_iter().filter_map(|mode| labelled(object, mode)).collect();
    }
    let Some((origin, spec)) = setting(build.spec, namespace, |entry| entry.pod_security.as_ref()) else {
        return Vec::new();
    };
    let of_mode =
        |(mode, level): (Mode, Option<Level>)| Some(Policy { origin, mode, level: level?, version: spec.version });
    [(Mode::Enforce, spec.enforce), (Mode::Warn, spec.warn)].into_iter().filter_map(of_mode).collect()
}

fn label<'r>(namespace: &'r Item, key: &str) -> Option<&'r str> {
    namespace.value()["metadata"]["labels"][format!("{PREFIX}{key}")].as_str()
}

/// What a label says. One that is malformed is reported by [`check_labels`], and the API server refuses the Namespace.
fn labelled(namespace: &Item, mode: Mode) -> Option<Policy<'_>> {
    let level = label(namespace, mode.key())?.parse().ok()?;
    let version = label(namespace, &format!("{}-version", mode.key()));
    let version = version.map_or(Ok(Version::default()), str::parse).ok()?;
    Some(Policy { origin: Origin::Object(namespace), mode, level, version })
}

/// Checks the labels of Namespaces, the pods of the build against them, and proposes the level that pods meet.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    for namespace in namespaces(build.resources) {
        check_labels(namespace, findings);
    }
    let objects = by_namespace(namespaces(build.resources), Item::name);
    let object = |namespace: &str| objects.get(namespace)?.first().copied();
    let mut levels = HashMap::new();
    for workload in build.workloads.iter() {
        let namespace = workload.namespace();
        let policies = levels.entry(namespace).or_insert_with(|| policies(build, namespace, object(namespace)));
        check_workload(policies, workload, findings);
    }
    let workloads = by_namespace(build.workloads.iter(), Workload::namespace);
    for namespace in namespaces(build.resources) {
        findings.extend(workloads.get(namespace.name()).and_then(|workloads| proposal(workloads, namespace)));
    }
}

fn check_labels(namespace: &Item, findings: &mut Findings) {
    for mode in Mode::ALL {
        let version = format!("{}-version", mode.key());
        let problems = [
            (mode.key(), label(namespace, mode.key()).and_then(|text| text.parse::<Level>().err())),
            (&version, label(namespace, &version).and_then(|text| text.parse::<Version>().err())),
        ];
        for (key, problem) in problems {
            let Some(problem) = problem else { continue };
            let path = FieldPath::from("metadata.labels").key(&format!("{PREFIX}{key}"));
            let message = format!("{problem}, so that the API server refuses the Namespace; correct it");
            findings.push(Finding::new(Rule::MalformedPodSecurity, message).on(namespace).at(path));
        }
    }
}

/// A workload is told of the strictest thing that happens to it: what is refused is not warned of too.
fn check_workload(policies: &[Policy<'_>], workload: &Workload<'_>, findings: &mut Findings) {
    let mut told: BTreeSet<(String, String)> = BTreeSet::new();
    for policy in policies {
        for violation in violations(&workload.template, policy.level, policy.version) {
            if told.insert((violation.check.to_owned(), violation.path.to_string())) {
                findings.push(finding(workload, policy, violation));
            }
        }
    }
}

fn finding(workload: &Workload<'_>, policy: &Policy<'_>, violation: Violation) -> Finding {
    let Policy { origin, mode, level, .. } = policy;
    let message = format!(
        "{}, which the level `{level}` of {origin} {} ({}), {}; {}",
        violation.what,
        if violation.is_missing { "demands" } else { "forbids" },
        violation.check,
        mode.outcome(),
        violation.remedy
    );
    let finding = Finding::new(Rule::BelowPodSecurity, message).with_severity(mode.severity());
    finding.on(workload.item).at(violation.path)
}

/// The level that all pods of a namespace meet, where its label asks for less.
fn proposal(workloads: &[&Workload<'_>], namespace: &Item) -> Option<Finding> {
    let enforced = labelled(namespace, Mode::Enforce).map_or(Level::Privileged, |policy| policy.level);
    let lacking = |level: Level| -> BTreeSet<&str> {
        let found = workloads.iter().flat_map(|workload| violations(&workload.template, level, Version::default()));
        found.map(|violation| violation.check).collect()
    };
    let met = [Level::Restricted, Level::Baseline].into_iter().find(|level| lacking(*level).is_empty())?;
    if met <= enforced {
        return None;
    }
    let now = if enforced == Level::Privileged {
        "no level is enforced".to_owned()
    } else {
        format!("`{enforced}` is enforced")
    };
    let more = if met == Level::Baseline {
        let lacking: Vec<_> = lacking(Level::Restricted).into_iter().collect();
        format!("; for `{}` they lack {}", Level::Restricted, lacking.join(", "))
    } else {
        String::new()
    };
    let message = format!(
        "{now}, and all pods of this build in it meet `{met}`; if others do too, label it `{PREFIX}enforce: {met}`{more}"
    );
    Some(Finding::new(Rule::PodSecurityProposed, message).on(namespace).at("metadata.labels").proposed(met.to_string()))
}
