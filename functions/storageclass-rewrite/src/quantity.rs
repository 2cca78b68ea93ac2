//! Amounts of storage in bytes.

use manifests::quantities::Quantity;
use serde_json::Value;

/// One gibibyte.
pub(crate) const GIB: i128 = 1 << 30;

const UNITS: [(&str, i128); 6] =
    [("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40), ("Pi", 1 << 50), ("Ei", 1 << 60)];

/// The number of whole units, rounded up, that a quantity means. `None` if it is no quantity.
pub(crate) fn parse(value: &Value) -> Option<i128> {
    Some(Quantity::of(value)?.ceiling())
}

/// `bytes` in the largest binary unit that takes a whole number of them.
pub(crate) fn format(bytes: i128) -> String {
    let unit = UNITS.iter().rev().find(|(_, factor)| bytes != 0 && bytes % factor == 0);
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
