//! The rules of all functions: their ids are one set of names, and every one is explained.

use std::collections::BTreeMap;
use std::path::Path;

use krm::golden::check_cases_of;
use krm::rule::{CommonRule, Rule, RuleSet};
use replatform::{FUNCTIONS, pipeline};
use report::{OWN_NAME, ReportRule};

/// All rules, each with the name of the function that has it.
fn rules() -> Vec<(&'static str, &'static Rule)> {
    let of_functions =
        FUNCTIONS.iter().flat_map(|program| program.rules().into_iter().map(|rule| (program.name(), rule)));
    let common = CommonRule::ALL.iter().map(|rule| ("krm", rule.rule()));
    let of_reports = ReportRule::ALL.iter().map(|rule| (OWN_NAME, rule.rule()));
    of_functions.chain(common).chain(of_reports).collect()
}

#[test]
fn an_id_belongs_to_one_rule() {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (owner, rule) in rules() {
        let other = owners.insert(rule.id, owner);
        assert_eq!(other, None, "{owner} has the id `{}` too", rule.id);
    }
    assert!(owners.len() > 50, "only {} rules were found", owners.len());
}

/// An object accepts findings of all functions in one annotation. A function takes an id that differs from one of its own
/// by two letters for a typing error.
#[test]
fn no_id_looks_like_one_of_another_function() {
    let rules = rules();
    for (index, (owner, rule)) in rules.iter().enumerate() {
        for (other_owner, other) in &rules[index + 1..] {
            let is_near = owner != other_owner && strsim::osa_distance(rule.id, other.id) <= 2;
            assert!(!is_near, "`{}` of {owner} looks like `{}` of {other_owner}", rule.id, other.id);
        }
    }
}

#[test]
fn ids_and_sentences_have_one_form() {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    for (owner, rule) in rules() {
        assert!(rule.id.split('-').all(is_word), "{owner}: `{}` is not in kebab-case", rule.id);
        for text in [rule.summary.trim(), rule.remedy] {
            let is_sentence = text.ends_with('.') && text.starts_with(|first: char| !first.is_lowercase());
            assert!(is_sentence, "{owner}: {}: `{text}` is no sentence", rule.id);
        }
    }
}

/// What no input of a Pipeline leads to; the tests of the hosts show it.
const WITHOUT_CASE: [CommonRule; 4] =
    [CommonRule::InternalError, CommonRule::UnwritableOutput, CommonRule::ReturnsNothing, CommonRule::SkippedFiles];

#[test]
fn every_case_of_the_pipeline_gives_what_it_should_and_shows_the_rules_of_the_library() {
    let examples = check_cases_of(&pipeline(), concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
    let common = CommonRule::ALL.iter().filter(|rule| !WITHOUT_CASE.contains(rule)).map(|rule| rule.rule());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../krm/rule-examples.tsv");
    examples.check(&file, &common.collect::<Vec<_>>());
}
