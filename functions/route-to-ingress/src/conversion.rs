//! All Routes of a build at once: what they share, and what takes their place.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use krm::config::ConfigError;
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Resources};
use krm::rule::Severity;
use manifests::services::Pods;

use crate::config::Spec;
use crate::dialect::{self, Dialect, Output};
use crate::exposure::{Apart, Exposure, Path};
use crate::leftovers::{self, Moved};
use crate::objects::Written;
use crate::reader::Reader;
use crate::rule::Rule;
use crate::shared_keys::Keys;
use crate::{backends, certificates, clashes, hosts, middlewares, own_services, route, settings, tls};

/// Puts other objects in the place of every Route that can be served. After an error that no person accepts, all of that is
/// discarded.
///
/// # Errors
/// Options that name no controller.
pub(crate) fn convert(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
    let dialect = dialect::of(spec)?;
    let mut exposures = exposures(spec, resources, findings);
    findings.extend(clashes::of_routes(&exposures));
    findings.extend(certificates::share(&mut exposures));
    let keys = Keys::new(dialect.as_ref(), spec, resources);
    let written = apart(&keys, dialect.as_ref(), &mut exposures, spec, findings);
    findings.extend(keys.shared(&written));
    findings.extend(templates(resources));
    let mut moved = Moved::new(spec);
    exposures.iter().for_each(|exposure| moved.note(exposure));
    leftovers::adapt(spec, &moved, resources, findings);
    findings.extend(middlewares::dangling(spec, resources, &written));
    for (route, objects) in written {
        let mut objects = objects.into_iter();
        if let Some(first) = objects.next() {
            resources.replace(route, first);
        }
        for object in objects {
            resources.add_beside(route, object);
        }
    }
    Ok(())
}

/// What each Route becomes. One that would share a key with another object is written again so that it stands apart.
fn apart(
    keys: &Keys<'_>,
    dialect: &dyn Dialect,
    exposures: &mut [Exposure<'_>],
    spec: &Spec,
    findings: &mut Findings,
) -> Vec<Written> {
    let resources = keys.resources();
    let write = |exposure: &Exposure<'_>| {
        let mut output = Output::new(exposure.route, spec.unsupported);
        dialect.write(exposure, &mut output);
        ((exposure.route.id(), output.objects), output.findings)
    };
    let (mut written, mut said): (Vec<_>, Vec<_>) = exposures.iter().map(write).unzip();
    for (index, apart) in keys.apart(&written).into_iter().enumerate().filter(|(_, apart)| *apart != Apart::default()) {
        let exposure = &mut exposures[index];
        exposure.apart = apart;
        let services = if apart.services { own_services::give(exposure, resources) } else { Vec::new() };
        exposure.apart.services = !services.is_empty();
        (written[index], said[index]) = write(exposure);
        written[index].1.extend(services);
        if said[index].iter().all(|finding| finding.severity() != Severity::Error) {
            said[index].extend(stands_apart(exposure));
        }
    }
    findings.extend(said.into_iter().flatten());
    written
}

/// Tells how a Route stands apart.
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

/// The Routes of the build, as far as they can be understood. Why others cannot is a finding.
fn exposures<'r>(spec: &Spec, resources: &'r Resources, findings: &mut Findings) -> Vec<Exposure<'r>> {
    let routes = resources.iter().filter(|item| route::is_route(item)).map(|item| (item, route::read(item)));
    let routes: Vec<_> = routes.collect();
    let pods = OnceCell::new();
    let mut exposures = Vec::new();
    let mut malformed = BTreeMap::new();
    for (item, route) in &routes {
        let understood = route.as_ref().map_err(Vec::clone).and_then(|route| {
            let mut reader =
                Reader { resources, pods: &pods, spec, item, route, notes: Vec::new(), malformed: BTreeMap::new() };
            let understood = understand(item, &mut reader);
            findings.extend(reader.notes);
            malformed.extend(reader.malformed);
            understood
        });
        match understood {
            Ok(exposure) => exposures.push(exposure),
            Err(problems) => findings.extend(problems),
        }
    }
    findings.extend(malformed.into_values().flatten());
    findings.extend(pods.get().into_iter().flat_map(|pods: &Pods<'_>| pods.findings().to_vec()));
    exposures
}

/// Understands a Route.
///
/// # Errors
/// Findings for everything that cannot be told from the Route, the build and the options.
fn understand<'r>(route: &'r Item, reader: &mut Reader<'_>) -> Result<Exposure<'r>, Vec<Finding>> {
    let host = hosts::host_of(reader);
    let settings = settings::of(reader);
    let backends = backends::backends(reader);
    let encryption = tls::encryption(reader);
    match (host, settings, backends, encryption) {
        (Ok(host), Ok(settings), Ok(backends), Ok(encryption)) => Ok(Exposure {
            route,
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
