package io.gio4j.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.TextColumn;
import io.gio4j.internal.Execution;
import io.gio4j.internal.kernel.KernelProvider;
import io.gio4j.testing.Texts;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VectorTextTest {
  private static final VectorText RAISE = new VectorText(1, false);
  private static final VectorText SKIP = new VectorText(1, true);

  private static VectorText.Vectors parse(VectorText format, String... texts) {
    return format.parse(Texts.column(texts), Progress.NONE);
  }

  private static String refusal(VectorText format, String... texts) {
    return assertThrows(IllegalArgumentException.class, () -> parse(format, texts)).getMessage();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[1,-2.5,0.003]",
        "[1, -2.5, 0.003]",
        " \t[ 1 ,\n-25e-1\r\n,\t3.0E-3 ] ",
        "[1.0, -2.50, 3e-03]",
        "[1., -2.5, .003]",
        "[1E0, -0.25e+1, 0.000000000000000000003e18]"
      })
  void oneVectorInManySpellings(String text) {
    VectorText.Vectors vectors = parse(RAISE, text, text);
    assertEquals(2, vectors.rows());
    assertEquals(3, vectors.columns());
    assertEquals(0, vectors.skipped());
    assertNull(vectors.firstError());
    assertArrayEquals(new float[] {1, -2.5f, 0.003f}, vectors.row(0));
    assertArrayEquals(vectors.row(0), vectors.row(1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''            | is empty",
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
  void aBadRowSaysWhereAndWhy(String text, String reason) {
    String[] texts = {"[1, 2]", text, "[3, 4]", "worse"};
    assertEquals("text: line 3: " + reason, refusal(new VectorText(2, false), texts));
    VectorText.Vectors vectors = parse(new VectorText(2, true), texts);
    assertEquals("line 3: " + reason, vectors.firstError());
    assertEquals(2, vectors.skipped());
    assertArrayEquals(new int[] {0, 2}, vectors.kept());
    assertArrayEquals(new float[] {3, 4}, vectors.row(1));
  }

  @Test
  void controlCharactersStayOutOfMessages() {
    assertEquals(
        "text: line 1: begins with '?x?y'; a JSON array of numbers is needed",
        refusal(RAISE, "\0x\ny"));
  }

  @Test
  void aNullIsABadRow() {
    assertEquals("text: line 2: is missing (null)", refusal(RAISE, "[1]", null));
    VectorText.Vectors vectors = parse(SKIP, null, "[1]", null, "[2]");
    assertArrayEquals(new int[] {1, 3}, vectors.kept());
    assertEquals("line 1: is missing (null)", vectors.firstError());
  }

  /** The first good row sets the length, not the first row. */
  @Test
  void theFirstGoodRowSetsTheLength() {
    VectorText.Vectors vectors = parse(SKIP, "[1, 2, oops]", "[1, 2]", "[1, 2, 3]", "[4, 5]");
    assertEquals(2, vectors.columns());
    assertArrayEquals(new int[] {1, 3}, vectors.kept());
  }

  @Test
  void aColumnWithoutAnyVectorIsRefused() {
    assertEquals("text: none of its 2 rows is a vector; line 1: is empty", refusal(SKIP, "", "[]"));
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
      texts[row] = "[" + String.join(", ", numbers) + "]";
    }
    VectorText.Vectors vectors = RAISE.parse(Texts.chunked(texts, 77), Progress.NONE);
    for (int row = 0; row < texts.length; row++) {
      assertArrayEquals(expected[row], vectors.row(row), texts[row]);
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

  private static String[] someBad(int rows) {
    SplittableRandom random = new SplittableRandom(3);
    return IntStream.range(0, rows)
        .mapToObj(row ->
            row > 5 && random.nextInt(50) == 0
                ? random.nextBoolean() ? "[1, 2" : null
                : random.doubles(16).boxed().toList().toString())
        .toArray(String[]::new);
  }

  @Test
  void anyNumberOfThreadsGivesTheSame() {
    TextColumn column = Texts.chunked(someBad(9000), 1234);
    VectorText.Vectors one = SKIP.parse(column, Execution.of(1, KernelProvider.scalar()));
    VectorText.Vectors three = SKIP.parse(column, Execution.of(3, KernelProvider.scalar()));
    assertTrue(one.skipped() > 100, () -> one.skipped() + " bad rows");
    assertEquals(9000, one.rows() + one.skipped());
    assertEquals(one.firstError(), three.firstError());
    assertArrayEquals(one.kept(), three.kept());
    assertArrayEquals(one.values(), three.values());
    for (int repetition = 0; repetition < 20; repetition++) {
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> RAISE.parse(column, Execution.of(3, KernelProvider.scalar())))
              .getMessage();
      assertEquals("text: " + one.firstError(), message);
    }
  }

  @Test
  void aRowMayBeLargerThanABlock() {
    String row =
        IntStream.range(0, 100_000).mapToObj(Integer::toString).collect(Collectors.joining(","));
    VectorText.Vectors vectors = parse(RAISE, "[" + row + "]", "[" + row + "]");
    assertEquals(100_000, vectors.columns());
    assertEquals(99_999, vectors.row(1)[99_999]);
  }

  @Test
  void itLooksWhetherToStop() {
    String[] texts = new String[5000];
    Arrays.fill(texts, "[1, 2]");
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
    assertThrows(CancellationException.class, () -> RAISE.parse(Texts.column(texts), cancelled));
  }
}
