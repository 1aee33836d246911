package io.gio4j.text;

import ch.randelshofer.fastdoubleparser.JsonDoubleParser;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads one JSON array of numbers from bytes: {@code [0.1, -2e-3]}, with JSON's white space. Unlike
 * in JSON, a number may begin or end with its point, as NumPy prints them.
 *
 * <p>Each number is rounded to double and then to float, as {@code numpy.array(json.loads(text),
 * numpy.float32)} does. Rounding once would be more exact by one unit in the last place for about
 * one number in 2^29, but agreement with the usual way is worth more.
 */
final class JsonVector {
  /** Most characters of a bad value in a message. */
  private static final int EXCERPT = 20;

  private float[] numbers = new float[64];
  private int size;

  /** Why a row is no vector. */
  static final class BadRowException extends Exception {
    private static final long serialVersionUID = 1L;

    BadRowException(String reason) {
      super(reason, null, false, false); // without a stack trace: there may be millions of these
    }
  }

  /** {@return the numbers read last: the first {@link #size} of the array} */
  float[] numbers() {
    return numbers;
  }

  int size() {
    return size;
  }

  /** Reads an array that takes all of the text between two positions. */
  void read(byte[] text, int from, int to) throws BadRowException {
    size = 0;
    int at = skipSpace(text, from, to);
    if (at == to) {
      throw new BadRowException("is empty");
    }
    if (text[at] != '[') {
      throw new BadRowException(
          "begins with '%s'; a JSON array of numbers is needed".formatted(excerpt(text, at, to)));
    }
    at = skipSpace(text, at + 1, to);
    if (at < to && text[at] == ']') {
      throw new BadRowException("is an empty array");
    }
    while (true) {
      int end = endOfValue(text, at, to);
      add(text, at, end);
      at = skipSpace(text, end, to);
      if (at == to) {
        throw new BadRowException("has no ] at its end");
      }
      byte next = text[at];
      at++;
      if (next == ']') {
        break;
      }
      if (next != ',') {
        throw new BadRowException(
            "number %d is followed by '%s', neither a comma nor ]"
                .formatted(size, excerpt(text, at - 1, to)));
      }
      at = skipSpace(text, at, to);
    }
    at = skipSpace(text, at, to);
    if (at < to) {
      throw new BadRowException("has '%s' after its ]".formatted(excerpt(text, at, to)));
    }
  }

  private void add(byte[] text, int from, int to) throws BadRowException {
    float number;
    try {
      number = (float) JsonDoubleParser.parseDouble(text, from, to - from);
    } catch (NumberFormatException notNumber) {
      throw new BadRowException(
          "number %d is '%s', which is no JSON number"
              .formatted(size + 1, excerpt(text, from, to)));
    }
    if (Float.isInfinite(number)) {
      throw new BadRowException(
          "number %d is %s, too large for float32".formatted(size + 1, excerpt(text, from, to)));
    }
    if (size == numbers.length) {
      numbers = Arrays.copyOf(numbers, 2 * size);
    }
    numbers[size] = number;
    size++;
  }

  private static int skipSpace(byte[] text, int from, int to) {
    int at = from;
    while (at < to
        && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) {
      at++;
    }
    return at;
  }

  private static int endOfValue(byte[] text, int from, int to) {
    int at = from;
    while (at < to && text[at] != ',' && text[at] != ']' && (text[at] & 0xff) > ' ') {
      at++;
    }
    return at;
  }

  /** Some of the text, fit for a message of one line. */
  private static String excerpt(byte[] text, int from, int to) {
    String all = new String(text, from, Math.min(to - from, 4 * EXCERPT), StandardCharsets.UTF_8);
    String some = all.length() > EXCERPT ? all.substring(0, EXCERPT) + "..." : all;
    return some.replaceAll("\\p{Cntrl}", "?");
  }
}
