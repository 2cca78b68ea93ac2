//! What a report says, and what a pipeline makes of it.

mod sample;

use krm::golden::{check_file, check_section};
use report::format::{Format, View};
use report::model::{Assessment, Class, Finding, Ran};
use report::{Baseline, FailOn};
use sample::{Texts, assessment, path};

fn found<'a>(assessment: &'a Assessment, rule: &str) -> Vec<&'a Finding> {
    assessment.findings.iter().filter(|finding| finding.rule == rule).collect()
}

#[test]
fn what_applications_take_from_one_base_is_one_finding() {
    let assessment = assessment(&Texts::default());
    let missing = found(&assessment, "missing-service");
    assert_eq!(missing.len(), 1);
    assert_eq!((missing[0].location.file.as_str(), missing[0].location.line), ("base/web/route.yaml", 8));
    let applications: Vec<_> = missing[0].occurrences.iter().filter_map(|one| one.application.as_deref()).collect();
    assert_eq!(applications, ["overlay/web/prod", "overlay/web/dev"]);
    let object = missing[0].occurrences[1].object.as_ref().expect("it is in another namespace");
    assert_eq!(object.to_string(), "Route dev/web");
    assert_eq!((assessment.summary.counts.errors, assessment.summary.counts.leftovers), (2, 1));
    assert_eq!(assessment.applications.iter().map(|one| one.counts.errors).sum::<usize>(), 3);
}

#[test]
fn a_build_that_fails_is_a_finding_where_no_function_says_why() {
    let assessment = assessment(&Texts::default());
    let failures = found(&assessment, "build-failed");
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].class, Class::Failure);
    assert_eq!(failures[0].location.file, "broken/kustomization.yaml");
    assert_eq!(assessment.summary.failed, 2);
    assert_eq!(assessment.ranking()[0].path, "broken");
}

#[test]
fn what_functions_adapted_is_counted() {
    let assessment = assessment(&Texts::default());
    let web = assessment.applications.iter().find(|one| one.path == "overlay/web/prod").expect("it was built");
    let told: Vec<_> =
        web.adapted.iter().map(|one| (one.function.as_str(), one.changed, one.fields, one.replaced)).collect();
    assert_eq!(told, [("route-to-ingress", 0, 0, 1), ("storageclass-rewrite", 1, 1, 0)]);
    let changes: Vec<_> = web.changes.iter().map(|one| (&*one.object.kind, one.functions.join(" "))).collect();
    let by = |kind, function: &str| (kind, function.to_owned());
    assert_eq!(
        changes,
        [by("Service", "storageclass-rewrite"), by("Ingress", "route-to-ingress"), by("Route", "route-to-ingress")]
    );
    let summary = &assessment.summary;
    assert_eq!((web.adapted_objects, summary.adapted, summary.untouched, summary.not_adapted), (2, 2, 0, 1));
}

#[test]
fn a_gate_fails_at_what_it_says() {
    let assessment = assessment(&Texts::default());
    let rules =
        |fail_on: FailOn| fail_on.failures(&assessment).map(|finding| finding.rule.as_str()).collect::<Vec<_>>();
    assert_eq!(rules(FailOn::Error), ["build-failed", "missing-service", "not-adapted"]);
    assert_eq!(rules(FailOn::Leftover), ["build-failed", "missing-service", "not-adapted", "platform-key"]);
    assert_eq!(
        rules(FailOn::Warning),
        ["build-failed", "missing-service", "not-adapted", "not-looked-at", "platform-key", "route-weight"]
    );
    assert_eq!(rules(FailOn::Never), [""; 0]);
}

#[test]
fn with_a_baseline_only_what_is_new_fails() {
    let before = assessment(&Texts::default());
    let json = Format::Json.render(&before, &View::default());
    let baseline = Baseline::read(&json).expect("it is a report");
    // Another message is no other finding, and another object is.
    for (texts, new) in [
        (Texts { message: "said in other words".to_owned(), ..Texts::default() }, false),
        (Texts { name: "other".to_owned(), ..Texts::default() }, true),
    ] {
        let mut now = assessment(&texts);
        baseline.apply(&mut now);
        assert_eq!(FailOn::Error.failures(&now).any(|finding| finding.rule == "missing-service"), new);
        let comparison = now.summary.baseline.expect("it was compared");
        assert_eq!((comparison.new > 0, comparison.gone > 0), (new, new), "{comparison:?}");
    }
}

#[test]
fn what_was_accepted_or_less_severe_before_is_new() {
    let mut before = assessment(&Texts::default());
    for finding in &mut before.findings {
        match finding.rule.as_str() {
            "missing-service" => finding.class = Class::Warning,
            "route-weight" => finding.class = Class::Accepted,
            _ => {}
        }
    }
    let baseline = Baseline::read(&Format::Json.render(&before, &View::default())).expect("it is a report");
    let mut now = assessment(&Texts::default());
    baseline.apply(&mut now);
    let new: Vec<_> = FailOn::Warning.failures(&now).map(|finding| finding.rule.as_str()).collect();
    assert_eq!(new, ["missing-service", "route-weight"]);
}

#[test]
fn what_is_no_report_is_no_baseline() {
    for (text, reason) in [("{", "is no report in JSON"), ("[]", "is no report in JSON")] {
        let error = Baseline::read(text).expect_err("it is none");
        assert!(error.starts_with(reason), "{error}");
    }
    let other =
        Format::Json.render(&assessment(&Texts::default()), &View::default()).replace("\"Report\"", "\"Other\"");
    assert_eq!(
        Baseline::read(&other).expect_err("it is another kind"),
        "is of kind `Other`, and a baseline is a `Report`"
    );
}

#[test]
fn the_schema_is_the_one_of_the_model() {
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(Assessment)).expect("a schema is JSON") + "\n";
    check_file(&path("schema.json"), &schema);
}

#[test]
fn the_readme_gives_the_weights_of_efforts() {
    check_section(&path("README.md"), "effort", &report::weights_table());
}

/// A gate passes where all was looked at. What no function ran on is no yes, and a baseline with it is no excuse for another.
#[test]
fn what_no_function_ran_on_fails_the_gate_and_is_told_apart() {
    let mut assessment = assessment(&Texts::default());
    let not_adapted = found(&assessment, "not-adapted");
    assert_eq!(
        (not_adapted.len(), not_adapted[0].class, not_adapted[0].location.file.as_str()),
        (1, Class::Unknown, "kustomization.yaml")
    );
    let root = assessment.applications.iter().find(|one| one.path == ".").expect("it was built");
    assert_eq!((root.functions_ran, root.effort, root.counts.unknown), (Ran::None, None, 1));
    assert_eq!(assessment.excluded, ["overlay/web/old"]);
    let json = Format::Json.render(&assessment, &View::default());
    Baseline::read(&json).expect("it is a report").apply(&mut assessment);
    assert_eq!(FailOn::Warning.failures(&assessment).count(), 0, "all of it is known");
    let mut other = sample::assessment(&Texts::default());
    other.findings.iter_mut().for_each(|finding| {
        finding.location.file = finding.location.file.replace("kustomization", "other/kustomization");
    });
    Baseline::read(&json).expect("it is a report").apply(&mut other);
    assert!(FailOn::Error.failures(&other).any(|finding| finding.rule == "not-adapted"));
}

/// A baseline of an earlier version, which knew less.
#[test]
fn a_baseline_of_an_earlier_version_is_read() {
    let before = assessment(&Texts::default());
    let mut json: serde_json::Value =
        serde_json::from_str(&Format::Json.render(&before, &View::default())).expect("it is JSON");
    for field in ["notAdapted", "partlyAdapted", "unchecked", "unknown"] {
        json["summary"].as_object_mut().expect("it is an object").remove(field);
    }
    json.as_object_mut().expect("it is an object").remove("excluded");
    for finding in json["findings"].as_array_mut().expect("it is a list") {
        if finding["class"] == "unknown" {
            finding["class"] = "warning".into();
        }
    }
    let mut now = assessment(&Texts::default());
    Baseline::read(&json.to_string()).expect("it is a report").apply(&mut now);
    assert_eq!(FailOn::Warning.failures(&now).count(), 0);
}
