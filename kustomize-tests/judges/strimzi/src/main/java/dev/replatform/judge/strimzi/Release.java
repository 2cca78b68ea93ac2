package dev.replatform.judge.strimzi;

import java.util.Arrays;
import java.util.List;

/**
 * A Strimzi release that can judge. Its CRD model comes from the Maven artifact {@code io.strimzi:api} of that version; what that artifact
 * does not say stands here.
 *
 * @see <a href="https://github.com/strimzi/strimzi-kafka-operator/blob/1.2.0/kafka-versions.yaml">kafka-versions.yaml, entries with
 *     {@code supported: true}</a>
 * @see <a href="https://github.com/strimzi/strimzi-kafka-operator/blob/1.2.0/api/pom.xml">api/pom.xml, {@code --api-versions} of the CRDs</a>
 */
enum Release {
    V0_45_0("0.45.0", List.of("v1beta2"), List.of("3.8.0", "3.8.1", "3.9.0"), Kraft.CHOSEN),
    V0_47_0("0.47.0", List.of("v1beta2"), List.of("3.9.0", "3.9.1", "4.0.0"), Kraft.REQUIRED),
    V0_51_0("0.51.0", List.of("v1beta2", "v1"), List.of("4.1.0", "4.1.1", "4.2.0"), Kraft.ALWAYS),
    V1_2_0("1.2.0", List.of("v1"), List.of("4.2.0", "4.2.1", "4.3.0", "4.3.1"), Kraft.ALWAYS);

    /** How a Kafka comes to run without ZooKeeper, and on node pools. */
    enum Kraft {
        /** It asks for it with the annotations {@code strimzi.io/kraft} and {@code strimzi.io/node-pools}; ZooKeeper otherwise. */
        CHOSEN,
        /** It must ask for it. */
        REQUIRED,
        /** The annotations no longer matter. */
        ALWAYS
    }

    /** Topics and users kept their first API versions until 1.0. */
    private static final List<String> OLD_KINDS = List.of("KafkaTopic", "KafkaUser");
    private static final List<String> OLD_API_VERSIONS = List.of("v1alpha1", "v1beta1");

    private final String version;
    private final List<String> apiVersions;
    private final List<String> kafkaVersions;
    private final Kraft kraft;

    Release(String version, List<String> apiVersions, List<String> kafkaVersions, Kraft kraft) {
        this.version = version;
        this.apiVersions = apiVersions;
        this.kafkaVersions = kafkaVersions;
        this.kraft = kraft;
    }

    /** @throws IllegalArgumentException if no release has this version; the message lists those there are */
    static Release of(String version) {
        return Arrays.stream(values())
                .filter(release -> release.version.equals(version))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no Strimzi " + version + ": use one of " + Arrays.toString(values())));
    }

    /** Whether its CRD of this kind serves this version of the group {@code kafka.strimzi.io}. */
    boolean serves(String kind, String apiVersion) {
        return apiVersions.contains(apiVersion)
                || apiVersions.contains("v1beta2") && OLD_KINDS.contains(kind) && OLD_API_VERSIONS.contains(apiVersion);
    }

    /** The Kafka versions its operator can run. */
    List<String> kafkaVersions() {
        return kafkaVersions;
    }

    Kraft kraft() {
        return kraft;
    }

    @Override
    public String toString() {
        return version;
    }
}
