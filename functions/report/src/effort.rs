//! The effort of an application: a sum that puts applications in an order.
//!
//! The effort is the sum over all rules of `first + further * (n - 1)`, where `n` is the number of findings of the rule in the
//! application, and `first` and `further` are the weights of `data/effort.tsv` for errors, warnings and the rest.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use krm::table;

use crate::model::Class;

/// The weights: class, first, further, why.
const TABLE: &str = include_str!("../data/effort.tsv");

/// What the first finding of a rule and each further one add, by class.
static WEIGHTS: LazyLock<BTreeMap<Class, (u64, u64)>> = LazyLock::new(|| rows().collect());

fn rows() -> impl Iterator<Item = (Class, (u64, u64))> {
    table::rows::<4>(TABLE).map(|[class, first, further, _]| {
        let number = |text: &str| text.parse().unwrap_or_else(|error| panic!("the weight `{text}`: {error}"));
        let class = serde_json::from_value(class.to_lowercase().into());
        (class.unwrap_or_else(|error| panic!("data/effort.tsv: {error}")), (number(first), number(further)))
    })
}

/// The weights as a table in Markdown.
pub fn weights_table() -> String {
    let heading = "| Finding | First of its rule | Each further one | Why |\n| --- | ---: | ---: | --- |\n".to_owned();
    table::rows::<4>(TABLE).fold(heading, |text, row| text + "| " + &row.join(" | ") + " |\n")
}

/// Counts findings, and says what effort they mean.
#[derive(Debug, Default)]
pub(crate) struct Effort<'r> {
    findings: BTreeMap<(Class, &'r str), u64>,
}

impl<'r> Effort<'r> {
    /// Adds a finding of a rule.
    pub(crate) fn add(&mut self, class: Class, rule: &'r str) {
        *self.findings.entry((class, rule)).or_default() += 1;
    }

    /// The effort of all that was added.
    pub(crate) fn sum(&self) -> u64 {
        let of_rule = |((class, _), count): (&(Class, &str), &u64)| {
            let (first, further) = WEIGHTS.get(class).copied().unwrap_or_default();
            first + further * (count - 1)
        };
        self.findings.iter().map(of_rule).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_weights_and_what_is_worse_costs_more() {
        let classes: Vec<_> = rows().map(|(class, _)| class).collect();
        assert_eq!(classes, Class::ALL);
        let weights: Vec<_> = rows().map(|(_, weights)| weights).collect();
        assert!(weights.is_sorted_by(|one, other| one >= other), "{weights:?}");
        assert!(weights.iter().all(|(first, further)| further <= first));
    }

    #[test]
    fn the_first_finding_of_a_rule_costs_the_most() {
        let mut effort = Effort::default();
        assert_eq!(effort.sum(), 0);
        for rule in ["a", "a", "a", "b"] {
            effort.add(Class::Error, rule);
        }
        effort.add(Class::Warning, "c");
        effort.add(Class::Accepted, "d");
        assert_eq!(effort.sum(), (16 + 4 + 4) + 16 + 4);
    }
}
