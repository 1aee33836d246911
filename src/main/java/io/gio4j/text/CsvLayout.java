package io.gio4j.text;

import java.util.Arrays;

/**
 * How a CSV file is laid out. What is null is detected from its first lines and holds for all
 * lines.
 *
 * @param delimiter one ASCII character between fields; detected: a tab if the first line has one,
 *     else a comma
 * @param column which field holds the vectors, from 0; detected: the first that begins with a
 *     bracket
 * @param fields how many the first line has; longer lines lose the rest, shorter ones get nulls
 * @param length numbers of a vector, as in the first good row
 */
public record CsvLayout(String delimiter, Integer column, Integer fields, Integer length) {
  /**
   * Checks what is given.
   *
   * @throws IllegalArgumentException if the delimiter is not usable or a number is out of bounds
   */
  public CsvLayout {
    if (delimiter != null && !isDelimiter(delimiter)) {
      throw new IllegalArgumentException(
          "delimiter: is '%s'; needs one ASCII character, no quote, backslash or line end"
              .formatted(delimiter));
    }
    requireAtLeast("column", column, 0);
    requireAtLeast("fields", fields, 1);
    requireAtLeast("length", length, 1);
    if (column != null && fields != null && column >= fields) {
      throw new IllegalArgumentException(
          "column: is %d; must be below fields, %d".formatted(column, fields));
    }
  }

  private static boolean isDelimiter(String text) {
    return text.length() == 1 && text.charAt(0) < 128 && "\"\\\r\n".indexOf(text.charAt(0)) < 0;
  }

  private static void requireAtLeast(String name, Integer value, int least) {
    if (value != null && value < least) {
      throw new IllegalArgumentException(
          "%s: is %d; must be at least %d, or null if unknown".formatted(name, value, least));
    }
  }

  CsvLayout withLength(int found) {
    return new CsvLayout(delimiter, column, fields, found);
  }

  /**
   * The layout of a file whose first line lies between two positions.
   *
   * @throws IllegalArgumentException if no field of it can hold the vectors
   */
  CsvLayout withFirstLine(String name, byte[] text, int from, int to) {
    boolean hasTabs = Bytes.indexOf('\t', text, from, to) < to;
    String cutAt = delimiter != null ? delimiter : hasTabs ? "\t" : ",";
    byte[] line = Arrays.copyOfRange(text, from, to);
    CsvFields cut = new CsvFields(cutAt.charAt(0));
    cut.cut(line, 0, line.length);
    int vectors = column != null ? column : firstBracket(line, cut);
    if (column == null && vectors == cut.count()) {
      throw new IllegalArgumentException(
          ("%s: its first line holds no JSON vector such as [0.1, 0.2]; write them so, without a "
                  + "header, or pass an array")
              .formatted(name));
    }
    if (vectors >= cut.count()) {
      throw new IllegalArgumentException(
          ("%s: has %d columns where delim='%s' cuts its first line, no _c%d; perhaps another "
                  + "delim is meant")
              .formatted(name, cut.count(), cutAt.replace("\t", "\\t"), vectors));
    }
    return new CsvLayout(cutAt, vectors, cut.count(), length);
  }

  private static int firstBracket(byte[] line, CsvFields cut) {
    int field = 0;
    while (field < cut.count()) {
      int at = cut.start(field);
      while (at < cut.end(field) && Bytes.isBlank(line[at])) {
        at++;
      }
      if (at < cut.end(field) && line[at] == '[') {
        break;
      }
      field++;
    }
    return field;
  }
}
