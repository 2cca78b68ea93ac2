//! The languages in which controllers are told what to serve.
//!
//! Each is a module with one type that implements [`Dialect`]; [`of`] is the only place that knows them all.

mod gateway;
mod haproxy;
mod ingress;
mod output;
mod sessions;
mod traefik;

use krm::config::ConfigError;

use crate::config::{Controller, Spec, Target};

pub(crate) use output::{Dialect, Output};

/// The dialect that the options ask for.
///
/// # Errors
/// Options that name no dialect.
pub(crate) fn of(spec: &Spec) -> Result<Box<dyn Dialect + '_>, ConfigError> {
    Ok(match (spec.target, spec.controller()?) {
        (Target::Gateway, _) => Box::new(gateway::Gateway { spec }),
        (_, Controller::Traefik) => Box::new(traefik::Traefik { spec }),
        (_, Controller::HAProxyIngress) => Box::new(haproxy::HaProxy { spec }),
    })
}
