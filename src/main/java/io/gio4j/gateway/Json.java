package io.gio4j.gateway;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Requests and replies as JSON. Requests are records: each component is a field, in snake case, and
 * required; constants of enumerations are in lower case. Unknown and missing fields are errors.
 */
final class Json {
  /** Types of fields that may be null if the record permits it; no other field may. */
  private static final List<Class<?>> NULLABLE =
      List.of(Integer.class, Long.class, Double.class, String.class, List.class);

  private static final PropertyNamingStrategies.SnakeCaseStrategy SNAKE_CASE =
      new PropertyNamingStrategies.SnakeCaseStrategy();

  private static final String MISSING = "Missing creator property ";

  private static final ObjectMapper MAPPER = mapper();

  private static ObjectMapper mapper() {
    JsonMapper.Builder builder =
        JsonMapper.builder()
            .propertyNamingStrategy(SNAKE_CASE)
            .addModule(new MethodsModule())
            .addModule(new LowerCaseEnums())
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .defaultSetterInfo(JsonSetter.Value.forValueNulls(Nulls.FAIL));
    for (Class<?> type : NULLABLE) {
      builder.withConfigOverride(
          type, override -> override.setSetterInfo(JsonSetter.Value.forValueNulls(Nulls.SET)));
    }
    return builder.build();
  }

  private Json() {}

  /**
   * Reads a value.
   *
   * @throws GatewayException with {@link ErrorCode#INVALID_REQUEST} for malformed JSON, an unknown
   *     or a missing field; with {@link ErrorCode#INVALID_ARGUMENT} for a value that a constructor
   *     rejects
   */
  static <T> T read(String json, Class<T> type) {
    try {
      T value = MAPPER.readValue(json, type);
      if (value == null) {
        throw new GatewayException(ErrorCode.INVALID_REQUEST, "it is null");
      }
      return value;
    } catch (JsonProcessingException malformed) {
      throw failure(malformed);
    }
  }

  private static GatewayException failure(JsonProcessingException malformed) {
    Throwable cause = malformed.getCause();
    if (cause instanceof GatewayException known) {
      return known;
    }
    if (malformed instanceof ValueInstantiationException refused
        && cause instanceof IllegalArgumentException) {
      return new GatewayException(
          ErrorCode.INVALID_ARGUMENT,
          asOnTheWire(cause.getMessage(), refused.getType().getRawClass()),
          malformed);
    }
    return new GatewayException(ErrorCode.INVALID_REQUEST, message(malformed), malformed);
  }

  /** Replaces the component's name, which begins messages of constructors, by the field's name. */
  private static String asOnTheWire(String message, Class<?> type) {
    return components(type)
        .filter(component -> message.startsWith(component.getName() + ": "))
        .map(component -> fieldOf(component) + message.substring(component.getName().length()))
        .findFirst()
        .orElse(message);
  }

  /** {@return Jackson's message after the path of the field, which it often omits} */
  private static String message(JsonProcessingException malformed) {
    List<JsonMappingException.Reference> path =
        malformed instanceof JsonMappingException mapping ? mapping.getPath() : List.of();
    String field =
        path.stream()
            .map(part -> part.getFieldName() == null ? "" + part.getIndex() : part.getFieldName())
            .collect(Collectors.joining("."));
    return (field.isEmpty() ? "" : field + ": ") + problem(malformed);
  }

  private static String problem(JsonProcessingException malformed) {
    String words = malformed.getOriginalMessage();
    if (malformed instanceof UnrecognizedPropertyException unknown) {
      return "'%s' is unknown; known are %s"
          .formatted(unknown.getPropertyName(), listed(unknown.getKnownPropertyIds()));
    }
    if (malformed instanceof MismatchedInputException mismatch && words.startsWith(MISSING)) {
      JsonMappingException.Reference missing = mismatch.getPath().getLast();
      Class<?> type = missing.getFrom() instanceof Class<?> record ? record : null;
      return "'%s' is missing; needed are %s"
          .formatted(missing.getFieldName(), listed(components(type).map(Json::fieldOf).toList()));
    }
    return words;
  }

  private static String listed(Collection<?> names) {
    return names.stream()
        .filter(Objects::nonNull)
        .map(Object::toString)
        .sorted()
        .collect(Collectors.joining(", "));
  }

  private static Stream<RecordComponent> components(Class<?> type) {
    return type != null && type.isRecord()
        ? Arrays.stream(type.getRecordComponents())
        : Stream.of();
  }

  private static String fieldOf(RecordComponent component) {
    return SNAKE_CASE.translate(component.getName());
  }

  static String write(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
