package dev.replatform.judge.strimzi;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

import static dev.replatform.judge.strimzi.ListenerType.CLUSTER_IP;
import static dev.replatform.judge.strimzi.ListenerType.INGRESS;
import static dev.replatform.judge.strimzi.ListenerType.INTERNAL;
import static dev.replatform.judge.strimzi.ListenerType.LOADBALANCER;
import static dev.replatform.judge.strimzi.ListenerType.NODEPORT;
import static dev.replatform.judge.strimzi.ListenerType.ROUTE;
import static dev.replatform.judge.strimzi.ListenerType.TLSROUTE;

/**
 * Which listeners Strimzi's operator accepts; one bad listener and it refuses the whole Kafka.
 *
 * <p>A restatement, in code of our own, of {@code io.strimzi.operator.cluster.model.ListenersValidator}, which is not published as a Maven
 * artifact. Its rules are the same from 0.45 to 1.2, but for the fields and the type {@code tlsroute} that came later and that an older CRD
 * model refuses by itself. Left out: the rules for {@code authentication.type: oauth}, gone with 1.0.
 */
final class ListenerRules {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]{1,11}");
    private static final int LOWEST_PORT = 9092;
    /** Taken by Strimzi's own metrics and JMX endpoints. */
    private static final Set<Integer> TAKEN_PORTS = Set.of(9404, 9999);
    private static final List<String> REQUIRED = List.of("name", "port", "type", "tls");

    private static final Predicate<JsonNode> SET = value -> !value.isNull() && !value.isMissingNode();
    private static final Predicate<JsonNode> NOT_EMPTY = value -> value.size() > 0;
    private static final Predicate<JsonNode> FALSE = value -> value.isBoolean() && !value.asBoolean();

    private static final Set<ListenerType> HOSTS = EnumSet.of(ROUTE, TLSROUTE, INGRESS);
    private static final Set<ListenerType> NODE_PORTS = EnumSet.of(NODEPORT, LOADBALANCER);
    private static final Set<ListenerType> ALL_BUT_INTERNAL = EnumSet.complementOf(EnumSet.of(INTERNAL));

    /** A field under {@code configuration} that only some types of listener may use. */
    private record Restriction(String field, Predicate<JsonNode> used, Set<ListenerType> types) { }

    private static final List<Restriction> CONFIGURATION = List.of(
            new Restriction("hostTemplate", SET, HOSTS),
            new Restriction("class", SET, EnumSet.of(INGRESS, LOADBALANCER)),
            new Restriction("externalTrafficPolicy", SET, NODE_PORTS),
            new Restriction("loadBalancerSourceRanges", NOT_EMPTY, EnumSet.of(LOADBALANCER)),
            new Restriction("finalizers", NOT_EMPTY, EnumSet.of(LOADBALANCER)),
            new Restriction("allocateLoadBalancerNodePorts", SET, EnumSet.of(LOADBALANCER)),
            new Restriction("createBootstrapService", FALSE, EnumSet.of(LOADBALANCER)),
            new Restriction("preferredNodePortAddressType", SET, EnumSet.of(NODEPORT)),
            new Restriction("publishNotReadyAddresses", SET, ALL_BUT_INTERNAL),
            new Restriction("ipFamilyPolicy", SET, ALL_BUT_INTERNAL),
            new Restriction("ipFamilies", SET, ALL_BUT_INTERNAL),
            new Restriction("perBrokerLabelsTemplate", NOT_EMPTY, ALL_BUT_INTERNAL),
            new Restriction("perBrokerAnnotationsTemplate", NOT_EMPTY, ALL_BUT_INTERNAL),
            new Restriction("useServiceDnsDomain", SET, EnumSet.of(INTERNAL, CLUSTER_IP)),
            new Restriction("parentRefs", SET, EnumSet.of(TLSROUTE)));

    /** Under {@code configuration.bootstrap} and under each of {@code configuration.brokers}. */
    private static final List<Restriction> ADDRESS = List.of(
            new Restriction("host", SET, HOSTS),
            new Restriction("nodePort", SET, NODE_PORTS),
            new Restriction("loadBalancerIP", SET, EnumSet.of(LOADBALANCER)),
            new Restriction("externalIPs", SET, EnumSet.of(NODEPORT)),
            new Restriction("annotations", NOT_EMPTY, ALL_BUT_INTERNAL),
            new Restriction("labels", NOT_EMPTY, ALL_BUT_INTERNAL));

    private final Set<Integer> brokers;
    private final Verdict verdict;

    private ListenerRules(Set<Integer> brokers, Verdict verdict) {
        this.brokers = brokers;
        this.verdict = verdict;
    }

    /**
     * Adds to the verdict what the operator would refuse or warn about.
     *
     * @param listeners {@code spec.kafka.listeners}; anything but an array is left to the CRD model
     * @param brokers   IDs of the brokers there will be; empty if they are not known
     */
    static void judge(JsonNode listeners, Set<Integer> brokers, Verdict verdict) {
        ListenerRules rules = new ListenerRules(brokers, verdict);

        if (listeners.isEmpty()) {
            verdict.error("spec.kafka.listeners: at least one listener is required");
        } else if (listeners.isArray()) {
            rules.unique(listeners, "name");
            rules.unique(listeners, "port");
            listeners.forEach(rules::listener);
        }
    }

    private void unique(JsonNode listeners, String field) {
        Set<JsonNode> seen = new HashSet<>();
        for (JsonNode listener : listeners) {
            if (!seen.add(listener.path(field))) {
                verdict.error("two listeners have the " + field + " " + listener.path(field).asText());
            }
        }
    }

    private void listener(JsonNode listener) {
        List<String> missing = REQUIRED.stream().filter(field -> !listener.hasNonNull(field)).toList();
        ListenerType type = ListenerType.of(listener.path("type").asText());

        missing.forEach(field -> refuse(listener, field, "is required"));
        // An unknown type is the CRD model's to report.
        if (!missing.isEmpty() || type == null) {
            return;
        }

        nameAndPort(listener);
        tls(listener, type);
        restrictions(listener, type);
        brokerIds(listener);
        if (type == INGRESS || type == TLSROUTE) {
            requiredHosts(listener, type);
        }
    }

    private void nameAndPort(JsonNode listener) {
        int port = listener.path("port").asInt();

        if (!NAME.matcher(listener.path("name").asText()).matches()) {
            refuse(listener, "name", "must match " + NAME);
        }
        if (port < LOWEST_PORT || TAKEN_PORTS.contains(port)) {
            refuse(listener, "port", "must be at least " + LOWEST_PORT + " and none of " + new TreeSet<>(TAKEN_PORTS));
        }
    }

    private void tls(JsonNode listener, ListenerType type) {
        JsonNode certificate = listener.at("/configuration/brokerCertChainAndKey");

        if (!listener.path("tls").asBoolean()) {
            if (type == ROUTE || type == INGRESS) {
                refuse(listener, "tls", "must be true for type " + type);
            }
            if (listener.at("/authentication/type").asText().equals("tls")) {
                refuse(listener, "authentication", "of type tls needs tls: true");
            }
            if (SET.test(certificate)) {
                refuse(listener, "configuration.brokerCertChainAndKey", "needs tls: true");
            }
        }
        if (SET.test(certificate)) {
            for (String field : List.of("secretName", "certificate", "key")) {
                if (certificate.path(field).asText("").isEmpty()) {
                    refuse(listener, "configuration.brokerCertChainAndKey." + field, "is required");
                }
            }
        }
        if (listener.at("/authentication/type").asText().equals("oauth")) {
            verdict.warning("listener " + listener.path("name").asText() + ": the rules for authentication.type oauth are not judged");
        }
    }

    private void restrictions(JsonNode listener, ListenerType type) {
        JsonNode configuration = listener.path("configuration");

        restrictions(listener, type, CONFIGURATION, configuration, "configuration.");
        restrictions(listener, type, ADDRESS, configuration.path("bootstrap"), "configuration.bootstrap.");
        for (JsonNode broker : configuration.path("brokers")) {
            if (!broker.hasNonNull("broker")) {
                refuse(listener, "configuration.brokers[].broker", "is required");
            }
            restrictions(listener, type, ADDRESS, broker, "configuration.brokers[].");
        }
    }

    private void restrictions(JsonNode listener, ListenerType type, List<Restriction> restrictions, JsonNode parent, String path) {
        for (Restriction restriction : restrictions) {
            if (!restriction.types.contains(type) && restriction.used.test(parent.path(restriction.field))) {
                refuse(listener, path + restriction.field, "is not for type " + type);
            }
        }
    }

    /** Entries for brokers that do not exist are harmless: head-room for more of them. */
    private void brokerIds(JsonNode listener) {
        if (brokers.isEmpty()) {
            return;
        }

        List<Integer> unused = new ArrayList<>();
        for (JsonNode broker : listener.at("/configuration/brokers")) {
            int id = broker.path("broker").asInt();
            if (!brokers.contains(id)) {
                unused.add(id);
            }
        }
        if (!unused.isEmpty()) {
            verdict.warning("listener " + listener.path("name").asText() + ": no broker has the IDs " + unused);
        }
    }

    private void requiredHosts(JsonNode listener, ListenerType type) {
        JsonNode configuration = listener.path("configuration");

        if (type == TLSROUTE && !SET.test(configuration.path("parentRefs"))) {
            refuse(listener, "configuration.parentRefs", "is required for type " + type);
        }
        if (!SET.test(configuration.at("/bootstrap/host"))) {
            refuse(listener, "configuration.bootstrap.host", "is required for type " + type);
        }
        if (SET.test(configuration.path("hostTemplate"))) {
            return;
        }
        if (!SET.test(configuration.path("brokers"))) {
            refuse(listener, "configuration.hostTemplate", "or a host for each broker is required for type " + type);
        }
        for (int id : brokers) {
            if (SET.test(configuration.path("brokers")) && !hasHost(configuration.path("brokers"), id)) {
                refuse(listener, "configuration.brokers[].host", "of broker " + id + " is required for type " + type);
            }
        }
    }

    /** Of several entries for a broker the first counts. */
    private static boolean hasHost(JsonNode entries, int id) {
        return StreamSupport.stream(entries.spliterator(), false)
                .filter(entry -> entry.path("broker").asInt() == id)
                .findFirst()
                .filter(entry -> SET.test(entry.path("host")))
                .isPresent();
    }

    private void refuse(JsonNode listener, String field, String reason) {
        verdict.error("listener " + listener.path("name").asText() + ": " + field + " " + reason);
    }
}
