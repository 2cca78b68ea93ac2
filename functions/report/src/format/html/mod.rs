//! A page that needs nothing else: no request leaves it, and it can be read without JavaScript.
//!
//! What comes from the repository is put into the page by `maud`, which escapes it. The policy of the page allows its own
//! style and script, by their hashes, and nothing else.

mod applications;
mod findings;
mod overview;
mod parts;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use self::parts::Anchors;
use crate::model::Assessment;
use crate::text;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page.
pub(super) fn render(assessment: &Assessment) -> String {
    let anchors = Anchors::of(assessment);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head())
            body {
                (top())
                main {
                    (overview::answer(assessment))
                    (overview::charts(assessment, &anchors))
                    (applications::table(assessment, &anchors))
                    (overview::rules(assessment, &anchors))
                    (findings::section(assessment, &anchors))
                    (applications::details(assessment, &anchors))
                }
                footer {
                    p {
                        (assessment.tool.name) " " (assessment.tool.version) ", " (text::line(&assessment.tool.builder)) ". "
                        "Effort is a sum of weights by which applications are put in an order. It is no number of hours."
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn head() -> Markup {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let policy = format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            link rel="icon" href="data:,";
            title { "Report of replatform" }
            style { (PreEscaped(STYLE)) }
        }
    }
}

fn top() -> Markup {
    html! {
        a class="skip" href="#findings" { "Skip to the findings" }
        header class="top" {
            nav aria-label="Parts of the report" {
                a href="#answer" { "Answer" }
                a href="#applications" { "Applications" }
                a href="#rules" { "Rules" }
                a href="#findings" { "Findings" }
                a href="#details" { "Changes" }
            }
            button type="button" id="theme" hidden { "Theme: system" }
        }
    }
}
