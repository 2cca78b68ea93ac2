//! What the function reports.

krm::rules! {
    /// What kafka-listener-nodeport reports.
    pub enum Rule {
        /// A field that decides names or ports of a Kafka does not have the form of Strimzi's API.
        UnreadableKafkaField("unreadable-kafka-field", Error, Binding, "Correct the field that the message names."),
        /// The listeners of a Kafka are an object, which no release of Strimzi from 0.23 on reads.
        ObjectListeners(
            "object-listeners", Error, Binding,
            "Set `objectListeners: Convert`; where a field has no place in the list, write the list by hand."
        ),
        /// `clusters` of the config names a listener or a KafkaNodePool that a Kafka does not have. For a Kafka that the
        /// build does not have it is an info, since several builds can share a config.
        UnusedClusterOption("unused-cluster-option", Warning, Acceptable, "Correct the name in `clusters`, or take it out."),

        /// An entry of `addresses`, `images` or `resealed` fits nothing in the build.
        UnmatchedEntry(
            "unmatched-entry", Info, Binding,
            "Correct the entry, unless it is for another build that shares the config."
        ),

        /// A Kafka in another object, or the values of a Helm chart, have a listener that does not come up on K3s. The function
        /// changes objects of the build only.
        WrappedListener(
            "wrapped-listener", Warning, Acceptable,
            "Run the function on the Kafka before it is wrapped, or on what the chart renders, or change the type of the listener."
        ),

        /// The release of Strimzi does not serve the API version of an object. A warning where only all newer releases are
        /// known not to.
        KafkaApiNotServed(
            "kafka-api-not-served", Error, Acceptable,
            "Convert the object to a version that the release serves. Accepted, the `apiVersion` stays as it is."
        ),
        /// The release of Strimzi does not have the kind of an object. A warning where only all newer releases are known not
        /// to.
        StrimziKindGone(
            "strimzi-kind-gone", Error, Acceptable,
            "Write what took its place, or install a release that has it. Accepted, the object stays as it is."
        ),
        /// The release of Strimzi does not run the version of a Kafka. A warning where `strimziVersion` is not given and no
        /// release does.
        KafkaVersionNotRun(
            "kafka-version-not-run", Error, Acceptable,
            "Change the version of Kafka or the release of Strimzi. Accepted, the version stays as it is."
        ),
        /// A Kafka needs ZooKeeper, which the release of Strimzi does not run. A warning where only all newer releases are
        /// known not to.
        ZooKeeperNotRun(
            "zookeeper-not-run", Error, Binding,
            "Move the cluster to KRaft and node pools, or install a release of Strimzi before 0.46."
        ),
        /// The version of a Kafka is that of a build of Red Hat. It becomes the version that Strimzi knows.
        RedHatKafkaVersion(
            "redhat-kafka-version", Warning, Acceptable,
            "Write the version without the suffix, once nothing installs it on OpenShift any more."
        ),
        /// Which releases of Strimzi run the version of a Kafka, or that the function does not know it.
        KafkaReleases("kafka-releases", Info, Binding, "Name the release that you install in `strimziVersion`."),
        /// A field of a new listener came with a later release of Strimzi than that of the target.
        ListenerFieldTooNew("listener-field-too-new", Warning, Acceptable, "Take the field out, or install that release."),

        /// The label of a KafkaNodePool names no Kafka, or a Kafka by the name that it had before kustomize changed it.
        PoolWithoutKafka(
            "pool-without-kafka", Warning, Acceptable,
            "Set the label `strimzi.io/cluster` to the name of the Kafka, or list it in a `nameReference` of the kustomization."
        ),
        /// The release of Strimzi does not look at the KafkaNodePools of a Kafka without an annotation.
        NodePoolsNotEnabled(
            "node-pools-not-enabled", Warning, Acceptable,
            "Set the annotation `strimzi.io/node-pools` of the Kafka to `enabled`, or take the pools out."
        ),
        /// An annotation of a KafkaNodePool with node IDs is no list of IDs.
        MalformedNodeIds("malformed-node-ids", Warning, Acceptable, "Write the IDs as `[0-2, 5]`, or take the annotation out."),
        /// Two KafkaNodePools of a Kafka have node IDs in common.
        SharedNodeIds("shared-node-ids", Warning, Acceptable, "Give each pool IDs of its own."),
        /// `pinNodeIDs` is set, and nothing says which node IDs belong to which of several KafkaNodePools with brokers.
        UnpinnedNodePools(
            "unpinned-node-pools", Error, Acceptable,
            "Give each pool its IDs as `nodeIDs` of the cluster. Accepted, pools that have none stay as they are."
        ),
        /// The IDs of the brokers, or the order of their ports, cannot be told from the build.
        UnknownBrokerIds(
            "unknown-broker-ids", Error, Binding,
            "Add the KafkaNodePools to the build, or state all IDs as `brokerIDs` of the cluster."
        ),
        /// The brokers may get other IDs, and so other ports, than the build says.
        UncertainBrokerIds(
            "uncertain-broker-ids", Warning, Acceptable,
            "Fix the IDs of a new cluster with `pinNodeIDs: true`, or state those of a running one as `brokerIDs`."
        ),
        /// A listener holds entries for brokers that its Kafka does not have.
        ForeignBrokerEntries(
            "foreign-broker-entries", Warning, Acceptable,
            "Take the entries out, or state the IDs as `brokerIDs` of the cluster."
        ),

        /// Several listeners would begin at the same port.
        ListenerWithoutSlot("listener-without-slot", Error, Binding, "Give the listener a `slot` or a `basePort` under `clusters`."),
        /// A port of a listener lies outside of the node ports of the cluster.
        NodePortOutOfRange(
            "node-port-out-of-range", Error, Binding,
            "Choose another `basePort` or `slot`, or `brokerPorts: ByRank` for high broker IDs."
        ),
        /// Ports of a listener lie outside of its slot, so that a listener of another build may get them.
        PortsOutsideSlot(
            "ports-outside-slot", Warning, Acceptable,
            "Set a larger `stride` in all builds for the cluster, or give the ports by position with `brokerPorts: ByRank`."
        ),
        /// A Kafka and another object of the build ask for the same node port.
        NodePortInUse(
            "node-port-in-use", Error, Acceptable,
            "Give the listener another `slot` or `basePort` under `clusters`. Accepted, both keep the port."
        ),
        /// Kubernetes may give a port of a listener to another Service, before Strimzi asks for it.
        AllocatableNodePort(
            "allocatable-node-port", Warning, Acceptable,
            "Set `basePort` to the first port of `nodePortRange`, where nothing uses the old numbers yet."
        ),
        /// A broker that `headroom` counts gets no port, since `brokerPorts: ByRank` does not know its position.
        BrokerWithoutPort("broker-without-port", Warning, Acceptable, "Add the ID at the end of `brokerIDs` of the cluster."),
        /// The ports that firewalls between clients and cluster must let through.
        FirewallPorts("firewall-ports", Info, Binding, "Open the ports in every firewall between clients and cluster."),

        /// The names that clients dial.
        KafkaDnsRecords("kafka-dns-records", Info, Binding, "Point the DNS records of the names at what the message says."),
        /// Two load balancers, or two routes of Traefik, would have the same name.
        SharedListenerHost(
            "shared-listener-host", Error, Binding,
            "Put `{cluster}`, `{namespace}`, `{listener}` or `{nodeId}` into `host` and `brokerHost`."
        ),
        /// Clients check the names that they dial, and the certificates of the brokers hold no name of the nodes.
        NodesNotInCertificate("nodes-not-in-certificate", Warning, Acceptable, "Give a DNS name of the nodes as `host`."),
        /// A listener has a certificate of its own, which must hold the new names.
        OwnListenerCertificate(
            "own-listener-certificate", Warning, Acceptable,
            "Issue the certificate for the names that clients dial, and give these as `host` or `brokerHost`."
        ),
        /// A listener says under which hosts clients reach the brokers, and these stay.
        AdvertisedHostsKept(
            "advertised-hosts-kept", Warning, Acceptable,
            "Point the DNS records of the hosts at the nodes or load balancers, or give other names as `host`."
        ),
        /// A listener sends clients to a port that is not that of the new listener.
        OtherAdvertisedPort("other-advertised-port", Warning, Acceptable, "Take the port out, unless something forwards it."),
        /// Each node answers for its own brokers only, and a name means all nodes.
        LocalListenerTraffic("local-listener-traffic", Warning, Acceptable, "Take `externalTrafficPolicy` out, or give `brokerHost`."),
        /// Clients of a new listener would talk in plain text.
        PlainTextListener("plain-text-listener", Warning, Acceptable, "Set `tls: true` on the listener."),

        /// How many load balancers a listener makes.
        LoadBalancerCount("load-balancer-count", Info, Binding, "Choose another `type`, if these are too many."),
        /// Nothing tells the Hetzner cloud controller where to make the load balancers.
        LoadBalancerWithoutPlace(
            "load-balancer-without-place", Warning, Acceptable,
            "Give `loadBalancer.location` or `loadBalancer.networkZone`."
        ),
        /// The Hetzner cloud controller does not limit who can connect to a load balancer.
        IgnoredSourceRanges("ignored-source-ranges", Warning, Acceptable, "Limit the addresses in a firewall."),
        /// A listener wants load balancers without node ports, and those of Hetzner reach brokers by node ports only.
        NeededNodePorts("needed-node-ports", Warning, Acceptable, "Take `allocateLoadBalancerNodePorts` out of the listener."),
        /// Traefik cannot pass a listener on: it has no TLS, a name is missing, or the Services are not known.
        UnroutableListener(
            "unroutable-listener", Error, Binding,
            "Give what the message names, or choose another `type` for the listener."
        ),
        /// The build has an IngressRouteTCP of the name that the one of a listener would have.
        KafkaRouteExists("kafka-route-exists", Error, Binding, "Take the IngressRouteTCP out, or give it another name."),

        /// The `networkPolicyPeers` of a listener shut out clients from outside, which come by way of a node now. An error
        /// where the OpenShift router was let in.
        PeersWithoutNetwork(
            "peers-without-network", Warning, Acceptable,
            "Give the node and pod networks as `clientCIDRs`, or add an `ipBlock`. Accepted, the peers stay as they are."
        ),
        /// The `networkPolicyPeers` of a listener let in the OpenShift router alone, and are gone.
        KafkaOpenToAll("kafka-open-to-all", Warning, Acceptable, "Give the networks of the clients as `clientCIDRs`."),
        /// Labels that were on a Route are on a Service now.
        ListenerShardLabels("listener-shard-labels", Info, Binding, "Take out the labels by which routers choose Routes."),

        /// An object holds the old address of a listener where nothing can put the new one.
        OldKafkaAddress("old-kafka-address", Warning, Acceptable, "Write the new address into the object."),
        /// The source of a mirror is the old address of a listener. It stays: while the data moves, the old cluster is meant.
        MirrorSourceKept(
            "mirror-source-kept", Warning, Acceptable,
            "Accept it as long as the mirror copies from the old cluster. Else write the new address into the object."
        ),
        /// The build has the Route of a listener in two domains, so that one new address would replace those of two Kafkas.
        /// All stay.
        RouteInTwoDomains(
            "route-in-two-domains", Warning, Acceptable,
            "Name each address in `addresses`: the one that moves with its new address, the others with themselves."
        ),
        /// An object holds an address that looks like the Route of a Kafka outside of the build.
        UnknownKafkaRoute(
            "unknown-kafka-route", Warning, Acceptable,
            "If that Kafka moves, name its old and its new address in `addresses`. If it stays, name it there with itself."
        ),
        /// A SealedSecret may hold the old address of a listener.
        SealedBootstrapAddress(
            "sealed-bootstrap-address", Warning, Acceptable,
            "Seal the new address, and name the SealedSecret in `resealed`."
        ),
        /// An image of AMQ Streams needs a pull secret of Red Hat.
        AmqStreamsImage("amq-streams-image", Warning, Acceptable, "Name the upstream image in `images`, or use that image."),
        /// A Subscription installs AMQ Streams, which K3s does not get.
        AmqStreamsSubscription(
            "amq-streams-subscription", Warning, Acceptable,
            "Install Strimzi from its own manifests or chart, and take the Subscription out."
        ),
        /// A Subscription installs Strimzi by way of OLM, which K3s does not have of itself.
        StrimziSubscription(
            "strimzi-subscription", Warning, Acceptable,
            "Install Strimzi from its own manifests or chart, and take the Subscription out. Accept it where OLM runs."
        ),
        /// A Kafka Connect builds its image with OpenShift.
        OpenShiftConnectBuild(
            "openshift-connect-build", Warning, Acceptable,
            "Use a KafkaConnect with a `build` that pushes to a registry."
        ),
    }
}
