//! Markdown, for the step summary of GitHub Actions or a comment.

use crate::model::{Application, Assessment, Class, Finding};
use crate::text::{self, Piece, line, pieces};

/// GitHub refuses a step summary of more than 1 MiB. The rest is for what follows the last finding.
const MOST_BYTES: usize = (1 << 20) - (4 << 10);

/// How many applications and rules the tables show.
const MOST_ROWS: usize = 50;

/// The report; what does not fit is told in numbers.
pub(super) fn render(assessment: &Assessment) -> String {
    let mut page = Markdown::default();
    let summary = &assessment.summary;
    page.raw("## ").text(text::QUESTION).raw("\n\n**").text(&text::headline(summary)).raw("**\n\n");
    for caveat in text::caveats(summary) {
        page.raw("- ").text(&caveat).raw("\n");
    }
    figures(&mut page, assessment);
    applications(&mut page, assessment);
    rules(&mut page, assessment);
    findings(&mut page, assessment);
    page.raw("\n")
        .text(&format!("{} {}, {}", assessment.tool.name, assessment.tool.version, assessment.tool.builder))
        .raw("\n");
    page.0
}

fn figures(page: &mut Markdown, assessment: &Assessment) {
    let summary = &assessment.summary;
    page.raw("\n| Applications | Failed | No function | Objects | Adapted | Errors | Not known | Warnings | Leftovers | Accepted |\n");
    page.raw("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    let counts = &summary.counts;
    page.cells([
        summary.applications,
        summary.failed,
        summary.not_adapted,
        summary.objects,
        summary.adapted,
        counts.errors,
        counts.unknown,
        counts.warnings,
        counts.leftovers,
        counts.accepted,
    ]);
    page.raw("|\n");
}

fn applications(page: &mut Markdown, assessment: &Assessment) {
    page.raw("\n### Applications by effort\n\n");
    page.raw("| Application | Builds | Functions | Objects | Adapted | Errors | Warnings | Leftovers | Accepted | Effort |\n");
    page.raw("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    let ranking = assessment.ranking();
    for application in ranking.iter().take(MOST_ROWS) {
        let Application { counts, .. } = application;
        page.raw("| ").code(&application.path);
        page.raw(if application.failure.is_some() { " | **no** | " } else { " | yes | " });
        page.raw(application.ran_name()).raw(" ");
        page.cells([
            application.object_count(),
            application.adapted_objects,
            counts.errors,
            counts.warnings,
            counts.leftovers,
            counts.accepted,
        ]);
        page.effort(application.effort);
    }
    page.rest(ranking.len().saturating_sub(MOST_ROWS), "application");
}

fn rules(page: &mut Markdown, assessment: &Assessment) {
    page.raw("\n### Rules\n\n| Rule | Worst | Open | Settled | Applications | Remedy |\n");
    page.raw("| --- | --- | ---: | ---: | ---: | --- |\n");
    for rule in assessment.rules.iter().take(MOST_ROWS) {
        page.raw("| ").code(&rule.rule).raw(" | ").raw(rule.class.name());
        for number in [rule.open, rule.settled, rule.applications] {
            page.raw(" | ").number(number);
        }
        page.raw(" | ").message(&rule.remedy).raw(" |\n");
    }
    page.rest(assessment.rules.len().saturating_sub(MOST_ROWS), "rule");
}

fn findings(page: &mut Markdown, assessment: &Assessment) {
    page.raw("\n### Findings\n\n");
    let told: Vec<_> = assessment.findings.iter().filter(|finding| finding.class != Class::Note).collect();
    for (index, finding) in told.iter().enumerate() {
        let mut one = Markdown::default();
        item(&mut one, finding);
        if page.0.len() + one.0.len() > MOST_BYTES {
            page.rest(told.len() - index, "finding");
            return;
        }
        page.0.push_str(&one.0);
    }
    if told.is_empty() {
        page.raw("None.\n");
    }
}

fn item(page: &mut Markdown, finding: &Finding) {
    page.raw("- **").raw(finding.class.name()).raw("** ").code(&finding.rule).raw(" ");
    page.code(&format!("{}:{}", finding.location.file, finding.location.line)).raw(" ");
    page.message(&text::sentence(finding)).raw("\n");
}

/// A text in Markdown. Only what this program itself writes becomes markup.
#[derive(Default)]
struct Markdown(String);

impl Markdown {
    /// Adds markup.
    fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Adds text, in a line. Each letter that could be markup is written as a character reference, which is none.
    fn text(&mut self, text: &str) -> &mut Self {
        for letter in line(text).chars() {
            let is_plain = !letter.is_ascii_punctuation()
                || matches!(letter, '.' | ',' | ':' | ';' | '/' | '\'' | '-' | '?' | '%');
            if is_plain {
                self.0.push(letter);
            } else {
                self.0.push_str(&format!("&#{};", u32::from(letter)));
            }
        }
        self
    }

    /// Adds text as code.
    fn code(&mut self, text: &str) -> &mut Self {
        self.raw("<code>").text(text).raw("</code>")
    }

    /// Adds a message, its values as code.
    fn message(&mut self, message: &str) -> &mut Self {
        for piece in pieces(message) {
            match piece {
                Piece::Words(words) => self.text(words),
                Piece::Value(value) => self.code(value),
            };
        }
        self
    }

    fn number(&mut self, number: usize) -> &mut Self {
        self.0.push_str(&number.to_string());
        self
    }

    /// Adds cells, numbers only.
    fn cells<const N: usize>(&mut self, numbers: [usize; N]) -> &mut Self {
        for number in numbers {
            self.raw("| ").number(number).raw(" ");
        }
        self
    }

    /// Adds the effort of an application, as the last cell of a row.
    fn effort(&mut self, effort: Option<u64>) {
        self.raw("| ").text(&text::effort(effort)).raw(" |\n");
    }

    /// Says what is not shown.
    fn rest(&mut self, number: usize, noun: &str) {
        if number > 0 {
            self.raw("\n")
                .text(&format!("{} more; the report in another format has them all.", text::count(number, noun)))
                .raw("\n");
        }
    }
}
