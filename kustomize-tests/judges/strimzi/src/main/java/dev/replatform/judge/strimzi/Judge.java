package dev.replatform.judge.strimzi;

import com.fasterxml.jackson.databind.JsonNode;
import org.yaml.snakeyaml.error.YAMLException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

/**
 * Judges every Strimzi object of the given files as one Strimzi release would, and prints a line of JSON for each.
 *
 * <p>A file is a whole: its node pools make up its clusters. Exit status 0 if all is valid, 1 if something is not, 2 if a file cannot be judged.
 */
public final class Judge {
    private static final String CLUSTER = "strimzi.io/cluster";

    private final String file;
    private final Release release;
    private final List<JsonNode> objects;

    private Judge(String file, Release release) throws IOException {
        this.file = file;
        this.release = release;
        this.objects = Manifests.strimziObjects(Path.of(file));
    }

    /** @param arguments version of Strimzi, then files */
    public static void main(String[] arguments) {
        try {
            Release release = Release.of(arguments[0]);
            boolean valid = true;
            for (String file : Arrays.asList(arguments).subList(1, arguments.length)) {
                valid &= new Judge(file, release).judge();
            }
            System.exit(valid ? 0 : 1);
        } catch (IOException | YAMLException | IllegalArgumentException e) {
            System.err.println("judge: error: " + e);
            System.exit(2);
        }
    }

    private boolean judge() {
        if (objects.isEmpty()) {
            throw new IllegalArgumentException("no object of the group kafka.strimzi.io in " + file);
        }

        boolean valid = true;
        for (JsonNode object : objects) {
            Verdict verdict = verdict(object);
            System.out.println(verdict);
            valid &= verdict.isValid();
        }
        return valid;
    }

    private Verdict verdict(JsonNode object) {
        Verdict verdict = new Verdict(file, release, object);
        String kind = object.path("kind").asText();
        String apiVersion = object.path("apiVersion").asText();

        if (!Model.KINDS.containsKey(kind)) {
            verdict.error("kind " + kind + " is not one of " + new TreeSet<>(Model.KINDS.keySet()));
            return verdict;
        }
        if (!release.serves(kind, apiVersion.substring(apiVersion.indexOf('/') + 1))) {
            verdict.error("Strimzi " + release + " does not serve " + apiVersion + " " + kind);
        }
        Model.errors(kind, object).forEach(verdict::error);
        switch (kind) {
            case "Kafka" -> kafka(object, verdict);
            case "KafkaNodePool" -> pool(object, verdict);
            default -> { }
        }
        return verdict;
    }

    private void kafka(JsonNode kafka, Verdict verdict) {
        String version = kafka.at("/spec/kafka/version").asText("");
        Set<Integer> brokers = brokers(kafka);

        if (!version.isEmpty() && !release.kafkaVersions().contains(version)) {
            verdict.error("Strimzi " + release + " does not run Kafka " + version + ", only " + release.kafkaVersions());
        }
        poolsOf(kafka, verdict);
        verdict.ids("brokers", brokers);
        ListenerRules.judge(kafka.at("/spec/kafka/listeners"), brokers, verdict);
    }

    /** The rules for the pools of a cluster as a whole: each role is filled. A file without any pool is taken for a part of a build. */
    private void poolsOf(JsonNode kafka, Verdict verdict) {
        List<JsonNode> pools = pools(namespace(kafka), name(kafka));

        if (!pools.isEmpty()) {
            for (String role : List.of("broker", "controller")) {
                if (pools.stream().noneMatch(pool -> hasRole(pool, role) && pool.at("/spec/replicas").asInt() > 0)) {
                    verdict.error("no KafkaNodePool with the role " + role + " and a replica");
                }
            }
        } else if (!release.hasZooKeeper() || !kafka.at("/spec/kafka").has("replicas")) {
            verdict.warning("no KafkaNodePool of this cluster in the file: its brokers are not known");
        }
    }

    private void pool(JsonNode pool, Verdict verdict) {
        if (pool.at("/spec/roles").isEmpty()) {
            verdict.error("spec.roles: at least one role is required");
        }
        if (cluster(pool).isEmpty()) {
            verdict.warning("no label " + CLUSTER + ": the pool belongs to no cluster");
        } else {
            verdict.ids("nodeIds", NodeIds.assign(pools(namespace(pool), cluster(pool))).get(name(pool)));
        }
    }

    private Set<Integer> brokers(JsonNode kafka) {
        List<JsonNode> pools = pools(namespace(kafka), name(kafka));

        if (pools.isEmpty() && release.hasZooKeeper()) {
            return IntStream.range(0, kafka.at("/spec/kafka/replicas").asInt()).boxed().collect(Collectors.toCollection(TreeSet::new));
        }
        Map<String, SortedSet<Integer>> ids = NodeIds.assign(pools);
        return pools.stream()
                .filter(pool -> hasRole(pool, "broker"))
                .map(pool -> ids.get(name(pool)))
                .flatMap(Collection::stream)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private List<JsonNode> pools(String namespace, String cluster) {
        return objects.stream()
                .filter(object -> object.path("kind").asText().equals("KafkaNodePool"))
                .filter(pool -> namespace(pool).equals(namespace) && cluster(pool).equals(cluster))
                .toList();
    }

    private static boolean hasRole(JsonNode pool, String role) {
        return StreamSupport.stream(pool.at("/spec/roles").spliterator(), false).anyMatch(entry -> entry.asText().equals(role));
    }

    private static String cluster(JsonNode pool) {
        return pool.at("/metadata/labels").path(CLUSTER).asText();
    }

    private static String namespace(JsonNode object) {
        return object.at("/metadata/namespace").asText();
    }

    private static String name(JsonNode object) {
        return object.at("/metadata/name").asText();
    }
}
