//! A YAML text as lines, which have depth: enough structure to change it, with no parser that could share a fault with
//! what is tested.

use std::ops::Range;

/// The lines of a text, each with its end.
pub(crate) struct Lines(pub(crate) Vec<String>);

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.split_inclusive('\n').map(str::to_owned).collect())
    }

    pub(crate) fn text(&self) -> String {
        self.0.concat()
    }

    pub(crate) fn depth(&self, at: usize) -> usize {
        let line = &self.0[at];
        line.len() - line.trim_start_matches(' ').len()
    }

    /// The line and the deeper ones behind it: an entry or item with all that is in it.
    pub(crate) fn block(&self, at: usize) -> Range<usize> {
        let depth = self.depth(at);
        let deeper = |line: &usize| self.depth(*line) > depth || self.0[*line].trim().is_empty();
        let behind = (at + 1..self.0.len()).take_while(deeper).count();
        at..at + 1 + behind
    }

    /// Where the value in the line is, if it has one.
    pub(crate) fn value(&self, at: usize) -> Option<Range<usize>> {
        let line = self.0[at].trim_end();
        let start = line.find(": ").map(|colon| colon + 2).or_else(|| Some(line.find("- ")? + 2))?;
        (start < line.len()).then_some(start..line.len())
    }

    /// The value in the line.
    pub(crate) fn value_text(&self, at: usize) -> Option<&str> {
        self.value(at).map(|range| &self.0[at][range])
    }

    /// Takes the block out and puts it in at another line, as deep as that one.
    pub(crate) fn insert(&mut self, at: usize, mut block: Vec<String>) {
        let depth = if at < self.0.len() { self.depth(at) } else { 0 };
        let own = block.first().map_or(0, |line| line.len() - line.trim_start_matches(' ').len());
        for line in &mut block {
            let beyond = (line.len() - line.trim_start_matches(' ').len()).saturating_sub(own);
            *line = format!("{}{}", " ".repeat(depth + beyond), line.trim_start_matches(' '));
        }
        self.0.splice(at..at, block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_an_entry_with_all_that_is_in_it() {
        let lines = Lines::of("a:\n  b: 1\n  c:\n    d: 2\ne: 3\n");
        assert_eq!(lines.block(0), 0..4);
        assert_eq!(lines.block(2), 2..4);
        assert_eq!(lines.value_text(3), Some("2"));
        assert_eq!(lines.value_text(2), None);
    }

    #[test]
    fn a_block_gets_the_depth_of_the_line_that_it_goes_before() {
        let mut lines = Lines::of("a:\n  b: 1\n");
        lines.insert(1, vec!["c:\n".to_owned(), "  d: 2\n".to_owned()]);
        assert_eq!(lines.text(), "a:\n  c:\n    d: 2\n  b: 1\n");
    }
}
