//! What the function reports.

krm::rules! {
    /// What route-to-ingress reports.
    pub enum Rule {
        /// A Route holds a placeholder of a Template, of Helm or of SOPS, so it is not known what it asks for.
        RoutePlaceholder("route-placeholder", Error, Binding,
            "Fill the placeholder in before the function runs, or set `spec.placeholders` to `Keep` where the field takes it whole."),
        /// A Route has a field that the API of OpenShift does not know, or one of another type.
        UnreadableRoute("unreadable-route", Error, Binding, "Correct the field that the message names, or take it out."),
        /// A Template of OpenShift holds Routes. Only OpenShift fills Templates in.
        RouteInTemplate("route-in-template", Error, Binding, "Commit what `oc process` makes of the Template."),
        /// OpenShift refuses the Route too, so it never served anything as it is.
        RefusedByOpenShift("refused-by-openshift", Error, Binding, "Correct the field as the message says."),
        /// OpenShift serves nothing for the Route either: no backend has a weight, or the Service is of type ExternalName.
        RouteServesNothing("route-serves-nothing", Error, Binding, "Give the Route a backend that answers, or take it out."),
        /// The Route names no host, or one that OpenShift made up for the old cluster, and no option tells the new one.
        RouteWithoutHost("route-without-host", Error, Binding, "Set `spec.domain` of the function, or write the host into the Route."),
        /// The host of the Route is no DNS name.
        InvalidRouteHost("invalid-route-host", Error, Binding, "Choose another host, or another `spec.hostTemplate`."),
        /// The namespace of a Route, or of a Service with a serving certificate, is not known where the function runs, and what it
        /// becomes must name it.
        RouteWithoutNamespace("route-without-namespace", Error, Binding,
            "List the function in the overlay that sets `namespace:`, or set `spec.namespace` of the function."),
        /// Several Routes claim what one cluster serves once: a host in two namespaces, a host and a path, or a host with TLS
        /// that ends at the controller and at the pod.
        RouteHostClash("route-host-clash", Error, Binding, "Change the host or the path of one of the Routes."),
        /// An object that the Route becomes takes a name that is taken, or a name that Traefik takes for that of another.
        RouteNameTaken("route-name-taken", Error, Binding, "Rename the Route or the other object."),
        /// The controller holds some settings once for a Service or a host, and Routes that share it want different ones.
        SharedBackendSettings("shared-backend-settings", Error, Binding,
            "Give one of the Routes a Service of its own, which may select the same pods, or both the same settings."),
        /// The build or the platform says that another controller serves the class than the one that is written for. What is
        /// written then does nothing, allow lists included.
        ClassOfAnotherController("class-of-another-controller", Error, Acceptable,
            "Name a class of the controller in `spec.ingressClassName`, or the controller of the class in `spec.controller`."),
        /// Several controllers call their class the same on the platform, and nothing says which one serves it.
        ControllerAmbiguous("controller-ambiguous", Warning, Acceptable,
            "Say it by `spec.controller`, or add the IngressClass to the build."),
        /// What a Route becomes has a name with a hash, is an IngressRoute or leads to a Service of its own, since the controller
        /// would not tell it from another object.
        StandsApart("route-stands-apart", Info, Binding, "Nothing is to be done."),
        /// The name of a Service could mean several Services, which kustomize renamed from one name.
        AmbiguousRouteService("ambiguous-route-service", Error, Binding, "Write the present name of the Service into the Route."),
        /// The Service of the Route is not in the build, and its port cannot be told without it.
        RouteServiceElsewhere("route-service-elsewhere", Error, Binding, "Add the Service to the build, or name its port in the Route."),
        /// The Route names the port of a pod by its number, and the Service is not in the build to tell its own port. Accepted,
        /// the Service is assumed to have a port of the same number.
        AssumedServicePort("assumed-service-port", Error, Acceptable,
            "Add the Service to the build, or name its port in the Route. Where the numbers are the same, set `spec.assumeServicePort`."),
        /// The Service has no port that the Route can mean.
        UnknownRoutePort("unknown-route-port", Error, Binding, "Name a port that the Service has."),
        /// The Route does not tell which port of the Service it means, so one was chosen.
        GuessedRoutePort("guessed-route-port", Warning, Acceptable, "Name the port of the Service in `spec.port.targetPort`."),
        /// A private key is written into the Route, and so into Git.
        PrivateKeyInRoute("private-key-in-route", Error, Binding,
            "Replace the key, seal the new one, and name its Secret in `spec.tls.externalCertificate`."),
        /// The private key in the Route is left out, and the build has no Secret that takes its place. Accepted, the Secret is
        /// named all the same.
        MissingTlsSecret("missing-tls-secret", Error, Acceptable, "Add a SealedSecret of that name and of type `kubernetes.io/tls`."),
        /// TLS to the backends relies on the service CA of OpenShift, and no option names another CA.
        UnknownBackendCa("unknown-backend-ca", Error, Binding, "Name the CA of the backends by `spec.backendCA`."),
        /// The Route asks for a certificate by ACME, and no issuer is known.
        AcmeWithoutIssuer("acme-without-issuer", Warning, Acceptable, "Set `spec.clusterIssuer` or `spec.issuer`."),
        /// The Route names no certificate and no issuer is known, so the controller serves a certificate of its own.
        DefaultCertificate("default-certificate", Info, Binding, "Set `spec.clusterIssuer` or `spec.issuer` to order a certificate."),
        /// An allow list is written so that OpenShift admits everybody; a converted one would not.
        OpenAllowList("open-allow-list", Error, Binding, "Correct the list if it is meant, or take it out."),
        /// A header gets a value that HAProxy computes, which no other controller can.
        ComputedHeader("computed-header", Error, Binding, "Set plain text, or let the application set the header."),
        /// The target has no counterpart for what the Route asks of the router. Accepted, or with `spec.unsupported: Warn`, it is
        /// left out.
        UnsupportedSetting("unsupported-setting", Error, Acceptable,
            "Take it out of the Route, or choose a `spec.target` that has a counterpart."),
        /// The target cannot serve the Route at all.
        RouteBeyondTarget("route-beyond-target", Error, Binding, "Change the Route or the option as the message says."),
        /// A setting of a Route is left out, since it has no effect on OpenShift either, or means nothing outside of it.
        IgnoredSetting("ignored-setting", Info, Binding, "Nothing is to be done."),
        /// A setting of a Route needs no counterpart, or has one that is worth knowing.
        NeedlessSetting("needless-setting", Info, Binding, "Nothing is to be done."),
        /// A setting has no effect on a passthrough Route, on OpenShift either, and is left out.
        PassthroughSetting("passthrough-setting", Warning, Acceptable, "Take the setting out of the Route."),
        /// A limit of sources acts on the address that Traefik sees, which behind a load balancer need not be that of the client.
        HiddenClientAddress("hidden-client-address", Warning, Acceptable,
            "Set `externalTrafficPolicy: Local` on the Service of Traefik, or use the PROXY protocol."),
        /// A limit, a timeout or the way in which pods share requests comes close to that of OpenShift, but is not the same.
        SimilarSetting("similar-setting", Warning, Acceptable, "See whether the difference that the message names matters here."),
        /// What the Route becomes serves more than the Route: another form of the path, or more labels of a wildcard.
        WiderMatch("wider-match", Warning, Acceptable, "See whether the difference that the message names matters here."),
        /// Plain HTTP is redirected to HTTPS, where OpenShift does not serve it.
        PlainHttpRedirected("plain-http-redirected", Warning, Acceptable, "Nothing is to be done where a redirect is as good as a refusal."),
        /// Any certificate of the backend is trusted, as `spec.insecureBackends` allows.
        UnverifiedBackend("unverified-backend", Warning, Acceptable, "Name the CA of the backends by `spec.backendCA`."),
        /// The certificate of the backend must hold one host name, which OpenShift does not look at.
        BackendServerName("backend-server-name", Warning, Acceptable,
            "See that the certificate of the backend holds the name that `spec.backendServerName` gives."),
        /// The certificate of the Route belongs to the listener of a Gateway, which is not the Route's to change.
        GatewayCertificate("gateway-certificate", Warning, Acceptable, "Add the Secret to `certificateRefs` of the listener."),
        /// An annotation on the Route has no effect: what the Route asks for replaces it, or Traefik reads it on Ingresses only.
        AnnotationWithoutEffect("annotation-without-effect", Warning, Acceptable,
            "Take the annotation out. Where it is needed, write the Ingress or the IngressRoute in the place of the Route."),
        /// A reference names a Middleware that the build does not have. Traefik serves nothing of what names it unless the cluster
        /// has the Middleware.
        MissingMiddleware("missing-middleware", Warning, Acceptable, "Correct the name, or add the Middleware to the build."),
        /// A reference names a Middleware by a name that kustomize changed, so that nothing has it any more.
        RenamedMiddleware("renamed-middleware", Warning, Acceptable,
            "List the function in the outermost kustomization only, the one that sets the last prefix and the namespace."),
        /// A reference names a Middleware of another namespace, which the build does not have. Traefik serves nothing of what
        /// names it unless the cluster has the Middleware.
        MiddlewareElsewhere("middleware-elsewhere", Warning, Acceptable,
            "See that something else brings the Middleware to the cluster, and accept the finding then."),
        /// A text holds a host in an old domain, and no Route of the build tells where it moved.
        HostInOldDomain("host-in-old-domain", Warning, Acceptable, "Write the new host, if it moved."),
        /// A name, a label or a selector holds a host that moved. It stays, as what names it does.
        HostAsName("host-as-name", Info, Binding, "Nothing is to be done."),
        /// A Secret holds a host that moved, or one in an old domain. What is secret is not changed.
        HostInSecret("host-in-secret", Warning, Acceptable, "Change the host where the Secret is made."),
        /// The host of a Route stays as it is, though it is outside of the domains that the options name. It is a warning where it
        /// looks like a host below the apps domain of an OpenShift cluster.
        KeptHost("kept-host", Warning, Acceptable, "Map its domain by `spec.domains`, or move its DNS record."),
        /// A Route is for an inner network, by the router that served it or by its labels, and would be published with all
        /// others. Accepted, it is.
        InternalRoute("internal-route", Error, Acceptable, "Say by `spec.shards` where the Route goes, or that it is left out."),
        /// One of several routers of the build served the Route, and no option says where its Routes go.
        RouteOfShard("route-of-shard", Warning, Acceptable, "Say by `spec.shards` where the Routes of that router go."),
        /// A shard of the options may mean the Route, by labels of its Namespace that the build does not tell.
        UnknownShard("unknown-shard", Error, Binding, "Add the Namespace, or select by `kubernetes.io/metadata.name`."),
        /// The Secret for the certificate of a Route gets another name than usual, since that one is taken.
        OtherTlsSecret("other-tls-secret", Info, Binding, "Nothing is to be done."),
        /// Every name for the Secret of an ordered certificate is taken by something else in the build.
        TlsSecretTaken("tls-secret-taken", Error, Binding,
            "Name the Secret in `spec.tls.externalCertificate` if it holds the certificate of the host, or rename one of them."),
        /// A Route orders no certificate, since its host has one.
        SharedCertificate("shared-certificate", Info, Binding, "Nothing is to be done."),
        /// Several Routes of a host name different certificates, and clients can get any of them.
        SeveralCertificates("several-certificates", Warning, Acceptable, "Name one Secret in all Routes of the host."),
        /// An annotation about the certificate of a Route cannot be read, so cert-manager would issue none.
        MalformedOrder("malformed-order", Error, Binding, "Correct the annotation as the message says."),
        /// Something logs people in through OpenShift.
        OpenShiftLogin("openshift-login", Warning, Acceptable, "Use another login provider."),
        /// An object exists on OpenShift only.
        OpenShiftOnlyKind("openshift-only-kind", Warning, Acceptable, "Take the object out of this overlay."),
        /// The role of an operator has rights on Routes, and the build has none. It stays as it is.
        RightsOnRoutes("rights-on-routes", Info, Binding, "Nothing is to be done."),
        /// A policy, a quota or a backup is about Routes, of which there are none on K3s.
        PolicyOnRoutes("policy-on-routes", Warning, Acceptable, "Write it for what the Routes became, or take it out."),
        /// A binding gives rights to the router of OpenShift.
        RouterBinding("router-binding", Warning, Acceptable, "Take the binding out; Traefik has rights of its own."),
        /// A network policy names the network of OpenShift's hosts, where its router may run.
        RouterOnHostNetwork("router-on-host-network", Warning, Acceptable, "Write an `ipBlock` of the addresses of the nodes."),
        /// Argo CD or Argo Rollouts is told something about Routes, of which there are none on K3s.
        ToolSettingOnRoutes("tool-setting-on-routes", Warning, Acceptable, "Take the setting out, or write it for what the Routes became."),
        /// A part of an Ingress is written for OpenShift: OpenShift makes no Route of it, or only OpenShift reads it.
        IngressForOpenShift("ingress-for-openshift", Warning, Acceptable, "Take it out, or write what is meant for the new cluster."),
        /// OpenShift idled a Service, and nothing on K3s wakes it up.
        IdledService("idled-service", Warning, Acceptable, "Scale the workloads of the Service up again."),
        /// A certificate or a CA bundle is to be written by the service CA of OpenShift.
        OpenShiftServiceCa("openshift-service-ca", Warning, Acceptable,
            "Set `spec.servingCertIssuer` for certificates, and use trust-manager for bundles."),
    }
}
