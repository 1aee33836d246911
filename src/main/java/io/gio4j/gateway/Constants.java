package io.gio4j.gateway;

import java.util.Arrays;
import java.util.Locale;

/** Constants of enumerations as requests spell them: in lower case. */
final class Constants {
  private Constants() {}

  static <E extends Enum<E>> E of(String option, Class<E> type, String text) {
    for (E constant : type.getEnumConstants()) {
      if (lower(constant).equals(text)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(
        "%s: is '%s'; must be one of %s"
            .formatted(
                option,
                text,
                Arrays.stream(type.getEnumConstants()).map(Constants::lower).toList()));
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
