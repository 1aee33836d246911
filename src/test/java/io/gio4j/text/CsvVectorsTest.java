package io.gio4j.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.ByteText;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CsvVectorsTest {
  private static final CsvLayout SECOND = new CsvLayout("~", 1, null, null);
  private static final CsvLayout UNKNOWN = new CsvLayout(null, null, null, null);

  private static ByteText text(String text) {
    return new ByteText("rows.csv", MemorySegment.ofArray(text.getBytes(UTF_8)));
  }

  private static CsvVectors.Rows read(CsvLayout layout, String text) {
    return new CsvVectors(layout, true).read(text(text), Progress.NONE);
  }

  /** Lines whose second column holds vectors. */
  private static CsvVectors.Rows read(String... lines) {
    return read(SECOND, String.join("\n", lines));
  }

  private static float[][] vectors(CsvVectors.Rows rows) {
    int length = rows.layout().length();
    return rows.vectors().stream()
        .flatMap(block ->
            IntStream.range(0, block.length / length)
                .mapToObj(row -> Arrays.copyOfRange(block, row * length, (row + 1) * length)))
        .toArray(float[][]::new);
  }

  private static List<String> texts(CsvVectors.Rows rows, int field) {
    List<String> texts = new ArrayList<>();
    rows.texts(
        field,
        (bytes, from, to) ->
            texts.add(from == to ? "null" : new String(bytes, from, to - from, UTF_8)));
    assertEquals(rows.count(), texts.size());
    assertEquals(
        rows.textBytes(field),
        texts.stream()
            .filter(text -> !text.equals("null"))
            .mapToInt(t -> t.getBytes(UTF_8).length)
            .sum());
    return texts;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[1,-2.5,0.003]",
        "[1, -2.5, 0.003]",
        " \t[ 1 ,-25e-1,\t3.0E-3 ] ",
        "[1.0, -2.50, 3e-03]",
        "[1., -2.5, .003]",
        "[1E0, -0.25e+1, 0.000000000000000000003e18]",
        "\"[1,-2.5,0.003]\""
      })
  void oneVectorInManySpellings(String vector) {
    CsvVectors.Rows rows = read("x~" + vector, "y~" + vector);
    assertEquals(new CsvLayout("~", 1, 2, 3), rows.layout());
    assertEquals(2, rows.count());
    assertEquals(2, rows.lines());
    assertEquals(0, rows.skipped());
    assertNull(rows.firstBad());
    assertArrayEquals(new float[] {1, -2.5f, 0.003f}, vectors(rows)[0]);
    assertArrayEquals(vectors(rows)[0], vectors(rows)[1]);
    assertEquals(List.of("x", "y"), texts(rows, 0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''            | is missing (null)",
        "'   '         | is empty",
        "[]              | is an empty array",
        "[ ]             | is an empty array",
        "1, 2            | begins with '1, 2'; a JSON array of numbers is needed",
        "{\"a\": 1}  | begins with '{\"a\": 1}'; a JSON array of numbers is needed",
        "[1, 2           | has no ] at its end",
        "[1,             | number 2 is '', which is no JSON number",
        "[1, 2,]         | number 3 is '', which is no JSON number",
        "[1,,2]          | number 2 is '', which is no JSON number",
        "[1 2]           | number 1 is followed by '2]', neither a comma nor ]",
        "[1, 2] x        | has 'x' after its ]",
        "[1, 2]]         | has ']' after its ]",
        "[[1, 2]]        | number 1 is '[1', which is no JSON number",
        "[1, NaN]        | number 2 is 'NaN', which is no JSON number",
        "[1, -Infinity]  | number 2 is '-Infinity', which is no JSON number",
        "[1, null]       | number 2 is 'null', which is no JSON number",
        "[1, \"2\"]  | number 2 is '\"2\"', which is no JSON number",
        "[1, 0x10]       | number 2 is '0x10', which is no JSON number",
        "[1, 2f]         | number 2 is '2f', which is no JSON number",
        "[1, +2]         | number 2 is '+2', which is no JSON number",
        "[1, 1e]         | number 2 is '1e', which is no JSON number",
        "[1, 007]        | number 2 is '007', which is no JSON number",
        "[1, 1e39]       | number 2 is 1e39, too large for float32",
        "[1, -1e400]     | number 2 is -1e400, too large for float32",
        "[1, é]          | number 2 is 'é', which is no JSON number",
        "[1, 2, 3]       | has 3 numbers, the rows before it have 2",
        "[1]             | has 1 numbers, the rows before it have 2",
        "abcdefghijklmnopqrstuvwxyz"
            + "     | begins with 'abcdefghijklmnopqrst...'; a JSON array of numbers is needed",
      })
  void aBadRowSaysWhereAndWhy(String vector, String reason) {
    CsvVectors.Rows rows = read("", "a~[1, 2]", "b~" + vector, "c~[3, 4]", "d~worse");
    assertEquals(new CsvVectors.Bad(2, reason), rows.firstBad());
    assertEquals(2, rows.skipped());
    assertEquals(5, rows.lines());
    assertEquals(List.of("a", "c"), texts(rows, 0));
    assertArrayEquals(new float[][] {{1, 2}, {3, 4}}, vectors(rows));
  }

  @Test
  void controlCharactersStayOutOfMessages() {
    assertEquals(
        "begins with '?x?y'; a JSON array of numbers is needed",
        read("a~\0x\ty").firstBad().reason());
  }

  @Test
  void aLineWithoutTheColumnIsABadRow() {
    CsvVectors.Rows rows = read("a~[1]~c", "b", "c~~d", "d~[2]~e~more");
    assertEquals(new CsvVectors.Bad(1, "is missing (null)"), rows.firstBad());
    assertEquals(2, rows.skipped());
    assertEquals(List.of("c", "e"), texts(rows, 2));
  }

  /** The first good row sets the length, not the first row; unless it is known. */
  @Test
  void theFirstGoodRowSetsTheLength() {
    String[] lines = {"a~[1, 2, oops]", "b~[1, 2]", "c~[1, 2, 3]", "d~[4, 5]"};
    assertEquals(List.of("b", "d"), texts(read(lines), 0));
    CsvVectors.Rows known = read(new CsvLayout("~", 1, 2, 3), String.join("\n", lines));
    assertEquals(List.of("c"), texts(known, 0));
    assertEquals("number 3 is 'oops', which is no JSON number", known.firstBad().reason());
  }

  @Test
  void theFirstLineSetsTheFields() {
    CsvVectors.Rows rows = read("", "a~no vector", "b~[1]~c");
    assertEquals(new CsvLayout("~", 1, 2, 1), rows.layout());
    rows = read(new CsvLayout("~", 1, 4, null), "b~[1]~c");
    assertEquals(List.of("null"), texts(rows, 3));
  }

  @Test
  void textWithoutRowsTellsWhatItCan() {
    assertEquals(new CsvVectors.Rows(UNKNOWN, List.of(), 0, 0, null), read(UNKNOWN, ""));
    CsvVectors.Rows blank = read(UNKNOWN, "\n \n");
    assertEquals(UNKNOWN, blank.layout());
    assertEquals(2, blank.lines());
    assertEquals(0, blank.count());
    CsvVectors.Rows bad = read("a~b", "c~d");
    assertEquals(new CsvLayout("~", 1, 2, null), bad.layout());
    assertEquals(2, bad.skipped());
    assertEquals(0, bad.count());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "[1]                      ; ','  ; 0 ; 1",
        "a,b,[1]                  ; ','  ; 2 ; 3",
        "a,b>[1, 2]               ; '>'  ; 1 ; 2",
        "a,\" [1, 2]\",[3, 4]     ; ','  ; 1 ; 4",
        "a\"[1]\",\"\\\"[1]\",b,[2] ; ','  ; 3 ; 4",
      })
  void theLayoutIsFoundOut(String line, String delimiter, int column, int fields) {
    CsvLayout found = read(UNKNOWN, line.replace('>', '\t')).layout();
    assertEquals(delimiter.replace('>', '\t'), found.delimiter());
    assertEquals(column, found.column());
    assertEquals(fields, found.fields());
  }

  private static String refusal(CsvLayout layout, String text) {
    return assertThrows(IllegalArgumentException.class, () -> read(layout, text)).getMessage();
  }

  @Test
  void layoutsThatCannotBeAreRefused() {
    assertEquals(
        "rows.csv: its first line holds no JSON vector such as [0.1, 0.2]; write them so, without a"
            + " header, or pass an array",
        refusal(UNKNOWN, "id,vector\n1,[1]"));
    assertEquals(
        "rows.csv: has 1 columns where delim='\\t' cuts its first line, no _c2; perhaps another"
            + " delim is meant",
        refusal(new CsvLayout("\t", 2, null, null), "a,b,[1]"));
    for (String delimiter : new String[] {"", "ab", "\"", "\\", "\n", "\r", "ä"}) {
      String message =
          assertThrows(
                  IllegalArgumentException.class, () -> new CsvLayout(delimiter, 0, null, null))
              .getMessage();
      assertTrue(message.startsWith("delimiter: is '" + delimiter + "'; needs one"), message);
    }
    assertThrows(IllegalArgumentException.class, () -> new CsvLayout(",", -1, null, null));
    assertThrows(IllegalArgumentException.class, () -> new CsvLayout(",", 0, 0, null));
    assertThrows(IllegalArgumentException.class, () -> new CsvLayout(",", 0, 1, 0));
    assertThrows(IllegalArgumentException.class, () -> new CsvLayout(",", 2, 2, null));
  }

  /** As {@code numpy.float32(float(text))}: to double first, then to float. */
  @Test
  void numbersRoundAsInTheJdk() {
    SplittableRandom random = new SplittableRandom(7);
    String[] texts = new String[2000];
    float[][] expected = new float[texts.length][8];
    for (int row = 0; row < texts.length; row++) {
      String[] numbers = new String[8];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = number(random);
        expected[row][i] = (float) Double.parseDouble(numbers[i]);
      }
      texts[row] = "x~[" + String.join(", ", numbers) + "]";
    }
    float[][] found = vectors(read(texts));
    for (int row = 0; row < texts.length; row++) {
      assertArrayEquals(expected[row], found[row], texts[row]);
    }
  }

  /** Of all sizes and lengths, half-way cases of float among them. */
  private static String number(SplittableRandom random) {
    float any = Float.intBitsToFloat(random.nextInt());
    float finite = Float.isFinite(any) ? any : 0.5f;
    return switch (random.nextInt(6)) {
      case 0 -> Float.toString(finite);
      case 1 -> Double.toString(finite);
      case 2 -> new java.math.BigDecimal(finite).toString();
      case 3 -> Double.toString(((double) finite + Math.nextUp(Math.abs(finite) / 2)) / 2);
      case 4 -> "%.6f".formatted(random.nextGaussian());
      default -> random.nextInt() + "" + random.nextLong(1L << 60) + "e-" + random.nextInt(60);
    };
  }

  /** Many blocks, bad rows and line ends of all kinds among them. */
  private static String awkward(int rows) {
    SplittableRandom random = new SplittableRandom(3);
    StringBuilder text = new StringBuilder();
    for (int row = 0; row < rows; row++) {
      String vector =
          row > 5 && random.nextInt(50) == 0
              ? "[1, 2"
              : random.doubles(16).boxed().toList().toString();
      text.append("é").append(row).append('~');
      text.append(row % 3 == 0 ? '"' + vector + '"' : vector);
      text.append(row % 100 == 0 ? "~" + "x".repeat(20_000) : "");
      text.append(random.nextInt(4) == 0 ? "\r\n" : random.nextInt(4) == 0 ? "\r" : "\n");
      text.append(random.nextInt(10) == 0 ? " \n" : "");
    }
    return text.toString();
  }

  @Tag("slow")
  @Test
  void anyNumberOfThreadsGivesTheSame() {
    String text = awkward(9000);
    CsvVectors format = new CsvVectors(SECOND, true);
    CsvVectors.Rows one = format.read(text(text), Execution.of(1, SimdProvider.scalar()));
    CsvVectors.Rows three = format.read(text(text), Execution.of(3, SimdProvider.scalar()));
    assertTrue(one.vectors().size() > 5, "too few blocks");
    assertTrue(one.skipped() > 100, () -> one.skipped() + " bad rows");
    assertEquals(9000, one.count() + one.skipped());
    assertEquals(
        text.replace("\r\n", "\n").replace('\r', '\n').chars().filter(c -> c == '\n').count(),
        one.lines());
    assertEquals(one.firstBad(), three.firstBad());
    assertEquals(one.lines(), three.lines());
    assertEquals(texts(one, 0), texts(three, 0));
    assertArrayEquals(vectors(one), vectors(three));
  }

  /** Whole blocks, and each line on its own, in order. */
  @Test
  void blocksChangeNothing() {
    String text = awkward(2000);
    CsvVectors.Rows all = read(SECOND, text);
    CsvLayout layout = all.layout();
    List<String> names = new ArrayList<>();
    List<float[]> vectors = new ArrayList<>();
    for (String line : text.lines().toList()) {
      CsvVectors.Rows row = read(layout, line);
      names.addAll(texts(row, 0));
      vectors.addAll(List.of(vectors(row)));
    }
    assertEquals(names, texts(all, 0));
    assertArrayEquals(vectors.toArray(float[][]::new), vectors(all));
  }

  @Test
  void textsAreLeftOutWhereTheyAreNotAskedFor() {
    CsvVectors.Rows rows = new CsvVectors(SECOND, false).read(text("a~[1]"), Progress.NONE);
    assertArrayEquals(new float[][] {{1}}, vectors(rows));
    assertEquals(0, rows.textBytes(0));
  }

  @Test
  void aRowMayBeLargerThanABlock() {
    String row =
        IntStream.range(0, 100_000).mapToObj(Integer::toString).collect(Collectors.joining(","));
    CsvVectors.Rows rows = read("a~[" + row + "]", "b~[" + row + "]");
    assertEquals(100_000, rows.layout().length());
    assertEquals(99_999, vectors(rows)[1][99_999]);
  }

  /** Many short lines, none of which has room for a vector, take no room for vectors. */
  @Test
  void shortBadRowsAreNoBurden() {
    String noise = "\na".repeat(200_000);
    CsvVectors.Rows rows = read(SECOND, "a~[" + "1,".repeat(9999) + "1]" + noise);
    assertEquals(1, rows.count());
    assertEquals(200_000, rows.skipped());
  }

  @Test
  void itLooksWhetherToStop() {
    Progress cancelled =
        new Progress() {
          private int checks;

          @Override
          public synchronized void check() {
            checks++;
            if (checks > 100) {
              throw new CancellationException();
            }
          }
        };
    ByteText text = text("a~[1, 2]\n".repeat(5000));
    assertThrows(
        CancellationException.class, () -> new CsvVectors(SECOND, true).read(text, cancelled));
  }
}
