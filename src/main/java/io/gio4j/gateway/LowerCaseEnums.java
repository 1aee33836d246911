package io.gio4j.gateway;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;

/** Constants of enumerations as requests spell them: in lower case, and no other way. */
final class LowerCaseEnums extends SimpleModule {
  private static final long serialVersionUID = 1L;

  LowerCaseEnums() {
    setDeserializerModifier(
        new BeanDeserializerModifier() {
          private static final long serialVersionUID = 1L;

          @Override
          public JsonDeserializer<?> modifyEnumDeserializer(
              DeserializationConfig config,
              JavaType type,
              BeanDescription description,
              JsonDeserializer<?> byName) {
            return new Reader(type.getRawClass());
          }
        });
  }

  private static final class Reader extends StdScalarDeserializer<Object> {
    private static final long serialVersionUID = 1L;

    private Reader(Class<?> type) {
      super(type);
    }

    @Override
    public Object deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      Object[] constants = handledType().getEnumConstants();
      String field = parser.currentName();
      String text = parser.getText();
      for (Object constant : constants) {
        if (lower(constant).equals(text)) {
          return constant;
        }
      }
      throw new GatewayException(
          ErrorCode.INVALID_ARGUMENT,
          "%s: is '%s'; must be one of %s"
              .formatted(field, text, Arrays.stream(constants).map(Reader::lower).toList()));
    }

    private static String lower(Object constant) {
      return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT);
    }
  }
}
