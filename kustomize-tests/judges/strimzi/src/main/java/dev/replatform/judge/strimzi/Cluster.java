package dev.replatform.judge.strimzi;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

/**
 * A Kafka with its node pools.
 *
 * <p>A restatement, in code of our own, of the checks that Strimzi's operator makes of the two together, before it looks at the listeners:
 * {@code NodePoolUtils}, {@code KRaftUtils} and the beginning of {@code KafkaAssemblyOperator.reconcile}.
 */
final class Cluster {
    private static final String KRAFT = "strimzi.io/kraft";
    private static final String NODE_POOLS = "strimzi.io/node-pools";

    private final JsonNode kafka;
    private final List<JsonNode> pools;
    private final Release release;

    /** @param pools all pools of this cluster that the file has; none is taken for a file that is only a part of a build */
    Cluster(JsonNode kafka, List<JsonNode> pools, Release release) {
        this.kafka = kafka;
        this.pools = pools;
        this.release = release;
    }

    /** Adds to the verdict on the Kafka what the operator would refuse. */
    void judge(Verdict verdict) {
        versions(verdict);
        switch (release.kraft()) {
            case CHOSEN -> chosen(verdict);
            case REQUIRED -> {
                if (!isEnabled(KRAFT) || !isEnabled(NODE_POOLS)) {
                    verdict.error("Strimzi " + release + " needs the annotations " + KRAFT + " and " + NODE_POOLS + " with the value enabled");
                }
                controllersAndBrokers(verdict);
            }
            case ALWAYS -> controllersAndBrokers(verdict);
        }
    }

    /** The IDs of its brokers; empty if they are not known. */
    Set<Integer> brokers() {
        if (!usesPools()) {
            return IntStream.range(0, kafka.at("/spec/kafka/replicas").asInt()).boxed().collect(Collectors.toCollection(TreeSet::new));
        }

        Map<String, SortedSet<Integer>> ids = NodeIds.assign(pools);
        return pools.stream()
                .filter(hasRole("broker"))
                .map(pool -> ids.get(pool.at("/metadata/name").asText()))
                .flatMap(Collection::stream)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private void versions(Verdict verdict) {
        String version = kafka.at("/spec/kafka/version").asText("");
        if (!version.isEmpty() && !release.kafkaVersions().contains(version)) {
            verdict.error("Strimzi " + release + " does not run Kafka " + version + ", only " + release.kafkaVersions());
        }
    }

    private void chosen(Verdict verdict) {
        if (isEnabled(KRAFT)) {
            if (!isEnabled(NODE_POOLS)) {
                verdict.error("annotation " + KRAFT + " needs " + NODE_POOLS + ": enabled");
            }
            controllersAndBrokers(verdict);
            return;
        }

        if (!kafka.path("spec").hasNonNull("zookeeper")) {
            verdict.error("spec.zookeeper is required without the annotation " + KRAFT);
        }
        if (usesPools()) {
            if (pools.stream().anyMatch(hasRole("controller"))) {
                verdict.error("a KafkaNodePool of a cluster with ZooKeeper cannot have the role controller");
            }
            noteMissingPools(verdict);
        } else {
            for (String field : List.of("replicas", "storage")) {
                if (!kafka.at("/spec/kafka").hasNonNull(field)) {
                    verdict.error("spec.kafka." + field + " is required without the annotation " + NODE_POOLS);
                }
            }
        }
    }

    private void controllersAndBrokers(Verdict verdict) {
        noteMissingPools(verdict);
        for (String role : List.of("broker", "controller")) {
            if (!pools.isEmpty() && pools.stream().filter(hasRole(role)).noneMatch(pool -> pool.at("/spec/replicas").asInt() > 0)) {
                verdict.error("no KafkaNodePool with the role " + role + " and a replica");
            }
        }
    }

    private void noteMissingPools(Verdict verdict) {
        if (pools.isEmpty()) {
            verdict.warning("no KafkaNodePool of this cluster in the file: its brokers are not known");
        }
    }

    private boolean usesPools() {
        return release.kraft() != Release.Kraft.CHOSEN || isEnabled(NODE_POOLS);
    }

    private boolean isEnabled(String annotation) {
        return kafka.at("/metadata/annotations").path(annotation).asText().equalsIgnoreCase("enabled");
    }

    private static Predicate<JsonNode> hasRole(String role) {
        return pool -> StreamSupport.stream(pool.at("/spec/roles").spliterator(), false).anyMatch(entry -> entry.asText().equals(role));
    }
}
