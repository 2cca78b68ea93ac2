//! The rules of the findings.

krm::rules! {
    /// What cluster-standards reports. A rule is a variant with id, severity, whether it can be accepted, and remedy; see `krm::rules!`.
    pub enum Rule {
        // PriorityClasses.
        /// Pods name a PriorityClass that neither the build nor the config knows. The API server refuses them, and only an
        /// event of their controller says so. Without `spec.priorityClasses` this is a warning.
        UnknownPriorityClass(
            "unknown-priority-class", Error, Acceptable,
            "Correct the name, add the PriorityClass to the build, or list it in `spec.priorityClasses`."
        ),
        /// Pods have another PriorityClass than the config says for their namespace, or none.
        OtherPriorityClass(
            "other-priority-class", Warning, Acceptable,
            "Name the class of the namespace. For pods without one, `complete: [PriorityClassName]` does it."
        ),
        /// Pods state a priority or a preemption policy that is not the one of their PriorityClass, so that the API server
        /// refuses them.
        StatedPriority("stated-priority", Error, Binding, "Take the field out: the API server fills it in from the class."),
        /// A PriorityClass has a name or a value that the API server refuses, or is a second default.
        RefusedPriorityClass("refused-priority-class", Error, Binding, "Correct what the message names."),
        /// kustomize renamed a PriorityClass, which all namespaces share. What another build names by the former name finds
        /// nothing.
        RenamedPriorityClass(
            "renamed-priority-class", Warning, Acceptable,
            "Build the PriorityClass where no prefix or suffix renames it."
        ),
    }
}
