//! The rules of the findings.

krm::rules! {
    /// What apps-generator reports. A rule is a variant with id, severity, whether it can be accepted, and remedy; see `krm::rules!`.
    pub enum Rule {}
}
