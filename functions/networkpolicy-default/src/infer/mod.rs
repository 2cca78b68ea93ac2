//! What the manifests imply. Each module knows one kind of evidence.

mod api_server;
pub(crate) mod backend;
mod certificates;
pub(crate) mod clients;
mod exposed;
mod external;
mod gateway;
mod ingress;
mod keda;
mod prometheus;
mod same_app;
pub(crate) mod texts;
mod traefik;

use crate::operators;
use crate::plan::Plan;
use crate::visibility;

/// Plans the policies for everything that the build implies.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    ingress::infer(plan);
    traefik::infer(plan);
    gateway::infer(plan);
    keda::infer(plan);
    exposed::infer(plan);
    api_server::infer(plan);
    certificates::infer(plan);
    prometheus::infer(plan);
    same_app::infer(plan);
    clients::infer(plan);
    external::infer(plan);
    operators::infer(plan);
    visibility::infer(plan);
    plan.report_leaks();
}
