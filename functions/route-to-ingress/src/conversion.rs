//! All Routes of a build at once: what they share, and what takes their place.

use std::collections::HashSet;

use krm::config::ConfigError;
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Resources};
use krm::rule::Severity;
use serde_json::Value;

use crate::build::Build;
use crate::config::{NamespaceOwnership, Spec};
use crate::dialect::{self, Dialect, Output};
use crate::exposure::{Apart, Exposure, Path};
use crate::leftovers::{self, Moved};
use crate::objects::Written;
use crate::reader::Reader;
use crate::routers::Router;
use crate::rule::Rule;
use crate::shards::{self, Placement, Shards};
use crate::shared_keys::{Keys, Made};
use crate::sources::{Served, Source};
use crate::{backends, certificates, clashes, classes, hosts, middlewares, own_services, rivals, settings, tls};

/// Puts other objects in the place of every Route that can be served. After an error that no person accepts, all of that is
/// discarded.
///
/// # Errors
/// Options that name no controller, or that select nothing.
pub(crate) fn convert(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
    let options = shards::options(spec);
    let dialects = options.iter().map(dialect::of).collect::<Result<Vec<_>, _>>()?;
    let routers = Router::all(resources);
    let shards = Shards::of(spec, resources, &routers)?;
    let Served { sources, items, findings: unserved } = Served::of(resources, spec.placeholders);
    findings.extend(unserved);
    let build = Build::of(resources);
    let mut reading = Reading::default();
    sources.into_iter().for_each(|source| reading.read(&build, &options, &source, &shards));
    let Reading { mut exposures, left_out, findings: problems, .. } = reading;
    findings.extend(problems.into_iter().chain(build.malformed_services()));
    findings.extend(build.known_pods().into_iter().flat_map(|pods| pods.findings().to_vec()));
    let may_share_hosts = spec.namespace_ownership == NamespaceOwnership::InterNamespaceAllowed
        || routers.iter().any(|router| router.shares_hosts);
    findings.extend(clashes::of_routes(&exposures, may_share_hosts));
    findings.extend(rivals::of_build(&exposures, &options, resources, &items));
    findings.extend(certificates::settle(&mut exposures, &build));
    // What Routes become takes the memory of what they were read against.
    drop(build);
    findings.extend(classes::doubts(&exposures, &options, resources));
    findings.extend(templates(resources));
    let mut moved = Moved::new(spec);
    exposures.iter().for_each(|exposure| moved.note(exposure));
    let target = Target { options: &options, dialects: &dialects, resources, served: &items, moved: &moved };
    let written = target.write(exposures, findings);
    let done = written.iter().map(|written| written.route).chain(left_out.iter().copied());
    let done: HashSet<ItemId> = done.collect();
    let refused: HashSet<ItemId> = items.difference(&done).copied().collect();
    leftovers::adapt(&options, &items, &moved, resources, findings);
    let refused = resources.iter().filter(|item| refused.contains(&item.id()));
    findings.extend(middlewares::dangling(spec, resources, &written, refused));
    for route in left_out {
        resources.remove(route);
    }
    put(resources, written);
    Ok(())
}

/// What was said about an object. The paths of an Ingress share much of it.
#[derive(Default)]
struct Told {
    object: Option<ItemId>,
    findings: Vec<Finding>,
}

impl Told {
    /// Says what was not said about the same object.
    fn tell(&mut self, exposure: &Exposure<'_>, new: Vec<Finding>, findings: &mut Findings) {
        if self.object.replace(exposure.route.id()) != Some(exposure.route.id()) {
            self.findings.clear();
        }
        for finding in new.into_iter().map(|finding| exposure.origin.relocated(finding)) {
            if !self.findings.contains(&finding) {
                self.findings.push(finding.clone());
                findings.push(finding);
            }
        }
    }
}

/// Puts the objects in the place of the Routes. An Ingress of several paths has them in turn.
fn put(resources: &mut Resources, written: Vec<Written>) {
    let mut last = None;
    for Written { route, objects } in written {
        let mut objects = objects.into_iter();
        if last != Some(route)
            && let Some(first) = objects.next()
        {
            resources.replace(route, first);
        }
        for object in objects {
            resources.add_beside(route, object);
        }
        last = Some(route);
    }
}

/// Follows the hosts that moved in what a Route becomes. A finding is reported once for all its objects.
fn follow(moved: &Moved<'_>, route: &Item, objects: &mut [Value]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for finding in objects.iter_mut().flat_map(|object| moved.follow_made(route, object)) {
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    findings
}

/// What Routes become.
struct Target<'t> {
    options: &'t [Spec],
    /// The language of each of the options.
    dialects: &'t [Box<dyn Dialect + 't>],
    resources: &'t Resources,
    served: &'t HashSet<ItemId>,
    moved: &'t Moved<'t>,
}

/// What is said about a Route that is written.
#[derive(Default)]
struct Said {
    /// How it is written.
    written: Vec<Finding>,
    /// Which hosts in it moved.
    followed: Vec<Finding>,
}

impl Target<'_> {
    /// What each Route becomes. Those of one controller share its keys.
    fn write(&self, mut exposures: Vec<Exposure<'_>>, findings: &mut Findings) -> Vec<Written> {
        let controller = |exposure: &Exposure<'_>| shards::controller(self.options, exposure.options);
        exposures.sort_by_key(controller);
        let (mut all, mut followed) = (Vec::new(), Vec::new());
        for exposures in exposures.chunk_by_mut(|one, next| controller(one) == controller(next)) {
            let controller = controller(&exposures[0]);
            let (dialect, spec) = (self.dialects[controller].as_ref(), &self.options[controller]);
            let keys = Keys::new(dialect, spec, self.resources, self.served);
            let (written, found) = self.apart(&keys, exposures, findings);
            all.extend(written);
            followed.extend(found);
        }
        findings.extend(followed);
        all
    }

    /// What a Route becomes, with these Services besides.
    fn write_one(&self, keys: &Keys<'_>, exposure: &Exposure<'_>, services: Vec<Value>) -> (Made, Said) {
        let mut output = Output::new(exposure.route, self.options[0].unsupported);
        self.dialects[exposure.options].write(exposure, &mut output);
        output.objects.extend(services);
        let followed = follow(self.moved, exposure.route, &mut output.objects);
        (keys.made(exposure.route.id(), &output.objects), Said { written: output.findings, followed })
    }

    /// What each Route becomes, and which hosts in it moved. One that would share a key with another object is written again so
    /// that the controller can tell them apart.
    fn apart(
        &self,
        keys: &Keys<'_>,
        exposures: &mut [Exposure<'_>],
        findings: &mut Findings,
    ) -> (Vec<Written>, Vec<Finding>) {
        let written = exposures.iter().map(|exposure| self.write_one(keys, exposure, Vec::new()));
        let (mut written, mut said): (Vec<_>, Vec<_>) = written.unzip();
        let apart = keys.apart(&written);
        let shares_none = apart.is_empty();
        for (index, apart) in apart.into_iter().filter(|(_, apart)| *apart != Apart::default()) {
            let exposure = &mut exposures[index];
            exposure.apart = apart;
            let services = if apart.services { own_services::give(exposure, self.resources) } else { Vec::new() };
            exposure.apart.services = !services.is_empty();
            let (made, mut told) = self.write_one(keys, exposure, services);
            if told.written.iter().all(|finding| finding.severity() != Severity::Error) {
                told.written.extend(stands_apart(exposure));
            }
            (written[index], said[index]) = (made, told);
        }
        let mut told = Told::default();
        let mut followed = Vec::new();
        for (exposure, said) in exposures.iter().zip(said) {
            told.tell(exposure, said.written, findings);
            followed.extend(said.followed);
        }
        if !shares_none {
            findings.extend(keys.shared(&written));
        }
        (written.into_iter().map(|made| made.written).collect(), followed)
    }
}

/// Reports how a Route is told apart.
fn stands_apart(exposure: &Exposure<'_>) -> impl Iterator<Item = Finding> {
    let Apart { names, router, services } = exposure.apart;
    let ways = [
        (
            names,
            "becomes objects with a hash in their names, as another object has their names, or their ids for Traefik",
        ),
        (router, "becomes an IngressRoute, as Traefik would mix up an Ingress with another one"),
        (
            services,
            "gets a Service of its own, as the controller holds settings by Service, and another object gives it others",
        ),
    ];
    let ways = ways.into_iter().filter(|(applies, _)| *applies);
    ways.map(|(_, way)| Finding::new(Rule::StandsApart, way).on(exposure.route).at("metadata.name"))
}

/// Routes on the way to what takes their place.
#[derive(Default)]
struct Reading<'r> {
    /// Those that are understood.
    exposures: Vec<Exposure<'r>>,
    /// Those that are left out of the build.
    left_out: Vec<ItemId>,
    findings: Vec<Finding>,
    /// The object read last, whose annotations are judged. The paths of an Ingress share them.
    judged: Option<ItemId>,
}

impl<'r> Reading<'r> {
    /// Reads a Route, as far as it can be understood. Why it cannot is a finding.
    fn read(&mut self, build: &Build<'r>, options: &'r [Spec], source: &Source<'r>, shards: &Shards<'_>) {
        let is_judged = self.judged.replace(source.item.id()) == Some(source.item.id());
        let namespace = source.item.namespace().or(options[0].namespace.as_deref());
        let place = match shards.place(source.item, namespace) {
            Ok((Placement::LeftOut, _)) => return self.left_out.push(source.item.id()),
            Ok((Placement::By(place), finding)) => {
                self.findings.extend(finding.filter(|_| !is_judged));
                place
            }
            Err(problem) => return self.findings.push(problem),
        };
        let route = match &source.route {
            Ok(route) => route,
            Err(problems) => return self.findings.extend(problems.iter().cloned()),
        };
        let mut reader = Reader::new(build, &options[place], source, route);
        let understood = understand(&mut reader);
        self.findings.extend(reader.notes.into_iter().filter(|note| !(is_judged && is_about_annotation(note))));
        match understood {
            Ok(exposure) => self.exposures.push(Exposure { options: place, ..exposure }),
            Err(problems) => self.findings.extend(problems),
        }
    }
}

/// Whether a finding is about an annotation, which the paths of an Ingress share.
fn is_about_annotation(finding: &Finding) -> bool {
    finding.field_path().is_some_and(|field| field.starts_with("metadata.annotations"))
}

/// Understands a Route.
///
/// # Errors
/// Findings for everything that cannot be told from the Route, the build and the options.
fn understand<'r>(reader: &mut Reader<'r, '_>) -> Result<Exposure<'r>, Vec<Finding>> {
    let host = hosts::host_of(reader);
    let settings = settings::of(reader);
    let backends = backends::backends(reader);
    let encryption = tls::encryption(reader);
    match (host, settings, backends, encryption) {
        (Ok(host), Ok(settings), Ok(backends), Ok(encryption)) => Ok(Exposure {
            route: reader.item,
            options: 0,
            origin: reader.origin,
            name: reader.name.to_owned(),
            namespace: reader.namespace().map(str::to_owned),
            host,
            path: Path::of(reader.route.path.as_deref()),
            termination: encryption.termination,
            backends,
            backend_tls: encryption.backend_tls,
            settings,
            apart: Apart::default(),
        }),
        (host, settings, backends, encryption) => {
            let lists = [settings.err(), backends.err()].into_iter().flatten().flatten();
            Err(lists.chain(encryption.err()).chain(host.err()).collect())
        }
    }
}

/// Templates of OpenShift that hold Routes, which must be filled in first.
fn templates(resources: &Resources) -> Vec<Finding> {
    let is_template = |item: &&Item| item.kind() == "Template" && item.value()["objects"].is_array();
    let holds_route =
        |item: &&Item| item.value()["objects"].as_array().into_iter().flatten().any(|object| object["kind"] == "Route");
    let message =
        "is a Template with Routes in it, which only OpenShift fills in; commit what `oc process` makes of it";
    let templates = resources.iter().filter(is_template).filter(holds_route);
    templates.map(|item| Finding::new(Rule::RouteInTemplate, message).on(item).at("objects")).collect()
}
