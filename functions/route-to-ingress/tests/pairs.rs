//! Two features together: each of the table is tried with every other one, for each dialect. What a feature alone adds to the
//! output it adds beside another one too, or a finding about one of the two says why not.

use std::collections::BTreeSet;
use std::path::Path;

use krm::trial::{objects_of, run_on};
use krm::yaml::Tree;
use route_to_ingress::RouteToIngress;
use serde_json::{Map, Value, json};

/// A case of the table with one Route.
struct Case {
    slug: String,
    options: Value,
    route: Value,
    others: Vec<Value>,
}

fn documents(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let tree = Tree::parse(text).expect("a case is YAML");
    tree.documents().iter().map(|document| tree.value(document.root)).collect()
}

/// The cases of a dialect, in their order.
fn cases(dialect: &str) -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let entries = std::fs::read_dir(&directory).expect("the cases are there");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("the cases can be listed").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("table-") && name.ends_with(&format!("-{dialect}")))
        .collect();
    names.sort();
    let case = |name: String| {
        let objects = documents(&directory.join(&name).join("input.yaml"));
        let (routes, others): (Vec<_>, Vec<_>) = objects.into_iter().partition(|object| object["kind"] == "Route");
        let options = documents(&directory.join(&name).join("config.yaml")).pop().unwrap_or_default()["spec"].clone();
        let [route] = <[Value; 1]>::try_from(routes).ok()?;
        Some(Case { slug: name, options, route, others })
    };
    names.into_iter().filter_map(case).collect()
}

/// One value over another; nothing if they want different things.
fn over(one: &Value, other: &Value) -> Option<Value> {
    match (one, other) {
        (Value::Null, value) | (value, Value::Null) => Some(value.clone()),
        (Value::Object(one), Value::Object(other)) => {
            let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
            let fields = keys.into_iter().map(|key| {
                let field = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                Some((key.clone(), over(&field(one), &field(other))?))
            });
            fields.collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            one.iter().zip(other).map(|(one, other)| over(one, other)).collect::<Option<Vec<_>>>().map(Value::Array)
        }
        _ => (one == other).then(|| one.clone()),
    }
}

/// Cases of the table that are two features already.
const PAIRS: [&str; 2] = ["cookie-by-source", "rates-together"];

/// Features of which a Route has one. Each is also what it is without a field that another one has.
const ONE_OF: [&str; 2] = ["table-edge-", "table-reencrypt-"];

/// Both cases as one, if a Route can be both.
fn together(one: &Case, other: &Case) -> Option<Case> {
    if ONE_OF.iter().any(|start| one.slug.starts_with(start) && other.slug.starts_with(start)) {
        return None;
    }
    let identity = |object: &Value| (object["kind"].clone(), object["metadata"]["name"].clone());
    let mut others = one.others.clone();
    for object in &other.others {
        match others.iter_mut().find(|there| identity(there) == identity(object)) {
            Some(there) => *there = over(there, object)?,
            None => others.push(object.clone()),
        }
    }
    let options = over(&one.options, &other.options)?;
    Some(Case { slug: String::new(), options, route: over(&one.route, &other.route)?, others })
}

/// What a Route with nothing special comes to beside the same things.
fn bare(case: &Case) -> Case {
    let spec = &case.route["spec"];
    let mut route = case.route.clone();
    route["metadata"]["annotations"] = json!({});
    route["spec"] = json!({"host": spec["host"], "to": spec["to"], "port": spec["port"]});
    Case { slug: String::new(), options: case.options.clone(), route, others: case.others.clone() }
}

/// What is written by default, and replaced by what a Route asks for.
const DEFAULTS: [&str; 5] = [
    "hsts \"false\"",
    "ssl-redirect \"true\"",
    "session-cookie-same-site \"true\"",
    "cookie.sameSite \"none\"",
    "cookie.secure true",
];

/// What has no effect beside something else: the strategy `hrw` of Traefik knows no cookie.
const VOID: [(&str, &str); 1] = [("services[].sticky.cookie.httpOnly true", "services[].strategy \"hrw\"")];

/// What comes of a case: each text and number of the output with its place, and the findings.
struct Outcome {
    succeeded: bool,
    leaves: BTreeSet<String>,
    findings: BTreeSet<String>,
}

/// Fields that several features write together, and what says that nothing is wished; where they go wrong other tests tell.
const SHARED: [&str; 13] = [
    "match",
    "priority",
    "path",
    "pathType",
    "regex",
    "replacement",
    "name",
    "value",
    "host",
    "hosts",
    "hostnames",
    "secretName",
    "cert-manager.io/cluster-issuer",
];

fn outcome(case: &Case) -> Outcome {
    let mut options = case.options.clone();
    // One form of objects, so that features can be compared.
    if options["ingressClassName"].is_null() && options["target"] != "Gateway" {
        options["target"] = "IngressRoute".into();
    }
    options["unsupported"] = "Warn".into();
    options["clusterIssuer"] = "ca".into();
    let objects: Vec<_> = std::iter::once(&case.route).chain(&case.others).cloned().collect();
    let outcome = run_on::<RouteToIngress>(&objects, &options);
    let mut leaves = BTreeSet::new();
    if outcome.succeeded {
        for object in &objects_of(&outcome) {
            let kind = object["kind"].as_str().unwrap_or_default();
            // A certificate that a Route brings is not ordered.
            if kind == "Certificate" {
                continue;
            }
            collect(object, kind, &mut leaves);
        }
    }
    let findings = outcome.stderr.lines().map(str::to_owned).collect();
    Outcome { succeeded: outcome.succeeded, leaves, findings }
}

fn collect(value: &Value, place: &str, leaves: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object.iter().filter(|(key, _)| !SHARED.contains(&key.as_str())) {
                collect(value, &format!("{place}.{key}"), leaves);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, &format!("{place}[]"), leaves)),
        value => {
            leaves.insert(format!("{place} {value}"));
        }
    }
}

/// What a feature comes to alone.
struct Alone {
    case: Case,
    outcome: Outcome,
    /// What it adds to the output of a Route with nothing special.
    added: BTreeSet<String>,
}

fn alone(case: Case) -> Alone {
    let outcome = outcome(&case);
    let bare = self::outcome(&bare(&case)).leaves;
    let added = outcome.leaves.difference(&bare).cloned().collect();
    Alone { case, outcome, added }
}

/// What a pair loses without a word.
fn lost(one: &Alone, other: &Alone) -> Option<String> {
    if one.added.is_empty() && other.added.is_empty() {
        return None;
    }
    let both = outcome(&together(&one.case, &other.case)?);
    let known: BTreeSet<_> = one.outcome.findings.union(&other.outcome.findings).collect();
    let says_more =
        both.findings.iter().any(|finding| !known.contains(finding) && !finding.contains(": info: Ingress"));
    let said: Vec<_> = both.findings.iter().filter(|finding| finding.contains(": error: ")).collect();
    if !both.succeeded {
        assert!(!said.is_empty(), "{} and {} are refused without an error", one.case.slug, other.case.slug);
        return None;
    }
    let holds = |end: &str| both.leaves.iter().any(|leaf| leaf.ends_with(end));
    if let Some((void, beside)) = VOID.iter().find(|(void, beside)| holds(void) && holds(beside)) {
        return Some(format!("{} and {}: `{void}` is void beside `{beside}`", one.case.slug, other.case.slug));
    }
    let is_default = |leaf: &str| DEFAULTS.iter().any(|default| leaf.ends_with(default));
    let added = one.added.union(&other.added).filter(|leaf| !is_default(leaf));
    let missing: Vec<_> = added.filter(|leaf| !both.leaves.contains(*leaf)).collect();
    let is_silent = !missing.is_empty() && !says_more;
    is_silent.then(|| format!("{} and {}: {missing:#?}", one.case.slug, other.case.slug))
}

fn check(dialect: &str) {
    let is_single = |case: &Case| !PAIRS.iter().any(|pair| case.slug.starts_with(&format!("table-{pair}-")));
    let features = cases(dialect).into_iter().filter(is_single).map(alone).filter(|alone| alone.outcome.succeeded);
    let features: Vec<_> = features.collect();
    let pairs = features
        .iter()
        .enumerate()
        .flat_map(|(index, one)| features[index + 1..].iter().map(move |other| (one, other)));
    let losses: Vec<_> = pairs.filter_map(|(one, other)| lost(one, other)).collect();
    assert!(losses.is_empty(), "{} pairs lose something:\n{}", losses.len(), losses.join("\n"));
}

#[test]
fn no_pair_of_features_loses_one_in_silence_on_traefik() {
    check("traefik");
}

#[test]
fn no_pair_of_features_loses_one_in_silence_on_haproxy() {
    check("haproxy");
}

#[test]
fn no_pair_of_features_loses_one_in_silence_on_a_gateway() {
    check("gateway");
}
