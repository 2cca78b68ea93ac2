//! The checks of the levels, by `data/pod-security-checks.tsv`.

use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::table;
use manifests::fields::Pattern;
use manifests::pods::PodTemplate;
use serde_json::Value;

use crate::security_level::{Level, Version};

/// A row of the table.
struct Check {
    id: &'static str,
    level: Level,
    from: u32,
    to: Option<u32>,
    windows: Option<u32>,
    place: Place,
    field: Pattern,
    /// The pattern as it is written.
    text: &'static str,
    demand: Demand,
    values: Vec<&'static str>,
    instead: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Pod,
    Container,
    Either,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Demand {
    Only,
    Never,
    Set,
    Includes,
    Absent,
    Kind,
}

fn checks() -> &'static [Check] {
    static CHECKS: LazyLock<Vec<Check>> =
        LazyLock::new(|| table::rows(include_str!("../../data/pod-security-checks.tsv")).map(check_of).collect());
    &CHECKS
}

fn check_of([id, level, from, to, windows, place, field, demand, values, instead, _]: [&'static str; 11]) -> Check {
    Check {
        id,
        level: level.parse().unwrap_or_else(|reason| panic!("{reason}")),
        from: from.parse().unwrap_or_else(|reason| panic!("{from}: {reason}")),
        to: to.parse().ok(),
        windows: windows.parse().ok(),
        place: match place {
            "pod" => Place::Pod,
            "container" => Place::Container,
            "either" => Place::Either,
            other => unreachable!("`{other}` is no place"),
        },
        field: Pattern::known(field),
        text: field,
        demand: match demand {
            "only" => Demand::Only,
            "never" => Demand::Never,
            "set" => Demand::Set,
            "includes" => Demand::Includes,
            "absent" => Demand::Absent,
            "kind" => Demand::Kind,
            other => unreachable!("`{other}` is no demand"),
        },
        values: values.split(' ').map(|value| value.trim_matches('"')).collect(),
        instead: Some(instead).filter(|instead| *instead != "-"),
    }
}

/// A field that a level does not allow, or one that it demands.
#[derive(Debug)]
pub(super) struct Violation {
    /// The id of the check, as the API server names it.
    pub(super) check: &'static str,
    pub(super) path: FieldPath,
    /// What is there, or is not.
    pub(super) what: String,
    /// Whether something must be there that is not.
    pub(super) is_missing: bool,
    pub(super) remedy: String,
}

/// What pods of a template violate of a level.
pub(super) fn violations(template: &PodTemplate<'_>, level: Level, version: Version) -> Vec<Violation> {
    let minor = version.minor();
    let is_windows = template.spec["os"]["name"] == "windows";
    let holds = |check: &&Check| {
        let is_exempt = is_windows && check.windows.is_some_and(|from| from <= minor);
        check.level <= level && check.from <= minor && check.to.is_none_or(|to| minor <= to) && !is_exempt
    };
    let checks: Vec<_> = checks().iter().filter(holds).collect();
    let replaced: Vec<_> = checks.iter().filter_map(|check| check.instead).collect();
    let mut violations: Vec<_> = checks
        .into_iter()
        .filter(|check| !replaced.contains(&check.id))
        .flat_map(|check| check.violations(template))
        .collect();
    violations.extend(app_armor_annotations(template).filter(|_| level >= Level::Baseline));
    violations
}

impl Check {
    fn violations(&self, template: &PodTemplate<'_>) -> Vec<Violation> {
        match self.place {
            Place::Pod => self.within(|| template.spec_path(), template.spec),
            Place::Container => {
                template.containers().flat_map(|one| self.of_container(|| one.path(), one.value, false)).collect()
            }
            Place::Either => {
                let context = &template.spec[CONTEXT];
                let is_set = self.field.matches(context).iter().any(|found| !found.value.is_null());
                let of_pod = self.within(|| template.spec_path().key(CONTEXT), context);
                let of_containers = template.containers().flat_map(|one| {
                    let path = || one.path().key(CONTEXT);
                    self.of_container(path, &one.value[CONTEXT], is_set && of_pod.is_empty())
                });
                let of_containers: Vec<_> = of_containers.collect();
                of_pod.into_iter().chain(of_containers).collect()
            }
        }
    }

    /// What is wrong in a container, of a pod that sets the field for it or does not.
    fn of_container(&self, path: impl Fn() -> FieldPath, value: &Value, is_set_by_pod: bool) -> Vec<Violation> {
        let found = self.field.matches(value);
        let is_stated = found.iter().any(|found| !found.value.is_null());
        match self.demand {
            Demand::Set if !is_stated && !is_set_by_pod => vec![self.missing(path())],
            Demand::Includes if !found.iter().any(|found| self.is_in_list(found.value)) => vec![self.missing(path())],
            Demand::Includes => Vec::new(),
            _ => self.within(path, value),
        }
    }

    fn is_in_list(&self, list: &Value) -> bool {
        let items = list.as_array().map_or(&[][..], Vec::as_slice);
        self.values.iter().all(|value| items.iter().any(|item| item == value))
    }

    /// The values below a place that are wrong.
    fn within(&self, path: impl Fn() -> FieldPath, value: &Value) -> Vec<Violation> {
        let found = self.field.matches(value).into_iter().filter(|found| !found.value.is_null());
        let wrong = found.filter(|found| match self.demand {
            Demand::Only | Demand::Set => !self.values.contains(&plain(found.value).as_str()),
            Demand::Never => self.values.contains(&plain(found.value).as_str()),
            Demand::Absent => true,
            Demand::Kind => !self.values.iter().any(|key| !found.value[*key].is_null()),
            Demand::Includes => false,
        });
        wrong.map(|found| self.wrong(path().join(FieldPath::from(&found.pointer)), found.value)).collect()
    }

    fn wrong(&self, path: FieldPath, value: &Value) -> Violation {
        let remedy = match self.demand {
            Demand::Set => format!("write {}", self.listed()),
            Demand::Only if (2..=FEW).contains(&self.named().count()) => {
                format!("write {}, or take it out", self.listed())
            }
            Demand::Kind => format!("use a volume of one of {}", self.listed()),
            _ => "take it out".to_owned(),
        };
        let what = match value {
            Value::Object(_) if self.demand == Demand::Kind => "it is of another kind".to_owned(),
            Value::Object(_) | Value::Array(_) => "it is there".to_owned(),
            value => format!("it is `{}`", plain(value)),
        };
        Violation { check: self.id, path, what, is_missing: false, remedy }
    }

    fn missing(&self, path: FieldPath) -> Violation {
        let place = if self.place == Place::Either { " here or in the pod" } else { "" };
        let path = path.join(FieldPath::from(self.text));
        let what = format!("it is not {}", self.listed());
        Violation { check: self.id, path, what, is_missing: true, remedy: format!("write {}{place}", self.listed()) }
    }

    fn named(&self) -> impl Iterator<Item = &'static str> {
        self.values.iter().copied().filter(|value| !value.is_empty())
    }

    fn listed(&self) -> String {
        self.named().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(" or ")
    }
}

/// How many values a message lists; a longer list does not help.
const FEW: usize = 4;
const CONTEXT: &str = "securityContext";

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Profiles of AppArmor in annotations, which are older than the field. Source: check_appArmorProfile.go.
fn app_armor_annotations(template: &PodTemplate<'_>) -> impl Iterator<Item = Violation> {
    let annotations = template.metadata["annotations"].as_object().into_iter().flatten();
    let metadata = FieldPath::of_pointer(template.kind.template).key("metadata").key("annotations");
    annotations.filter_map(move |(key, value)| {
        let profile = value.as_str().filter(|_| key.starts_with("container.apparmor.security.beta.kubernetes.io/"))?;
        let is_allowed = profile.is_empty() || profile == "runtime/default" || profile.starts_with("localhost/");
        (!is_allowed).then(|| Violation {
            check: "appArmorProfile",
            path: metadata.clone().key(key),
            what: format!("it is `{profile}`"),
            is_missing: false,
            remedy: "write `runtime/default`, or take it out".to_owned(),
        })
    })
}
