package dev.replatform.judge.strimzi;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The node IDs that an annotation {@code strimzi.io/next-node-ids} offers, one after the other: single IDs and ascending or descending ranges,
 * in brackets, divided by commas.
 *
 * <p>A restatement, in code of our own, of what Strimzi's {@code io.strimzi.operator.cluster.model.nodepools.NodeIdRange} accepts.
 */
final class NodeIdRange {
    private static final Pattern LIST = Pattern.compile("\\s*\\[(.*)]\\s*", Pattern.DOTALL);
    private static final Pattern ITEM = Pattern.compile("\\s*([0-9]+)(?:\\s*-\\s*([0-9]+))?\\s*");

    private final Deque<Span> spans;

    private NodeIdRange(Deque<Span> spans) {
        this.spans = spans;
    }

    /** @throws IllegalArgumentException if the annotation is not of the form above; Strimzi goes on without it then */
    static NodeIdRange parse(String annotation) {
        if (annotation.isBlank()) {
            return new NodeIdRange(new ArrayDeque<>());
        }

        Matcher list = LIST.matcher(annotation);
        if (!list.matches()) {
            throw new IllegalArgumentException("no list in brackets: " + annotation);
        }

        Deque<Span> spans = new ArrayDeque<>();
        if (!list.group(1).isBlank()) {
            for (String text : list.group(1).split(",", -1)) {
                Matcher item = ITEM.matcher(text);
                if (!item.matches()) {
                    throw new IllegalArgumentException("neither an ID nor a range: " + text);
                }
                int first = Integer.parseInt(item.group(1));
                spans.add(new Span(first, item.group(2) == null ? first : Integer.parseInt(item.group(2))));
            }
        }
        return new NodeIdRange(spans);
    }

    /** Takes the next ID out; empty when all are taken. */
    OptionalInt next() {
        Span span = spans.poll();
        if (span == null) {
            return OptionalInt.empty();
        }
        if (span.first != span.last) {
            spans.push(new Span(span.first + Integer.signum(span.last - span.first), span.last));
        }
        return OptionalInt.of(span.first);
    }

    private record Span(int first, int last) { }
}
