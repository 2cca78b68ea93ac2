//! Durations, amounts of memory and numbers of CPUs as compose writes them.
//!
//! Source: compose-spec `11-extension.md`, "Specifying byte values" and "Specifying durations"; docker/go-units, which reads all
//! units of bytes as powers of 1024.

/// A duration in microseconds: `1m30s`, `500ms`.
pub(super) fn microseconds(text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let letters = &rest[digits..];
        let end = letters.find(|letter: char| letter.is_ascii_digit()).unwrap_or(letters.len());
        let factor = match &letters[..end] {
            "us" | "µs" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => 86_400_000_000,
            _ => return None,
        };
        total = total.checked_add(scaled(&rest[..digits], factor)?)?;
        rest = &letters[end..];
    }
    (!text.is_empty()).then_some(total)
}

/// A number of bytes as a quantity: `128M` and `128mb` are `128Mi`.
pub(super) fn memory(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let power = match text[digits..].trim().trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    let bytes = scaled(&text[..digits], 1024_u64.pow(power))?;
    let suffixes = [(4, "Ti"), (3, "Gi"), (2, "Mi"), (1, "Ki")];
    let whole = suffixes.iter().map(|(power, suffix)| (1024_u64.pow(*power), suffix));
    let mut whole = whole.filter(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit));
    Some(whole.next().map_or_else(|| bytes.to_string(), |(unit, suffix)| format!("{}{suffix}", bytes / unit)))
}

/// A number of CPUs as a quantity: `0.5` is `500m`. What is less than a thousandth is rounded up.
pub(super) fn cpus(text: &str) -> Option<String> {
    let thousandths = scaled(text, 1_000_000)?.div_ceil(1_000);
    let whole = thousandths.is_multiple_of(1_000);
    Some(if whole { (thousandths / 1_000).to_string() } else { format!("{thousandths}m") })
}

/// A decimal number so many times, cut to a whole number.
fn scaled(number: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !is_number(whole) || !is_number(fraction) || fraction.len() > 9 {
        return None;
    }
    let parse = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<u128>().ok() };
    let divisor = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let units = parse(whole)?.checked_mul(divisor)?.checked_add(parse(fraction)?)?;
    u64::try_from(units.checked_mul(u128::from(factor))? / divisor).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, expected) in [
            ("10s", Some(10_000_000)),
            ("1m30s", Some(90_000_000)),
            ("1h", Some(3_600_000_000)),
            ("500ms", Some(500_000)),
            ("1.5s", Some(1_500_000)),
            ("20us", Some(20)),
            ("2h32m", Some(9_120_000_000)),
            ("10", None),
            ("", None),
            ("s", None),
            ("ten", None),
            ("-1s", None),
            ("99999999999999d", None),
        ] {
            assert_eq!(microseconds(text), expected, "{text}");
        }
    }

    #[test]
    fn memory_is_a_multiple_of_1024() {
        for (text, expected) in [
            ("128M", Some("128Mi")),
            ("128mb", Some("128Mi")),
            ("1g", Some("1Gi")),
            ("1.5G", Some("1536Mi")),
            ("2gib", Some("2Gi")),
            ("512k", Some("512Ki")),
            ("1024", Some("1Ki")),
            ("1000b", Some("1000")),
            ("1000", Some("1000")),
            ("0", Some("0")),
            ("x", None),
            ("1x", None),
            ("", None),
            ("99999999999999g", None),
        ] {
            assert_eq!(memory(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn cpus_are_thousandths() {
        for (text, expected) in [
            ("0.5", Some("500m")),
            ("2", Some("2")),
            ("1.0", Some("1")),
            (".25", Some("250m")),
            ("0.0001", Some("1m")),
            ("all", None),
            ("", None),
        ] {
            assert_eq!(cpus(text).as_deref(), expected, "{text}");
        }
    }
}
