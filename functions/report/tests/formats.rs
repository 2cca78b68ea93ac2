//! Every format, held against what reads it, with harmless and hostile texts.

mod sample;

use boon::{Compiler, Schemas};
use proptest::prelude::*;
use report::format::{Format, View};
use report::model::Assessment;
use sample::{Texts, assessment, path};
use serde_json::Value;

fn rendered(format: Format, assessment: &Assessment) -> String {
    format.render(assessment, &View { prefix: "deploy".to_owned(), width: 80, is_coloured: false })
}

/// What a schema says against a text.
fn problems(schema: &str, text: &str) -> Option<String> {
    let mut schemas = Schemas::new();
    let mut compiler = Compiler::new();
    let file = path(schema);
    let index = compiler.compile(&file.to_string_lossy(), &mut schemas).expect("the schema is one");
    let value: Value = serde_json::from_str(text).expect("the format is JSON");
    schemas.validate(&value, index).err().map(|error| format!("{error:#}"))
}

const SARIF: &str = "tests/data/sarif-schema-2.1.0.json";

#[test]
fn every_format_is_as_it_was() {
    let assessment = assessment(&Texts::default());
    for (name, format) in Format::ALL {
        insta::assert_snapshot!(name, rendered(format, &assessment));
    }
}

#[test]
fn json_and_sarif_are_as_their_schemas_say() {
    let assessment = assessment(&Texts::default());
    assert_eq!(problems("schema.json", &rendered(Format::Json, &assessment)), None);
    assert_eq!(problems(SARIF, &rendered(Format::Sarif, &assessment)), None);
    let wrong = rendered(Format::Sarif, &assessment).replace("\"startLine\": 8", "\"startLine\": 0");
    assert!(problems(SARIF, &wrong).is_some(), "the schema refuses nothing");
}

#[test]
fn a_report_in_json_is_read_as_it_was_written() {
    let assessment = assessment(&Texts::default());
    let read: Assessment = serde_json::from_str(&rendered(Format::Json, &assessment)).expect("it is a report");
    assert_eq!(read, assessment);
}

#[test]
fn github_gets_no_more_annotations_than_it_shows() {
    let mut assessment = assessment(&Texts::default());
    let one = assessment.findings[1].clone();
    assessment.findings.extend(vec![one; 30]);
    let text = rendered(Format::GitHub, &assessment);
    let errors: Vec<_> = text.lines().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!(errors.len(), 10);
    assert_eq!(errors[9], "::error title=not shown here::23 errors more; the report in another format has them all");
}

#[test]
fn markdown_is_cut_below_a_mebibyte_with_a_word() {
    let mut assessment = assessment(&Texts::default());
    let one = assessment.findings[0].clone();
    assessment.findings.extend(vec![one; 20_000]);
    let text = rendered(Format::Markdown, &assessment);
    assert!(text.len() < 1 << 20, "{} bytes", text.len());
    assert!(
        text.contains("findings more; the report in another format has them all."),
        "{}",
        &text[text.len() - 200..]
    );
}

#[test]
fn fingerprints_are_unique_and_stay() {
    let ids = |assessment: &Assessment| assessment.findings.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
    let before = ids(&assessment(&Texts::default()));
    let mut unique = before.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), before.len());
    let after = ids(&assessment(&Texts { message: "in other words".to_owned(), ..Texts::default() }));
    assert_eq!(after, before);
}

/// Texts that mean something to some format.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = [
        "<script>alert(1)</script>",
        "</style>",
        "</script>",
        "\"",
        "'",
        "&",
        "&lt;",
        "`",
        "``",
        "|",
        "\n",
        "\r\n",
        "\r",
        "%0A",
        "%",
        "::error::",
        ":",
        ",",
        "::",
        "\u{1b}[31m",
        "\u{202e}",
        "\u{2028}",
        "]]>",
        "<!--",
        "-->",
        "*",
        "_",
        "# ",
        "- ",
        "[a](javascript:x)",
        "![](http://x)",
        "\\",
        "\u{0}",
        "\t",
        "{{",
        "${",
        "ü",
        "日本",
        "a",
        "b c",
        "onload=",
        " ",
        "~~~",
        "<details>",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 1..6)
        .prop_map(|pieces| format!("x{}", pieces.concat()))
}

fn hostile_texts() -> impl Strategy<Value = Texts> {
    let path = || hostile().prop_map(|text| text.replace(['\0', '/'], ""));
    (hostile(), hostile(), hostile(), path(), path()).prop_map(|(name, message, reason, file, directory)| Texts {
        // A name with a control character is no name that YAML in one line can hold.
        name,
        message,
        reason,
        file,
        directory,
    })
}

/// The tags of a page, without values of attributes.
fn tags(html: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let (tag, behind) = rest[start..].split_once('>').expect("a tag ends");
        let mut outside = true;
        let name: String = tag
            .chars()
            .filter(|letter| {
                outside ^= *letter == '"';
                outside && *letter != '"'
            })
            .collect();
        rest = behind;
        // What is in a script or style is no markup.
        if let Some(element) = ["script", "style"].into_iter().find(|element| name.starts_with(&format!("<{element}")))
        {
            rest = &rest[rest.find(&format!("</{element}>")).expect("it ends")..];
        }
        tags.push(name);
    }
    tags
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_text_becomes_markup_of_a_format(texts in hostile_texts()) {
        let assessment = assessment(&texts);
        let plain = sample::assessment(&Texts { name: "plain".to_owned(), ..Texts::default() });

        // JSON, SARIF, GitLab: they are read back as they are.
        let read: Assessment = serde_json::from_str(&rendered(Format::Json, &assessment)).expect("it is a report");
        prop_assert_eq!(&read, &assessment);
        prop_assert_eq!(problems(SARIF, &rendered(Format::Sarif, &assessment)), None);
        let issues: Vec<Value> = serde_json::from_str(&rendered(Format::GitLab, &assessment)).expect("it is JSON");
        prop_assert_eq!(issues.len(), assessment.findings.iter().filter(|one| one.class.name() != "note").count());

        // GitHub: a command is a line.
        let commands = rendered(Format::GitHub, &assessment);
        prop_assert_eq!(commands.lines().count(), rendered(Format::GitHub, &plain).lines().count());
        for command in commands.split('\n').filter(|line| !line.is_empty()) {
            let properties = command.strip_prefix("::").and_then(|rest| rest.split_once(' ')).and_then(|(_, rest)| rest.split_once("::"));
            let (properties, _) = properties.expect("it is a command");
            for property in properties.split(',') {
                let (name, value) = property.split_once('=').expect("a property has a value");
                prop_assert!(["file", "line", "title"].contains(&name) && !value.contains(':'), "{}", command);
            }
        }

        // Markdown: as many lines, cells and elements as without.
        let (page, plain_page) = (rendered(Format::Markdown, &assessment), rendered(Format::Markdown, &plain));
        prop_assert_eq!(page.split('\n').count(), plain_page.split('\n').count());
        prop_assert_eq!(page.matches('|').count(), plain_page.matches('|').count());
        for element in tags(&page) {
            prop_assert!(["<code", "</code"].contains(&element.as_str()), "{}", element);
        }
        prop_assert!(!page.contains(['`', '[', ']', '\u{1b}', '\u{202e}', '\r']), "{}", page);

        // The terminal: nothing commands it.
        let screen = rendered(Format::Table, &assessment);
        prop_assert!(!screen.contains(|letter: char| letter.is_control() && letter != '\n'), "{}", screen);

        // The page: the same elements, however things are called.
        let (html, plain_html) = (rendered(Format::Html, &assessment), rendered(Format::Html, &plain));
        prop_assert!(!html.contains("<script>alert"), "{}", html);
        let names = |html: &str| tags(html).into_iter().filter(|tag| !tag.starts_with("<code") && !tag.starts_with("</code")).collect::<Vec<_>>();
        prop_assert_eq!(names(&html), names(&plain_html));
    }
}
