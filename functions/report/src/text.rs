//! Words and texts that all formats share.

use krm::host::one_line;

use crate::model::{Finding, Summary};

/// A number with its noun: `1 error`, `2 errors`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// The answer to the question of a report, with figures.
pub(crate) fn headline(summary: &Summary) -> String {
    let Summary { applications, failed, counts, .. } = summary;
    let (errors, warnings) = (count(counts.errors, "error"), count(counts.warnings, "warning"));
    let of_all =
        if *applications == 1 { "the application".to_owned() } else { format!("all {applications} applications") };
    match (applications, failed, counts.errors, counts.warnings) {
        (0, ..) => "No application was found, so there is nothing to say.".to_owned(),
        (_, 0, 0, 0) => format!("Yes, as far as the manifests tell: {of_all} build without errors and warnings."),
        (_, 0, 0, _) => format!(
            "Yes, once {warnings} {} decided: {of_all} build without errors.",
            if counts.warnings == 1 { "is" } else { "are" }
        ),
        (_, 0, ..) => format!("Not yet: {of_all} build, but {errors} and {warnings} remain."),
        _ => format!(
            "Not yet: {failed} of {} {} not build. There is work for {errors}, and {warnings} to decide.",
            count(*applications, "application"),
            if *failed == 1 { "does" } else { "do" },
        ),
    }
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
    if summary.untouched > 0 {
        let those = count(summary.untouched, "application");
        caveats.push(format!("No function changed or reported anything in {those}: there is nothing to adapt, or the functions are not wired in."));
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
    let subject = subject(finding);
    let about = if subject.is_empty() { String::new() } else { format!("{subject}: ") };
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
        let summary = |failed, errors, warnings| Summary {
            applications: 5,
            failed,
            counts: Counts { errors, warnings, ..Counts::default() },
            ..Summary::default()
        };
        let told = [(0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 1, 2), (1, 3, 0), (2, 3, 1)];
        let told: Vec<_> = told.map(|(failed, errors, warnings)| headline(&summary(failed, errors, warnings))).into();
        assert_eq!(
            told,
            [
                "Yes, as far as the manifests tell: all 5 applications build without errors and warnings.",
                "Yes, once 1 warning is decided: all 5 applications build without errors.",
                "Yes, once 2 warnings are decided: all 5 applications build without errors.",
                "Not yet: all 5 applications build, but 1 error and 2 warnings remain.",
                "Not yet: 1 of 5 applications does not build. There is work for 3 errors, and 0 warnings to decide.",
                "Not yet: 2 of 5 applications do not build. There is work for 3 errors, and 1 warning to decide.",
            ]
        );
        assert!(headline(&Summary::default()).starts_with("No application"));
    }

    #[test]
    fn values_of_messages_are_told_from_words() {
        use Piece::{Value, Words};
        assert_eq!(pieces("set `a` to `b`"), [Words("set "), Value("a"), Words(" to "), Value("b")]);
        assert_eq!(pieces("a ` b"), [Words("a ` b")]);
        assert_eq!(pieces(""), []);
    }
}
