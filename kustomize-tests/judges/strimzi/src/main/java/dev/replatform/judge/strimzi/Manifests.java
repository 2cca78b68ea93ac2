package dev.replatform.judge.strimzi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The objects of a YAML file. */
final class Manifests {
    private static final Set<String> WRAPPERS = Set.of("List", "ResourceList");
    private static final String GROUP = "kafka.strimzi.io/";

    private Manifests() { }

    /**
     * The Strimzi objects of a file, also those inside a {@code List} or a {@code ResourceList}.
     *
     * @throws IOException if the file cannot be read
     * @throws org.yaml.snakeyaml.error.YAMLException if it is not YAML or repeats a key
     */
    static List<JsonNode> strimziObjects(Path file) throws IOException {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        ObjectMapper mapper = new ObjectMapper();
        List<JsonNode> objects = new ArrayList<>();

        try (Reader reader = Files.newBufferedReader(file)) {
            for (Object document : new Yaml(new SafeConstructor(options)).loadAll(reader)) {
                collect(mapper.valueToTree(document), objects);
            }
        }
        return objects;
    }

    private static void collect(JsonNode object, List<JsonNode> objects) {
        if (WRAPPERS.contains(object.path("kind").asText())) {
            object.path("items").forEach(item -> collect(item, objects));
        } else if (object.path("apiVersion").asText().startsWith(GROUP)) {
            objects.add(object);
        }
    }
}
