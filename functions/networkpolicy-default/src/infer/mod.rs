//! What the manifests imply. Each module knows one kind of evidence.

mod api_server;
mod backend;
mod backends;
mod certificates;
mod classes;
mod clients;
mod cloud_native_pg;
mod exposed;
mod external;
mod foreign;
mod gateway;
mod keda;
mod listed;
mod prometheus;
mod same_app;
mod strimzi;
mod texts;
mod traefik;

use crate::plan::Plan;

/// Plans the policies for everything that the build implies.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    backends::infer(plan);
    traefik::infer(plan);
    keda::infer(plan);
    exposed::infer(plan);
    api_server::infer(plan);
    certificates::infer(plan);
    prometheus::infer(plan);
    same_app::infer(plan);
    clients::infer(plan);
    external::infer(plan);
    strimzi::infer(plan);
    cloud_native_pg::infer(plan);
    listed::infer(plan);
    foreign::report(plan);
    plan.report_leaks();
}
