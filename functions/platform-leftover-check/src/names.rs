//! Names of objects that a platform brings.

use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::rule::Severity;
use krm::table;
use manifests::names::is_dns_subdomain;

use crate::patterns::Keys;
use crate::report::{Context, Fact, Report};
use crate::rule::Rule;

/// The kinds of objects that are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum KindOfName {
    GatewayClass,
    IngressClass,
    Namespace,
    PriorityClass,
    RuntimeClass,
    ServiceAccount,
}

impl KindOfName {
    const ALL: [Self; 6] = [
        Self::GatewayClass,
        Self::IngressClass,
        Self::Namespace,
        Self::PriorityClass,
        Self::RuntimeClass,
        Self::ServiceAccount,
    ];

    /// The kind, as the API has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::GatewayClass => "GatewayClass",
            Self::IngressClass => "IngressClass",
            Self::Namespace => "Namespace",
            Self::PriorityClass => "PriorityClass",
            Self::RuntimeClass => "RuntimeClass",
            Self::ServiceAccount => "ServiceAccount",
        }
    }

    /// What a field of this name names, wherever it is.
    pub(crate) fn of_field(key: &str) -> Option<Self> {
        Some(match key {
            "gatewayClassName" => Self::GatewayClass,
            "ingressClassName" => Self::IngressClass,
            "priorityClassName" => Self::PriorityClass,
            "runtimeClassName" => Self::RuntimeClass,
            "serviceAccountName" | "serviceAccount" => Self::ServiceAccount,
            _ => return None,
        })
    }

    /// What an annotation names.
    pub(crate) fn of_annotation(key: &str) -> Option<Self> {
        (key == "kubernetes.io/ingress.class").then_some(Self::IngressClass)
    }

    /// The names that the options say are all.
    fn known<'c>(self, context: &'c Context<'_>) -> Option<&'c Vec<String>> {
        let known = &context.spec.known;
        match self {
            Self::GatewayClass => known.gateway_classes.as_ref(),
            Self::IngressClass => known.ingress_classes.as_ref(),
            Self::Namespace => known.namespaces.as_ref(),
            Self::PriorityClass => known.priority_classes.as_ref(),
            Self::RuntimeClass => known.runtime_classes.as_ref(),
            Self::ServiceAccount => known.service_accounts.as_ref(),
        }
    }

    /// The option that lists them.
    fn option(self) -> &'static str {
        match self {
            Self::GatewayClass => "spec.known.gatewayClasses",
            Self::IngressClass => "spec.known.ingressClasses",
            Self::Namespace => "spec.known.namespaces",
            Self::PriorityClass => "spec.known.priorityClasses",
            Self::RuntimeClass => "spec.known.runtimeClasses",
            Self::ServiceAccount => "spec.known.serviceAccounts",
        }
    }
}

/// A name that a platform brings.
#[derive(Debug, Clone, Copy)]
struct Row {
    kind: KindOfName,
    platform: &'static str,
    remedy: &'static str,
}

static NAMES: LazyLock<Keys<Row>> = LazyLock::new(|| {
    let row = |[kind, name, platform, remedy]: [&'static str; 4]| {
        let known = KindOfName::ALL.into_iter().find(|known| known.name() == kind);
        (name, Row { kind: known.unwrap_or_else(|| panic!("`{kind}` is no kind of names")), platform, remedy })
    };
    table::rows(include_str!("../data/names.tsv")).map(row).collect()
});

fn row(kind: KindOfName, name: &str) -> Option<&'static Row> {
    NAMES.of(name).find(|row| row.kind == kind)
}

/// What to do about a name that an old platform brings, unless the build or the options know it.
pub(crate) fn old_name(context: &Context<'_>, kind: KindOfName, name: &str) -> Option<&'static str> {
    let row = row(kind, name).filter(|row| row.platform != "K3s" && context.spec.is_from(row.platform))?;
    (!is_known(context, kind, name)).then_some(row.remedy)
}

/// The namespace of the object.
pub(crate) fn check_namespace(report: &mut Report<'_>) {
    let Some(name) = report.item.namespace().filter(|name| is_dns_subdomain(name)) else { return };
    let Some(fact) = missing(report, KindOfName::Namespace, name, Rule::MissingNamespace) else { return };
    report.tell("metadata.namespace", fact);
}

/// A name in a field of the object.
pub(crate) fn check(report: &mut Report<'_>, path: FieldPath, kind: KindOfName, name: &str) {
    // A placeholder is filled in later.
    if !is_dns_subdomain(name) {
        return;
    }
    if let Some(fact) = missing(report, kind, name, Rule::MissingObject) {
        report.tell(path, fact);
    }
}

/// A namespace that a field names.
pub(crate) fn check_named_namespace(report: &mut Report<'_>, path: FieldPath, name: &str) {
    if old_name(report.context, KindOfName::Namespace, name).is_some() {
        let message = format!("names the namespace `{name}` of the old platform; name one of your own");
        report.tell(path, Fact::new(Rule::NamespaceNamed, name, message));
    }
}

/// That there is no object of a name, as far as that is known.
fn missing(report: &Report<'_>, kind: KindOfName, name: &str, rule: Rule) -> Option<Fact> {
    let context = report.context;
    if kind == KindOfName::ServiceAccount && context.build.makes_service_account(report.item, name) {
        return None;
    }
    let cause = format!("{} {name}", kind.name());
    if let Some(remedy) = old_name(context, kind, name) {
        let message = format!("K3s has no {} `{name}`, and this build does not add it; {remedy}", kind.name());
        return Some(Fact::new(rule, cause, message));
    }
    if is_known(context, kind, name) {
        return None;
    }
    match kind.known(context) {
        Some(_) => {
            let message = format!(
                "no {} `{name}` is part of K3s, of this build or of `{}`; add it, correct the name, or list it there",
                kind.name(),
                kind.option()
            );
            Some(Fact::new(rule, cause, message))
        }
        // These are few, and pods are refused without them.
        None if matches!(kind, KindOfName::PriorityClass | KindOfName::RuntimeClass) => {
            let message = format!(
                "no {} `{name}` is part of K3s or of this build, and pods are refused without it; see that another build adds it, and list it in `{}`",
                kind.name(),
                kind.option()
            );
            Some(Fact::new(rule, cause, message).of_severity(Severity::Info))
        }
        None => None,
    }
}

/// Whether K3s, the build or the options have an object of a name.
fn is_known(context: &Context<'_>, kind: KindOfName, name: &str) -> bool {
    let is_made = match kind {
        KindOfName::Namespace => context.build.makes_namespace(name),
        _ => context.build.makes(kind.name(), name),
    };
    let is_listed = || kind.known(context).is_some_and(|known| known.iter().any(|known| known == name));
    is_made || is_listed() || row(kind, name).is_some_and(|row| row.platform == "K3s")
}
