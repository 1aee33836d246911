package io.gio4j.text;

import java.util.Arrays;

/**
 * The fields of one line of CSV, cut as Spark's reader cuts them (a test compares with Spark): a
 * field that begins with a quote ends with the next one that no backslash escapes, and delimiters
 * inside it are text; quotes anywhere else are text; escaped quotes and backslashes lose their
 * backslash.
 *
 * <p>A field is a range of the line's own bytes: unquoting moves the rest of a field in place, so
 * the line must not be cut twice. An empty range is a null.
 */
final class CsvFields {
  private final char delimiter;
  private int[] bounds = new int[32];
  private int count;

  CsvFields(char delimiter) {
    this.delimiter = delimiter;
  }

  /** Cuts the line that lies between two positions. */
  void cut(byte[] text, int from, int to) {
    count = 0;
    int at = from;
    while (true) {
      at = at < to && text[at] == '"' ? cutQuoted(text, at, to) : cutPlain(text, at, to);
      if (at == to) {
        return;
      }
      at++; // a delimiter; after the last one there is one more field
    }
  }

  /** How many fields the line has, at least 1. */
  int count() {
    return count;
  }

  /** {@return where a field begins} Fields after the last one are nulls. */
  int start(int field) {
    return field < count ? bounds[2 * field] : 0;
  }

  /** Where a field ends. */
  int end(int field) {
    return field < count ? bounds[2 * field + 1] : 0;
  }

  boolean isNull(int field) {
    return start(field) == end(field);
  }

  private void add(int start, int end) {
    if (2 * count == bounds.length) {
      bounds = Arrays.copyOf(bounds, 2 * bounds.length);
    }
    bounds[2 * count] = start;
    bounds[2 * count + 1] = end;
    count++;
  }

  private int cutPlain(byte[] text, int from, int to) {
    int end = Bytes.indexOf(delimiter, text, from, to);
    add(from, end);
    return end;
  }

  private int cutQuoted(byte[] text, int from, int to) {
    int close = closingQuote(text, from + 1, to);
    int end = unescape(text, from + 1, close);
    if (close == to) { // never closed: the rest of the line, even a lone quote
      add(close == from + 1 ? from : from + 1, end);
      return to;
    }
    int behind = close;
    while (behind < to && text[behind] == '"') {
      behind++;
    }
    int after = behind;
    while (after < to && Bytes.isBlank(text[after]) && text[after] != delimiter) {
      after++;
    }
    if (after == to || text[after] == delimiter) { // of several closing quotes all but one are text
      System.arraycopy(text, close + 1, text, end, behind - close - 1);
      add(from + 1, end + behind - close - 1);
      return after;
    }
    // With more text after the closing quote, the quotes are text as well.
    after = Bytes.indexOf(delimiter, text, close, to);
    System.arraycopy(text, close, text, end, after - close);
    add(from, end + after - close);
    return after;
  }

  private static int closingQuote(byte[] text, int from, int to) {
    int at = Bytes.indexOfEither('"', '\\', text, from, to);
    while (at < to && text[at] == '\\') {
      at = Bytes.indexOfEither('"', '\\', text, at + 2, to);
    }
    return Math.min(at, to);
  }

  /** Removes the backslashes of escapes, and one at the end; returns the new end. */
  private static int unescape(byte[] text, int from, int to) {
    int end = Bytes.indexOf('\\', text, from, to);
    for (int at = end; at < to; at++) {
      if (text[at] == '\\') {
        at++;
        if (at == to) {
          break;
        }
        if (text[at] != '"' && text[at] != '\\') {
          text[end] = '\\';
          end++;
        }
      }
      text[end] = text[at];
      end++;
    }
    return end;
  }
}
