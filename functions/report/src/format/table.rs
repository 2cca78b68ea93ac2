//! Text for a terminal.

use anstyle::{AnsiColor, Style};
use krm::rule::RuleSet;
use unicode_width::UnicodeWidthStr;

use super::view::View;
use crate::catalog::ReportRule;
use crate::model::{Application, Assessment, Class, Finding, Ran, RuleUse, Verdict};
use crate::text::{self, count, line, lines};

/// The width of paragraphs where no terminal says how many columns it has.
const DEFAULT_WIDTH: usize = 100;
/// With fewer columns nothing is readable.
const LEAST_WIDTH: usize = 40;
/// How many rules are reported.
const MOST_RULES: usize = 20;
/// The lines of a failure that are reported.
const MOST_LINES: usize = 6;

/// The columns of the table of applications.
const TITLES: [&str; 10] = [
    "APPLICATION",
    "BUILDS",
    "FUNCTIONS",
    "OBJECTS",
    "ADAPTED",
    "ERRORS",
    "WARNINGS",
    "LEFTOVERS",
    "ACCEPTED",
    "EFFORT",
];

/// What is between the columns of a table.
const WIDE_GAP: &str = "  ";
/// The same where room is scarce.
const NARROW_GAP: &str = " ";

const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const GREEN: Style = AnsiColor::Green.on_default();

/// The answer, the applications by effort, the rules, and the findings that are open.
pub(super) fn render(assessment: &Assessment, view: &View) -> String {
    let room = Some(view.width.max(LEAST_WIDTH)).filter(|_| view.width > 0);
    let mut screen = Screen { text: String::new(), room, is_coloured: view.is_coloured };
    answer(&mut screen, assessment);
    applications(&mut screen, assessment);
    rules(&mut screen, assessment);
    failures(&mut screen, assessment);
    not_adapted(&mut screen, assessment);
    findings(&mut screen, assessment);
    screen.text
}

fn answer(screen: &mut Screen, assessment: &Assessment) {
    let summary = &assessment.summary;
    screen.paragraph(BOLD, 0, text::QUESTION);
    let style = match summary.verdict() {
        Verdict::NotYet => RED,
        Verdict::NotKnown => YELLOW,
        Verdict::Yes => GREEN,
    };
    screen.paragraph(style, 0, &text::headline(summary));
    for caveat in text::caveats(summary) {
        screen.paragraph(FAINT, 0, &caveat);
    }
    let adapted = format!("{} of {} adapted", summary.adapted, count(summary.objects, "object"));
    let counts = &summary.counts;
    let figures = [
        count(summary.applications, "application"),
        adapted,
        count(counts.errors, "error"),
        format!("{} not known", counts.unknown),
        count(counts.warnings, "warning"),
        count(counts.leftovers, "leftover"),
        format!("{} accepted", counts.accepted),
        count(counts.notes, "note"),
    ];
    screen.paragraph(Style::new(), 0, &figures.join(", "));
}

fn applications(screen: &mut Screen, assessment: &Assessment) {
    let row = |application: &&Application| {
        let Application { counts, .. } = application;
        let style = match (&application.failure, counts.errors, counts.unknown + counts.warnings) {
            (Some(_), ..) => RED,
            (None, 1.., _) => RED,
            (None, 0, 1..) => YELLOW,
            (None, 0, 0) => Style::new(),
        };
        let builds = if application.failure.is_some() { "no" } else { "yes" };
        let numbers = [
            application.object_count(),
            application.adapted_objects,
            counts.errors,
            counts.warnings,
            counts.leftovers,
            counts.accepted,
        ];
        let numbers = numbers.iter().map(ToString::to_string).chain([text::effort(application.effort)]);
        let words = [application.path.clone(), builds.to_owned(), application.ran_name().to_owned()];
        (style, words.into_iter().chain(numbers).collect())
    };
    screen.table(&TITLES, &assessment.ranking().iter().map(row).collect::<Vec<_>>());
}

fn rules(screen: &mut Screen, assessment: &Assessment) {
    let row = |rule: &RuleUse| {
        let numbers = [rule.open, rule.settled, rule.applications].map(|number| number.to_string());
        let name = format!("{} [{}]", rule.function, rule.rule);
        (style_of(rule.class), [name, rule.class.name().to_owned()].into_iter().chain(numbers).collect())
    };
    let rows: Vec<_> = assessment.rules.iter().take(MOST_RULES).map(row).collect();
    screen.table(&["RULE", "WORST", "OPEN", "SETTLED", "APPLICATIONS"], &rows);
    let rest = assessment.rules.len().saturating_sub(MOST_RULES);
    if rest > 0 {
        screen.paragraph(FAINT, 0, &format!("{} more", count(rest, "rule")));
    }
}

fn failures(screen: &mut Screen, assessment: &Assessment) {
    for application in &assessment.applications {
        let Some(reason) = &application.failure else { continue };
        screen.raw("\n");
        screen.paragraph(RED, 0, &format!("{} does not build", application.path));
        for told in lines(reason).filter(|line| !line.trim().is_empty()).take(MOST_LINES) {
            screen.paragraph(Style::new(), 2, told.trim());
        }
    }
}

/// The applications that no function ran on, in a list: each has the same remedy.
fn not_adapted(screen: &mut Screen, assessment: &Assessment) {
    let named = assessment.applications.iter().filter(|one| one.functions_ran == Ran::None && one.failure.is_none());
    let paths: Vec<_> = named.map(|application| application.path.as_str()).collect();
    if !paths.is_empty() {
        screen.raw("\n");
        screen.paragraph(YELLOW, 0, "no function ran on");
        paths.iter().for_each(|path| screen.paragraph(Style::new(), 2, path));
    }
    if !assessment.excluded.is_empty() {
        screen.raw("\n");
        screen.paragraph(FAINT, 0, "left out by --exclude");
        assessment.excluded.iter().for_each(|path| screen.paragraph(Style::new(), 2, path));
    }
}

fn findings(screen: &mut Screen, assessment: &Assessment) {
    // The failures are reported before, and so is what no function ran on as a whole.
    let is_none =
        |path: &str| assessment.applications.iter().any(|one| one.path == path && one.functions_ran == Ran::None);
    let of_none = |finding: &Finding| {
        let is_rule = finding.rule == ReportRule::NotAdapted.rule().id;
        is_rule && finding.occurrences.iter().filter_map(|one| one.application.as_deref()).all(is_none)
    };
    let is_told = |finding: &&Finding| {
        matches!(finding.class, Class::Error | Class::Unknown | Class::Warning) && !of_none(finding)
    };
    let open = assessment.findings.iter().filter(is_told);
    for finding in open {
        screen.raw("\n");
        finding_of(screen, finding);
    }
}

fn finding_of(screen: &mut Screen, finding: &Finding) {
    let new = if finding.new == Some(true) { ", new" } else { "" };
    let title = format!("{}{new}: {} [{}]", finding.class.name(), finding.function, finding.rule);
    screen.paragraph(style_of(finding.class), 0, &title);
    screen.paragraph(FAINT, 2, &format!("{}:{}", finding.location.file, finding.location.line));
    screen.paragraph(Style::new(), 2, &text::sentence(finding));
}

fn style_of(class: Class) -> Style {
    match class {
        Class::Failure | Class::Error => RED,
        Class::Unknown | Class::Warning => YELLOW,
        Class::Accepted | Class::Note => Style::new(),
    }
}

/// What is written to a terminal. Only what this program itself writes, and styles, can command it.
struct Screen {
    text: String,
    /// The columns of the terminal, if there is one.
    room: Option<usize>,
    is_coloured: bool,
}

impl Screen {
    fn raw(&mut self, text: &'static str) {
        self.text.push_str(text);
    }

    /// Adds a piece of a line.
    fn piece(&mut self, style: Style, text: &str) {
        if self.is_coloured && style != Style::new() {
            self.text.push_str(&format!("{style}{}{style:#}", line(text)));
        } else {
            self.text.push_str(&line(text));
        }
    }

    /// Adds a text in lines as wide as the terminal, broken between words.
    fn paragraph(&mut self, style: Style, indent: usize, text: &str) {
        let text = line(text);
        let room = self.room.unwrap_or(DEFAULT_WIDTH).saturating_sub(indent);
        let mut current = String::new();
        let mut broken = Vec::new();
        for word in text.split(' ') {
            if !current.is_empty() && current.width() + 1 + word.width() > room {
                broken.push(std::mem::take(&mut current));
            }
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
        broken.push(current);
        for line in broken {
            self.text.extend(std::iter::repeat_n(' ', indent));
            self.piece(style, &line);
            self.raw("\n");
        }
    }

    /// Adds a table: the first column to the left, words to the left, numbers to the right. Where the terminal is too narrow, the
    /// first cell of a row has a line of its own, since paths that are cut look alike.
    fn table(&mut self, titles: &[&str], rows: &[(Style, Vec<String>)]) {
        let Some((_, like)) = rows.first() else { return };
        let width_of = |column: usize| {
            let cells = rows.iter().map(|(_, row)| line(&row[column]).width());
            cells.chain([titles[column].width()]).max().unwrap_or_default()
        };
        let widths: Vec<_> = (0..titles.len()).map(width_of).collect();
        let whole: usize = widths.iter().map(|width| width + WIDE_GAP.len()).sum();
        let is_stacked = self.room.is_some_and(|room| whole - WIDE_GAP.len() > room);
        self.raw("\n");
        let titles = (BOLD, titles.iter().map(|title| (*title).to_owned()).collect::<Vec<_>>());
        for (style, row) in [&titles].into_iter().chain(rows) {
            self.row(*style, &widths, is_stacked, row, like);
        }
    }

    /// Adds a row; `like` is one that tells numbers from words.
    fn row(&mut self, style: Style, widths: &[usize], is_stacked: bool, cells: &[String], like: &[String]) {
        let cell = |(index, text): (usize, &String)| {
            let text = line(text);
            let space = " ".repeat(widths[index].saturating_sub(text.width()));
            let is_number = index > 0 && like[index].bytes().all(|byte| byte.is_ascii_digit() || byte == b'?');
            if is_number { format!("{space}{text}") } else { format!("{text}{space}") }
        };
        let cells: Vec<_> = cells.iter().enumerate().map(cell).collect();
        let (apart, beside) = if is_stacked { cells.split_at(1) } else { cells.split_at(0) };
        for first in apart {
            self.piece(style, first.trim_end());
            self.raw("\n  ");
        }
        self.piece(style, beside.join(if is_stacked { NARROW_GAP } else { WIDE_GAP }).trim_end());
        self.raw("\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of a report with a long path, in a terminal of this width.
    fn table(room: Option<usize>) -> String {
        let mut screen = Screen { text: String::new(), room, is_coloured: false };
        let row = ["overlay/production/hetzner/web", "yes", "12"].map(str::to_owned).to_vec();
        screen.table(&["APPLICATION", "BUILDS", "OBJECTS"], &[(Style::new(), row)]);
        screen.text
    }

    #[test]
    fn a_path_is_never_cut() {
        let beside =
            "\nAPPLICATION                     BUILDS  OBJECTS\noverlay/production/hetzner/web  yes          12\n";
        assert_eq!(table(None), beside);
        assert_eq!(table(Some(47)), beside);
        assert_eq!(
            table(Some(46)),
            "\nAPPLICATION\n  BUILDS OBJECTS\noverlay/production/hetzner/web\n  yes         12\n"
        );
    }

    #[test]
    fn the_columns_of_applications_fit_a_terminal_of_80() {
        let figures: usize = TITLES[1..].iter().map(|title| title.len() + NARROW_GAP.len()).sum();
        assert!(figures < 80, "{figures}");
    }

    #[test]
    fn lines_are_no_longer_than_the_terminal_is_wide() {
        let mut screen = Screen { text: String::new(), room: Some(20), is_coloured: false };
        screen.paragraph(RED, 2, "one two three four five six seven");
        assert_eq!(screen.text, "  one two three four\n  five six seven\n");
    }

    #[test]
    fn no_text_commands_the_terminal() {
        let mut screen = Screen { text: String::new(), room: Some(80), is_coloured: true };
        screen.paragraph(RED, 0, "a\u{1b}[2Jb\nc\u{202e}d");
        assert_eq!(screen.text, format!("{RED}a\\u{{1b}}[2Jb\\nc\\u{{202e}}d{RED:#}\n"));
    }
}
