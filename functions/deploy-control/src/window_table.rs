//! The windows that are written, held against what was meant, minute by minute; see `tests/windows.tsv`.
//!
//! What comes out is kept in `tests/windows.json`, a row a line, for the judge that asks Argo CD itself.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use krm::table;
use krm::trial::{objects_of, run_on};
use serde_json::{Value, json};

use crate::DeployControl;
use crate::windows::{ALLOW, DENY, Day, Hours, SyncWindow, Week};

const ROWS: &str = include_str!("../tests/windows.tsv");
const OUTCOME: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/windows.json");
/// How long each row is looked at: a week, and what is around the day on which clocks change.
const MINUTES: i64 = 9 * 24 * 60;

/// A time zone at some time of the year: when the row starts, the offset from UTC in minutes, and when it changes to which.
struct Clock {
    name: &'static str,
    zone: &'static str,
    from: &'static str,
    offset: i64,
    change: Option<(&'static str, i64)>,
}

const CLOCKS: [Clock; 10] = [
    clock("UTC", "UTC", "2026-06-01T00:00Z", 0, None),
    clock("Berlin", "Europe/Berlin", "2026-06-01T00:00Z", 120, None),
    clock("BerlinSpring", "Europe/Berlin", "2026-03-25T00:00Z", 60, Some(("2026-03-29T01:00Z", 120))),
    clock("BerlinAutumn", "Europe/Berlin", "2026-10-21T00:00Z", 120, Some(("2026-10-25T01:00Z", 60))),
    clock("NewYorkSpring", "America/New_York", "2026-03-04T00:00Z", -300, Some(("2026-03-08T07:00Z", -240))),
    clock("NewYorkAutumn", "America/New_York", "2026-10-28T00:00Z", -240, Some(("2026-11-01T06:00Z", -300))),
    clock("Kolkata", "Asia/Kolkata", "2026-06-01T00:00Z", 330, None),
    clock("Kathmandu", "Asia/Kathmandu", "2026-06-01T00:00Z", 345, None),
    clock("Chatham", "Pacific/Chatham", "2026-04-01T00:00Z", 825, Some(("2026-04-04T14:00Z", 765))),
    clock("LordHowe", "Australia/Lord_Howe", "2026-04-01T00:00Z", 660, Some(("2026-04-04T15:00Z", 630))),
];

const fn clock(
    name: &'static str,
    zone: &'static str,
    from: &'static str,
    offset: i64,
    change: Option<(&'static str, i64)>,
) -> Clock {
    Clock { name, zone, from, offset, change }
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("it is an instant")
}

impl Clock {
    fn named(name: &str) -> &'static Self {
        CLOCKS.iter().find(|clock| clock.name == name).unwrap_or_else(|| panic!("`{name}` is no clock"))
    }

    /// The minute of the week that the clock on the wall shows, counted from Sunday 00:00, for each minute of the row.
    fn minutes_of_week(&self) -> impl Iterator<Item = usize> {
        let minute = |text| instant(text).as_second().div_euclid(60);
        let change = self.change.map(|(change, offset)| (minute(change), offset));
        let start = minute(self.from);
        (start..start + MINUTES).map(move |at| {
            let offset = change.filter(|(change, _)| at >= *change).map_or(self.offset, |(_, offset)| offset);
            // The first of January 1970 was a Thursday.
            usize::try_from((at + offset + 4 * 24 * 60).rem_euclid(7 * 24 * 60)).expect("it is not negative")
        })
    }
}

/// A row of the table.
struct Row {
    name: String,
    days: Option<Vec<Day>>,
    hours: Option<Vec<&'static str>>,
    clock: &'static Clock,
    gate: &'static str,
    is_held: bool,
}

fn rows() -> Vec<Row> {
    let list = |text: &'static str| (text != "-").then(|| text.split(' ').collect::<Vec<_>>());
    let day = |name: &str| serde_json::from_value::<Day>(json!(name)).expect("it is a day");
    let row = |[days, hours, clock, gate, people]: [&'static str; 5]| Row {
        name: [days, hours, clock, gate, people].join(", "),
        days: list(days).map(|days| days.into_iter().map(day).collect()),
        hours: list(hours),
        clock: Clock::named(clock),
        gate,
        is_held: people == "held",
    };
    table::rows::<5>(ROWS).map(row).collect()
}

impl Row {
    fn spec(&self) -> Value {
        let is_given = self.days.is_some() || self.hours.is_some();
        let windows = json!({"enabled": is_given, "days": self.days, "hours": self.hours, "timezone": self.clock.zone,
            "manual_sync": !self.is_held});
        let environment = json!({"match": {"projects": ["shop"]}, "enabled": self.gate != "disabled",
            "auto_deploy": self.gate == "auto", "require_manual_approval": self.gate == "approval",
            "deployment_windows": windows});
        json!({"global": {"auto_deploy": true}, "environments": {"stage": environment}, "approvalWindows": true,
            "argoCDVersion": "3.2"})
    }

    /// The minutes that people mean by the days and hours.
    fn week(&self) -> Week {
        let hours = self.hours.as_deref().unwrap_or(&["00:00-24:00"]);
        let hours: Vec<_> = hours.iter().map(|hours| Hours::parse(hours).expect("they are hours")).collect();
        Week::of(self.days.as_deref().unwrap_or(&Day::ALL), &hours)
    }

    /// What was meant: whether it may sync at a minute of this week.
    fn is_meant(&self, week: &Week, minute: usize, is_manual: bool) -> bool {
        match self.gate {
            "disabled" => false,
            "approval" if !is_manual => false,
            _ => (is_manual && !self.is_held) || week.contains(minute),
        }
    }

    /// The project and the Application that come out.
    fn outcome(&self) -> [Value; 2] {
        let project = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject",
            "metadata": {"name": "shop", "namespace": "argocd"}, "spec": {}});
        let application = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
            "metadata": {"name": "web", "namespace": "argocd"},
            "spec": {"project": "shop", "destination": {"namespace": "shop", "server": "https://kubernetes.default.svc"}}});
        let outcome = run_on::<DeployControl>(&[project, application], &self.spec());
        assert!(outcome.succeeded, "{}: {}", self.name, outcome.stderr);
        objects_of(&outcome).try_into().expect("both are there")
    }

    /// The spans of time in which a predicate of the minute of the week holds.
    fn spans(&self, holds: impl Fn(usize) -> bool) -> Vec<[String; 2]> {
        let start = instant(self.clock.from);
        let at = |minute: i64| start + SignedDuration::from_mins(minute);
        let minutes: Vec<_> = self.clock.minutes_of_week().map(holds).collect();
        let mut spans = Vec::new();
        let mut minute = 0;
        for run in minutes.chunk_by(|one, next| one == next) {
            let end = minute + i64::try_from(run.len()).expect("it is small");
            if run[0] {
                spans.push([at(minute).to_string(), at(end).to_string()]);
            }
            minute = end;
        }
        spans
    }
}

/// Whether Argo CD lets an Application sync: no window allows; an active `deny` refuses, but for people where all of them let
/// people pass; an active `allow` allows; an inactive one refuses, but for people where all of them let people pass.
fn can_sync(windows: &[(SyncWindow, Week)], minute: usize, is_manual: bool) -> bool {
    let of = |kind: &str, is_active: bool| {
        let found = windows.iter().filter(|(window, week)| window.kind == kind && week.contains(minute) == is_active);
        found.map(|(window, _)| window.manual_sync).collect::<Vec<_>>()
    };
    let passes = |manual: &[bool]| is_manual && manual.iter().all(|is_free| *is_free);
    match (of(DENY, true).as_slice(), of(ALLOW, true).as_slice(), of(ALLOW, false).as_slice()) {
        ([], [], []) | ([], [_, ..], _) => true,
        (denies @ [_, ..], ..) => passes(denies),
        ([], [], allows) => passes(allows),
    }
}

fn windows_of(project: &Value) -> Vec<(SyncWindow, Week)> {
    let windows: Vec<SyncWindow> =
        serde_json::from_value(project["spec"].get("syncWindows").cloned().unwrap_or_else(|| json!([])))
            .expect("they are windows");
    windows.into_iter().map(|window| (window.clone(), window.week().expect("it is weekly"))).collect()
}

#[test]
fn every_row_is_open_when_it_should_be() {
    let rows = rows();
    assert!(rows.len() >= 60, "{} rows", rows.len());
    let mut lines = Vec::new();
    for row in rows {
        let [project, application] = row.outcome();
        let (windows, week) = (windows_of(&project), row.week());
        let [automatic, manual] = [false, true].map(|is_manual| {
            let meant = row.spans(|minute| row.is_meant(&week, minute, is_manual));
            assert_eq!(row.spans(|minute| can_sync(&windows, minute, is_manual)), meant, "{}, {is_manual}", row.name);
            meant
        });
        let until = instant(row.clock.from) + SignedDuration::from_mins(MINUTES);
        let line = json!({"name": row.name, "project": project, "application": application, "from": instant(row.clock.from).to_string(),
            "until": until.to_string(), "automatic": automatic, "manual": manual});
        lines.push(line.to_string());
    }
    let mut text = String::new();
    let _ = write!(text, "[\n{}\n]\n", lines.join(",\n"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(OUTCOME, &text).expect("it is writable");
    }
    let kept = std::fs::read_to_string(OUTCOME).expect("it is there");
    assert!(kept == text, "{OUTCOME} is not what comes out; write it with UPDATE_GOLDEN=1");
}
