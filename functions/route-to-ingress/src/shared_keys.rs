//! Routes whose objects share a key of the controller, or a name, with others that want something else under it.

use std::collections::{BTreeSet, HashMap, HashSet};

use krm::finding::Finding;
use krm::resource_list::{Item, ItemId, Resources};
use serde_json::Value;

use crate::config::Spec;
use crate::dialect::Dialect;
use crate::exposure::Apart;
use crate::objects::{Object, Written};
use crate::route::is_route;
use crate::rule::Rule;
use crate::target_keys::{Claim, Hand, Key, ServicePorts, Store, WayOut};

/// What is held by the objects that the build has besides what is served.
pub(crate) struct Keys<'r> {
    dialect: &'r dyn Dialect,
    resources: &'r Resources,
    configured: Option<&'r str>,
    ports: ServicePorts<'r>,
    of_build: Vec<Claim<'r>>,
}

impl<'r> Keys<'r> {
    /// The keys of a dialect, with what the build holds of them besides what is served.
    pub(crate) fn new(
        dialect: &'r dyn Dialect,
        spec: &'r Spec,
        resources: &'r Resources,
        served: &HashSet<ItemId>,
    ) -> Self {
        let configured = spec.namespace.as_deref();
        let ports = ServicePorts::new(resources, configured);
        let there = || resources.iter().filter(|item| !served.contains(&item.id()));
        let mut of_build: Vec<_> = there().map(|item| name_of(item, configured)).collect();
        let concerned = there().filter(|item| dialect.concerns(item.group(), item.kind()));
        let hand = Hand::new(concerned.map(|item| Object::there(item, configured)));
        of_build.extend(dialect.claims(&hand, &ports));
        Self { dialect, resources, configured, ports, of_build }
    }

    /// How each of the Routes must differ so that it shares no key.
    pub(crate) fn apart(&self, written: &[Written]) -> Vec<Apart> {
        let claims = self.claims(written);
        let rivals = Rivals::new(self.of_build.iter().chain(claims.iter().flatten()));
        let apart = |claims: &Vec<Claim<'_>>| {
            let shared = claims.iter().filter(|claim| rivals.of(claim).is_some());
            shared.fold(Apart::default(), |apart, claim| Apart {
                names: apart.names || claim.way_out == WayOut::OwnNames,
                router: apart.router || claim.way_out == WayOut::OwnRouter,
                services: apart.services || claim.way_out == WayOut::OwnServices,
            })
        };
        claims.iter().map(apart).collect()
    }

    /// Findings about keys that are shared still.
    pub(crate) fn shared(&self, written: &[Written]) -> Vec<Finding> {
        let claims = self.claims(written);
        let rivals = Rivals::new(self.of_build.iter().chain(claims.iter().flatten()));
        claims.iter().flatten().filter_map(|claim| Some(problem(claim, rivals.of(claim)?))).collect()
    }

    /// What the objects of each Route give the controller to hold.
    fn claims<'w>(&'w self, written: &'w [Written]) -> Vec<Vec<Claim<'w>>> {
        let of_route = |(route, objects): &'w Written| {
            let route = self.resources.get(*route);
            let made = objects.iter().map(|object| Object::made(route, object, self.configured));
            let hand = Hand::new(made);
            let names = hand.objects().iter().enumerate().map(|(index, object)| name_of_made(index, object));
            let mut keys = HashSet::new();
            let claims = names.chain(self.dialect.claims(&hand, &self.ports));
            // The IngressRoutes of a Route for both entry points claim the same.
            claims.filter(|claim| keys.insert(claim.key.clone())).collect()
        };
        written.iter().map(of_route).collect()
    }
}

/// Who else gives a key other settings.
struct Rivals<'c, 'b>(HashMap<&'c Key, Holders<'c, 'b>>);

struct Holders<'c, 'b> {
    first: &'c Claim<'b>,
    /// The first one that differs from `first`.
    other: Option<&'c Claim<'b>>,
}

impl<'c, 'b> Rivals<'c, 'b> {
    fn new(claims: impl Iterator<Item = &'c Claim<'b>>) -> Self {
        let mut holders: HashMap<_, Holders<'_, '_>> = HashMap::new();
        for claim in claims {
            let held = holders.entry(&claim.key).or_insert(Holders { first: claim, other: None });
            if held.other.is_none() && held.first.settings != claim.settings {
                held.other = Some(claim);
            }
        }
        Self(holders)
    }

    fn of(&self, claim: &Claim<'_>) -> Option<&'c Claim<'b>> {
        let holders = self.0.get(&claim.key)?;
        if holders.first.settings == claim.settings { holders.other } else { Some(holders.first) }
    }
}

/// The name of an object that is there.
fn name_of<'b>(item: &'b Item, configured: Option<&str>) -> Claim<'b> {
    let key = key_of_name(item.kind(), item.namespace().or(configured), item.name());
    Claim { key, settings: Value::Null, item, what: item.kind().to_owned(), way_out: WayOut::None }
}

/// The name of an object that a Route becomes. The first one takes the place of the Route and keeps its name.
fn name_of_made<'b>(index: usize, object: &Object<'b>) -> Claim<'b> {
    let Object { item, kind, namespace, name, .. } = *object;
    let settings = Value::from(format!("{} {index}", item.reference()));
    let way_out = if index == 0 { WayOut::None } else { WayOut::OwnNames };
    Claim { key: key_of_name(kind, namespace, name), settings, item, what: format!("{kind} `{name}`"), way_out }
}

fn key_of_name(kind: &str, namespace: Option<&str>, name: &str) -> Key {
    Key { store: Store::Names, id: format!("{kind}/{}/{name}", namespace.unwrap_or_default()) }
}

/// The finding about a Route that shares a key with another object.
fn problem(claim: &Claim<'_>, rival: &Claim<'_>) -> Finding {
    let (what, other) = (&claim.what, rival.item.reference());
    let taken =
        |how: &str| (Rule::RouteNameTaken, "metadata.name", format!("becomes {what}, and {how}; rename one of them"));
    let (rule, field, message) = match claim.key.store {
        Store::Names if is_route(rival.item) => taken(&format!("{other} becomes one of that name too")),
        Store::Names => taken(&format!("{other} has that name")),
        Store::Ids(_) | Store::IngressServices | Store::IngressRouters => {
            taken(&format!("Traefik knows {other} by the same id `{}`", claim.key.id))
        }
        Store::WeightedServices => shared(claim, rival, "Traefik, where a Route has several Services,"),
        Store::HaProxyBackends | Store::HaProxyHosts => shared(claim, rival, "haproxy-ingress"),
        Store::GatewayBackends => shared(claim, rival, "a Gateway"),
    };
    Finding::new(rule, message).on(claim.item).at(field)
}

/// What is wrong where a keeper holds settings of a Service or host once, and Routes want different ones.
fn shared(claim: &Claim<'_>, rival: &Claim<'_>, keeper: &str) -> (Rule, &'static str, String) {
    let (field, thing) = match claim.key.store {
        Store::HaProxyHosts => ("spec.host", "host"),
        _ => ("spec.to", "Service"),
    };
    let message = format!(
        "shares {} with {}, and {keeper} holds {} once for all of them; give one a {thing} of its own, or both the same settings",
        claim.what,
        rival.item.reference(),
        differing(&claim.settings, &rival.settings),
    );
    (Rule::SharedBackendSettings, field, message)
}

/// The settings in which two claims differ, as people write them.
fn differing(ours: &Value, theirs: &Value) -> String {
    let keys = |value: &Value| value.as_object().map(|object| object.keys().cloned().collect::<BTreeSet<_>>());
    let all: BTreeSet<_> = [keys(ours), keys(theirs)].into_iter().flatten().flatten().collect();
    let differing = all.into_iter().filter(|key| ours.get(key) != theirs.get(key));
    differing.map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}
