//! The two parsers of YAML against each other.

use fastrand::Rng;
use krm::yaml;

use crate::case::Case;
use crate::mutate;
use crate::seeds::choose;

/// What means something in YAML, to be written anywhere in a text.
const PIECES: &[&str] = &[
    "\n",
    "\n",
    "\n  ",
    "\n    ",
    " ",
    "  ",
    "\t",
    "- ",
    "-\n",
    "? ",
    ": ",
    ":",
    ",",
    "{",
    "}",
    "[",
    "]",
    "{}",
    "[]",
    "#",
    " # c",
    "'",
    "''",
    "\"",
    "\\",
    "\\n",
    "\\\"",
    "|\n",
    "|-\n",
    "|+\n",
    "|2\n",
    ">\n",
    ">-\n",
    "&a ",
    "*a",
    "!t ",
    "!!str ",
    "---\n",
    "\n---\n",
    "--- a\n",
    "...\n",
    "%YAML 1.2\n",
    "<<: ",
    "~",
    "é",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\r",
    "\r\n",
    "\u{7f}",
    "@",
    "`",
    "%",
    "=",
    "a: b\n",
];

/// A text that the parsers read differently, among `runs` texts made of the seeds.
pub fn disagreement(seeds: &[(String, Case)], runs: u64, seed: u64) -> Option<String> {
    (0..runs).find_map(|number| {
        let mut random = Rng::with_seed(seed.wrapping_mul(1 << 32) + number);
        let (case, donor) = (choose(seeds, random.u64(..)), choose(seeds, random.u64(..)));
        let text = scribbled(mutate(case, donor, &mut random).manifests, &mut random);
        (yaml::parsers_agree(&text) == Some(false)).then_some(text)
    })
}

/// The text with a few pieces written into it or over it.
fn scribbled(mut text: String, random: &mut Rng) -> String {
    for _ in 0..random.usize(..4) {
        let at = place(&text, random.usize(..=text.len()));
        let end = if random.bool() { at } else { place(&text, (at + random.usize(..8)).min(text.len())) };
        text.replace_range(at..end.max(at), PIECES[random.usize(..PIECES.len())]);
    }
    text
}

/// The first place between two characters at or behind `at`.
fn place(text: &str, at: usize) -> usize {
    (at..).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}
