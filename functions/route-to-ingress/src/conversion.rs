//! All Routes of a build at once: what they share, and what takes their place.

use std::collections::BTreeMap;

use krm::config::ConfigError;
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Resources};
use serde_json::Value;

use crate::build::Build;
use crate::config::{NamespaceOwnership, Spec};
use crate::dialect::{self, Output};
use crate::exposure::{Exposure, Path};
use crate::leftovers::{self, Moved};
use crate::reader::Reader;
use crate::routers::Router;
use crate::rule::Rule;
use crate::shards::{self, Placement, Shards};
use crate::sources::{Served, Source};
use crate::{backends, certificates, clashes, hosts, middlewares, settings, tls};

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
    let served = Served::of(resources, spec.placeholders);
    findings.extend(served.findings);
    let build = Build::of(resources);
    let mut reading = Reading::default();
    served.sources.iter().for_each(|source| reading.read(&build, &options, source, &shards));
    let Reading { mut exposures, left_out, findings: problems, malformed, .. } = reading;
    findings.extend(problems.into_iter().chain(malformed.into_values().flatten()));
    findings.extend(build.known_pods().into_iter().flat_map(|pods| pods.findings().to_vec()));
    let may_share_hosts = spec.namespace_ownership == NamespaceOwnership::InterNamespaceAllowed
        || routers.iter().any(|router| router.shares_hosts);
    findings.extend(clashes::of_routes(&exposures, may_share_hosts));
    findings.extend(certificates::settle(&mut exposures, &build));
    let mut moved = Moved::new(spec);
    let mut written = Vec::new();
    let mut told = Told::default();
    for exposure in &exposures {
        moved.note(exposure);
        let mut output = Output::new(exposure.route, spec.unsupported);
        dialects[exposure.options].write(exposure, &mut output);
        told.tell(exposure, output.findings, findings);
        written.push((exposure.route.id(), output.objects));
    }
    findings.extend(clashes::of_names(resources, &written));
    findings.extend(templates(resources));
    findings.extend(clashes::of_routers(resources, &written));
    leftovers::adapt(&options, &served.items, &moved, resources, findings);
    findings.extend(middlewares::dangling(spec, resources, &written));
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
fn put(resources: &mut Resources, written: Vec<(ItemId, Vec<Value>)>) {
    let mut last = None;
    for (route, objects) in written {
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

/// Routes on the way to what takes their place.
#[derive(Default)]
struct Reading<'r> {
    /// Those that are understood.
    exposures: Vec<Exposure<'r>>,
    /// Those that are left out of the build.
    left_out: Vec<ItemId>,
    findings: Vec<Finding>,
    /// What is malformed in the Services that they lead to.
    malformed: BTreeMap<ItemId, Vec<Finding>>,
    /// The object read last, whose annotations are judged. The paths of an Ingress share them.
    judged: Option<ItemId>,
}

impl<'r> Reading<'r> {
    /// Reads a Route, as far as it can be understood. Why it cannot is a finding.
    fn read(&mut self, build: &'r Build<'r>, options: &'r [Spec], source: &'r Source<'r>, shards: &Shards<'_>) {
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
        let Source { item, origin, name, .. } = source;
        let (notes, malformed) = (Vec::new(), BTreeMap::new());
        let mut reader = Reader { build, spec: &options[place], item, route, origin, name, notes, malformed };
        let understood = understand(&mut reader);
        self.findings.extend(reader.notes.into_iter().filter(|note| !(is_judged && is_about_annotation(note))));
        self.malformed.extend(reader.malformed);
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
fn understand<'r>(reader: &mut Reader<'r>) -> Result<Exposure<'r>, Vec<Finding>> {
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
