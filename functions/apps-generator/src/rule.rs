//! The rules of the findings.

krm::rules! {
    /// What apps-generator reports.
    pub enum Rule {
        /// An app names no image, and its environment has no registry from which it could come.
        ImageMissing("image-missing", Error, Binding, "Set `image`, or the registry of the environment in `defaults.registry`."),
        /// Two ports have one name or one number, or a name is none that the API takes.
        PortConflict("port-conflict", Error, Binding, "Give every port a name of at most 15 characters and a number of its own."),
        /// A probe lacks what its type needs, or the API refuses a number of it.
        ProbeInvalid("probe-invalid", Error, Binding, "Complete the probe, or take out the number that the message names."),
        /// A field names a port, a volume or a container that the app does not have.
        UnknownName("unknown-name", Error, Binding, "Write one of the names that the message lists."),
        /// One variable, one mount path or one name is given twice.
        GivenTwice("given-twice", Error, Binding, "Take one of the two out."),
        /// An amount is no quantity of Kubernetes, or a request is greater than its limit.
        QuantityInvalid("quantity-invalid", Error, Binding, "Write an amount like `250m` or `512Mi`, and no request above its limit."),
        /// Two fields contradict each other, such as `replicas` and `scaling.min_instances`.
        Contradiction("contradiction", Error, Binding, "Take out one of the fields that the message names."),
        /// A field does not go with the kind of the workload.
        KindMismatch("kind-mismatch", Error, Binding, "Take the field out, or choose another `kind`."),
        /// A type of scaling lacks what it needs.
        ScalingIncomplete("scaling-incomplete", Error, Binding, "Give what the message names, or choose another `scaling.type`."),
        /// A HorizontalPodAutoscaler needs a request of every container, of which it takes a share.
        TargetWithoutRequest("target-without-request", Error, Binding, "State the request of every container, or scale by something else."),
        /// More than one pod would mount a claim that only pods of one node can mount.
        ClaimOfOneNode("claim-of-one-node", Error, Binding, "Use `kind: StatefulSet`, `ReadWriteMany`, or one pod."),
        /// A volume or a variable lacks what its type needs, or has what another type needs.
        ReferenceIncomplete(
            "reference-incomplete", Error, Binding,
            "Give what the type of the volume or variable needs, and nothing else."
        ),
        /// An Ingress has no host: the app names none, and the environment has no domain.
        HostMissing("host-missing", Error, Binding, "Set `ingress.hosts`, or `domain` of the environment."),
        /// Two apps would answer the same host and path, or the interceptor of KEDA could not tell them apart.
        RouteClash("route-clash", Error, Binding, "Give one of the apps another host or another path."),
        /// The ingress controller cannot do what the app asks for.
        ControllerCannot("controller-cannot", Error, Binding, "Take the field out, or choose another `ingress.controller`."),
        /// An object must name its namespace in a text, and the config does not have it.
        NamespaceMissing("namespace-missing", Error, Binding, "Set `namespace` of the app or in `defaults`."),
        /// An app is exposed by an Ingress, and its visibility says that nobody outside may reach it.
        ExposedAndClosed("exposed-and-closed", Error, Binding, "Set `security.visibility` to `public`, or `ingress.enabled` to `false`."),
        /// A source that may reach an app is none, or is both pods and addresses.
        SourceInvalid("source-invalid", Error, Binding, "Give a namespace or pod labels, or an address range."),
        /// An app opts out of network policies, which are decided for a whole namespace.
        PolicyNotOptional(
            "policy-not-optional", Error, Binding,
            "Take `network_policy.enabled` out; `excludedNamespaces` of networkpolicy-default takes out a namespace."
        ),
        /// A PodDisruptionBudget allows no pod to go, so that nodes cannot be drained.
        BudgetBlocks("budget-blocks", Error, Acceptable, "Set `max_unavailable: 1`, or more instances."),
        /// A PodDisruptionBudget is left out: with fewer than two pods it would block every drain or do nothing.
        BudgetLeftOut("budget-left-out", Warning, Acceptable, "Set at least two instances, or take the budget out."),
        /// A chart has no exact version, so that what is installed changes without a commit.
        ChartVersionOpen("chart-version-open", Error, Binding, "Write the exact version."),
        /// A chart comes from a repository that `repositories` does not name.
        RepositoryUnknown("repository-unknown", Error, Binding, "Name the repository in `repositories`."),
        /// A chart comes from a repository whose images have moved or that is no longer kept.
        ChartMoved("chart-moved", Warning, Acceptable, "Use the chart that the message names."),
        /// Traefik has no certificate of this app, so it serves its default one, which browsers refuse unless it was replaced.
        CertificateMissing("certificate-missing", Warning, Acceptable, "Set `cluster_issuer` or `tls_secret`."),
        /// An annotation is one of another ingress controller, so it has no effect.
        ForeignAnnotation("foreign-annotation", Warning, Acceptable, "Take the annotation out, and use the field that the message names."),
        /// A path is compared as the controller likes.
        PathUnclear("path-unclear", Warning, Acceptable, "Use `path_type: Prefix` or `Exact`."),
        /// An annotation gives a ServiceAccount rights at Google Cloud, which the target cluster does not have.
        CloudIdentity("cloud-identity", Warning, Acceptable, "Take the annotation out for this environment, and give the pods credentials in a Secret."),
        /// Another object of the build has the name of one that is generated.
        NameTaken("generated-name-taken", Error, Binding, "Rename the app, or take the other object out of the build."),
        /// Every entry is disabled, or there is none. Hosts delete what a build does not name.
        NothingGenerated("nothing-generated", Warning, Acceptable, "Add an entry, or take the config out of the build."),
        /// An Ingress is in the namespace of KEDA, because an Ingress cannot name a Service of another namespace.
        IngressOfKeda(
            "ingress-of-keda", Info, Binding,
            "Set namespaces in the config. A kustomization with `namespace:` around it would move the Ingress too."
        ),
        /// Middlewares of Traefik are named in an annotation with their namespace, which kustomize does not rename.
        NamedInAnnotation(
            "named-in-annotation", Info, Binding,
            "Set the namespace in the config, and use neither `namePrefix` nor `nameSuffix` around it."
        ),
    }
}
