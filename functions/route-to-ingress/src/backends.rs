//! The Services that get the requests of a Route.

use krm::field::FieldPath;
use krm::finding::Finding;

use crate::exposure::Backend;
use crate::ports;
use crate::reader::Reader;
use crate::route::TargetReference;
use crate::rule::Rule;

/// The Services that get requests; at least one.
///
/// # Errors
/// Findings for each Service whose port cannot be told, and for a Route that nothing answers.
pub(crate) fn backends(reader: &mut Reader<'_, '_>) -> Result<Vec<Backend>, Vec<Finding>> {
    let route = reader.route;
    let mut backends = Vec::new();
    let mut problems = Vec::new();
    for (field, reference) in route.references() {
        match backend(reader, reference, field) {
            Ok(backend) => backends.extend(backend),
            Err(problem) => problems.push(problem),
        }
    }
    if backends.is_empty() && problems.is_empty() {
        let message = "leaves no backend with a weight, so OpenShift answers 503 to everything; give one a weight, or take the Route out";
        problems.push(reader.finding(Rule::RouteServesNothing, "spec.to.weight", message));
    }
    backends.shrink_to_fit();
    if problems.is_empty() { Ok(backends) } else { Err(problems) }
}

/// The Service at `field`, if it gets requests.
fn backend(
    reader: &mut Reader<'_, '_>,
    reference: &TargetReference,
    field: FieldPath,
) -> Result<Option<Backend>, Finding> {
    if !matches!(reference.kind.as_str(), "" | "Service") {
        let message = format!("`{}` must be `Service`, the only kind that OpenShift knows here", reference.kind);
        return Err(reader.finding(Rule::RefusedByOpenShift, field.key("kind"), message));
    }
    if reference.weight() == 0 {
        let message = "gets no requests, as on OpenShift, and is left out";
        reader.notes.push(reader.finding(Rule::IgnoredSetting, field.key("weight"), message).current(0));
        return Ok(None);
    }
    let (service, port) = ports::resolve(reader, &reference.name)?;
    Ok(Some(Backend { service, own_service: None, port, weight: reference.weight() }))
}
