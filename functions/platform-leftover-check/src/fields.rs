//! Fields of single kinds whose value only an old platform understands.

use std::collections::HashMap;
use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::rule::Severity;
use krm::table;
use manifests::fields::Pattern;
use serde_json::Value;

use crate::report::{Fact, Report};
use crate::rule::{Rule, known_severity};

/// A field, and the value that is of an old platform.
#[derive(Debug)]
struct Row {
    path: &'static str,
    pattern: Pattern,
    value: &'static str,
    platform: &'static str,
    severity: Severity,
    rule: Rule,
    function: Option<&'static str>,
    message: &'static str,
}

/// The fields by API group and kind.
static FIELDS: LazyLock<HashMap<(&'static str, &'static str), Vec<Row>>> = LazyLock::new(|| {
    let mut fields: HashMap<_, Vec<Row>> = HashMap::new();
    for [group, kind, path, value, platform, severity, rule, function, message] in
        table::rows::<9>(include_str!("../data/fields.tsv"))
    {
        let severity = known_severity(severity).unwrap_or(Severity::Info);
        let function = Some(function).filter(|function| *function != "-");
        let (pattern, rule) = (Pattern::known(path), Rule::known(rule));
        fields.entry((group, kind)).or_default().push(Row {
            path,
            pattern,
            value,
            platform,
            severity,
            rule,
            function,
            message,
        });
    }
    fields
});

impl Row {
    fn is_of(&self, value: &Value) -> bool {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match self.value.strip_suffix('*') {
            Some(start) => text.starts_with(start),
            None => text.eq_ignore_ascii_case(self.value),
        }
    }
}

/// The fields of the object.
pub(crate) fn check(report: &mut Report<'_>) {
    let item = report.item;
    for row in FIELDS.get(&(item.group(), item.kind())).into_iter().flatten() {
        let is_reported = row.function.is_some() && report.is_refused;
        if is_reported || !report.context.spec.is_from(row.platform) {
            continue;
        }
        for found in row.pattern.matches(item.value()).into_iter().filter(|found| row.is_of(found.value)) {
            let shown = found.value.as_str().map_or_else(String::new, |text| format!("`{text}` "));
            let message = match row.function {
                Some(function) => format!("{shown}{}; run {function} before this function", row.message),
                None => format!("{shown}{}", row.message),
            };
            let cause = format!("{} {} {}", row.path, row.value, row.rule as u8);
            report
                .settle(FieldPath::from(&found.pointer), Fact::new(row.rule, cause, message).of_severity(row.severity));
        }
    }
}
