//! Words and texts that all formats share.

use krm::host::one_line;

use crate::model::{Finding, Summary, Verdict};

/// A number with its noun: `1 error`, `2 errors`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// The answer to the question of a report, with figures.
pub(crate) fn headline(summary: &Summary) -> String {
    let Summary { applications, failed, counts, not_adapted, partly_adapted, .. } = *summary;
    let (errors, warnings) = (count(counts.errors, "error"), count(counts.warnings, "warning"));
    let decided = if counts.warnings == 1 { "is decided" } else { "are decided" };
    let (all, unseen) = (all_build(applications), unseen(summary));
    let but = if counts.warnings == 0 { String::new() } else { format!(", and {warnings} to decide") };
    match summary.verdict() {
        Verdict::NotYet if failed == 0 => format!("Not yet: {all}, but {errors} and {warnings} remain.{unseen}"),
        Verdict::NotYet => format!(
            "Not yet: {failed} of {} {} not build. There is work for {errors}, and {warnings} to decide.{unseen}",
            count(applications, "application"),
            if failed == 1 { "does" } else { "do" },
        ),
        Verdict::NotKnown if not_adapted == applications => format!("Not known.{unseen}"),
        Verdict::NotKnown if not_adapted + partly_adapted > 0 => {
            format!("Not known.{unseen} What they ran on has no errors{but}.")
        }
        Verdict::NotKnown => format!("Not known in full: {all} without errors{but}.{unseen}"),
        Verdict::Yes if applications == 0 => "No application was found, so there is nothing to say.".to_owned(),
        Verdict::Yes if counts.warnings > 0 => format!("Yes, once {warnings} {decided}: {all} without errors."),
        Verdict::Yes => format!("Yes, as far as the manifests tell: {all} without errors and warnings."),
    }
}

fn all_build(applications: usize) -> String {
    if applications == 1 {
        "the application builds".to_owned()
    } else {
        format!("all {applications} applications build")
    }
}

/// What nothing is known of, a sentence each, with a space before it.
fn unseen(summary: &Summary) -> String {
    let Summary { applications, counts, not_adapted, partly_adapted, .. } = *summary;
    let of_all = count(applications, "application");
    let others = counts.unknown.saturating_sub(not_adapted + partly_adapted);
    let were = if others == 1 { "was" } else { "were" };
    let sentences = [
        (not_adapted, format!("No function ran on {not_adapted} of {of_all}.")),
        (partly_adapted, format!("No function ran on a part of {partly_adapted} of {of_all}.")),
        (others, format!("{} of the repository {were} not looked at.", count(others, "part"))),
    ];
    sentences.into_iter().filter(|(number, _)| *number > 0).map(|(_, sentence)| format!(" {sentence}")).collect()
}

/// The effort of an application; `?` where it is not known.
pub(crate) fn effort(effort: Option<u64>) -> String {
    effort.map_or_else(|| "?".to_owned(), |effort| effort.to_string())
}

/// The question that a report answers.
pub(crate) const QUESTION: &str = "Can this repository run on K3s, and what is missing?";

/// What there is to say about the figures, a sentence each.
pub(crate) fn caveats(summary: &Summary) -> Vec<String> {
    let mut caveats = Vec::new();
    if summary.failed > 0 {
        caveats.push(
            "What comes after a failure was not looked at, so the figures of failed builds are a minimum.".to_owned(),
        );
    }
    if summary.not_adapted + summary.partly_adapted > 0 {
        caveats.push(
            "What no function ran on is as the old platform has it. List the functions there, give a Pipeline by `--pipeline` where an \
             application lists none, or leave out by `--exclude` what is not meant for the new cluster."
                .to_owned(),
        );
    }
    if summary.unchecked > 0 {
        let those = count(summary.unchecked, "application");
        caveats.push(format!(
            "The check for what is left of the old platform did not run on {those}, so leftovers there are not known."
        ));
    }
    if summary.untouched > 0 {
        let those = count(summary.untouched, "application");
        caveats.push(format!("The functions had nothing to change and nothing to report in {those}."));
    }
    if let Some(baseline) = summary.baseline {
        let (new, known, gone) = (baseline.new, baseline.known, baseline.gone);
        caveats.push(format!(
            "Compared to the baseline {new} errors and warnings are new, {known} are known, and {gone} are gone."
        ));
    }
    caveats
}

/// A text in a line, of which nothing commands a terminal or turns the direction of what follows.
pub(crate) fn line(text: &str) -> String {
    one_line(text)
}

/// The same for each line of a text.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(one_line)
}

/// The object of a finding and its field: `Route apps/web: spec.to.name`.
pub(crate) fn subject(finding: &Finding) -> String {
    let parts = finding.object.iter().map(ToString::to_string).chain(finding.field.clone());
    parts.collect::<Vec<_>>().join(": ")
}

/// The same for people, who have to name the object in a patch as its file does: `Deployment apps/web (DeploymentConfig web in the
/// file): spec.replicas`.
pub(crate) fn about(finding: &Finding) -> String {
    let former = finding.location.object.iter().map(|former| format!(" ({former} in the file)")).collect::<String>();
    let parts = finding.object.iter().map(|object| format!("{object}{former}")).chain(finding.field.clone());
    parts.collect::<Vec<_>>().join(": ")
}

/// The applications of a finding, those beyond `most` as a number: `a, b and 3 more`.
pub(crate) fn applications(finding: &Finding, most: usize) -> String {
    let all: Vec<_> = finding.occurrences.iter().filter_map(|one| one.application.as_deref()).collect();
    let mut all_but_twins = all;
    all_but_twins.dedup();
    let named = &all_but_twins[..most.min(all_but_twins.len())];
    match all_but_twins.len() - named.len() {
        0 => named.join(", "),
        rest => format!("{} and {rest} more", named.join(", ")),
    }
}

/// A finding in a sentence without its place: object, field, message, and the applications.
pub(crate) fn sentence(finding: &Finding) -> String {
    let about = about(finding);
    let about = if about.is_empty() { String::new() } else { format!("{about}: ") };
    let within = applications(finding, 3);
    let within = if within.is_empty() { String::new() } else { format!(" (in {within})") };
    let accepted = finding.accepted.iter().map(|reason| format!("; accepted: {reason}"));
    // The functions put the reason into the message already.
    let accepted: String = accepted.filter(|reason| !finding.message.ends_with(reason)).collect();
    format!("{about}{}{accepted}{within}", finding.message)
}

/// A piece of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'m> {
    /// Words.
    Words(&'m str),
    /// A value, which messages put in back-quotes.
    Value(&'m str),
}

/// The pieces of a message. Back-quotes without a partner are words.
pub(crate) fn pieces(message: &str) -> Vec<Piece<'_>> {
    let parts: Vec<_> = message.split('`').collect();
    if parts.len() % 2 == 0 {
        return vec![Piece::Words(message)];
    }
    let piece = |(index, part)| if index % 2 == 1 { Piece::Value(part) } else { Piece::Words(part) };
    parts.into_iter().enumerate().map(piece).filter(|piece| *piece != Piece::Words("")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Counts;

    #[test]
    fn the_headline_answers_with_figures() {
        let summary = |applications, failed, errors, warnings| Summary {
            applications,
            failed,
            counts: Counts { errors, warnings, ..Counts::default() },
            ..Summary::default()
        };
        for (applications, failed, errors, warnings, expected) in [
            (0, 0, 0, 0, "No application was found, so there is nothing to say."),
            (1, 0, 0, 0, "Yes, as far as the manifests tell: the application builds without errors and warnings."),
            (5, 0, 0, 0, "Yes, as far as the manifests tell: all 5 applications build without errors and warnings."),
            (5, 0, 0, 1, "Yes, once 1 warning is decided: all 5 applications build without errors."),
            (5, 0, 0, 2, "Yes, once 2 warnings are decided: all 5 applications build without errors."),
            (5, 0, 1, 2, "Not yet: all 5 applications build, but 1 error and 2 warnings remain."),
            (
                5,
                1,
                3,
                0,
                "Not yet: 1 of 5 applications does not build. There is work for 3 errors, and 0 warnings to decide.",
            ),
            (
                5,
                2,
                3,
                1,
                "Not yet: 2 of 5 applications do not build. There is work for 3 errors, and 1 warning to decide.",
            ),
        ] {
            assert_eq!(headline(&summary(applications, failed, errors, warnings)), expected);
        }
    }

    #[test]
    fn what_no_function_saw_is_never_a_yes() {
        let summary = |not_adapted, partly_adapted, others, errors, warnings| Summary {
            applications: 3,
            not_adapted,
            partly_adapted,
            counts: Counts { errors, warnings, unknown: not_adapted + partly_adapted + others, ..Counts::default() },
            ..Summary::default()
        };
        for (summary, expected) in [
            (summary(3, 0, 0, 0, 0), "Not known. No function ran on 3 of 3 applications."),
            (
                summary(1, 1, 0, 0, 2),
                "Not known. No function ran on 1 of 3 applications. No function ran on a part of 1 of 3 applications. What they ran on \
                 has no errors, and 2 warnings to decide.",
            ),
            (
                summary(1, 0, 0, 0, 0),
                "Not known. No function ran on 1 of 3 applications. What they ran on has no errors.",
            ),
            (
                summary(0, 0, 1, 0, 0),
                "Not known in full: all 3 applications build without errors. 1 part of the repository was not looked at.",
            ),
            (
                summary(2, 0, 0, 1, 0),
                "Not yet: all 3 applications build, but 1 error and 0 warnings remain. No function ran on 2 of 3 applications.",
            ),
        ] {
            assert_eq!(headline(&summary), expected);
        }
    }

    #[test]
    fn values_of_messages_are_told_from_words() {
        use Piece::{Value, Words};
        assert_eq!(pieces("set `a` to `b`"), [Words("set "), Value("a"), Words(" to "), Value("b")]);
        assert_eq!(pieces("a ` b"), [Words("a ` b")]);
        assert_eq!(pieces(""), []);
    }
}
