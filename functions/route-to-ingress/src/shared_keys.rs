//! Routes whose objects share a key of the controller, or a name, with others that want something else under it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use krm::finding::Finding;
use krm::resource_list::{Item, ItemId, Packed, Resources};
use serde_json::Value;

use crate::config::Spec;
use crate::dialect::Dialect;
use crate::exposure::Apart;
use crate::objects::{Object, Written};
use crate::route::is_route;
use crate::rule::Rule;
use crate::target_keys::{Claim, Hand, Key, ServicePorts, Settings, Store, Trace, WayOut};

/// What a controller and the API hold of the objects that the build has besides what is served.
pub(crate) struct Keys<'r> {
    dialect: &'r dyn Dialect,
    resources: &'r Resources,
    served: &'r HashSet<ItemId>,
    configured: Option<&'r str>,
    ports: ServicePorts<'r>,
    of_build: Vec<Claim<'r>>,
    /// The kinds that Routes become.
    kinds: RefCell<BTreeSet<String>>,
}

/// What a Route becomes, and what that gives the controller to hold.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) written: Written,
    traces: Box<[Trace]>,
}

impl<'r> Keys<'r> {
    /// The keys of a dialect, with what the build holds of them besides what is served.
    pub(crate) fn new(
        dialect: &'r dyn Dialect,
        spec: &'r Spec,
        resources: &'r Resources,
        served: &'r HashSet<ItemId>,
    ) -> Self {
        let configured = spec.namespace.as_deref();
        let ports = ServicePorts::new(resources, configured);
        let concerned = resources.iter().filter(|item| dialect.concerns(item.group(), item.kind()));
        let there = concerned.filter(|item| !served.contains(&item.id()));
        let of_build = dialect.claims(&Hand::new(there.map(|item| Object::there(item, configured))), &ports);
        Self { dialect, resources, served, configured, ports, of_build, kinds: RefCell::default() }
    }

    /// How the Routes that share a key must differ so that they share none, by their places.
    pub(crate) fn apart(&self, written: &[Made]) -> BTreeMap<usize, Apart> {
        let mut all: BTreeMap<usize, Apart> = BTreeMap::new();
        for (place, way_out) in self.shared_by(written, |place, claim, _| (place, claim.way_out)) {
            let apart = all.entry(place).or_default();
            match way_out {
                WayOut::OwnNames => apart.names = true,
                WayOut::OwnRouter => apart.router = true,
                WayOut::OwnServices => apart.services = true,
                WayOut::None => {}
            }
        }
        all
    }

    /// Findings about keys that are shared.
    pub(crate) fn shared(&self, written: &[Made]) -> Vec<Finding> {
        self.shared_by(written, |_, claim, rival| problem(claim, rival))
    }

    /// What `tell` makes of each claim of a Route that another one rivals, with the place of the Route.
    fn shared_by<T>(&self, written: &[Made], tell: impl Fn(usize, &Claim<'_>, &Claim<'_>) -> T) -> Vec<T> {
        let names = self.names();
        let there: Vec<_> = names.iter().chain(&self.of_build).collect();
        let traces =
            there.iter().map(|claim| claim.trace()).chain(written.iter().flat_map(|made| made.traces.iter().copied()));
        let contested = contested(traces);
        let is_concerned = |made: &Made| made.traces.iter().any(|trace| contested.contains(&trace.key));
        let concerned = written.iter().enumerate().filter(|(_, made)| is_concerned(made));
        let concerned: Vec<_> =
            concerned.map(|(place, made)| (place, made.written.route, made.written.values())).collect();
        let claims = concerned.iter().map(|(place, route, objects)| (*place, self.claims(*route, objects)));
        let claims: Vec<_> = claims.collect();
        let rivals = Rivals::among(there.into_iter().chain(claims.iter().flat_map(|(_, of_route)| of_route)));
        let placed = claims.iter().flat_map(|(place, of_route)| of_route.iter().map(move |claim| (*place, claim)));
        placed.filter_map(|(place, claim)| Some(tell(place, claim, rivals.of(claim)?))).collect()
    }

    /// A Route and the objects that take its place, with the traces of what these give the controller to hold.
    pub(crate) fn made(&self, route: ItemId, objects: &[Value]) -> Made {
        let claims = self.claims(route, objects);
        let kinds = claims.iter().filter_map(|claim| match claim.key {
            Key::Object { kind, .. } => Some(kind.to_owned()),
            Key::Id(..) => None,
        });
        self.kinds.borrow_mut().extend(kinds);
        let traces = claims.iter().map(Claim::trace).collect();
        Made { written: Written { route, objects: objects.iter().map(Packed::of).collect() }, traces }
    }

    /// What the objects of a Route give the controller to hold.
    fn claims<'w>(&'w self, route: ItemId, objects: &'w [Value]) -> Vec<Claim<'w>> {
        let route = self.resources.get(route);
        let hand = Hand::new(objects.iter().map(|object| Object::made(route, object, self.configured)));
        let mut claims: Vec<Claim<'w>> = Vec::new();
        let names = hand.objects().iter().enumerate().map(|(index, object)| name_of_made(index, object));
        for claim in names.chain(self.dialect.claims(&hand, &self.ports)) {
            // The IngressRoutes of a Route for both entry points claim the same.
            if claims.iter().all(|known| known.key != claim.key) {
                claims.push(claim);
            }
        }
        claims
    }

    /// The names of the objects that are there, of the kinds that Routes become.
    fn names(&self) -> Vec<Claim<'r>> {
        let kinds = self.kinds.borrow();
        let there = self.resources.iter().filter(|item| kinds.contains(item.kind()));
        let there = there.filter(|item| !self.served.contains(&item.id()));
        there.map(|item| name_of(item, self.configured)).collect()
    }
}

/// Who else gives a key other settings.
struct Rivals<'c, 'b>(HashMap<&'c Key<'b>, Holders<'c, 'b>>);

struct Holders<'c, 'b> {
    first: &'c Claim<'b>,
    /// The first one that differs from `first`.
    other: Option<&'c Claim<'b>>,
}

impl<'c, 'b> Rivals<'c, 'b> {
    fn among(claims: impl Iterator<Item = &'c Claim<'b>>) -> Self {
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

/// The numbers of the keys that are given different settings. Most builds have none, and then no claim is looked at.
fn contested(traces: impl Iterator<Item = Trace>) -> HashSet<u64> {
    let mut traces: Vec<Trace> = traces.collect();
    traces.sort_unstable();
    traces.dedup();
    let pairs = traces.iter().zip(traces.iter().skip(1));
    pairs.filter(|(one, next)| one.key == next.key).map(|(one, _)| one.key).collect()
}

/// The name of an object that is there.
fn name_of<'b>(item: &'b Item, configured: Option<&'b str>) -> Claim<'b> {
    let key = Key::Object { kind: item.kind(), namespace: item.namespace().or(configured), name: item.name() };
    Claim { key, settings: Settings::There, item, what: (item.kind(), item.name()), way_out: WayOut::None }
}

/// The name of an object that a Route becomes. The first one takes the place of the Route and keeps its name.
fn name_of_made<'b>(index: usize, object: &Object<'b>) -> Claim<'b> {
    let Object { item, kind, namespace, name, .. } = *object;
    let settings = Settings::Made(index, item.kind(), item.namespace(), item.name());
    let way_out = if index == 0 { WayOut::None } else { WayOut::OwnNames };
    Claim { key: Key::Object { kind, namespace, name }, settings, item, what: (kind, name), way_out }
}

/// The finding about a Route that shares a key with another object.
fn problem(claim: &Claim<'_>, rival: &Claim<'_>) -> Finding {
    let ((what, name), other) = (claim.what, rival.item.reference());
    let taken = |how: &str| {
        let message = format!("becomes {what} `{name}`, and {how}; rename one of them");
        (Rule::RouteNameTaken, "metadata.name", message)
    };
    let shared = |thing, keeper| {
        let message = differing_settings(claim, rival, thing, keeper);
        (Rule::SharedBackendSettings, if thing == "host" { "spec.host" } else { "spec.to" }, message)
    };
    let (rule, field, message) = match &claim.key {
        Key::Object { .. } if is_route(rival.item) => taken(&format!("{other} becomes one of that name too")),
        Key::Object { .. } => taken(&format!("{other} has that name")),
        Key::Id(Store::Ids(_) | Store::IngressServices | Store::IngressRouters, id) => {
            taken(&format!("Traefik knows {other} by the same id `{id}`"))
        }
        Key::Id(Store::WeightedServices, _) => shared("Service", "Traefik, where a Route has several Services,"),
        Key::Id(Store::HaProxyBackends, _) => shared("Service", "haproxy-ingress"),
        Key::Id(Store::HaProxyHosts, _) => shared("host", "haproxy-ingress"),
        Key::Id(Store::GatewayBackends, _) => shared("Service", "a Gateway"),
    };
    Finding::new(rule, message).on(claim.item).at(field)
}

/// What is wrong where a keeper holds settings of a thing, a Service or a host, once, and Routes want different ones.
fn differing_settings(claim: &Claim<'_>, rival: &Claim<'_>, thing: &str, keeper: &str) -> String {
    let (what, name) = claim.what;
    format!(
        "shares {what} `{name}` with {}, and {keeper} holds {} once for all of them; give one a {thing} of its own, or both the \
         same settings",
        rival.item.reference(),
        differing(&claim.settings, &rival.settings),
    )
}

/// The settings in which two claims differ, as people write them.
fn differing(ours: &Settings<'_>, theirs: &Settings<'_>) -> String {
    let (ours, theirs) = (ours.fields(), theirs.fields());
    let keys = |value: Option<&Value>| value?.as_object().map(|object| object.keys().cloned().collect::<BTreeSet<_>>());
    let all: BTreeSet<_> = [keys(ours), keys(theirs)].into_iter().flatten().flatten().collect();
    let field = |value: Option<&Value>, key: &str| value?.get(key).cloned();
    let differing = all.into_iter().filter(|key| field(ours, key) != field(theirs, key));
    differing.map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}
