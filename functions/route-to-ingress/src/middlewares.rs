//! What names a Middleware of Traefik that the build does not have.
//!
//! Traefik knows a Middleware by an id of its namespace and its name. An annotation holds the id, and kustomize changes
//! names in no such place: after a prefix or a namespace further out it names nothing, and Traefik drops the router.
//!
//! Source: traefik `pkg/provider/kubernetes/crd/kubernetes_http.go` (`makeMiddlewareKeys`), `kubernetes.go`
//! (`createChainMiddleware`), `pkg/server/provider/provider.go` (`GetQualifiedName`).

use std::collections::{HashMap, HashSet};

use krm::field::FieldPath;
use krm::finding::{Finding, ObjectReference};
use krm::resource_list::bookkeeping::{PREVIOUS_NAMES, PREVIOUS_NAMESPACES};
use krm::resource_list::{Item, Packed, Resources, namespace_name};
use manifests::fields::Pattern;
use serde_json::Value;

use crate::config::Spec;
use crate::exposure::fold;
use crate::objects::{Object, Written};
use crate::placeholders::holds_placeholder;
use crate::rule::Rule;

/// The annotation by which an Ingress names Middlewares.
pub(crate) const MIDDLEWARES: &str = "traefik.ingress.kubernetes.io/router.middlewares";

/// The provider of Middlewares that are objects of the cluster.
const PROVIDER: &str = "kubernetescrd";
const TRAEFIK: &str = "traefik.io";
const KINDS: [&str; 2] = ["Middleware", "MiddlewareTCP"];

/// Fields of objects that name a Middleware: API group and kind of the object, the field, and what it names.
const FIELDS: [(&str, &str, &str, &str); 4] = [
    (TRAEFIK, "IngressRoute", "spec.routes[].middlewares[]", "Middleware"),
    (TRAEFIK, "IngressRouteTCP", "spec.routes[].middlewares[]", "MiddlewareTCP"),
    (TRAEFIK, "Middleware", "spec.chain.middlewares[]", "Middleware"),
    ("gateway.networking.k8s.io", "HTTPRoute", "spec.rules[].filters[].extensionRef", "Middleware"),
];

/// Texts without which an object neither is a Middleware nor names one.
const WORDS: [&str; 2] = ["iddleware", "extensionRef"];

/// The longest name that an object can have.
const LONGEST_NAME: usize = 253;

/// Findings about every reference to a Middleware that leads nowhere, in what is there and in what Routes become. Those of a
/// Route that is refused come once it is mended.
pub(crate) fn dangling<'r>(
    spec: &Spec,
    resources: &'r Resources,
    written: &[Written],
    refused: impl Iterator<Item = &'r Item>,
) -> Vec<Finding> {
    let refused = Refused::of(spec, refused);
    let mut known = KINDS.map(|kind| (kind, Known::default()));
    for_each(spec, resources, written, |object| {
        known.iter_mut().filter(|(kind, _)| *kind == object.kind).for_each(|(_, known)| known.add(object));
    });
    let known = HashMap::from(known);
    let fields = FIELDS.map(|(group, kind, field, names)| (group, kind, Pattern::known(field), names));
    let judge = |object: &Object<'_>| {
        let references = if object.kind == "Ingress" { annotated(object) } else { in_fields(object, &fields) };
        let references = references.into_iter().filter(|reference| !refused.would_make(&reference.target));
        let findings = references.filter_map(|reference| {
            let (rule, message) = known[reference.kind].problem(object, &reference)?;
            Some(Finding::new(rule, message).on(object.item).at(reference.field))
        });
        findings.collect::<Vec<_>>()
    };
    let mut findings = Vec::new();
    for_each(spec, resources, written, |object| findings.extend(judge(object)));
    findings
}

/// Routes that are refused: what their Middlewares' ids, and their folded names, start with.
struct Refused(HashSet<String>);

impl Refused {
    fn of<'r>(spec: &Spec, routes: impl Iterator<Item = &'r Item>) -> Self {
        let starts = routes.flat_map(|route| {
            let namespace = namespace_name(route.namespace().or(spec.namespace.as_deref()));
            [id(namespace, route.name()), fold(route.name())]
        });
        Self(starts.collect())
    }

    /// Whether a Middleware of one of them is meant.
    fn would_make(&self, target: &Target) -> bool {
        let (Target::Id(name) | Target::Name(name)) = target else { return false };
        name.match_indices('-').any(|(dash, _)| self.0.contains(&name[..dash]))
    }
}

/// Shows the objects that are Middlewares or can name some: those that are there, then those that Routes become.
fn for_each(spec: &Spec, resources: &Resources, written: &[Written], mut look: impl FnMut(&Object<'_>)) {
    let configured = spec.namespace.as_deref();
    for item in resources.iter().filter(|item| concerns(item.group(), item.kind())) {
        look(&Object::there(item, configured));
    }
    for Written { route, objects } in written {
        for value in objects.iter().filter(|object| WORDS.iter().any(|word| object.may_hold(word))).map(Packed::value) {
            let object = Object::made(resources.get(*route), &value, configured);
            if concerns(object.group, object.kind) {
                look(&object);
            }
        }
    }
}

fn concerns(group: &str, kind: &str) -> bool {
    group == TRAEFIK && KINDS.contains(&kind)
        || (group, kind) == ("networking.k8s.io", "Ingress")
        || FIELDS.iter().any(|(of_group, of_kind, ..)| (*of_group, *of_kind) == (group, kind))
}

/// A reference to a Middleware.
struct Reference {
    field: FieldPath,
    kind: &'static str,
    /// How the finding names it.
    shown: String,
    target: Target,
}

/// Which Middleware a reference means.
enum Target {
    /// The one of this id.
    Id(String),
    /// The one of this name, folded, in the namespace of what names it, which is not known.
    Name(String),
    /// One of the provider of Ingresses, which has none.
    OfIngresses,
}

/// What the annotation of an Ingress names. Other providers are not to be seen in a build.
fn annotated(object: &Object<'_>) -> Vec<Reference> {
    let list = object.value["metadata"]["annotations"][MIDDLEWARES].as_str().unwrap_or_default();
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty() && !holds_placeholder(name));
    let reference = |name: &str| {
        let target = match name.rsplit_once('@') {
            Some((id, PROVIDER)) => Target::Id(id.to_owned()),
            Some(_) => return None,
            None => Target::OfIngresses,
        };
        Some(Reference { field: FieldPath::annotation(MIDDLEWARES), kind: KINDS[0], shown: name.to_owned(), target })
    };
    names.filter_map(reference).collect()
}

/// What the fields of an object name.
fn in_fields(object: &Object<'_>, fields: &[(&str, &str, Pattern, &'static str)]) -> Vec<Reference> {
    let fields = fields.iter().filter(|(group, kind, ..)| (*group, *kind) == (object.group, object.kind));
    let references = fields.flat_map(|(_, _, pattern, kind)| {
        let is_meant = move |value: &Value| value.get("kind").is_none_or(|named| named == kind);
        let found = pattern.matches(object.value).into_iter().filter(move |found| is_meant(found.value));
        found.filter_map(|found| {
            let (shown, target) = named(object, found.value)?;
            Some(Reference { field: FieldPath::from(&found.pointer), kind, shown, target })
        })
    });
    references.collect()
}

/// What a reference by `name` and `namespace` means, and how it is shown.
fn named(object: &Object<'_>, reference: &Value) -> Option<(String, Target)> {
    let name = reference["name"].as_str().filter(|name| !holds_placeholder(name))?;
    if let Some((id, provider)) = name.rsplit_once('@') {
        return (provider == PROVIDER).then(|| (name.to_owned(), Target::Id(id.to_owned())));
    }
    let given = reference["namespace"].as_str().filter(|namespace| !namespace.is_empty());
    let shown = given.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"));
    let target = match given.or(object.namespace) {
        Some(namespace) => Target::Id(id(namespace, name)),
        None => Target::Name(fold(name)),
    };
    Some((shown, target))
}

/// How Traefik calls a Middleware.
fn id(namespace: &str, name: &str) -> String {
    fold(&format!("{namespace}-{name}"))
}

/// The Middlewares of a kind.
#[derive(Default)]
struct Known {
    ids: HashSet<String>,
    /// Their names, folded.
    names: HashSet<String>,
    /// The names, folded, of those whose namespace is not known.
    without_namespace: HashSet<String>,
    /// The ids that they had before kustomize renamed them, and what they are now.
    former: HashMap<String, ObjectReference>,
}

impl Known {
    fn add(&mut self, object: &Object<'_>) {
        self.ids.insert(id(namespace_name(object.namespace), object.name));
        self.names.insert(fold(object.name));
        if object.namespace.is_none() {
            self.without_namespace.insert(fold(object.name));
        }
        // What a Route becomes has no former names.
        if object.item.kind() == object.kind {
            self.add_former(object);
        }
    }

    fn add_former(&mut self, object: &Object<'_>) {
        let list = |key| object.item.annotation(key).unwrap_or_default().split(',');
        let former = list(PREVIOUS_NAMES).zip(list(PREVIOUS_NAMESPACES)).filter(|(name, _)| !name.is_empty());
        for (name, namespace) in former {
            for namespace in [namespace, namespace_name(object.namespace)] {
                self.former.insert(id(namespace, name), object.item.reference());
            }
        }
    }

    /// What is wrong with a reference, if it leads nowhere.
    fn problem(&self, object: &Object<'_>, reference: &Reference) -> Option<(Rule, String)> {
        let (rule, problem) = match &reference.target {
            Target::Id(id) if self.has(id) => return None,
            Target::Name(name) if self.names.contains(name) => return None,
            Target::Id(id) | Target::Name(id) => self.absence(object, id),
            Target::OfIngresses => (Rule::MissingMiddleware, WITHOUT_PROVIDER.to_owned()),
        };
        Some((rule, format!("names the {} `{}`{problem}", reference.kind, reference.shown)))
    }

    /// Whether a Middleware has this id, or can have it in a namespace that is not known.
    fn has(&self, id: &str) -> bool {
        self.ids.contains(id) || ends(id).any(|name| self.without_namespace.contains(name))
    }

    /// What can be told of a Middleware that the build does not have.
    fn absence(&self, object: &Object<'_>, id: &str) -> (Rule, String) {
        let is_of = |namespace: &str| id.starts_with(&format!("{}-", fold(namespace)));
        if let Some(present) = self.former.get(id) {
            (Rule::RenamedMiddleware, format!(", which kustomize renamed to {present}{RENAMED}"))
        } else if object.namespace.is_none_or(is_of) {
            (Rule::MissingMiddleware, format!("{ABSENT}, so correct the name or add it"))
        } else {
            (Rule::MiddlewareElsewhere, format!(" of another namespace{ABSENT}; {ELSEWHERE}"))
        }
    }
}

const ABSENT: &str =
    ", which this build does not have; Traefik serves nothing of what names it unless the cluster has it";
const ELSEWHERE: &str = "see that it has and accept this, or correct the name if the Middleware moved";
const RENAMED: &str = "; kustomize does not follow such a name by itself, so list the function in the outermost kustomization only, or \
                       correct the name";
const WITHOUT_PROVIDER: &str = " of no provider, so Traefik looks for it among Ingresses, finds none and serves nothing; write \
                                `NAMESPACE-NAME@kubernetescrd`";

/// What the name in an id can be: the text behind each of its dashes.
fn ends(id: &str) -> impl Iterator<Item = &str> {
    let ends = id.match_indices('-').map(|(dash, _)| &id[dash + 1..]);
    ends.filter(|end| end.len() <= LONGEST_NAME)
}
