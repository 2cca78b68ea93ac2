//! Tables of facts, one a line, in files that are read when the program is compiled.
//!
//! A table is text with columns separated by tabs. The first line names the columns; empty lines and lines that start
//! with `#` say where the facts come from and what they are about.

/// The rows of a table with `N` columns, without the heading.
///
/// # Panics
/// On a row with another number of columns. The tables are part of the program, and tests read each of them.
pub fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    let lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.skip(1).map(|line| {
        let mut columns = line.split('\t');
        let row = std::array::from_fn(|_| {
            columns.next().unwrap_or_else(|| panic!("the row `{line}` has fewer than {N} columns"))
        });
        assert!(columns.next().is_none(), "the row `{line}` has more than {N} columns");
        row
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_without_heading_and_comments() {
        let table = "# Source: nowhere\nname\tport\n\n# web\nhttp\t80\nother\t\n";
        assert_eq!(rows::<2>(table).collect::<Vec<_>>(), [["http", "80"], ["other", ""]]);
    }

    #[test]
    #[should_panic(expected = "the row `http` has fewer than 2 columns")]
    fn a_row_with_a_column_missing_is_refused() {
        let _ = rows::<2>("name\tport\nhttp\n").count();
    }
}
