//! Secrets that operators make, and whose addresses the custom resource tells.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use krm::resource_list::{Item, Referent, Resources};
use krm::table;

/// A Secret that an operator makes for a kind of resources.
struct Made {
    group: &'static str,
    kind: &'static str,
    /// What the name of the Secret has behind that of the resource.
    end: &'static str,
    /// Whether more may come behind that.
    is_open: bool,
    texts: Vec<(&'static str, &'static str)>,
}

fn made() -> &'static [Made] {
    static ROWS: LazyLock<Vec<Made>> = LazyLock::new(|| {
        let rows = table::rows(include_str!("../../data/operator-secrets.tsv"));
        rows.map(|[group, kind, secret, texts, _source]| Made {
            group,
            kind,
            end: secret.trim_start_matches("{}").trim_end_matches('*'),
            is_open: secret.ends_with('*'),
            texts: texts.split(' ').filter_map(|entry| entry.split_once('=')).collect(),
        })
        .collect()
    });
    &ROWS
}

impl Made {
    /// The name of the resource for which a Secret of this name is made.
    fn resource<'n>(&self, secret: &'n str) -> Option<&'n str> {
        if self.is_open {
            return secret.split_once(self.end).map(|(resource, _)| resource);
        }
        secret.strip_suffix(self.end)
    }
}

/// The texts of a Secret that an operator makes for a resource of the build, as an object names it.
pub(crate) fn texts_of_made(resources: &Resources, referrer: &Item, secret: &str) -> Option<BTreeMap<String, String>> {
    made().iter().find_map(|made| {
        let resource = made.resource(secret)?;
        match resources.referent(referrer.id(), made.group, made.kind, resource) {
            Referent::Found(id) => {
                let name = resources.get(id).name();
                Some(made.texts.iter().map(|(key, text)| ((*key).to_owned(), text.replace("{}", name))).collect())
            }
            Referent::Missing | Referent::Ambiguous(_) => None,
        }
    })
}
