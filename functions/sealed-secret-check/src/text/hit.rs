//! What a text gives away.

use std::borrow::Cow;

use crate::rule::Rule;

/// Something in a text that must not be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    /// The rule that found it.
    pub(crate) rule: Rule,
    /// What it is, as a noun.
    pub(crate) what: Cow<'static, str>,
    /// The name of the value in the text, if the text holds several.
    pub(crate) inside: Option<String>,
    /// The value itself, for its length and fingerprint only.
    pub(crate) value: String,
    /// Whether it is a value of a Secret that anybody may know.
    pub(crate) is_public: bool,
}

impl Hit {
    /// A value that is the whole text.
    pub(crate) fn new(rule: Rule, what: impl Into<Cow<'static, str>>, value: &str) -> Self {
        Self { rule, what: what.into(), inside: None, value: value.to_owned(), is_public: false }
    }

    /// An access key beside its secret tells which account it is, and is no credential by itself.
    pub(crate) fn identify(&mut self) {
        if self.rule == Rule::PlainCredential {
            self.rule = Rule::CredentialIdentifier;
            self.what = "an access key, whose secret is under another name".into();
        }
    }

    /// The same behind a name.
    pub(crate) fn below(mut self, path: &str) -> Self {
        self.inside = Some(match &self.inside {
            Some(inside) => format!("{path}.{inside}"),
            None => path.to_owned(),
        });
        self
    }
}

/// Each value once, with the rule that says most.
pub(crate) fn once_each(hits: Vec<Hit>) -> Vec<Hit> {
    let mut kept: Vec<(String, Hit)> = Vec::new();
    for hit in hits {
        let value = essence(&hit.value);
        let is_same = |(other, known): &&mut (String, Hit)| {
            *other == value && known.rule == hit.rule
                || known.rule.is_of_a_value()
                    && hit.rule.is_of_a_value()
                    && (*other == value
                        || (known.rule != hit.rule && (other.contains(&value) || value.contains(other.as_str()))))
        };
        match kept.iter_mut().find(is_same) {
            Some((_, known)) if known.rule.outranks(hit.rule) || known.rule == hit.rule => {
                known.inside = known.inside.take().or(hit.inside);
            }
            Some(known) => {
                let inside = hit.inside.clone().or_else(|| known.1.inside.take());
                *known = (value, Hit { inside, ..hit });
            }
            None => kept.push((value, hit)),
        }
    }
    let says_more = kept.iter().any(|(_, hit)| hit.rule.outranks(Rule::RandomValue) && hit.rule.is_of_a_value());
    kept.into_iter().map(|(_, hit)| hit).filter(|hit| hit.rule != Rule::RandomValue || !says_more).collect()
}

/// A value without what a format puts around its lines.
fn essence(value: &str) -> String {
    value.replace("\\n", "").split_whitespace().collect()
}
