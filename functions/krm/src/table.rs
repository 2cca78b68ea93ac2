//! Tables of facts, one a line, in files that are read when the program is compiled.
//!
//! A table is text with columns separated by tabs. The first line names the columns; empty lines and lines that start
//! with `#` say where the facts come from and what they are about.

/// The rows of a table with `N` columns, without the heading.
///
/// # Panics
/// On a row with another number of columns. The tables are part of the program, and tests read each of them.
pub fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    let lines = split(table, b'\n').filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.skip(1).map(row)
}

/// The rows of a large table that start with `columns`, each of which ends in a tab. They are found by halves, so that no
/// other row is read: the rows must be sorted as bytes, with no comment between them. [`is_sorted`] tests that.
///
/// # Panics
/// As [`rows`].
pub fn rows_of<'c, const N: usize>(
    table: &'static str,
    columns: &'c str,
) -> impl Iterator<Item = [&'static str; N]> + use<'c, N> {
    let sorted = sorted_part(table);
    let lines = split(&sorted[lower_bound(sorted, columns)..], b'\n');
    lines.take_while(move |line| line.starts_with(columns)).map(row)
}

/// Whether [`rows_of`] finds each row of a table.
pub fn is_sorted(table: &'static str) -> bool {
    sorted_part(table).lines().is_sorted()
}

/// What is behind the line with the names of the columns.
fn sorted_part(table: &'static str) -> &'static str {
    let mut rest = table;
    while let Some((line, behind)) = rest.split_once('\n') {
        rest = behind;
        if !line.is_empty() && !line.starts_with('#') {
            break;
        }
    }
    rest
}

/// Where the first line begins that does not come before `key`.
fn lower_bound(sorted: &str, key: &str) -> usize {
    let (mut low, mut high) = (0, sorted.len());
    while low < high {
        let middle = low.midpoint(high);
        let start = sorted.as_bytes()[..middle].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let end = sorted.as_bytes()[middle..].iter().position(|byte| *byte == b'\n').map_or(high, |end| middle + end);
        if &sorted[start..end] < key { low = (end + 1).min(sorted.len()) } else { high = start }
    }
    low
}

/// The parts of a text that an ASCII character separates.
fn split(text: &'static str, separator: u8) -> impl Iterator<Item = &'static str> {
    // A function reads a thousand rows before the first object, so that the search in the standard library would be felt.
    let ends = memchr::memchr_iter(separator, text.as_bytes()).chain([text.len()]);
    ends.scan(0, move |start, end| Some(&text[std::mem::replace(start, end + 1)..end]))
}

fn row<const N: usize>(line: &'static str) -> [&'static str; N] {
    let mut columns = split(line, b'\t');
    let row = std::array::from_fn(|_| {
        columns.next().unwrap_or_else(|| panic!("the row `{line}` has fewer than {N} columns"))
    });
    assert!(columns.next().is_none(), "the row `{line}` has more than {N} columns");
    row
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
    fn rows_of_a_sorted_table_are_found_by_halves() {
        const TABLE: &str = "# Source: nowhere\n\ngroup\tkind\n\ta\n\tb\na\tx\na\ty\nab\tx\nb\t\n";
        assert!(is_sorted(TABLE));
        let found = |columns| rows_of::<2>(TABLE, columns).collect::<Vec<_>>();
        assert_eq!(found("\t"), [["", "a"], ["", "b"]]);
        assert_eq!(found("a\t"), [["a", "x"], ["a", "y"]]);
        assert_eq!(found("b\t"), [["b", ""]]);
        for (missing, row) in [("aa\t", "aa"), ("0\t", "0"), ("c\t", "c")] {
            assert_eq!(found(missing), [[""; 2]; 0], "{row}");
        }
        for [group, kind] in rows::<2>(TABLE) {
            let of_group = format!("{group}\t");
            assert!(rows_of::<2>(TABLE, &of_group).any(|row| row == [group, kind]), "{group} {kind}");
        }
        assert!(!is_sorted("name\nb\na\n"));
    }

    #[test]
    #[should_panic(expected = "the row `http` has fewer than 2 columns")]
    fn a_row_with_a_column_missing_is_refused() {
        let _ = rows::<2>("name\tport\nhttp\n").count();
    }
}
