package io.gio4j.gateway;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.gio4j.text.CsvLayout;
import java.util.List;
import java.util.stream.Collectors;

/** Requests and replies as JSON. Unknown and missing fields are errors. */
final class Json {
  /** What a request cannot do without; where null means something, the field says so. */
  private static final List<Class<?>> NEVER_NULL =
      List.of(
          MatrixSource.class,
          TextSource.class,
          CsvLayout.class,
          MethodOptions.class,
          KMeansRequest.Options.class,
          GradientSearchRequest.Options.class,
          long[].class);

  private static final ObjectMapper MAPPER = mapper();

  private static ObjectMapper mapper() {
    JsonMapper.Builder builder =
        JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS);
    for (Class<?> type : NEVER_NULL) {
      builder.withConfigOverride(
          type, override -> override.setSetterInfo(JsonSetter.Value.forValueNulls(Nulls.FAIL)));
    }
    return builder.build();
  }

  private Json() {}

  static <T> T read(String json, Class<T> type) {
    try {
      T value = MAPPER.readValue(json, type);
      if (value == null) {
        throw new GatewayException(ErrorCode.INVALID_REQUEST, "it is null");
      }
      return value;
    } catch (JsonProcessingException malformed) {
      throw new GatewayException(ErrorCode.INVALID_REQUEST, message(malformed), malformed);
    }
  }

  /** With the field's path before Jackson's words, which often leave it out. */
  private static String message(JsonProcessingException malformed) {
    List<JsonMappingException.Reference> path =
        malformed instanceof JsonMappingException mapping ? mapping.getPath() : List.of();
    String field =
        path.stream()
            .map(part -> part.getFieldName() == null ? "" + part.getIndex() : part.getFieldName())
            .collect(Collectors.joining("."));
    return (field.isEmpty() ? "" : field + ": ") + malformed.getOriginalMessage();
  }

  static String write(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
