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
        /// A PriorityClass, which all namespaces share, was renamed by kustomize. What another build names by the former name
        /// finds nothing.
        RenamedPriorityClass(
            "renamed-priority-class", Warning, Acceptable,
            "Build the PriorityClass where no prefix or suffix renames it."
        ),

        // PodDisruptionBudgets.
        /// A budget lets no pod go, so that a drain of their node waits for ever, and with it upgrades of the node. Where an
        /// autoscaler or something outside the build may run more pods, this is a warning.
        BudgetBlocksDrain(
            "budget-blocks-drain", Error, Acceptable,
            "Write `maxUnavailable: 1`, or run more pods. Accepted, the pods have to be deleted by hand."
        ),
        /// A budget has neither `minAvailable` nor `maxUnavailable`. The controller then expects no pods, and lets none go.
        BudgetWithoutLimit("budget-without-limit", Error, Acceptable, "Write `maxUnavailable: 1`."),
        /// A budget has to know how many pods there should be, and who makes the pods has no scale. Where the pods end by
        /// themselves, or a drain leaves them alone, this is a warning.
        BudgetWithoutScale(
            "budget-without-scale", Error, Acceptable,
            "Select other pods, or write `minAvailable` with a number."
        ),
        /// Two budgets select the pods of one workload, so that the eviction of such a pod fails. One of them may be that of
        /// an operator.
        SecondBudget("second-budget", Error, Acceptable, "Take one of the budgets out, or tell the pods apart by a label."),
        /// A budget has a value that the API server refuses.
        RefusedBudget("refused-budget", Error, Binding, "Correct what the message names."),
        /// A budget selects no pods of the build. Where the build has no pods in the namespace, this is an info.
        BudgetSelectsNothing(
            "budget-selects-nothing", Warning, Acceptable,
            "Correct the selector, or accept it where the pods come from another build."
        ),
        /// A budget with an empty selector holds for all pods of its namespace together.
        BudgetSelectsEverything(
            "budget-selects-everything", Warning, Acceptable, "Select the pods of one workload by their labels."
        ),
        /// An operator makes a budget that does not let the only pod of a custom resource go.
        OperatorBudgetBlocksDrain(
            "operator-budget-blocks-drain", Warning, Acceptable,
            "Do what the message says. Accepted, the pod has to be deleted by hand."
        ),
        /// A workload is to be given a budget by `complete: [PodDisruptionBudgets]`, and cannot.
        BudgetNotAdded("budget-not-added", Warning, Acceptable, "Do what the message says, or write a budget by hand."),

        // Prometheus.
        /// A monitor or a PrometheusRule lacks a label that Prometheus selects by, so that Prometheus never reads it.
        MonitorNotSelected(
            "monitor-not-selected", Error, Acceptable,
            "Add the label, or correct `spec.prometheus.labels`. `complete: [MonitorLabels]` adds labels that are missing."
        ),
        /// A monitor or a PrometheusRule is in a namespace that Prometheus does not look at.
        MonitorNamespaceUnwatched(
            "monitor-namespace-unwatched", Warning, Acceptable,
            "Move it to a namespace that is watched, or correct `spec.prometheus.namespaces`."
        ),
        /// A monitor names a Secret that the build has in another namespace only.
        MonitorSecretElsewhere(
            "monitor-secret-elsewhere", Warning, Acceptable,
            "Make the Secret in the namespace of the monitor. Accepted, it must be there by other means."
        ),
        /// A monitor gives a port by a number that no container declares of what it selects, so that Prometheus scrapes nothing.
        MonitorPortUndeclared(
            "monitor-port-undeclared", Warning, Acceptable, "Declare the port on the container, or correct the number."
        ),
        /// A Probe names no prober, so that the operator leaves it out.
        ProbeWithoutProber("probe-without-prober", Error, Acceptable, "Write `spec.prober.url`."),
        /// A PrometheusRule has a group or a rule that the Prometheus Operator refuses, with all the others in it.
        RefusedPrometheusRule("refused-prometheus-rule", Error, Binding, "Correct what the message names."),
        /// An annotation asks Prometheus to scrape pods. kube-prometheus-stack does not read it.
        ScrapeAnnotation("scrape-annotation", Info, Binding, "Write a ServiceMonitor or a PodMonitor."),

        // Ports and probes.
        /// A port has a name that the API server refuses, as one with more than 15 letters.
        RefusedPortName("refused-port-name", Error, Binding, "Correct the name wherever it is used."),
        /// Two containers of a pod give different ports the same name. Services lead to the first only.
        PortNameTwice("port-name-twice", Warning, Acceptable, "Give each port a name of its own."),
        /// A probe names a port that its container does not declare, so that it always fails.
        ProbePortUndeclared("probe-port-undeclared", Error, Acceptable, "Declare the port, or write its number."),
        /// A Service leads to pods without a readiness probe, so that they get requests before they answer.
        NoReadinessProbe("no-readiness-probe", Warning, Acceptable, "Add a `readinessProbe`."),
        /// A liveness probe asks the same as the readiness probe and gives up no later.
        LivenessAsReadiness(
            "liveness-as-readiness", Warning, Acceptable, "Ask something cheaper, or raise its `failureThreshold`."
        ),

        // Autoscalers.
        /// An autoscaler has numbers or triggers that the API server or the webhook of KEDA refuses.
        AutoscalerRefused("autoscaler-refused", Error, Acceptable, "Correct what the message names."),
        /// Two autoscalers scale one object.
        SecondAutoscaler("second-autoscaler", Error, Acceptable, "Take one of them out."),
        /// An autoscaler names an object that the build does not have.
        AutoscalerTargetMissing(
            "autoscaler-target-missing", Warning, Acceptable,
            "Correct the name, or accept it where the object is in another build."
        ),
        /// The object that an autoscaler names was renamed by kustomize, and the name in the autoscaler was not.
        AutoscalerTargetRenamed(
            "autoscaler-target-renamed", Warning, Acceptable,
            "Write the present name, or teach kustomize the field. Accepted, that is so."
        ),
        /// An object states its number of pods, and an autoscaler sets it. Each sync puts the stated number back.
        ReplicasBesideAutoscaler("replicas-beside-autoscaler", Warning, Acceptable, "Take `spec.replicas` out."),
        /// An autoscaler measures use as a share of requests, and a container requests none.
        AutoscalerWithoutRequests(
            "autoscaler-without-requests", Warning, Acceptable,
            "Request the resource, or accept it where a LimitRange of the cluster does."
        ),
    }
}
