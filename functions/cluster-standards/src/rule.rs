//! The rules of the findings.

krm::rules! {
    /// What cluster-standards reports. A rule is a variant with id, severity, whether it can be accepted, and remedy; see `krm::rules!`.
    pub enum Rule {
        // Namespaces.
        /// A Namespace of the build lacks something that the config requires to govern it.
        NamespaceUngoverned("namespace-ungoverned", Warning, Acceptable, "Add what the message names to the build."),

        // LimitRanges.
        /// The API server refuses a LimitRange.
        RefusedLimitRange("refused-limit-range", Error, Binding, "Correct what the message names."),
        /// Several LimitRanges of a namespace give containers defaults of the same resource. Which of them counts is not
        /// defined.
        SeveralLimitRanges("several-limit-ranges", Warning, Acceptable, "Merge them into one."),
        /// A container asks for more than the limit that a LimitRange fills in for it. The API server refuses its pods, and
        /// only an event of their controller says so.
        RequestAboveDefaultLimit(
            "request-above-default-limit", Error, Acceptable,
            "State a limit that is not below the request."
        ),
        /// A pod or a claim is outside a LimitRange, so that the API server refuses it.
        OutsideLimitRange("outside-limit-range", Error, Acceptable, "Do what the message says, or change the LimitRange."),

        // ResourceQuotas.
        /// The API server refuses a ResourceQuota.
        RefusedQuota("refused-quota", Error, Binding, "Correct what the message names."),
        /// A container does not state what a quota counts, and no LimitRange does so for it. The API server refuses its pods.
        UnstatedResource(
            "unstated-resource", Error, Acceptable,
            "State it, or give the namespace a LimitRange with defaults."
        ),
        /// One object alone is above a quota of its namespace, so that the API server refuses it.
        ObjectOverQuota("object-over-quota", Error, Acceptable, "Ask for less, or raise the quota."),
        /// All objects of this build together are above a quota of their namespace, as long as they run or while they are
        /// rolled out. Objects of other builds come on top.
        QuotaTooSmall("quota-too-small", Warning, Acceptable, "Ask for less, raise the quota, or lower `maxSurge`."),

        // Pull secrets.
        /// An image needs a pull secret that neither its pods nor their ServiceAccount name.
        PullSecretNotNamed(
            "pull-secret-not-named", Warning, Acceptable,
            "Name it in the pods or in their ServiceAccount, or set `complete: [PullSecrets]`."
        ),
        /// The pull secret of an image is in the build, and of a type that the kubelet does not read.
        PullSecretType(
            "pull-secret-type", Error, Acceptable,
            "Make it of the type `kubernetes.io/dockerconfigjson`."
        ),

        // Pod Security.
        /// A label of a Namespace names a Pod Security level or a version that does not exist.
        MalformedPodSecurity("malformed-pod-security", Error, Binding, "Correct the label."),
        /// Pods do not meet the Pod Security level of their namespace. Where it is enforced, the API server refuses them; a
        /// level that is warned of is a warning, and one for the audit log an info.
        BelowPodSecurity(
            "below-pod-security", Error, Acceptable,
            "Do what the message says, or label the Namespace with a lower level."
        ),
        /// All pods of the build in a namespace meet a higher Pod Security level than its label enforces.
        PodSecurityProposed("pod-security-proposed", Info, Acceptable, "Label the Namespace with the level."),

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
