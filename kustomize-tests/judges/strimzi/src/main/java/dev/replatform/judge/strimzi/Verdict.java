package dev.replatform.judge.strimzi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.Collection;

/** What a release says to one object; printed as one line of JSON. */
final class Verdict {
    private final ObjectNode line = JsonNodeFactory.instance.objectNode();
    private final ArrayNode errors;
    private final ArrayNode warnings;

    Verdict(String file, Release release, JsonNode object) {
        line.put("file", file);
        line.put("strimzi", release.toString());
        line.set("apiVersion", object.path("apiVersion"));
        line.set("kind", object.path("kind"));
        line.put("namespace", object.at("/metadata/namespace").asText());
        line.put("name", object.at("/metadata/name").asText());
        line.put("valid", true);
        errors = line.putArray("errors");
        warnings = line.putArray("warnings");
    }

    /** The object would be refused, or a field of it lost. */
    void error(String text) {
        errors.add(text);
        line.put("valid", false);
    }

    /** The object would work, perhaps not as meant. */
    void warning(String text) {
        warnings.add(text);
    }

    /** The IDs of a pool's nodes or of a cluster's brokers. */
    void ids(String key, Collection<Integer> ids) {
        ArrayNode array = line.putArray(key);
        ids.forEach(array::add);
    }

    boolean isValid() {
        return errors.isEmpty();
    }

    @Override
    public String toString() {
        return line.toString();
    }
}
