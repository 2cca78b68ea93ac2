//! What the site needs to know of Markdown: where links are, and what a heading holds.

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

/// The target of a link or image, and where the text has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Link {
    /// The target as it is written.
    pub target: String,
    /// The bytes of the text that are the target.
    pub range: Range<usize>,
}

/// A heading.
#[derive(Debug, PartialEq, Eq)]
pub struct Heading {
    /// What a link names after `#`.
    pub anchor: String,
    /// The bytes of the text that are the heading.
    pub range: Range<usize>,
}

fn events(text: &str) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
    Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH).into_offset_iter()
}

/// The links and images of a text whose targets are written in place, in the order of the text.
pub fn links(text: &str) -> Vec<Link> {
    let mut links: Vec<_> = events(text)
        .filter_map(|(event, range)| match event {
            Event::Start(
                Tag::Link { link_type: LinkType::Inline, dest_url: target, .. }
                | Tag::Image { link_type: LinkType::Inline, dest_url: target, .. },
            ) => {
                let start = range.start + text[range].rfind(&*target)?;
                Some(Link { range: start..start + target.len(), target: target.into_string() })
            }
            _ => None,
        })
        .collect();
    links.sort_by_key(|link| link.range.start);
    links
}

/// The headings of a text.
pub fn headings(text: &str) -> Vec<Heading> {
    let mut headings = Vec::new();
    let mut seen = BTreeMap::<String, usize>::new();
    let mut open: Option<String> = None;
    for (event, range) in events(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => open = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let anchor = unique(&mut seen, anchor(&open.take().unwrap_or_default()));
                headings.push(Heading { anchor, range });
            }
            Event::Text(part) | Event::Code(part) => {
                if let Some(title) = &mut open {
                    title.push_str(&part);
                }
            }
            _ => {}
        }
    }
    headings
}

/// The anchor of a title, as GitHub and mdBook make it.
fn anchor(title: &str) -> String {
    let lower = title.trim().to_lowercase();
    let kept = lower.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | ' '));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// A second heading of the same title gets a number.
fn unique(seen: &mut BTreeMap<String, usize>, anchor: String) -> String {
    let count = seen.entry(anchor.clone()).and_modify(|count| *count += 1).or_default();
    if *count == 0 { anchor } else { format!("{anchor}-{count}") }
}

/// What is between the heading of this anchor and the next heading.
pub fn section<'a>(text: &'a str, anchor: &str) -> Option<&'a str> {
    let headings = headings(text);
    let at = headings.iter().position(|heading| heading.anchor == anchor)?;
    Some(below(text, &headings, at))
}

/// What is between the title and the next heading.
pub fn lead(text: &str) -> &str {
    let headings = headings(text);
    if headings.is_empty() { text } else { below(text, &headings, 0) }
}

fn below<'a>(text: &'a str, headings: &[Heading], at: usize) -> &'a str {
    &text[headings[at].range.end..headings.get(at + 1).map_or(text.len(), |next| next.range.start)]
}

/// The generated part between `<!-- mark -->` and `<!-- end -->`.
pub fn part<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(&format!("<!-- {mark} -->"))?.1.split_once("<!-- end -->").map(|(part, _)| part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Title\n\nLead.\n\n## A `b` (c)\n\n[x](../x.md#a) and ![y](y.png)\n\n```sh\n# [no](link)\n```\n\n\
                        ### Below\n\n## A b c\n\nEnd.\n";

    #[test]
    fn links_are_found_where_they_are_written_and_not_in_code() {
        let targets: Vec<_> =
            links(TEXT).into_iter().map(|link| (TEXT[link.range.clone()].to_owned(), link.target)).collect();
        assert_eq!(
            targets,
            [("../x.md#a", "../x.md#a"), ("y.png", "y.png")].map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
    }

    #[test]
    fn a_link_whose_text_is_its_target_is_rewritten_in_its_target() {
        let text = "See [a.md](a.md).";
        assert_eq!(links(text)[0].range, 11..15);
    }

    #[test]
    fn a_section_ends_at_the_next_heading() {
        let body = section(TEXT, "a-b-c").expect("it is there");
        assert!(body.contains("[x]") && body.contains("# [no](link)") && !body.contains("### Below"), "{body}");
        assert_eq!(section(TEXT, "a-b-c-1").map(str::trim), Some("End."));
        assert_eq!(section(TEXT, "none"), None);
        assert_eq!(lead(TEXT).trim(), "Lead.");
        assert_eq!(part("a <!-- x --> b <!-- end --> c", "x"), Some(" b "));
    }
}
