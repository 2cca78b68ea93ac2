//! Amounts of storage, as Kubernetes writes them.
//!
//! Source: `apimachinery/pkg/api/resource/quantity.go`.

use serde_json::Value;

/// One gibibyte.
pub(crate) const GIB: i128 = 1 << 30;

const SUFFIXES: [(&str, i128); 14] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("Ei", 1 << 60),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000),
    ("m", 1),
    ("", 1),
];

/// The number of whole units, rounded up, that a quantity means. `None` if it is no quantity.
pub(crate) fn parse(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => parse_text(&number.to_string()),
        Value::String(text) => parse_text(text),
        _ => None,
    }
}

fn parse_text(text: &str) -> Option<i128> {
    let text = text.trim();
    let end = text.find(|character: char| !matches!(character, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    let mantissa: i128 = digits.parse().ok()?;
    let mut divisor = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let mut factor = 1;
    if let Some(exponent) = suffix.strip_prefix(['e', 'E']).filter(|exponent| !exponent.is_empty()) {
        let exponent: i32 = exponent.parse().ok()?;
        let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
        if exponent < 0 { divisor = divisor.checked_mul(power)? } else { factor = power }
    } else {
        factor = SUFFIXES.iter().find(|(known, _)| *known == suffix)?.1;
        if suffix == "m" {
            divisor = divisor.checked_mul(1000)?;
        }
    }
    let scaled = mantissa.checked_mul(factor)?;
    Some(scaled.div_euclid(divisor) + i128::from(scaled.rem_euclid(divisor) != 0))
}

/// `bytes` in the largest binary unit that takes a whole number of them.
pub(crate) fn format(bytes: i128) -> String {
    let unit = SUFFIXES[..6].iter().rev().find(|(_, factor)| bytes != 0 && bytes % factor == 0);
    unit.map_or_else(|| bytes.to_string(), |(suffix, factor)| format!("{}{suffix}", bytes / factor))
}

/// `bytes` in whole gibibytes, rounded up.
pub(crate) fn whole_gibibytes(bytes: i128) -> i128 {
    bytes.div_euclid(GIB) + i128::from(bytes.rem_euclid(GIB) != 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quantities_read_as_kubernetes_reads_them() {
        let cases = [
            (json!("10Gi"), Some(10 * GIB)),
            (json!("10G"), Some(10_000_000_000)),
            (json!("1.5Gi"), Some(GIB + GIB / 2)),
            (json!("0.5"), Some(1)),
            (json!("1e9"), Some(1_000_000_000)),
            (json!("1E"), Some(1_000_000_000_000_000_000)),
            (json!("1500m"), Some(2)),
            (json!("100k"), Some(100_000)),
            (json!(1_073_741_824_i64), Some(GIB)),
            (json!("1x.small"), None),
            (json!("10GB"), None),
            (json!(""), None),
            (json!({}), None),
        ];
        for (quantity, bytes) in cases {
            assert_eq!(parse(&quantity), bytes, "{quantity}");
        }
    }

    #[test]
    fn quantities_are_written_in_the_largest_whole_unit() {
        for (bytes, text) in [(10 * GIB, "10Gi"), (1024 * GIB, "1Ti"), (1536 * GIB, "1536Gi"), (5, "5"), (0, "0")] {
            assert_eq!(format(bytes), text);
        }
        assert_eq!(whole_gibibytes(10_000_000_000), 10);
        assert_eq!(whole_gibibytes(GIB), 1);
    }
}
