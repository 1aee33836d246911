package io.gio4j.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** That Spark cuts lines the same is a test beside Spark itself, in Python. */
class CsvFieldsTest {
  private static List<String> cut(String line, char delimiter) {
    byte[] text = ("<<" + line + ">>").getBytes(UTF_8);
    CsvFields fields = new CsvFields(delimiter);
    fields.cut(text, 2, text.length - 2);
    assertTrue(fields.isNull(fields.count()));
    return IntStream.range(0, fields.count())
        .mapToObj(field ->
            fields.isNull(field)
                ? "null"
                : new String(
                    text, fields.start(field), fields.end(field) - fields.start(field), UTF_8))
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a,b,c               | a;b;c",
        ",,b,                | null;null;b;null",
        "\"a,b\",c           | a,b;c",
        "1,x,\"[0.1, 2]\"    | 1;x;[0.1, 2]",
        "\"a\\\"b\",c        | a\"b;c",
        "\"\\\"\\\"\\\"\",c  | \"\"\";c",
        "\"a\\\\\",c         | a\\;c",
        "\"a\\n\",c\\n       | a\\n;c\\n",
        "a\"b,\"c\"          | a\"b;c",
        "\"\",a              | null;a",
        "\"a\"\",b           | a\";b",
        "\"a\\\\\"\"\",b     | a\\\"\";b",
        "\"a\" ,b            | a;b",
        "\"a\"b,c            | \"a\"b;c",
        "\"a\\\"b\"c\\\"d,e  | \"a\"b\"c\\\"d;e",
        "a,\"b,c             | a;b,c",
        "a,\"b\\\"c          | a;b\"c",
        "a,\"b\\             | a;b",
        "a,\"\\              | a;null",
        "a,\"                | a;\"",
        "é,\"ü\\\"\"         | é;ü\"",
      })
  void fieldsAreCutAndUnquoted(String line, String expected) {
    assertEquals(List.of(expected.split(";", -1)), cut(line, ','));
  }

  @Test
  void aBlankMayBeTheDelimiter() {
    assertEquals(List.of("a", "null", "b", "c"), cut("\"a\"  b \"c\"", ' '));
    assertEquals(List.of("a", "null", "b"), cut("\"a\"\t\tb", '\t'));
  }

  @Test
  void thereMayBeManyFields() {
    assertEquals(1000, cut(",".repeat(999), ',').size());
  }
}
