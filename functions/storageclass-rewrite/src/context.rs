//! What claims are judged by.

use std::collections::BTreeSet;

use crate::classes::Classes;
use crate::config::Spec;

/// What claims are judged by.
#[derive(Clone, Copy)]
pub(crate) struct Context<'r> {
    pub(crate) spec: &'r Spec,
    pub(crate) classes: &'r Classes,
    /// The PersistentVolumes of the build.
    pub(crate) volumes: &'r BTreeSet<String>,
}
