//! Scalars as Go reads them, and strings as every reader must read them.

use std::borrow::Cow;

use serde_json::{Number, Value};

/// The value that go-yaml v3 (kustomize, kpt) gives a plain scalar, unless it is the text of the scalar.
///
/// YAML 1.1 octals (`0644`) and underscores (`1_000`) are numbers, `yes` and `on` are strings. Dates stay the text
/// they are. What JSON cannot hold (`.inf`, `.nan`) becomes its text.
///
/// Source: `resolve` in go-yaml v3 `resolve.go`.
pub(super) fn other_than_text(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "true" | "True" | "TRUE" => return Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Value::Bool(false)),
        _ => {}
    }
    let number = match text.as_bytes()[0] {
        b'.' if separates_digits(text) => float(&text.replace('_', "")),
        b'0'..=b'9' | b'+' | b'-' => {
            let digits = text.replace('_', "");
            integer(&digits).or_else(|| float(&digits)).or_else(|| signed_behind_prefix(&digits))
        }
        _ => None,
    };
    number.map(Value::Number)
}

/// Go's `strconv.ParseInt(text, 0, 64)`, else `strconv.ParseUint(text, 0, 64)`.
fn integer(text: &str) -> Option<Number> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let signed = unsigned.len() != text.len();
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &unsigned[2..]),
        [b'0', b'b' | b'B', ..] => (2, &unsigned[2..]),
        [b'0', b'o' | b'O', ..] => (8, &unsigned[2..]),
        [b'0', _, ..] => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let value = if negative { -magnitude } else { magnitude };
    if let Ok(value) = i64::try_from(value) {
        return Some(value.into());
    }
    u64::try_from(value).ok().filter(|_| !signed).map(Into::into)
}

/// Whether every underscore is between digits, as Go's `strconv.ParseFloat` demands.
fn separates_digits(text: &str) -> bool {
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let mut underscores = text.match_indices('_');
    underscores.all(|(at, _)| is_digit(bytes[..at].last()) && is_digit(bytes.get(at + 1)))
}

/// `0b+1` and `0o-44`: go-yaml takes a sign behind the prefix.
fn signed_behind_prefix(text: &str) -> Option<Number> {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'b', ..] => (2, &text[2..]),
        [b'0', b'o', ..] => (8, &text[2..]),
        _ => return None,
    };
    i64::from_str_radix(digits, radix).ok().map(Into::into)
}

/// A float in go-yaml's `yamlStyleFloat` form, when it is finite.
fn float(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let well_formed = unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && unsigned.bytes().any(|byte| byte.is_ascii_digit())
        && unsigned.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    // Numbers past the range of a float are strings to Go; `from_f64` refuses infinity.
    well_formed.then(|| text.parse().ok().and_then(Number::from_f64)).flatten()
}

/// `text` as a YAML scalar on one line that every YAML 1.1 and 1.2 reader takes for this very string.
pub fn quote(text: &str) -> Cow<'_, str> {
    if is_plain(text) { Cow::Borrowed(text) } else { Cow::Owned(double_quoted(text)) }
}

/// `text` in double quotes, valid both as YAML and as JSON.
pub fn double_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    // What is between two characters that need escapes is copied as it is.
    let mut copied = 0;
    for (at, special) in text.match_indices(|character| matches!(character, '"' | '\\') || !is_printable(character)) {
        quoted.push_str(&text[copied..at]);
        push_escape(&mut quoted, special);
        copied = at + special.len();
    }
    quoted.push_str(&text[copied..]);
    quoted.push('"');
    quoted
}

fn push_escape(quoted: &mut String, special: &str) {
    match special {
        "\"" => quoted.push_str("\\\""),
        "\\" => quoted.push_str("\\\\"),
        "\n" => quoted.push_str("\\n"),
        "\r" => quoted.push_str("\\r"),
        "\t" => quoted.push_str("\\t"),
        other => quoted.extend(other.chars().map(|character| format!("\\u{:04x}", u32::from(character)))),
    }
}

/// `text` in single quotes, if they can hold it unchanged.
pub fn single_quoted(text: &str) -> Option<String> {
    text.chars().all(is_printable).then(|| format!("'{}'", text.replace('\'', "''")))
}

/// Whether a reader takes the character literally, and never for a line break.
pub(super) fn is_printable(character: char) -> bool {
    matches!(character, ' '..='~')
        || !character.is_control()
            && !matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether `text` can be written without quotes. Stricter than YAML: what merely resembles another type is quoted.
fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    let safe_start = first.is_alphanumeric() || matches!(first, '/' | '_' | '.' | '+' | '$' | '(');
    let found = text.bytes().fold(0, |found, byte| found | MARKS[usize::from(byte)]);
    safe_start
        && (found & OTHER == 0 || text.chars().all(is_printable))
        && !text.ends_with([' ', ':'])
        && !(found & SPACE != 0 && found & INDICATOR != 0 && holds_indicator(text.as_bytes()))
        && !is_word_of_another_type(text)
        && !resembles_number(text)
}

/// Marks of bytes: every text that is written is looked at, and most hold none of these.
const SPACE: u8 = 1;
const INDICATOR: u8 = 2;
const OTHER: u8 = 4;

/// The mark of each byte: a space, what is an indicator beside one, and what is not printable ASCII.
static MARKS: [u8; 256] = {
    let mut marks = [OTHER; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        marks[byte as usize] = match byte {
            b' ' => SPACE,
            b':' | b'#' => INDICATOR,
            _ => 0,
        };
        byte += 1;
    }
    marks
};

/// Whether a text holds what ends plain text: a colon before a space, or a number sign behind one.
fn holds_indicator(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| matches!(pair, b": " | b" #"))
}

fn is_word_of_another_type(text: &str) -> bool {
    const WORDS: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nil"];
    text.len() <= "false".len() && WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether `text` starts like a number, date or time and holds nothing that rules these out.
fn resembles_number(text: &str) -> bool {
    let rules_out =
        |byte: u8| byte == b'/' || (byte.is_ascii_alphabetic() && !b"abcdefABCDEFoOxXtTzZiInN".contains(&byte));
    text.starts_with(|first: char| first.is_numeric() || matches!(first, '.' | '+')) && !text.bytes().any(rules_out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_scalars_read_as_go_reads_them() {
        let cases = [
            ("0644", json!(420)),
            ("0o644", json!(420)),
            ("08", json!(8.0)),
            ("0x1F", json!(31)),
            ("0b11", json!(3)),
            ("1_000", json!(1000)),
            ("+1", json!(1)),
            ("-0", json!(0)),
            ("00", json!(0)),
            (".5", json!(0.5)),
            ("1.", json!(1.0)),
            ("1e3", json!(1000.0)),
            ("1.10", json!(1.1)),
            ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
            ("-9223372036854775808", json!(i64::MIN)),
            ("123456789012345678901", json!(123_456_789_012_345_680_000.0)),
            ("1e400", json!("1e400")),
            ("yes", json!("yes")),
            ("on", json!("on")),
            ("tRue", json!("tRue")),
            ("True", json!(true)),
            ("~", json!(null)),
            ("", json!(null)),
            ("2001-01-01", json!("2001-01-01")),
            ("1:30", json!("1:30")),
            ("1.2.3", json!("1.2.3")),
            ("1e", json!("1e")),
            ("123e4567", json!("123e4567")),
            (".inf", json!(".inf")),
            ("-", json!("-")),
            ("0x", json!("0x")),
            (".", json!(".")),
            (".1_8", json!(0.18)),
            (".1e1_0", json!(1e9)),
            ("._1", json!("._1")),
            (".1_", json!(".1_")),
            ("0b+1", json!(1)),
            ("0b-0", json!(0)),
            ("0o-44", json!(-36)),
            ("0o+8", json!("0o+8")),
            ("-0b+1", json!("-0b+1")),
        ];
        for (text, expected) in cases {
            assert_eq!(other_than_text(text).unwrap_or_else(|| json!(text)), expected, "{text}");
        }
    }

    #[test]
    fn strings_that_resemble_another_type_are_quoted() {
        let risky = [
            "",
            "0644",
            "yes",
            "No",
            "ON",
            "off",
            "y",
            "N",
            "true",
            "null",
            "~",
            "1_000",
            "2001-01-01",
            "1:30",
            "12e03",
            "0x1F",
            "0b1",
            "0o7",
            "+1",
            "-1",
            ".5",
            "1.",
            ".inf",
            ".NaN",
            "=",
            "<<",
            "1.2.3",
            "5d41402a",
            "- a",
            "a: b",
            "a #b",
            "a:",
            " a",
            "a ",
            "#a",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "'",
            "\"",
            "%a",
            "@a",
            "`a",
            "[a",
            "{a",
            "?",
            "a\tb",
            "a\u{85}b",
            "\u{2028}",
            "\u{feff}a",
            "٣",
        ];
        for text in risky {
            let quoted = quote(text);
            assert!(quoted.starts_with('"'), "{text:?} written bare");
            let read: String = serde_yaml::from_str(&quoted).expect("a quoted scalar is YAML");
            assert_eq!(read, text);
        }
    }

    #[test]
    fn ordinary_strings_stay_bare() {
        for text in [
            "web",
            "hcloud-volumes",
            "10Gi",
            "250m",
            "30s",
            "/healthz",
            "10.42.0.0/16",
            "a:b",
            "x.y/z",
            "letsencrypt-prod",
        ] {
            assert_eq!(quote(text), text);
        }
    }
}
