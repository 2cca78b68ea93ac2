//! The rules of the findings.

use krm::rule::{RuleSet, Severity};

krm::rules! {
    /// What platform-leftover-check reports. The table in the README comes from it, and people accept findings by the
    /// ids.
    pub enum Rule {
        /// A kind or a field is still as another function of this suite finds it, so that function did not run, or the
        /// build holds what it does not translate.
        FunctionNotRun("function-not-run", Error, Binding, "Run the function that the message names before this one."),
        /// K3s does not serve a kind of OpenShift or of what Red Hat adds to it. Accepted, something else must serve
        /// it.
        OpenShiftKind("openshift-kind", Error, Acceptable, "Do what the message says, or list the group in `spec.installed` where something on the cluster serves it."),
        /// K3s does not serve a kind of the Operator Lifecycle Manager. Accepted, something must have installed that.
        OperatorLifecycleKind("operator-lifecycle-kind", Error, Acceptable, "Install the operator from its own chart or manifests, or list `olm` in `spec.installed`."),
        /// K3s does not serve a kind of Google Cloud. Accepted, something else must serve it.
        GoogleKind("google-kind", Error, Acceptable, "Do what the message says, or list the group in `spec.installed` where something on the cluster serves it."),
        /// The release of Kubernetes no longer serves the version of a kind.
        RemovedApi("removed-api", Error, Binding, "Use the version that the message names, or correct `spec.kubernetesVersion`."),
        /// The release of Kubernetes does not serve the version of a kind yet.
        FutureApi("future-api", Error, Binding, "Use an earlier version, or correct `spec.kubernetesVersion`."),
        /// The release of Kubernetes serves the version of a kind only if the API server is told to. Accepted, it must
        /// be.
        DisabledApi("disabled-api", Error, Acceptable, "Use the version that the message names, or turn it on by `--runtime-config` of the API server."),
        /// Kubernetes has no such kind in this group and version.
        NoSuchKind("no-such-kind", Error, Binding, "Correct `apiVersion` or `kind`."),
        /// The CustomResourceDefinition of the build does not serve the version of a kind.
        VersionNotServed("version-not-served", Error, Binding, "Use a version that the CustomResourceDefinition serves."),
        /// The lists of the config do not hold a kind.
        KindNotListed("kind-not-listed", Error, Acceptable, "Correct `apiVersion` or `kind`, or bring `spec.apiResourceLists` up to date."),
        /// Nothing is known of a kind: it is of no product in `spec.installed`.
        UnknownKind("unknown-kind", Warning, Acceptable, "List the product or the group in `spec.installed` if it runs on the cluster."),
        /// An object names or holds an object of a kind that K3s does not serve, which something makes or looks up
        /// later.
        InnerKind("inner-kind", Warning, Acceptable, "Name what takes the place of the kind."),

        /// An annotation or a label asks for something that only the old platform does.
        PlatformKey("platform-key", Warning, Acceptable, "Do what the message says, or take the key out."),
        /// A selector asks for labels that only the old platform sets.
        PlatformSelector("platform-selector", Warning, Acceptable, "Select by labels that you set yourself."),
        /// A field has a value that only OpenShift understands.
        OpenShiftField("openshift-field", Error, Acceptable, "Do what the message says."),
        /// A field has a value that only Google Cloud understands.
        GoogleField("google-field", Error, Acceptable, "Do what the message says."),
        /// Something asks for a SecurityContextConstraints, or gives the right to use one.
        SecurityContextConstraint("security-context-constraint", Warning, Acceptable, "Label the Namespace with a Pod Security level that admits the pods."),
        /// OpenShift writes a new image into pods, and nothing on K3s does.
        ImageTrigger("image-trigger", Warning, Acceptable, "Let CI or the Image Updater of Argo CD write the image."),
        /// OpenShift writes a CA where the API server needs it, and nothing on K3s does.
        InjectedCa("injected-ca", Error, Acceptable, "Use `cert-manager.io/inject-ca-from`."),
        /// Pods of the old platform act as an identity of its cloud, and those of K3s do not.
        WorkloadIdentity("workload-identity", Warning, Acceptable, "Seal a key, or do without the cloud."),
        /// Pods read a file with a key for Google Cloud that nothing mounts.
        GoogleCredentials("google-credentials", Warning, Acceptable, "Mount a Secret with the key, or take the variable out."),

        /// A Service that only an inner network could reach becomes public.
        PublicLoadBalancer("public-load-balancer", Warning, Acceptable, "Do what the message says."),
        /// A Service that only some addresses could reach is open to all.
        OpenSourceRanges("open-source-ranges", Warning, Acceptable, "Limit the addresses by a firewall of Hetzner, or by the Middleware `ipAllowList` of Traefik."),
        /// A Service of type LoadBalancer names no place for its load balancer.
        LoadBalancerWithoutPlace("load-balancer-place", Error, Acceptable, "Set the annotation `load-balancer.hetzner.cloud/location`, or a default of the cloud controller."),
        /// A Service of type LoadBalancer has a port of a protocol that the load balancers of Hetzner do not have.
        LoadBalancerProtocol("load-balancer-protocol", Error, Acceptable, "Use a NodePort."),
        /// A Service names a class of load balancers that K3s does not have.
        LoadBalancerClass("load-balancer-class", Error, Acceptable, "Take the field out."),
        /// A setting of a load balancer or an Ingress has no effect.
        LoadBalancerSetting("load-balancer-setting", Warning, Acceptable, "Do what the message says, or take the setting out."),
        /// Hosts lose a certificate that Google Cloud issues.
        GoogleCertificate("google-certificate", Warning, Acceptable, "Order the certificates from cert-manager."),

        /// Pods ask for nodes with a label that none has.
        NodeLabel("node-label", Error, Acceptable, "Take the label out, or label nodes with it."),
        /// Pods spread over zones, and nodes may have no label of a zone.
        ZoneSpread("zone-spread", Warning, Acceptable, "Spread over `kubernetes.io/hostname` or `topology.kubernetes.io/region`."),
        /// Pods ask for a resource that no node has.
        NodeResource("node-resource", Error, Acceptable, "Take the resource out, or run the driver that offers it."),
        /// Pods mount a volume by a driver that only the old platform has.
        VolumeDriver("volume-driver", Error, Acceptable, "Do what the message says, or install the driver."),
        /// A claim or a chart names a storage class of the old platform, or a StorageClass is of a driver of it.
        OldStorageClass("old-storage-class", Warning, Acceptable, "Run storageclass-rewrite before this function, or see that the new cluster has a class of this name."),
        /// Containers must not run as root and name no user. OpenShift gave them one.
        UserFromRange("user-from-range", Warning, Acceptable, "Set `runAsUser` where the image names no numeric user."),
        /// A user, a group or a level of SELinux is one that OpenShift gave the old namespace.
        UserOfOldRange("user-of-old-range", Info, Binding, "Nothing is to be done."),

        /// A name is that of an object which the old platform brings, or one that neither the build nor the options
        /// know.
        MissingObject("missing-object", Error, Acceptable, "Add the object, name another, or list the name in `spec.known`."),
        /// An object is in a namespace that the old platform brings, or one that neither the build nor the options
        /// know.
        MissingNamespace("missing-namespace", Error, Acceptable, "Add the Namespace, move the object, or list the name in `spec.known.namespaces`."),
        /// A field names a namespace that only the old platform has.
        NamespaceNamed("namespace-named", Warning, Acceptable, "Name a namespace of your own."),
        /// A ServiceAccount or pods name a Secret that the old cluster generated.
        GeneratedSecret("generated-secret", Warning, Acceptable, "Take the name out, or name a Secret of your own."),
        /// A binding gives a role of OpenShift, which grants nothing on K3s.
        MissingRole("missing-role", Warning, Acceptable, "Bind a role that K3s has, or take the binding out."),
        /// A binding gives rights to a user, a group or a ServiceAccount that only OpenShift knows.
        MissingSubject("missing-subject", Warning, Acceptable, "Name a subject that there is on K3s."),
        /// A role has rights on kinds that K3s does not serve.
        RightsOnMissingKinds("rights-on-missing-kinds", Info, Binding, "Take the rule out."),

        /// Pods mount a certificate that OpenShift issues to Services, and nothing issues it.
        ServingCertificate("serving-certificate", Error, Acceptable, "Set `spec.servingCertIssuer` of route-to-ingress, or write a Certificate of cert-manager."),
        /// Pods need a CA bundle that OpenShift writes, and nothing writes it.
        CaBundle("ca-bundle", Error, Acceptable, "Write the bundle with trust-manager."),
        /// A text names a file that OpenShift puts into pods.
        PlatformFile("platform-file", Warning, Acceptable, "Name another file."),

        /// An image or a text names the registry inside of OpenShift.
        InternalRegistry("internal-registry", Error, Acceptable, "Run image-registry-rewrite, or name another registry."),
        /// An image is the name of an image stream, and K3s would take it for an image of Docker Hub, by whoever owns
        /// that name.
        ImageStreamName("image-stream-name", Error, Acceptable, "Name the image by registry and tag."),
        /// An image is of a registry that `spec.registries` names.
        ListedRegistry("listed-registry", Error, Acceptable, "Copy the image to another registry, and name that."),
        /// An image is of a registry of Red Hat that asks for a login.
        RedHatRegistry("red-hat-registry", Warning, Acceptable, "Name a pull secret, or an image of the upstream project."),
        /// An image is of a registry of Google Cloud.
        GoogleRegistry("google-registry", Warning, Acceptable, "Copy the image to another registry, or name a pull secret."),
        /// An image is of a registry that gets no new images.
        FrozenRegistry("frozen-registry", Info, Binding, "Name the registry that takes its place."),

        /// A command runs `oc`.
        OcCommand("oc-command", Warning, Acceptable, "Use `kubectl`, and an image that holds it."),
        /// A text names a Service of OpenShift.
        OpenShiftService("openshift-service", Warning, Acceptable, "Name a Service of your own."),
        /// A text names the metadata server of Google Cloud.
        MetadataServer("metadata-server", Error, Acceptable, "Do without it."),
        /// A text names a service of Google Cloud.
        GoogleService("google-service", Warning, Acceptable, "Give the pods a key, or use another service."),
        /// A text names a host of the old cluster.
        OldDomain("old-domain", Warning, Acceptable, "Name the new host."),
        /// An environment variable is for OpenShift only.
        PlatformVariable("platform-variable", Warning, Acceptable, "Do what the message says, or take the variable out."),
    }
}

impl Rule {
    /// The rule of a table.
    ///
    /// # Panics
    /// On an id that is none. The tables are part of the program, and tests read each of them.
    pub(crate) fn known(id: &str) -> Self {
        let rule = Self::ALL.iter().find(|rule| rule.rule().id == id);
        *rule.unwrap_or_else(|| panic!("`{id}` is no rule"))
    }
}

/// The severity that a table names; none for `-`.
///
/// # Panics
/// On a word that is none. The tables are part of the program, and tests read each of them.
pub(crate) fn known_severity(name: &str) -> Option<Severity> {
    match name {
        "Error" => Some(Severity::Error),
        "Warning" => Some(Severity::Warning),
        "Info" => Some(Severity::Info),
        "-" => None,
        other => panic!("`{other}` is no severity"),
    }
}
