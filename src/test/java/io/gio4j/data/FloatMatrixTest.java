package io.gio4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FloatMatrixTest {
  /** Row r, column c holds 100 r + c. */
  private static float[] numbered(int firstRow, int rows, int columns) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = 100 * (firstRow + i / columns) + i % columns;
    }
    return values;
  }

  /** Chunks of the given numbers of rows, in native memory off any alignment. */
  private static FloatMatrix chunked(Arena arena, int columns, int... chunkRows) {
    List<MemorySegment> chunks = new ArrayList<>();
    int row = 0;
    for (int rows : chunkRows) {
      MemorySegment chunk = arena.allocate(4L * rows * columns + 1, 8).asSlice(1);
      chunk.copyFrom(MemorySegment.ofArray(numbered(row, rows, columns)));
      chunks.add(chunk);
      row += rows;
    }
    return FloatMatrix.over("pool", chunks, columns);
  }

  @Test
  void everyRangeOfRowsIsCopiedAcrossTheBordersOfChunks() {
    try (Arena arena = Arena.ofConfined()) {
      // Empty chunks are batches without rows.
      FloatMatrix matrix = chunked(arena, 3, 0, 2, 1, 0, 0, 4, 3, 0);
      assertEquals(10, matrix.rows());
      for (int row = 0; row <= 10; row++) {
        for (int count = 0; row + count <= 10; count++) {
          float[] target = new float[2 + 3 * count + 1];
          matrix.copyRows(row, count, target, 2);
          float[] expected = new float[target.length];
          System.arraycopy(numbered(row, count, 3), 0, expected, 2, 3 * count);
          assertArrayEquals(expected, target);
        }
      }
    }
  }

  @Test
  void someRowsArePickedWithoutACopy() {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix matrix = chunked(arena, 3, 2, 1, 4, 3);
      FloatMatrix picked = matrix.named("sample").pick(new int[] {1, 2, 3, 9, 0, 6, 7, 7});
      assertEquals("sample (8 x 3)", picked.toString());
      assertEquals(9, picked.number(3));
      assertEquals(3, matrix.number(3));
      FloatMatrix again = picked.pick(new int[] {7, 3, 4}).named("other");
      assertEquals(9, again.number(1));
      assertArrayEquals(matrix.row(0), again.row(2));
      float[] target = new float[1 + 7 * 3];
      picked.copyRows(1, 7, target, 1);
      int row = 1;
      for (int number : new int[] {2, 3, 9, 0, 6, 7, 7}) {
        assertArrayEquals(
            numbered(number, 1, 3), Arrays.copyOfRange(target, 3 * row - 2, 3 * row + 1));
        row++;
      }
      assertThrows(IndexOutOfBoundsException.class, () -> picked.copyRows(7, 2, target, 0));
      assertThrows(IndexOutOfBoundsException.class, () -> matrix.pick(new int[] {10}));
      assertThrows(IllegalArgumentException.class, () -> matrix.pick(new int[0]));
    }
  }

  @Test
  void rowIsOneRow() {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix matrix = chunked(arena, 4, 3, 3);
      assertArrayEquals(numbered(4, 1, 4), matrix.row(4));
    }
  }

  @ParameterizedTest
  @CsvSource({"-1, 1", "0, 11", "10, 1", "5, -1"})
  void rowsOutsideAreRefused(int row, int count) {
    FloatMatrix matrix = FloatMatrix.of(numbered(0, 10, 2), 10, 2);
    assertThrows(
        IndexOutOfBoundsException.class, () -> matrix.copyRows(row, count, new float[40], 0));
  }

  @Test
  void anArrayIsNotCopied() {
    float[] values = numbered(0, 2, 2);
    FloatMatrix matrix = FloatMatrix.of(values, 2, 2);
    values[2] = -5;
    assertArrayEquals(new float[] {-5, 101}, matrix.row(1));
  }

  @Test
  void arraysOfRowsAreCopied() {
    float[][] rows = {{1, 2}, {3, 4}, {5, 6}};
    FloatMatrix matrix = FloatMatrix.of(rows);
    rows[1][0] = 9;
    assertArrayEquals(new float[] {3, 4}, matrix.row(1));
    assertEquals("matrix (3 x 2)", matrix.toString());
  }

  @Test
  void anotherNameKeepsTheRows() {
    FloatMatrix matrix = FloatMatrix.of(numbered(0, 3, 2), 3, 2).named("target");
    assertEquals("target (3 x 2)", matrix.toString());
    assertArrayEquals(numbered(2, 1, 2), matrix.row(2));
  }

  @ParameterizedTest
  @CsvSource({
    "5, 3, 2, 'values: has 5 numbers; 3 rows of 2 columns need 6'",
    "0, 0, 2, 'matrix: has no rows; at least 1 is needed'",
    "0, 2, 0, 'matrix: has 0 columns; at least 1 is needed'",
    "6, -3, -2, 'matrix: has -2 columns; at least 1 is needed'",
    "0, 65536, 65536, 'values: has 0 numbers; 65536 rows of 65536 columns need 4294967296'"
  })
  void aShapeThatDoesNotFitIsRefused(int length, int rows, int columns, String message) {
    assertRefused(message, () -> FloatMatrix.of(new float[length], rows, columns));
  }

  @Test
  void rowsOfDifferentLengthsAreRefused() {
    assertRefused(
        "rows: row 2 has 1 columns, row 0 has 2; all must have the same number",
        () -> FloatMatrix.of(new float[][] {{1, 2}, {3, 4}, {5}}));
    assertRefused(
        "matrix: has 0 columns; at least 1 is needed", () -> FloatMatrix.of(new float[0][]));
  }

  @Test
  void aChunkMustHoldWholeRows() {
    List<MemorySegment> chunks =
        List.of(MemorySegment.ofArray(new float[6]), MemorySegment.ofArray(new float[5]));
    assertRefused(
        "pool: chunk 1 has 20 bytes, not a multiple of its rows' 8 bytes",
        () -> FloatMatrix.over("pool", chunks, 2));
  }

  private static void assertRefused(String message, Runnable construction) {
    assertEquals(
        message, assertThrows(IllegalArgumentException.class, construction::run).getMessage());
  }

  /**
   * A load from a mapping without a file behind it is a signal; a bulk copy turns it into an error.
   */
  @Tag("slow")
  @Test
  void aFileTruncatedUnderTheMappingIsAnErrorAndNotTheEndOfTheProcess(@TempDir Path directory)
      throws IOException {
    Path file = Files.write(directory.resolve("rows"), new byte[64 * 1024]);
    try (Arena arena = Arena.ofShared();
        FileChannel channel =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MemorySegment mapping = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      assertEquals(0, mapping.get(ValueLayout.JAVA_BYTE, 0));
      FloatMatrix matrix = FloatMatrix.over("pool", List.of(mapping), 16);
      float[] target = new float[1024 * 16];
      FloatMatrix onHeap = FloatMatrix.of(target.clone(), 1024, 16);
      FloatMatrix inParts = chunked(arena, 16, 500, 524);
      for (int run = 0; run < 100_000; run++) {
        onHeap.copyRows(run % 1000, 24, target, 0);
        matrix.copyRows(run % 1000, 24, target, 0);
        inParts.copyRows(run % 1000, 24, target, 0);
      }
      channel.truncate(16);

      // By now compiled by C2, where a fault is told late: it must not slip out of the catch.
      for (int run = 0; run < 10_000; run++) {
        assertEquals(
            "pool: rows 0 to 1023 can no longer be read; the file was truncated or its disk failed",
            refusal(matrix, target));
      }
    }
  }

  private static String refusal(FloatMatrix matrix, float[] target) {
    try {
      matrix.copyRows(0, 1024, target, 0);
      return "none";
    } catch (UnreadableInputException refused) {
      return refused.getMessage();
    }
  }

  /** Every number of 16 bits, in rows across chunks off any alignment. */
  @Test
  void shortNumbersAreConvertedExactly() {
    int columns = 1 << 13;
    for (NumberType type : NumberType.values()) {
      try (Arena arena = Arena.ofConfined()) {
        List<MemorySegment> chunks = new ArrayList<>();
        float[] expected = new float[8 * columns];
        int row = 0;
        for (int rows : new int[] {3, 0, 5}) {
          MemorySegment chunk =
              arena.allocate((long) type.size() * rows * columns + 1, 8).asSlice(1);
          for (int i = 0; i < rows * columns; i++) {
            int bits = row * columns + i;
            expected[bits] = store(type, chunk, i, (short) bits);
          }
          chunks.add(chunk);
          row += rows;
        }
        FloatMatrix matrix = FloatMatrix.over("pool", chunks, type, columns);
        float[] copied = new float[3 + 8 * columns];
        matrix.copyRows(0, 8, copied, 3);
        assertArrayEquals(expected, Arrays.copyOfRange(copied, 3, copied.length), type.name());
        assertArrayEquals(
            Arrays.copyOfRange(expected, 6 * columns, 7 * columns), matrix.row(6), type.name());
      }
    }
  }

  /** Stores what the bits stand for; what it is as float32. */
  private static float store(NumberType type, MemorySegment chunk, int place, short bits) {
    switch (type) {
      case FLOAT32 -> chunk.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * place, bits);
      case FLOAT16, BFLOAT16 -> chunk.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * place, bits);
      case INT8, UINT8 -> chunk.set(ValueLayout.JAVA_BYTE, place, (byte) bits);
    }
    return switch (type) {
      case FLOAT32 -> bits;
      case FLOAT16 -> Float.float16ToFloat(bits);
      case BFLOAT16 -> Float.intBitsToFloat(bits << 16);
      case INT8 -> (byte) bits;
      case UINT8 -> Byte.toUnsignedInt((byte) bits);
    };
  }

  @ParameterizedTest
  @CsvSource({"1e-38", "1e-30", "1", "3e30", "1e37"})
  void unitRowsHaveLengthOneAtAnyScale(float scale) {
    for (int columns : new int[] {1, 2, 3, 4, 5, 9, 384}) {
      float[] values = new float[7 * columns];
      Random random = new Random(columns);
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (scale * random.nextGaussian());
      }
      FloatMatrix stored = FloatMatrix.of(values, 7, columns);
      FloatMatrix unit = stored.unitRows().named("unit");
      for (int row = 0; row < 7; row++) {
        double squares = 0;
        for (float value : stored.row(row)) {
          squares += (double) value * value;
        }
        float[] expected = new float[columns];
        for (int column = 0; column < columns; column++) {
          expected[column] = (float) (stored.row(row)[column] / Math.sqrt(squares));
        }
        assertArrayEquals(expected, unit.row(row), 6e-8f);
      }
      // However rows are copied, their bits are the same.
      float[] all = new float[2 + values.length];
      unit.copyRows(0, 7, all, 2);
      FloatMatrix picked = unit.pick(new int[] {6, 1, 2});
      for (int row = 0; row < 7; row++) {
        int start = 2 + row * columns;
        assertArrayEquals(unit.row(row), Arrays.copyOfRange(all, start, start + columns));
      }
      assertArrayEquals(unit.row(1), picked.row(1));
      assertArrayEquals(stored.row(6), picked.storedRows().row(0));
    }
  }

  @Test
  void rowsTimesAPowerOfTwoHaveTheBitsOfTheRows() {
    float[] row = {0.3f, -1.7f, 4.1f, 0, 1e-3f};
    float[] longer = new float[row.length];
    for (int i = 0; i < row.length; i++) {
      longer[i] = row[i] * 0x1p90f;
    }
    assertArrayEquals(
        FloatMatrix.of(row, 1, 5).unitRows().row(0),
        FloatMatrix.of(longer, 1, 5).unitRows().row(0));
  }

  @Test
  void matricesBesideEachOtherAreOneRow() {
    FloatMatrix first = FloatMatrix.of(new float[][] {{3, 4}, {0, 0}, {0, 0}, {1, 2}});
    FloatMatrix second = FloatMatrix.of(new float[][] {{-7}, {0}, {5}, {0}});
    List<FloatMatrix> parts = List.of(first, second);
    FloatMatrix both = FloatMatrix.beside("both", parts, new double[] {0.5, 2});
    assertEquals("both (4 x 3)", both.toString());
    assertArrayEquals(new float[] {1.5f, 2, -14}, both.row(0));
    assertArrayEquals(new float[] {3, 4, -7}, both.storedRows().row(0));
    float[] copied = new float[1 + 2 * 3];
    both.pick(new int[] {3, 0}).copyRows(0, 2, copied, 1);
    assertArrayEquals(new float[] {0, 0.5f, 1, 0, 1.5f, 2, -14}, copied);
    assertEquals(3, both.pick(new int[] {3, 0}).number(0));

    List<FloatMatrix> units = List.of(first.unitRows(), second.unitRows());
    FloatMatrix unit = FloatMatrix.beside("unit", units, new double[] {0.5, 2});
    assertArrayEquals(new float[] {0.3f, 0.4f, -2}, unit.row(0), 1e-7f);
    assertArrayEquals(new float[] {Float.NaN, Float.NaN, Float.NaN}, unit.row(1));
    assertArrayEquals(new float[3], unit.keepingZeros().row(1));
    assertArrayEquals(new float[] {0, 0, 2}, unit.row(2));
    assertArrayEquals(new float[] {3, 4, -7}, unit.storedRows().row(0));
    assertArrayEquals(new float[3], unit.storedRows().row(1));
    assertArrayEquals(
        new float[] {0.6f, 0.8f, -1},
        FloatMatrix.beside("one", units, new double[] {1, 1}).row(0),
        1e-7f);
    assertArrayEquals(
        new float[] {1, 0, 0}, new float[] {length(both.unitRows().row(0)), 0, 0}, 1e-6f);
  }

  private static float length(float[] row) {
    double square = 0;
    for (float value : row) {
      square += value * value;
    }
    return (float) Math.sqrt(square);
  }

  @Test
  void whatDoesNotLieBesideEachOther() {
    FloatMatrix two = FloatMatrix.of(new float[4], 2, 2);
    FloatMatrix three = FloatMatrix.of(new float[3], 3, 1);
    double[] ones = {1, 1};
    refused("x: part 1 has 3 rows, part 0 has 2; all must have the same rows", two, three, ones);
    refused(
        "x: part 1 has picked rows; take these of the whole",
        two,
        two.pick(new int[] {0, 1}),
        ones);
    refused("x: factor 1 is 0.0; must be a finite number above 0", two, two, new double[] {1, 0});
    refused(
        "x: has 2 parts and 1 factors; at least one part, each with a factor, is needed",
        two,
        two,
        new double[] {1});
    FloatMatrix both = FloatMatrix.beside("both", List.of(two, two), ones);
    assertThrows(
        IllegalArgumentException.class, () -> FloatMatrix.joined("joined", List.of(both, both)));
  }

  private static void refused(
      String message, FloatMatrix first, FloatMatrix second, double[] factors) {
    assertEquals(
        message,
        assertThrows(
                IllegalArgumentException.class,
                () -> FloatMatrix.beside("x", List.of(first, second), factors))
            .getMessage());
  }
}
