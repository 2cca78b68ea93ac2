//! What the function reports about.

krm::rules! {
    /// What networkpolicy-default reports.
    pub enum Rule {
        /// A Route of OpenShift is still in the build. The function does not read it, so that the default deny would
        /// close the way that it opens.
        RouteNotAdapted(
            "route-not-adapted", Error, Acceptable,
            "Run route-to-ingress before this function. Accepted, the default deny holds and the Route opens nothing."
        ),
        /// A Kafka of Strimzi still has a listener of type `route`, which its operator could make on OpenShift only.
        ListenerNotAdapted(
            "listener-not-adapted", Error, Acceptable,
            "Run kafka-listener-nodeport before this function. Accepted, the listener is opened to no one outside."
        ),
        /// An object of another ingress, of a service mesh or of several clusters leads to workloads of the build, and the
        /// function does not read its kind.
        ForeignExposure(
            "foreign-exposure", Warning, Acceptable,
            "Write an Ingress instead, or list who calls the workloads under `replatform.dev/allow-from`."
        ),
        /// An object restricts connections in a way that the network policies of K3s do not know.
        ForeignPolicy("foreign-policy", Warning, Acceptable, "Write a NetworkPolicy that denies the same."),
        /// No option says which pods serve the class of an Ingress, Gateway or listener.
        ClassWithoutController(
            "class-without-controller", Error, Acceptable,
            "Add the class to `spec.ingressControllers`. Accepted, nothing is opened to what serves the class."
        ),
        /// Several controllers call their Ingress class the same, as the two of HAProxy do, and neither an IngressClass nor an
        /// annotation of the build says which one is meant.
        ClassAmbiguous(
            "class-ambiguous", Warning, Acceptable,
            "Add the IngressClass to the build, or the class to `spec.ingressControllers`. Until then the pods of each \
             controller are let in."
        ),
        /// An object leads to a Service that is not in the build. From the API server this is a warning.
        BackendServiceMissing(
            "backend-service-missing", Error, Acceptable,
            "Add the Service, correct the name, or declare it under `spec.services`. Accepted, nothing is opened for this \
             reference."
        ),
        /// An object leads to a Service by a former name that several Services had.
        BackendServiceAmbiguous(
            "backend-service-ambiguous", Error, Binding,
            "Write the present name of the Service that is meant."
        ),
        /// An object leads to a port that the Service does not have, or names none. From the API server this is a warning.
        BackendPortMissing(
            "backend-port-missing", Error, Acceptable,
            "Name a port of the Service. Accepted, nothing is opened for this reference."
        ),
        /// A Service that something leads to selects no pods of the build. This is a warning where a workload or the API
        /// server calls it.
        ServiceWithoutPods(
            "service-without-pods", Error, Acceptable,
            "Correct the selector, or declare the pods under `spec.workloads`. Accepted, nothing is opened for it."
        ),
        /// A route of the Gateway API leads to another namespace, and no ReferenceGrant of the build lets it.
        GatewayRouteWithoutGrant(
            "gateway-route-without-grant", Warning, Acceptable,
            "Add the ReferenceGrant to the build, or list the ingress controller under `replatform.dev/allow-from`."
        ),
        /// A route leads to an object that is no Service, as a ServiceImport, and the function does not follow it.
        BackendNotAService(
            "backend-not-a-service", Warning, Acceptable,
            "List who calls the pods behind it under `replatform.dev/allow-from`."
        ),
        /// A Service lets in some addresses only. No policy can keep to them, because pods behind a load balancer do not see
        /// the addresses of clients. The policy for the Service allows anybody.
        SourceRangesOpen(
            "source-ranges-open", Warning, Acceptable,
            "Guard the node port by a firewall. Behind a load balancer of Hetzner let Traefik lead to the Service, with an \
             `ipAllowList`."
        ),
        /// With `namespacePolicies: Declared` the build has pods in a namespace that it does not deny by default, since it does
        /// not hold its Namespace. Pods that no other policy selects are then open to all, unless another build denies.
        NamespaceNotDenied(
            "namespace-not-denied", Warning, Acceptable,
            "Add the Namespace to the build, or list it under `spec.namespacesDeclaredElsewhere` where another build holds it."
        ),
        /// No policy of the build opens a port of a Service: nothing of the build leads there, so the default deny closes it.
        ServiceClosed(
            "service-closed", Warning, Acceptable,
            "List the clients under `replatform.dev/allow-from` of the workload behind the Service, or have them name it."
        ),
        /// An object names a Service of the build, and nothing says which pods then connect.
        CallerUnknown(
            "caller-unknown", Warning, Acceptable,
            "List the pods that connect under `replatform.dev/allow-from` of the workload behind the Service."
        ),
        /// A custom resource, chart or template makes pods that the build does not show, in a namespace that it denies.
        UnseenPods(
            "unseen-pods", Warning, Acceptable,
            "Declare the pods with their labels under `spec.workloads`, and list there who calls them."
        ),
        /// A custom resource belongs to another one that is not in the build: a Pooler to its Cluster, a connector to its
        /// Kafka Connect.
        OwnerMissing("owner-missing", Warning, Acceptable, "Add the other resource to the build, or correct its name."),
        /// A workload reads a ConfigMap that is not in the build. Hosts that it names are not seen.
        ConfigMapUnread(
            "config-map-unread", Info, Acceptable,
            "Add the ConfigMap to the build, or list the workload where it connects."
        ),
        /// A workload takes all variables of a Secret that is not in the build. Hosts that it names are not seen.
        SecretUnread(
            "secret-unread", Info, Acceptable,
            "Write the hosts into variables that are not secret, or list the workload where it connects."
        ),
        /// A workload takes a variable that names a host from a Secret which is sealed, or not in the build. The host is not
        /// seen.
        SealedAddress(
            "sealed-address", Warning, Acceptable,
            "List the workload under `replatform.dev/allow-from` of what it connects to, or write the host into a variable that \
             is not secret."
        ),
        /// With `spec.egress` nothing is opened for a host, because its port or its addresses are not known.
        EgressTargetUnclear(
            "egress-target-unclear", Warning, Acceptable,
            "Write the port of the host, or the Endpoints or `podLabels` of the Service."
        ),
        /// `prometheus.io/port` is no number of a port.
        ScrapePortUnreadable(
            "scrape-port-unreadable", Warning, Acceptable,
            "Write a number from 1 to 65535. Accepted, nothing is opened for it."
        ),
        /// A listener of a Kafka has no port, or a type that the function does not know.
        ListenerUnreadable("listener-unreadable", Warning, Acceptable, "Correct the listener."),
        /// A Service has a target port by a name that no container of its pods declares. It does not lead to these pods, and
        /// no policy opens the port.
        TargetPortUndeclared(
            "target-port-undeclared", Warning, Acceptable,
            "Declare the port on a container, or write its number in the Service."
        ),
        /// A workload names a Service that is not in the build, in a namespace that the build guards.
        NamedServiceMissing(
            "named-service-missing", Warning, Acceptable,
            "Add the Service to the build, correct the name, or declare it under `spec.services`. With `spec.egress` its whole \
             namespace is open to the workload."
        ),
        /// A workload names a port that the Service does not have.
        NamedPortMissing("named-port-missing", Warning, Acceptable, "Correct the port, there or in the Service."),
        /// A workload names a port of a headless Service that is not the port of the pods.
        HeadlessPortUntranslated(
            "headless-port-untranslated", Warning, Acceptable,
            "Name the port of the pods; a headless Service translates none."
        ),
        /// The pods of a client come and go, so that policies know them some seconds after they connect.
        ShortLivedClient(
            "short-lived-client", Warning, Acceptable,
            "Let the client retry, or let an init container wait for the connection."
        ),
        /// A ServiceMonitor or PodMonitor selects nothing in the build.
        MonitorWithoutTargets(
            "monitor-without-targets", Warning, Acceptable,
            "Correct the selector, or set `spec.metricsPorts` where the workloads are in another build."
        ),
        /// A ServiceMonitor or PodMonitor names a port that nothing has of what it selects.
        MonitorPortMissing("monitor-port-missing", Warning, Acceptable, "Correct the port, there or in what it selects."),
        /// An object exposes a workload whose visibility does not allow it.
        ExposureForbidden(
            "exposure-forbidden", Error, Binding,
            "Remove what exposes the workload, or make the workload `public`."
        ),
        /// A workload, Prometheus or the interceptor of KEDA connects to a workload whose visibility does not allow it.
        ClientForbidden(
            "client-forbidden", Error, Binding,
            "List the client under `replatform.dev/allow-from` of the workload, or remove the connection."
        ),
        /// The annotation `replatform.dev/visibility` holds a word that is no visibility.
        VisibilityUnknown(
            "visibility-unknown", Error, Binding,
            "Write `public`, `internal`, `private` or `restricted`."
        ),
        /// The annotation `replatform.dev/allow-from` cannot be read.
        AllowFromUnreadable(
            "allow-from-unreadable", Error, Binding,
            "Write a list of `namespace`, `podLabels`, `cidr` and `ports` in YAML."
        ),
        /// An entry of `spec.workloads` names no workload of the build.
        UnmatchedWorkload("unmatched-workload", Warning, Acceptable, "Correct the name, or remove the entry."),
        /// A workload is open to others, and neither its containers nor its Services declare ports. All ports are opened.
        WorkloadWithoutPorts("workload-without-ports", Warning, Acceptable, "Declare the ports on the containers."),
        /// The pods of a workload have no labels, so that no policy can select them.
        PodsWithoutLabels(
            "pods-without-labels", Error, Acceptable,
            "Give the pod template labels. Accepted, no connection of these pods is opened."
        ),
        /// Pods have a label, or a namespace, that the API server refuses, so that it would refuse a policy for them too.
        LabelRefused(
            "label-refused", Warning, Acceptable,
            "Shorten or correct the label. Accepted, no connection of these pods is opened."
        ),
        /// The selector of a workload selects pods of another one too, which policies then allow the same.
        OverlappingSelectors(
            "overlapping-selectors", Warning, Acceptable,
            "Give the pods and the selectors of both a label that tells them apart."
        ),
        /// A workload runs in the host network, where no policy guards it.
        WorkloadInHostNetwork(
            "workload-in-host-network", Warning, Acceptable,
            "Take `hostNetwork` out, or guard its ports with the firewall of the nodes."
        ),
        /// A client runs in the host network, where only the addresses of the nodes tell who it is.
        NodeAddressesMissing(
            "node-addresses-missing", Error, Acceptable,
            "Give the addresses of the nodes as `spec.nodeCIDRs`. Accepted, the connections of the client are not opened."
        ),
        /// The requests of a Knative Service come from pods of Knative that no manifest shows.
        KnativeCallersUnlisted(
            "knative-callers-unlisted", Warning, Acceptable,
            "List the namespaces of Knative under `replatform.dev/allow-from`."
        ),
        /// Strimzi opens a listener of a Kafka to all, by a policy of its own.
        ListenerOpenToAll(
            "listener-open-to-all", Warning, Acceptable,
            "List the clients under `networkPolicyPeers` of the listener."
        ),
        /// A Service asks for IPv6, where network policies of K3s before 1.33.7 do not hold.
        Ipv6Unguarded("ipv6-unguarded", Warning, Acceptable, "Run K3s 1.33.7 or later."),
        /// A policy of others has the name of one that the function adds, and says something else.
        PolicyNameTaken(
            "policy-name-taken", Error, Acceptable,
            "Rename the policy. Accepted, it stays, and the one of this function is not added."
        ),
        /// A policy of others allows so much that the default deny has no effect.
        PolicyTooBroad("policy-too-broad", Warning, Acceptable, "Name the peers that need it."),
        /// The only ports of a rule of a policy of others are names that no pod declares which the rule is about.
        /// kube-router, which K3s embeds, then opens every port to the pods that the rule lets in.
        PolicyPortUndeclared(
            "policy-port-undeclared", Warning, Acceptable,
            "Write the number of the port, or declare the name on a container."
        ),
    }
}
