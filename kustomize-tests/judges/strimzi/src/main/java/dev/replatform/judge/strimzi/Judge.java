package dev.replatform.judge.strimzi;

import com.fasterxml.jackson.databind.JsonNode;
import org.yaml.snakeyaml.error.YAMLException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

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
        Cluster cluster = new Cluster(kafka, pools(namespace(kafka), name(kafka)), release);

        cluster.judge(verdict);
        verdict.ids("brokers", cluster.brokers());
        ListenerRules.judge(kafka.at("/spec/kafka/listeners"), cluster.brokers(), verdict);
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

    private List<JsonNode> pools(String namespace, String cluster) {
        return objects.stream()
                .filter(object -> object.path("kind").asText().equals("KafkaNodePool"))
                .filter(pool -> namespace(pool).equals(namespace) && cluster(pool).equals(cluster))
                .toList();
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
