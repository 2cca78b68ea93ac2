//! Amounts of resources, as Kubernetes writes and compares them: `500m`, `1.5Gi`, `2e3`.
//!
//! Source: kubernetes/apimachinery pkg/api/resource, `quantity.go`, `suffix.go`, `amount.go`.

use std::cmp::Ordering;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Mul};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

/// An amount of a resource, exact to a billionth of its unit, which is as exact as the API server is.
///
/// Two quantities are equal, and sort, by what they mean: `1` is `1000m`. They are written as they were read; what was
/// computed is written as the API server would write it.
#[derive(Debug, Clone)]
pub struct Quantity {
    nanos: i128,
    form: Form,
    /// How it was written, if it was.
    text: Option<Arc<str>>,
}

/// The family of suffixes that a quantity is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `Ki`, `Mi`, ...
    Binary,
    /// `m`, `k`, `M`, ...
    Decimal,
}

const NANOS: i128 = 1_000_000_000;
/// The API server knows no larger amount, and cuts what is larger to this.
const LARGEST: i128 = i64::MAX as i128 * NANOS;

const BINARY: [(&str, i128); 6] =
    [("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40), ("Pi", 1 << 50), ("Ei", 1 << 60)];

/// The suffixes of powers of ten, each with its factor in billionths.
const DECIMAL: [(&str, i128); 10] = [
    ("n", 1),
    ("u", 1_000),
    ("m", 1_000_000),
    ("", NANOS),
    ("k", 1_000 * NANOS),
    ("M", 1_000_000 * NANOS),
    ("G", 1_000_000_000 * NANOS),
    ("T", 1_000_000_000_000 * NANOS),
    ("P", 1_000_000_000_000_000 * NANOS),
    ("E", 1_000_000_000_000_000_000 * NANOS),
];

impl Quantity {
    /// Reads a quantity. What is finer than a billionth is rounded up. `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let end = text.find(|letter: char| !matches!(letter, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
        let (number, suffix) = text.split_at(end);
        let (mantissa, decimals) = mantissa(number)?;
        let (factor, divisor, form) = scale(suffix)?;
        let divisor = divisor.checked_mul(10_i128.checked_pow(decimals)?)?;
        let nanos = match mantissa.checked_mul(factor) {
            Some(scaled) => ceiling(scaled, divisor).clamp(-LARGEST, LARGEST),
            None => LARGEST * mantissa.signum(),
        };
        Some(Self { nanos, form, text: Some(text.into()) })
    }

    /// Reads the value of a field: the API server takes text and numbers.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text),
            Value::Number(number) => Self::parse(&number.to_string()),
            _ => None,
        }
    }

    /// So many whole units.
    pub fn whole(units: i64) -> Self {
        Self { nanos: i128::from(units) * NANOS, form: Form::Decimal, text: None }
    }

    /// Whether it is nothing.
    pub fn is_zero(&self) -> bool {
        self.nanos == 0
    }

    /// Whether it is less than nothing.
    pub fn is_negative(&self) -> bool {
        self.nanos < 0
    }

    /// The number of whole units, rounded up.
    pub fn ceiling(&self) -> i128 {
        ceiling(self.nanos, NANOS)
    }

    /// Whether it is a number of whole units.
    pub fn is_whole(&self) -> bool {
        self.nanos % NANOS == 0
    }

    /// How this amount compares with so many times another: `self / other` against `ratio`, without rounding.
    pub fn compare_to_ratio(&self, other: &Self, ratio: &Self) -> Ordering {
        match (self.nanos.checked_mul(NANOS), ratio.nanos.checked_mul(other.nanos)) {
            (Some(left), Some(right)) => left.cmp(&right),
            // What does not fit is far beyond what any cluster has, and whole units are exact enough.
            _ => (self.nanos / NANOS).cmp(&(ratio.nanos / NANOS).saturating_mul(other.nanos / NANOS)),
        }
    }
}

/// The digits of a number, and how many of them are behind its point.
fn mantissa(number: &str) -> Option<(i128, u32)> {
    let unsigned = number.strip_prefix(['+', '-']).unwrap_or(number);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let value = whole.bytes().chain(fraction.bytes()).try_fold(0_i128, |value, letter| {
        let digit = char::from(letter).to_digit(10)?;
        value.checked_mul(10)?.checked_add(i128::from(digit))
    })?;
    Some((if number.starts_with('-') { -value } else { value }, u32::try_from(fraction.len()).ok()?))
}

/// What a suffix means: a factor and a divisor to billionths, and its family.
fn scale(suffix: &str) -> Option<(i128, i128, Form)> {
    if let Some((_, factor)) = BINARY.iter().find(|(known, _)| *known == suffix) {
        return Some((factor * NANOS, 1, Form::Binary));
    }
    if let Some((_, factor)) = DECIMAL.iter().find(|(known, _)| *known == suffix) {
        return Some((*factor, 1, Form::Decimal));
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
    if exponent < 0 { Some((NANOS, power, Form::Decimal)) } else { Some((NANOS.checked_mul(power)?, 1, Form::Decimal)) }
}

fn ceiling(value: i128, divisor: i128) -> i128 {
    if divisor == 1 {
        return value;
    }
    value.div_euclid(divisor) + i128::from(value.rem_euclid(divisor) != 0)
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl Default for Quantity {
    fn default() -> Self {
        Self::whole(0)
    }
}

/// The sum, in the family of the first that is not zero.
impl Add<&Self> for Quantity {
    type Output = Self;

    fn add(self, other: &Self) -> Self {
        let form = if self.is_zero() { other.form } else { self.form };
        Self { nanos: self.nanos.saturating_add(other.nanos).clamp(-LARGEST, LARGEST), form, text: None }
    }
}

/// So many times the amount.
impl Mul<u64> for &Quantity {
    type Output = Quantity;

    fn mul(self, count: u64) -> Quantity {
        let nanos = self.nanos.saturating_mul(i128::from(count)).clamp(-LARGEST, LARGEST);
        Quantity { nanos, form: self.form, text: None }
    }
}

impl<'q> Sum<&'q Self> for Quantity {
    fn sum<I: Iterator<Item = &'q Self>>(quantities: I) -> Self {
        quantities.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.text {
            return formatter.write_str(text);
        }
        let binary = BINARY.iter().rev().map(|(suffix, factor)| (*suffix, factor * NANOS));
        // Below 1024 the API server writes binary amounts as decimal ones.
        let is_binary = self.form == Form::Binary && self.nanos.abs() >= 1024 * NANOS && self.is_whole();
        let binary = binary.filter(|_| is_binary);
        let decimal = DECIMAL.iter().rev().filter(|(suffix, _)| !is_binary || suffix.is_empty()).copied();
        let mut units = binary.chain(decimal);
        match units.find(|(_, factor)| self.nanos != 0 && self.nanos % factor == 0) {
            Some((suffix, factor)) => write!(formatter, "{}{suffix}", self.nanos / factor),
            None => formatter.write_str("0"),
        }
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::of(&value).ok_or_else(|| de::Error::custom(format!("`{value}` is no quantity such as `500m` or `2Gi`")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap_or_else(|| panic!("`{text}` is a quantity"))
    }

    /// As `TestQuantityParse` and `TestQuantityParseZero` of quantity_test.go.
    #[test]
    fn quantities_mean_what_the_api_server_reads() {
        let alike = [
            ("1", "1000m"),
            ("0.1", "100m"),
            ("1Ki", "1024"),
            ("1.5Gi", "1536Mi"),
            ("1e3", "1k"),
            ("1E3", "1000"),
            ("1E", "1000P"),
            ("100e-3", "100m"),
            ("+5", "5"),
            ("-5", "-5000m"),
            (".5", "500m"),
            ("5.", "5"),
            ("0", "0Gi"),
            ("1.0000000001", "1.000000001"),
            ("0.0000000001", "1n"),
            ("100000000000000000000", "9223372036854775807"),
            ("9999999999Ei", "9223372036854775807"),
            ("0.25Ki", "256"),
        ];
        for (one, other) in alike {
            assert_eq!(quantity(one), quantity(other), "{one} {other}");
        }
        for text in ["", "1 Gi", "10GB", "1x", "Gi", "1.2.3", "1ki", "1K", "--1", "1e", "1e1.5", "one", "1-", "٣"] {
            assert!(Quantity::parse(text).is_none(), "{text}");
        }
        assert_eq!(Quantity::of(&json!(2)), Some(quantity("2000m")));
        assert_eq!(Quantity::of(&json!(0.5)), Some(quantity("500m")));
        assert_eq!(Quantity::of(&json!(null)), None);
    }

    /// As `TestQuantityString` of quantity_test.go.
    #[test]
    fn sums_are_written_as_the_api_server_writes_them() {
        let sums: [(&[&str], &str); 9] = [
            (&["512Mi", "512Mi"], "1Gi"),
            (&["100m", "400m"], "500m"),
            (&["500m", "500m"], "1"),
            (&["1Gi", "1"], "1073741825"),
            (&["0", "1Gi"], "1Gi"),
            (&["1G", "1G"], "2G"),
            (&["0.5Ki", "1"], "513"),
            (&["1500Mi", "36Mi"], "1536Mi"),
            (&[], "0"),
        ];
        for (parts, sum) in sums {
            let parts: Vec<_> = parts.iter().map(|part| quantity(part)).collect();
            assert_eq!(parts.iter().sum::<Quantity>().to_string(), sum);
        }
        assert_eq!((&quantity("250m") * 3).to_string(), "750m");
        assert_eq!(quantity("0.50").to_string(), "0.50");
        assert_eq!(quantity("1001m").ceiling(), 2);
    }

    #[test]
    fn a_ratio_is_compared_without_rounding() {
        let compared = |limit: &str, request: &str, ratio: &str| {
            quantity(limit).compare_to_ratio(&quantity(request), &quantity(ratio))
        };
        assert_eq!(compared("200m", "100m", "2"), Ordering::Equal);
        assert_eq!(compared("201m", "100m", "2"), Ordering::Greater);
        assert_eq!(compared("1", "3", "333m"), Ordering::Greater);
        assert_eq!(compared("7Ei", "1", "1"), Ordering::Greater);
        assert_eq!(compared("7Ei", "7Ei", "1"), Ordering::Equal);
        assert_eq!(compared("7Ei", "7Ei", "2"), Ordering::Less);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(units in -1_000_000_i64..1_000_000, times in 0_u64..1_000_000, suffix in "Ki|Mi|Gi|n|u|m||k|M") {
            let computed = &quantity(&format!("{units}{suffix}")) * times;
            prop_assert_eq!(&quantity(&computed.to_string()), &computed);
            prop_assert_eq!(computed.clone() + &Quantity::default(), computed);
        }
    }
}
