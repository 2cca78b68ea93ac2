//! The variables of a container, which name one another.

use std::collections::BTreeMap;

use manifests::addresses::{Certainty, mentions_of};

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    /// The value.
    pub(super) text: String,
    /// Whether some of it is of a Secret.
    pub(super) is_secret: bool,
}

/// The variables of a container by name.
#[derive(Debug, Default)]
pub(super) struct Variables(BTreeMap<String, Variable>);

impl Variables {
    /// Adds a variable, or puts it in the place of an earlier one.
    pub(super) fn insert(&mut self, name: String, variable: Variable) {
        self.0.insert(name, variable);
    }

    /// The variables, in the order of their names.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Variable)> {
        self.0.iter().map(|(name, variable)| (name.as_str(), variable))
    }

    /// `$(NAME)` put in as Kubernetes does, and `${NAME}` as a shell would. Of Secrets just addresses and ports are: a
    /// password says nothing about hosts, and may hold what ends one.
    pub(super) fn expand(&self, text: &str) -> Variable {
        let (mut expanded, mut is_secret) = (String::with_capacity(text.len()), false);
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            expanded.push_str(&rest[..at]);
            rest = &rest[at..];
            let reference = [("$(", ')'), ("${", '}')].iter().find_map(|(open, close)| {
                let (name, after) = rest.strip_prefix(open)?.split_once(*close)?;
                let variable =
                    self.0.get(name).filter(|variable| !variable.is_secret || is_address(name, &variable.text));
                Some((variable?, after))
            });
            let Some((variable, after)) = reference else {
                expanded.push('$');
                rest = &rest[1..];
                continue;
            };
            expanded.push_str(&variable.text);
            is_secret |= variable.is_secret;
            rest = after;
        }
        Variable { text: expanded + rest, is_secret }
    }
}

impl Variable {
    /// The variable with others put into it. What Kubernetes takes of a ConfigMap or Secret it does not expand, but a shell
    /// or the program itself may.
    pub(super) fn expanded(self, variables: &Variables) -> Self {
        if !self.text.contains('$') {
            return self;
        }
        let Self { text, is_secret } = variables.expand(&self.text);
        Self { text, is_secret: is_secret || self.is_secret }
    }
}

/// Whether a value is a host or a port, and no password.
fn is_address(name: &str, text: &str) -> bool {
    text.parse::<u16>().is_ok() || mentions_of(name, text).iter().any(|mention| mention.certainty > Certainty::Word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in_but_for_secrets_that_are_no_addresses() {
        let mut variables = Variables::default();
        for (name, text, is_secret) in [
            ("HOST", "db", false),
            ("SECRET_HOST", "db", true),
            ("SECRET_PORT", "5432", true),
            ("PASSWORD", "p@ss/word", true),
        ] {
            variables.insert(name.to_owned(), Variable { text: text.to_owned(), is_secret });
        }
        for (text, expected, is_secret) in [
            ("no variable", "no variable", false),
            ("pg://u:$(PASSWORD)@$(HOST)/x", "pg://u:$(PASSWORD)@db/x", false),
            ("pg://u:${PASSWORD}@${SECRET_HOST}:$(SECRET_PORT)/x", "pg://u:${PASSWORD}@db:5432/x", true),
            ("$HOST $(UNKNOWN) $", "$HOST $(UNKNOWN) $", false),
        ] {
            assert_eq!(variables.expand(text), Variable { text: expected.to_owned(), is_secret }, "{text}");
        }
    }
}
