//! What would change, for people.

use similar::TextDiff;

use super::outcome::one_line;
use crate::resource_list::Written;

/// The changes of all files as one unified diff, which `git apply` takes where the names are relative.
pub(super) fn unified(written: &[Written<'_>]) -> String {
    let mut text = String::new();
    for Written { file, before, after } in written.iter().filter(|written| written.before != written.after) {
        let name = one_line(file.unwrap_or("standard-input"));
        let side = |side: &str| if name.starts_with('/') { name.clone() } else { format!("{side}/{name}") };
        let diff = TextDiff::from_lines(*before, after.as_str());
        text.push_str(&diff.unified_diff().header(&side("a"), &side("b")).to_string());
    }
    text
}

/// A unified diff in the colours that git has.
pub(super) fn coloured(diff: &str) -> String {
    let colour = |line: &str| match line.as_bytes() {
        [b'-', b'-', b'-', b' ', ..] | [b'+', b'+', b'+', b' ', ..] => "1",
        [b'@', b'@', ..] => "36",
        [b'+', ..] => "32",
        [b'-', ..] => "31",
        _ => "",
    };
    let lines = diff.split_inclusive('\n').map(|line| match colour(line) {
        "" => line.to_owned(),
        code => {
            let text = line.trim_end_matches('\n');
            format!("\u{1b}[{code}m{text}\u{1b}[0m{}", &line[text.len()..])
        }
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_shows_what_changes_and_nothing_else() {
        let written = [
            Written { file: Some("a.yaml"), before: "a: 1\nb: 2\n", after: "a: 1\nb: 3\n".to_owned() },
            Written { file: Some("same.yaml"), before: "a: 1\n", after: "a: 1\n".to_owned() },
            Written { file: Some("/tmp/c.yaml"), before: "c", after: "d".to_owned() },
        ];
        let diff = unified(&written);
        insta::assert_snapshot!(diff, @r"
        --- a/a.yaml
        +++ b/a.yaml
        @@ -1,2 +1,2 @@
         a: 1
        -b: 2
        +b: 3
        --- /tmp/c.yaml
        +++ /tmp/c.yaml
        @@ -1 +1 @@
        -c
        \ No newline at end of file
        +d
        \ No newline at end of file
        ");
        let plain: String =
            coloured(&diff).split('\u{1b}').map(|part| part.split_once('m').map_or(part, |(_, text)| text)).collect();
        assert_eq!(plain.lines().count(), diff.lines().count());
        assert!(coloured(&diff).contains("\u{1b}[32m+b: 3\u{1b}[0m\n"));
    }
}
