//! All Routes of a build at once: what they share, and what takes their place.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use krm::config::ConfigError;
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Resources};
use manifests::services::Pods;

use crate::config::Spec;
use crate::dialect::{self, Output};
use crate::exposure::{Certificate, Exposure, Path, Termination};
use crate::leftovers::{self, Moved};
use crate::reader::Reader;
use crate::rule::Rule;
use crate::{backends, clashes, hosts, middlewares, route, settings, tls};

/// Puts other objects in the place of every Route that can be served. After an error that no person accepts, all of that is
/// discarded.
///
/// # Errors
/// Options that name no controller.
pub(crate) fn convert(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
    let dialect = dialect::of(spec)?;
    let mut exposures = exposures(spec, resources, findings);
    findings.extend(clashes::of_routes(&exposures));
    share_certificates(&mut exposures);
    let mut moved = Moved::new(spec);
    let mut written = Vec::new();
    for exposure in &exposures {
        moved.note(exposure);
        let mut output = Output::new(exposure.route, spec.unsupported);
        dialect.write(exposure, &mut output);
        findings.extend(output.findings);
        written.push((exposure.route.id(), output.objects));
    }
    findings.extend(clashes::of_names(resources, &written));
    findings.extend(templates(resources));
    findings.extend(clashes::of_routers(resources, &written));
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
        }),
        (host, settings, backends, encryption) => {
            let lists = [settings.err(), backends.err()].into_iter().flatten().flatten();
            Err(lists.chain(encryption.err()).chain(host.err()).collect())
        }
    }
}

/// Of several Routes for a host, the first that wants a certificate orders it and the others use the same Secret.
fn share_certificates(exposures: &mut [Exposure<'_>]) {
    let mut secrets: HashMap<String, String> = HashMap::new();
    for exposure in exposures {
        let Termination::Edge { certificate: Certificate::Issued { secret, orders, .. }, .. } =
            &mut exposure.termination
        else {
            continue;
        };
        match secrets.get(&exposure.host.name) {
            Some(shared) => {
                secret.clone_from(shared);
                *orders = false;
            }
            None => {
                secrets.insert(exposure.host.name.clone(), secret.clone());
            }
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
