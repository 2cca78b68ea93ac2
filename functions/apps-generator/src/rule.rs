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
        /// An app is exposed by an Ingress, and its visibility says that no client outside may reach it.
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
        /// A key of a compose service has no counterpart in Kubernetes, and the service needs it. Accepted, the key is dropped.
        ComposeKeyRefused("compose-key-refused", Error, Acceptable, "Change the service as the message says, or run it outside the cluster."),
        /// A key of a compose project is dropped, and the service behaves differently.
        ComposeKeyLost("compose-key-lost", Warning, Acceptable, "Change the service as the message says."),
        /// A key of a compose project is dropped, and nothing is lost.
        ComposeKeyIgnored("compose-key-ignored", Info, Binding, "Remove the key if the project is used here only."),
        /// A key is none of the compose specification.
        ComposeKeyUnknown("compose-key-unknown", Error, Binding, "Correct the key. Keys for other programs start with `x-`."),
        /// A value of a compose project is malformed.
        ComposeValue("compose-value", Error, Binding, "Correct the value as the message says."),
        /// A value of a compose project needs a variable that has no value. A build has no environment.
        ComposeVariable("compose-variable", Error, Binding, "Set the variable in `x-replatform.variables` of the project, or take the value from a Secret."),
        /// The default of a variable is taken, since the variable has no value.
        ComposeVariableDefault("compose-variable-default", Info, Binding, "Set the variable in `x-replatform.variables` of the project if the default is wrong."),
        /// A compose service has no image. A build of manifests builds none.
        ComposeImageMissing("compose-image-missing", Error, Binding, "Push the image, and name it in `image`."),
        /// A compose service mounts a path of the host. A Pod runs on any node. Accepted, the mount is dropped.
        ComposeHostPath("compose-host-path", Error, Acceptable, "Use a volume for data, and a config for files that are only read."),
        /// A compose service reads a file of the project, so a ConfigMap of it must be in the build.
        ComposeFileNeeded("compose-file-needed", Info, Binding, "Make the ConfigMap with a `configMapGenerator` of the kustomization."),
        /// A compose service reads a secret, so a Secret must be in its namespace. None is made.
        ComposeSecretNeeded("compose-secret-needed", Info, Binding, "Seal the Secret, or make it with External Secrets."),
        /// A named volume has no size. A claim needs one.
        ComposeVolumeSize("compose-volume-size", Error, Binding, "Write `x-replatform: {size: 10Gi}` in the volume."),
        /// A claim starts empty. Compose fills a new volume with the files that the image has at its path.
        ComposeVolumeEmpty("compose-volume-empty", Info, Binding, "Copy the files in an init container in `x-replatform` if the program does not."),
        /// Several Pods mount a volume that Pods of one node only can mount.
        ComposeVolumeShared("compose-volume-shared", Warning, Acceptable, "Write `access_modes: [ReadWriteMany]` with a storage class that has it, or give each service a volume."),
        /// A name of compose is no name of an object, and is changed.
        ComposeNameChanged("compose-name-changed", Info, Binding, "Use lower-case letters, digits and dashes in names."),
        /// A service names another by a name that was changed, so it does not find it. Accepted, the text stays.
        ComposeOldName("compose-old-name", Error, Acceptable, "Write the new name in the text."),
        /// No port of a compose service is known, so it has a headless Service without ports, or none.
        ComposeNoPorts("compose-no-ports", Info, Binding, "Write the ports in `expose`."),
        /// A service connects to a port of another which that does not declare. The port is added to the Service.
        ComposePortInferred("compose-port-inferred", Info, Binding, "Write the port in `expose`."),
        /// A port was published on the machine, and nothing exposes the Service outside the cluster.
        ComposePortPublished("compose-port-published", Warning, Acceptable, "Write `ingress`, or `service: {type: LoadBalancer}`, in `x-replatform` of the service."),
        /// A service waits for others. Kubernetes starts all Pods at once.
        ComposeStartOrder("compose-start-order", Info, Acceptable, "Let the program try again until the other service answers."),
        /// A service ends by itself, so it becomes a Job.
        ComposeJob("compose-job", Info, Binding, "Write `restart: always` if it does not end."),
        /// Services of one project share no network. In Kubernetes all Pods reach each other.
        ComposeNetworks("compose-networks", Warning, Acceptable, "Set `defaults.security.visibility` in `x-replatform` of the project, and run networkpolicy-default."),
        /// A service is left out, since none of its profiles is on.
        ComposeProfileOff("compose-profile-off", Info, Binding, "Name the profile in `x-replatform.profiles` of the project."),
    }
}
