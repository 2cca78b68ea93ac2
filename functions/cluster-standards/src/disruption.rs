//! How many pods a PodDisruptionBudget lets go, as the disruption controller and the eviction API compute it.
//!
//! Sources: kubernetes 1.34 pkg/controller/disruption/disruption.go, `getExpectedPodCount`, `getExpectedScale` and
//! `updatePdbStatus`; pkg/registry/core/pod/storage/eviction.go, `Create` and `checkAndDecrement`;
//! pkg/apis/policy/validation/validation.go, `ValidatePodDisruptionBudgetSpec`; apimachinery pkg/util/intstr,
//! `GetScaledValueFromIntOrPercent`.

use std::fmt;

use serde_json::Value;

/// A number of pods, or a share of them in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Amount {
    /// So many.
    Count(u64),
    /// So many of a hundred, at most all of them.
    Percent(u64),
}

impl Amount {
    /// The amount in a field.
    ///
    /// # Errors
    /// What the API server says against the value, to be put behind it.
    fn read(value: &Value) -> Result<Self, &'static str> {
        let percent = |text: &str| {
            let digits = text.strip_suffix('%').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
            digits.parse().ok()
        };
        match value {
            Value::Number(number) => match number.as_i64() {
                Some(count) if i32::try_from(count).is_ok() => {
                    u64::try_from(count).map(Self::Count).map_err(|_| "is less than 0; write a number of pods")
                }
                _ => Err("is no number of pods"),
            },
            Value::String(text) => match percent(text) {
                Some(share @ 0..=100) => Ok(Self::Percent(share)),
                Some(_) => Err("is more than all pods; write at most `100%`"),
                None => Err("is text; write a number of pods without quotes, or a percentage as `50%`"),
            },
            _ => Err("is no number of pods and no percentage"),
        }
    }

    /// The number of pods that it is of so many. A share is rounded up.
    fn of(self, total: u64) -> u64 {
        match self {
            Self::Count(count) => count,
            Self::Percent(share) => (total * share).div_ceil(100),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(formatter),
            Self::Percent(share) => write!(formatter, "{share}%"),
        }
    }
}

/// What a budget demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// So many pods must stay ready.
    MinAvailable(Amount),
    /// So many pods may be missing.
    MaxUnavailable(Amount),
    /// Neither of both.
    Absent,
}

/// A field of a budget that the API server refuses.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The field of `spec`.
    pub(crate) key: &'static str,
    /// What is wrong with it and what to do.
    pub(crate) message: &'static str,
}

impl Limit {
    /// The name of the field.
    pub(crate) fn key(self) -> Option<&'static str> {
        match self {
            Self::MinAvailable(_) => Some("minAvailable"),
            Self::MaxUnavailable(_) => Some("maxUnavailable"),
            Self::Absent => None,
        }
    }

    /// The limit in the `spec` of a budget.
    ///
    /// # Errors
    /// A value that the API server refuses, or both fields at once.
    pub(crate) fn read(spec: &Value) -> Result<Self, Refused> {
        let amount = |key: &'static str| match &spec[key] {
            Value::Null => Ok(None),
            value => Amount::read(value).map(Some).map_err(|message| Refused { key, message }),
        };
        match (amount("minAvailable")?, amount("maxUnavailable")?) {
            (Some(_), Some(_)) => Err(Refused {
                key: "minAvailable",
                message: "is set together with `maxUnavailable`; take one of them out",
            }),
            (Some(amount), None) => Ok(Self::MinAvailable(amount)),
            (None, Some(amount)) => Ok(Self::MaxUnavailable(amount)),
            (None, None) => Ok(Self::Absent),
        }
    }

    /// Whether the controller has to know how many pods there should be. It asks whoever made them, and gives up where that
    /// has no scale, as a DaemonSet or a Job.
    pub(crate) fn needs_scale(self) -> bool {
        matches!(self, Self::MaxUnavailable(_) | Self::MinAvailable(Amount::Percent(_)))
    }

    /// How many of these pods may be evicted one after the other while none comes back, if all of them are ready.
    pub(crate) fn allowed(self, pods: Counts) -> u64 {
        let (expected, healthy) = match self {
            Self::MinAvailable(Amount::Count(count)) => (pods.all(), count),
            Self::MinAvailable(share) => (pods.scaled, share.of(pods.scaled)),
            Self::MaxUnavailable(amount) => (pods.scaled, pods.scaled.saturating_sub(amount.of(pods.scaled))),
            // The controller then expects no pods, and lets none go.
            Self::Absent => (0, 0),
        };
        if expected == 0 { 0 } else { pods.all().saturating_sub(healthy) }
    }
}

/// As in a manifest: `minAvailable: 50%`.
impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MinAvailable(amount) => write!(formatter, "minAvailable: {amount}"),
            Self::MaxUnavailable(amount) => write!(formatter, "maxUnavailable: {amount}"),
            Self::Absent => formatter.write_str("no limit"),
        }
    }
}

/// The pods that a budget selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    /// Those of controllers with a scale.
    pub(crate) scaled: u64,
    /// Those that no controller made.
    pub(crate) bare: u64,
}

impl Counts {
    /// All of them.
    pub(crate) fn all(self) -> u64 {
        self.scaled + self.bare
    }
}

#[cfg(test)]
mod tests {
    use krm::table;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn value(text: &str) -> Value {
        text.parse::<i64>().map_or_else(|_| if text == "-" { Value::Null } else { text.into() }, Value::from)
    }

    #[test]
    fn budgets_let_go_what_the_controller_computes() {
        let rows = table::rows::<6>(include_str!("../tests/disruptions.tsv"));
        let mut count = 0;
        for [min, max, scaled, bare, allowed, source] in rows {
            let limit = Limit::read(&json!({"minAvailable": value(min), "maxUnavailable": value(max)}));
            let limit = limit.unwrap_or_else(|refused| panic!("{min} {max}: {refused:?}"));
            let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"));
            let counts = Counts { scaled: number(scaled), bare: number(bare) };
            assert_eq!(limit.allowed(counts), number(allowed), "{min} {max} of {scaled} and {bare}: {source}");
            count += 1;
        }
        assert!(count >= 40, "{count} rows");
    }

    #[test]
    fn what_the_api_server_refuses_is_refused() {
        for (min, max, key) in [
            (json!(1), json!(1), "minAvailable"),
            (json!(-1), Value::Null, "minAvailable"),
            (json!("101%"), Value::Null, "minAvailable"),
            (json!("1"), Value::Null, "minAvailable"),
            (json!("half"), Value::Null, "minAvailable"),
            (json!("-5%"), Value::Null, "minAvailable"),
            (json!(0.5), Value::Null, "minAvailable"),
            (json!(3_000_000_000_u64), Value::Null, "minAvailable"),
            (json!(true), Value::Null, "minAvailable"),
            (Value::Null, json!(-1), "maxUnavailable"),
            (Value::Null, json!("200%"), "maxUnavailable"),
            (Value::Null, json!("%"), "maxUnavailable"),
            (Value::Null, json!([]), "maxUnavailable"),
        ] {
            let refused = Limit::read(&json!({"minAvailable": min, "maxUnavailable": max})).map_err(|it| it.key);
            assert_eq!(refused, Err(key), "{min} {max}");
        }
    }

    #[test]
    fn limits_are_named_as_in_manifests() {
        let limit = |spec| Limit::read(&spec).expect("the limit is well formed");
        let (half, one, none) =
            (limit(json!({"minAvailable": "50%"})), limit(json!({"maxUnavailable": 1})), Limit::Absent);
        assert_eq!(
            [half, one, none].map(|limit| limit.to_string()),
            ["minAvailable: 50%", "maxUnavailable: 1", "no limit"]
        );
        assert_eq!([half, one, none].map(Limit::key), [Some("minAvailable"), Some("maxUnavailable"), None]);
        assert_eq!([half, one, none].map(Limit::needs_scale), [true, true, false]);
    }

    proptest! {
        #[test]
        fn one_unavailable_pod_never_blocks(scaled in 1_u64..10_000) {
            prop_assert_eq!(Limit::MaxUnavailable(Amount::Count(1)).allowed(Counts { scaled, bare: 0 }), 1);
        }

        /// So that a range of replicas is judged by its ends.
        #[test]
        fn more_pods_never_let_fewer_go(amount in 0_u64..=100, is_share: bool, is_min: bool, scaled in 0_u64..500) {
            let amount = if is_share { Amount::Percent(amount) } else { Amount::Count(amount) };
            let limit = if is_min { Limit::MinAvailable(amount) } else { Limit::MaxUnavailable(amount) };
            let allowed = |scaled| limit.allowed(Counts { scaled, bare: 0 });
            prop_assert!(allowed(scaled) <= allowed(scaled + 1), "{} {}", limit, scaled);
        }
    }
}
