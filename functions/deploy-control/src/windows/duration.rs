//! Durations of Go.

use std::fmt;

/// A duration in nanoseconds, as `time.ParseDuration` of Go reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Duration(i64);

/// The units and their nanoseconds. The micro sign and the Greek letter are both read.
const UNITS: [(&str, i64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", MINUTE),
    ("h", 60 * MINUTE),
];

const MINUTE: i64 = 60_000_000_000;

impl Duration {
    pub(crate) fn of_minutes(minutes: usize) -> Self {
        Self(i64::try_from(minutes).unwrap_or(i64::MAX / MINUTE).saturating_mul(MINUTE))
    }

    /// Reads `8h`, `1h30m` or `1.5h`. None for `1d`, `8` and whatever else Go refuses.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (is_negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Some(Self(0));
        }
        if rest.is_empty() {
            return None;
        }
        let mut total = 0_i64;
        while !rest.is_empty() {
            let (part, behind) = part(rest)?;
            total = total.checked_add(part)?;
            rest = behind;
        }
        Some(Self(if is_negative { -total } else { total }))
    }

    /// The whole minutes that the clock is inside of a window of this length which starts at a full minute; none if it never
    /// is.
    pub(crate) fn minutes(self) -> usize {
        usize::try_from((self.0.max(0) + MINUTE - 1) / MINUTE).unwrap_or(usize::MAX)
    }
}

/// A number with its unit in nanoseconds, and what is behind it.
fn part(text: &str) -> Option<(i64, &str)> {
    let number_end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(number_end);
    let unit_end = rest.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()?.checked_mul(*unit)? };
    // Nothing that a window is for needs more digits than a number holds exactly.
    let fraction = format!("0.{fraction}0").parse::<f64>().ok()? * *unit as f64;
    Some((whole.checked_add(fraction as i64)?, rest))
}

/// `8h`, `45m` or `1h30m`: what people write, which Go reads.
impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.minutes();
        match (minutes / 60, minutes % 60) {
            (0, minutes) => write!(formatter, "{minutes}m"),
            (hours, 0) => write!(formatter, "{hours}h"),
            (hours, minutes) => write!(formatter, "{hours}h{minutes}m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, minutes) in [
            ("8h", Some(480)),
            ("1h30m", Some(90)),
            ("1.5h", Some(90)),
            (".5h", Some(30)),
            ("1.h", Some(60)),
            ("90s", Some(2)),
            ("+8h", Some(480)),
            ("-8h", Some(0)),
            ("0", Some(0)),
            ("0s", Some(0)),
            ("1h1ns", Some(61)),
            ("100us", Some(1)),
            ("100\u{b5}s", Some(1)),
            ("1h 30m", None),
            ("1d", None),
            ("8", None),
            ("h", None),
            (".h", None),
            ("1.2.3h", None),
            ("", None),
            ("-", None),
            ("8H", None),
            ("9999999999h", None),
        ] {
            assert_eq!(Duration::parse(text).map(Duration::minutes), minutes, "{text}");
        }
    }

    #[test]
    fn durations_are_written_as_they_are_read() {
        for (minutes, text) in [(45, "45m"), (60, "1h"), (90, "1h30m"), (600, "10h"), (7200, "120h")] {
            let duration = Duration::of_minutes(minutes);
            assert_eq!((duration.to_string().as_str(), Duration::parse(text)), (text, Some(duration)));
        }
    }
}
