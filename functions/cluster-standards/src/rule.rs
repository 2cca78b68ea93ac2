//! The rules of the findings.

krm::rules! {
    /// What cluster-standards reports. A rule is a variant with id, severity, whether it can be accepted, and remedy; see `krm::rules!`.
    pub enum Rule {}
}
