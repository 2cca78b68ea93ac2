//! Policies, quotas and backups that name Routes. What they ask of Routes is theirs to say of what Routes became.

use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::resource_list::Item;
use krm::table;
use manifests::fields::Pattern;

use super::adaptation::{Adaptation, Context};
use crate::config::Target;
use crate::rule::Rule;

/// Where a kind names the kinds that it is about.
struct Row {
    group: &'static str,
    kind: &'static str,
    field: Pattern,
    /// Whether the keys of the field name them.
    by_keys: bool,
}

fn rows() -> &'static [Row] {
    static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
        let rows = table::rows(include_str!("../../data/policies.tsv"));
        rows.map(|[group, kind, field]| {
            let keys = field.strip_suffix("{}");
            Row { group, kind, field: Pattern::known(keys.unwrap_or(field)), by_keys: keys.is_some() }
        })
        .collect()
    });
    &ROWS
}

fn rows_of(item: &Item) -> impl Iterator<Item = &'static Row> {
    rows().iter().filter(|row| row.group == item.group() && (row.kind == "*" || row.kind == item.kind()))
}

/// Whether an object may name Routes without a word about OpenShift.
pub(super) fn is_policy(item: &Item) -> bool {
    rows_of(item).next().is_some()
}

/// Reports where a policy, a quota or a backup names Routes.
pub(super) fn about_routes(item: &Item, context: &Context<'_>, adaptation: &mut Adaptation) {
    for row in rows_of(item) {
        for found in row.field.matches(item.value()) {
            let field = FieldPath::from(&found.pointer);
            if row.by_keys {
                let keys = found.value.as_object().into_iter().flatten().map(|(key, _)| key);
                keys.filter(|key| names_routes(key))
                    .for_each(|key| report(item, field.clone().key(key), context, adaptation));
            } else if found.value.as_str().is_some_and(names_routes) {
                report(item, field, context, adaptation);
            }
        }
    }
}

fn report(item: &Item, field: FieldPath, context: &Context<'_>, adaptation: &mut Adaptation) {
    let kinds = match context.spec.target {
        Target::Gateway => "HTTPRoutes and TLSRoutes",
        Target::IngressRoute => "IngressRoutes",
        Target::Auto | Target::Ingress => "Ingresses, and IngressRoutes where an Ingress does not do",
    };
    let message = format!("is about Routes, of which K3s has none; write it for {kinds}, or take it out");
    adaptation.report(Rule::PolicyOnRoutes, item, field, message);
}

/// Whether a text names the kind, the resource or the API group of Routes.
fn names_routes(text: &str) -> bool {
    matches!(text, "Route" | "routes") || text.ends_with("/Route") || text.contains("route.openshift.io")
}
