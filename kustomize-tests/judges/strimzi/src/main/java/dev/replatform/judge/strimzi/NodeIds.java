package dev.replatform.judge.strimzi;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The node IDs that a new cluster gets. Pool by pool, for each replica: the next unused ID of the pool's annotation
 * {@code strimzi.io/next-node-ids}, else the lowest ID that no node of the cluster has. IDs in a pool's status stay.
 *
 * <p>A restatement, in code of our own, of Strimzi's {@code io.strimzi.operator.cluster.model.nodepools.NodeIdAssignor}, the same from 0.45 to
 * 1.2. Strimzi takes the pools in the order in which the API server lists them; that is the order of their names if all are created together.
 */
final class NodeIds {
    private static final String NEXT_NODE_IDS = "strimzi.io/next-node-ids";

    private NodeIds() { }

    /** The IDs of each pool by name. The pools must be all those of one cluster; their order does not matter. */
    static Map<String, SortedSet<Integer>> assign(List<JsonNode> pools) {
        Map<String, SortedSet<Integer>> assigned = new LinkedHashMap<>();
        Set<Integer> used = new TreeSet<>();

        pools.forEach(pool -> used.addAll(current(pool)));
        pools.stream()
                .sorted(Comparator.comparing(NodeIds::name))
                .forEach(pool -> assigned.put(name(pool), desired(pool, used)));
        return assigned;
    }

    private static SortedSet<Integer> desired(JsonNode pool, Set<Integer> used) {
        SortedSet<Integer> ids = current(pool);
        int replicas = pool.at("/spec/replicas").asInt();

        // Which IDs a smaller pool gives up is the annotation remove-node-ids' matter; files in a repository have no status to shrink from.
        if (ids.size() > replicas) {
            throw new IllegalArgumentException("KafkaNodePool " + name(pool) + " has more nodes in its status than replicas: scaling down is not covered");
        }

        NodeIdRange offered = offered(pool);
        while (ids.size() < replicas) {
            int id = next(offered, used);
            used.add(id);
            ids.add(id);
        }
        return ids;
    }

    private static int next(NodeIdRange offered, Set<Integer> used) {
        OptionalInt id = offered.next();
        while (id.isPresent() && used.contains(id.getAsInt())) {
            id = offered.next();
        }
        return id.orElseGet(() -> lowestUnused(used));
    }

    private static int lowestUnused(Set<Integer> used) {
        int id = 0;
        while (used.contains(id)) {
            id++;
        }
        return id;
    }

    private static NodeIdRange offered(JsonNode pool) {
        try {
            return NodeIdRange.parse(pool.at("/metadata/annotations").path(NEXT_NODE_IDS).asText());
        } catch (IllegalArgumentException e) {
            return NodeIdRange.parse("");
        }
    }

    private static SortedSet<Integer> current(JsonNode pool) {
        SortedSet<Integer> ids = new TreeSet<>();
        pool.at("/status/nodeIds").forEach(id -> ids.add(id.asInt()));
        return ids;
    }

    private static String name(JsonNode pool) {
        return pool.at("/metadata/name").asText();
    }
}
