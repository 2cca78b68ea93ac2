//! What the manifests imply. Each module knows one kind of evidence.

mod api_server;
mod backend;
mod backends;
mod callers;
mod certificates;
mod classes;
mod clients;
mod closed;
mod cloud_native_pg;
mod dialled;
mod exposed;
mod external;
mod foreign;
mod gateway;
mod hosts;
mod interceptor;
mod listed;
mod naming;
mod prometheus;
mod public_hosts;
mod same_app;
mod stored;
mod strimzi;
mod target_ports;
mod texts;
mod traefik;
mod unattributed;
mod unseen;
mod variables;

use crate::plan::Plan;
use public_hosts::PublicHosts;

/// Plans the policies for everything that the build implies, and reports what stays closed.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    let public = PublicHosts::of(plan);
    backends::infer(plan);
    exposed::infer(plan);
    api_server::infer(plan);
    certificates::infer(plan);
    prometheus::infer(plan);
    same_app::infer(plan);
    clients::infer(plan, &public);
    callers::infer(plan, &public);
    strimzi::infer(plan);
    cloud_native_pg::infer(plan);
    listed::infer(plan);
    target_ports::report(plan);
    foreign::report(plan);
    unseen::report(plan);
    unattributed::report(plan);
    closed::report(plan);
    plan.report_leaks();
}
