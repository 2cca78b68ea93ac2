package dev.replatform.judge.strimzi;

/** {@code spec.kafka.listeners[].type} */
enum ListenerType {
    INTERNAL, CLUSTER_IP, ROUTE, TLSROUTE, INGRESS, NODEPORT, LOADBALANCER;

    /** Null for a value that no release knows. */
    static ListenerType of(String text) {
        for (ListenerType type : values()) {
            if (type.toString().equals(text)) {
                return type;
            }
        }
        return null;
    }

    /** As it stands in YAML. */
    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
}
