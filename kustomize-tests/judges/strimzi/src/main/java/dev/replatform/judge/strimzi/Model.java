package dev.replatform.judge.strimzi;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.BeanProperty;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.ContextualDeserializer;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.strimzi.api.kafka.model.bridge.KafkaBridge;
import io.strimzi.api.kafka.model.connect.KafkaConnect;
import io.strimzi.api.kafka.model.connector.KafkaConnector;
import io.strimzi.api.kafka.model.kafka.Kafka;
import io.strimzi.api.kafka.model.mirrormaker2.KafkaMirrorMaker2;
import io.strimzi.api.kafka.model.nodepool.KafkaNodePool;
import io.strimzi.api.kafka.model.rebalance.KafkaRebalance;
import io.strimzi.api.kafka.model.topic.KafkaTopic;
import io.strimzi.api.kafka.model.user.KafkaUser;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Strimzi's CRD model, read strictly. Strimzi itself keeps what it does not know, reads unknown enum values as null and numbers as text, since
 * the API server has pruned or refused such input before; here each of these is an error.
 */
final class Model {
    /** The kinds of the group {@code kafka.strimzi.io} that people write by hand. */
    static final Map<String, Class<?>> KINDS = Map.of(
            "Kafka", Kafka.class,
            "KafkaNodePool", KafkaNodePool.class,
            "KafkaTopic", KafkaTopic.class,
            "KafkaUser", KafkaUser.class,
            "KafkaConnect", KafkaConnect.class,
            "KafkaConnector", KafkaConnector.class,
            "KafkaMirrorMaker2", KafkaMirrorMaker2.class,
            "KafkaBridge", KafkaBridge.class,
            "KafkaRebalance", KafkaRebalance.class);

    private Model() { }

    /** What keeps this object from being the given kind; empty if nothing does. Stops at the first value of a wrong type. */
    static List<String> errors(String kind, JsonNode object) {
        List<String> errors = new ArrayList<>();

        try {
            strictMapper(errors).treeToValue(object, KINDS.get(kind));
        } catch (JsonMappingException e) {
            errors.add(path(e.getPath()) + ": " + e.getOriginalMessage().lines().findFirst().orElse("cannot be read"));
        } catch (JacksonException e) {
            errors.add(e.getOriginalMessage());
        }

        return errors;
    }

    private static ObjectMapper strictMapper(List<String> errors) {
        ObjectMapper mapper = JsonMapper.builder()
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .withCoercionConfig(LogicalType.Textual, config -> config
                        .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                        .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                        .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
                .annotationIntrospector(new WithoutAnySetters())
                .addModule(new SimpleModule().setDeserializerModifier(new StrictEnums(errors)))
                .build();
        return mapper.addHandler(new UnknownProperties(errors));
    }

    private static String path(List<JsonMappingException.Reference> references) {
        StringBuilder path = new StringBuilder();
        for (JsonMappingException.Reference reference : references) {
            path.append(reference.getFieldName() == null ? "[" + reference.getIndex() + "]" : "." + reference.getFieldName());
        }
        return path.isEmpty() ? "." : path.substring(1);
    }

    private static String path(JsonParser parser) {
        return parser.getParsingContext().pathAsPointer().toString().substring(1).replaceAll("/(\\d+)(?=/|$)", "[$1]").replace('/', '.');
    }

    /** Lets an unknown field be one, instead of an entry in the model's bag for such fields. */
    private static final class WithoutAnySetters extends JacksonAnnotationIntrospector {
        private static final long serialVersionUID = 1L;

        @Override
        public Boolean hasAnySetter(Annotated annotated) {
            return annotated instanceof AnnotatedMember ? Boolean.FALSE : super.hasAnySetter(annotated);
        }
    }

    /** Notes every unknown field and reads on, so that all of them are found at once. */
    private static final class UnknownProperties extends DeserializationProblemHandler {
        private final List<String> errors;

        UnknownProperties(List<String> errors) {
            this.errors = errors;
        }

        @Override
        public boolean handleUnknownProperty(DeserializationContext context, JsonParser parser, JsonDeserializer<?> deserializer, Object bean, String name) throws IOException {
            errors.add(path(parser) + ": unknown field");
            parser.skipChildren();
            return true;
        }
    }

    /** Notes enum values for which the model's factory answers null. */
    private static final class StrictEnums extends BeanDeserializerModifier {
        private static final long serialVersionUID = 1L;
        private final transient List<String> errors;

        StrictEnums(List<String> errors) {
            this.errors = errors;
        }

        @Override
        public JsonDeserializer<?> modifyEnumDeserializer(DeserializationConfig config, JavaType type, BeanDescription description, JsonDeserializer<?> deserializer) {
            return new StrictEnum(deserializer, errors);
        }
    }

    private static final class StrictEnum extends JsonDeserializer<Object> implements ContextualDeserializer {
        private final JsonDeserializer<?> delegate;
        private final List<String> errors;

        StrictEnum(JsonDeserializer<?> delegate, List<String> errors) {
            this.delegate = delegate;
            this.errors = errors;
        }

        @Override
        public JsonDeserializer<?> createContextual(DeserializationContext context, BeanProperty property) throws JsonMappingException {
            return new StrictEnum(context.handleSecondaryContextualization(delegate, property, null), errors);
        }

        @Override
        public Object deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            String path = path(parser);
            String text = parser.currentToken() == JsonToken.VALUE_STRING ? parser.getText() : null;
            Object value = delegate.deserialize(parser, context);

            if (value == null && text != null) {
                errors.add(path + ": unknown value " + text);
            }

            return value;
        }
    }
}
