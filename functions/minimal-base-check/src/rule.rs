//! The rules of the findings.

krm::rules! {
    /// What minimal-base-check reports. The table in the README comes from it, and people accept findings by the ids.
    pub enum Rule {
        /// A base states how many replicas there are.
        ReplicasInBase("replicas-in-base", Error, Acceptable, "Take it out of the base and state it in each overlay, or list it in `spec.exceptions` with a reason."),
        /// A base states what containers request and may use.
        ResourcesInBase("resources-in-base", Error, Acceptable, "Take it out of the base and state it in each overlay, or list it in `spec.exceptions` with a reason."),
        /// A base states the size or the class of storage.
        StorageInBase("storage-in-base", Error, Acceptable, "Take it out of the base and state it in each overlay, or list it in `spec.exceptions` with a reason."),
        /// A base states on which nodes pods run, or before which others.
        SchedulingInBase("scheduling-in-base", Error, Acceptable, "Take it out of the base and state it in each overlay, or list it in `spec.exceptions` with a reason."),
        /// A base states a field that `spec.forbidden` lists.
        ForbiddenInBase("forbidden-in-base", Error, Acceptable, "Take it out of the base and state it in each overlay, or list it in `spec.exceptions` with a reason."),

        /// An overlay does not state how many replicas there are, and no autoscaler of the build decides it. It is an error where
        /// the API requires the field.
        ReplicasNotStated("replicas-not-stated", Warning, Acceptable, "State it in the overlay as the message says, or list it in `spec.exceptions` with a reason."),
        /// An overlay does not state what a container requests and may use, and no LimitRange of the build decides it.
        ResourcesNotStated("resources-not-stated", Warning, Acceptable, "State it in the overlay as the message says, or list it in `spec.exceptions` with a reason."),
        /// An overlay does not state the size or the class of storage. It is an error where the API requires the field.
        StorageNotStated("storage-not-stated", Warning, Acceptable, "State it in the overlay as the message says, or list it in `spec.exceptions` with a reason."),
        /// An overlay does not state a field that `spec.required` lists.
        RequiredNotStated("required-not-stated", Error, Acceptable, "State it in the overlay as the message says, or list it in `spec.exceptions` with a reason."),
        /// Another object of the build decides what an overlay does not state.
        StatedElsewhere("stated-elsewhere", Info, Binding, "Nothing is to be done."),

        /// A value is the same in the builds of a base and of an overlay, so the overlay inherits it.
        InheritedFromBase("inherited-from-base", Warning, Acceptable, "Take it out of the base and state it in each overlay, or list it in `spec.exceptions` with a reason."),
        /// An object of the base is not in the build of the overlay under a name that tells it, so that its values were not
        /// compared.
        NotCompared("not-compared", Info, Binding, "Compare by hand, or with a base and an overlay that rename objects by one prefix and one suffix."),

        /// An exception allows a value.
        Excepted("excepted", Info, Binding, "Nothing is to be done."),
        /// An exception names an object of the build, and no field of it that is checked.
        UnneededException("unneeded-exception", Warning, Acceptable, "Take the exception out, or correct its field."),
        /// The values of a Helm chart are text that is no YAML, so that they cannot be checked.
        UnreadableValues("unreadable-values", Warning, Acceptable, "Correct the text."),
    }
}
