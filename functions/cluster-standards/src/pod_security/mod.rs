//! Pod Security: the level of a namespace against its pods, and the level that its pods meet.
//!
//! Source: k8s.io/pod-security-admission api/constants.go and api/helpers.go, `PolicyToEvaluate`; admission/admission.go.

mod checks;

use std::collections::{BTreeSet, HashMap};

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use krm::rule::Severity;
use manifests::pods::PodTemplate;

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
    let objects = |namespace: &str| objects.get(namespace).map_or(&[][..], Vec::as_slice);
    let mut governed = HashMap::new();
    for workload in build.workloads.iter() {
        let namespace = workload.namespace();
        let governed = governed.entry(namespace).or_insert_with(|| Governed::of(build, namespace, objects(namespace)));
        governed.look_at(workload, build, findings);
    }
    for namespace in namespaces(build.resources) {
        let lacking = governed.get(namespace.name()).and_then(|governed| governed.lacking.as_ref());
        findings.extend(lacking.and_then(|lacking| proposal(lacking, namespace)));
    }
}

/// A namespace with workloads.
struct Governed<'r> {
    policies: Vec<Policy<'r>>,
    /// What its pods lack, unless there is nothing to propose anyway.
    lacking: Option<Lacking>,
}

/// The checks that the pods of a namespace do not meet.
#[derive(Default)]
struct Lacking {
    restricted: BTreeSet<&'static str>,
    baseline: BTreeSet<&'static str>,
}

impl<'r> Governed<'r> {
    fn of(build: &Build<'r>, namespace: &str, objects: &[&'r Item]) -> Self {
        let can_be_higher = objects.iter().any(|object| enforced(object) < Level::Restricted);
        let policies = policies(build, namespace, objects.first().copied());
        Self { policies, lacking: can_be_higher.then(Lacking::default) }
    }

    fn look_at(&mut self, workload: &Workload<'_>, build: &Build<'_>, findings: &mut Findings) {
        if self.policies.is_empty() && self.lacking.is_none() {
            return;
        }
        workload.look(build.resources, |template| {
            check_workload(&self.policies, workload, template, findings);
            self.lacking = self.lacking.take().and_then(|lacking| lacking.with(template));
        });
    }
}

impl Lacking {
    /// With what pods of another template lack; nothing once all together meet no level.
    fn with(mut self, template: &PodTemplate<'_>) -> Option<Self> {
        let of_level = |level| violations(template, level, Version::default()).into_iter().map(|found| found.check);
        self.restricted.extend(of_level(Level::Restricted));
        self.baseline.extend(of_level(Level::Baseline));
        (self.restricted.is_empty() || self.baseline.is_empty()).then_some(self)
    }

    /// The strictest level that they meet.
    fn met(&self) -> Level {
        if self.restricted.is_empty() { Level::Restricted } else { Level::Baseline }
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
fn check_workload(
    policies: &[Policy<'_>],
    workload: &Workload<'_>,
    template: &PodTemplate<'_>,
    findings: &mut Findings,
) {
    let mut told: BTreeSet<(String, String)> = BTreeSet::new();
    for policy in policies {
        for violation in violations(template, policy.level, policy.version) {
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

/// The level that a Namespace enforces.
fn enforced(namespace: &Item) -> Level {
    labelled(namespace, Mode::Enforce).map_or(Level::Privileged, |policy| policy.level)
}

/// The level that all pods of a namespace meet, where its label asks for less.
fn proposal(lacking: &Lacking, namespace: &Item) -> Option<Finding> {
    let (met, enforced) = (lacking.met(), enforced(namespace));
    if met <= enforced {
        return None;
    }
    let now = if enforced == Level::Privileged {
        "no level is enforced".to_owned()
    } else {
        format!("`{enforced}` is enforced")
    };
    let more = if met == Level::Baseline {
        let lacking: Vec<_> = lacking.restricted.iter().copied().collect();
        format!("; for `{}` they lack {}", Level::Restricted, lacking.join(", "))
    } else {
        String::new()
    };
    let message = format!(
        "{now}, and all pods of this build in it meet `{met}`; if others do too, label it `{PREFIX}enforce: {met}`{more}"
    );
    Some(Finding::new(Rule::PodSecurityProposed, message).on(namespace).at("metadata.labels").proposed(met.to_string()))
}
