package io.gio4j.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is refused of unit rows, and that blocks hold them. */
class RowBlocksTest {
  private static final int ROWS = 30_000;
  private static final Execution EXECUTION = Execution.of(2, SimdProvider.scalar());

  private static float[] values() {
    float[] values = new float[ROWS * 3];
    TestRows.normal(1, ROWS, 3).copyRows(0, ROWS, values, 0);
    return values;
  }

  private static String reason(FloatMatrix matrix) {
    return assertThrows(IllegalArgumentException.class, () -> RowBlocks.of(matrix, EXECUTION))
        .getMessage();
  }

  @Test
  void rowsOfZerosAreCountedInAllBlocks() {
    float[] values = values();
    for (int row : new int[] {9_999, 7_000, 29_999, 7_001}) {
      Arrays.fill(values, 3 * row, 3 * row + 3, row % 2 == 0 ? 0f : -0f);
    }
    FloatMatrix matrix = FloatMatrix.of(values, ROWS, 3).named("pool");
    RowBlocks.of(matrix, EXECUTION);
    assertEquals(
        "pool: row 7000 is all zeros, 4 of 30000 rows in all, and has no direction for"
            + " metric='cosine'; drop such rows first, as missing='skip' does",
        reason(matrix.unitRows()));
    int[] later = IntStream.range(8_000, ROWS).toArray();
    assertEquals(
        "pool: row 9999 is all zeros, 2 of 22000 rows in all, and has no direction for"
            + " metric='cosine'; drop such rows first, as missing='skip' does",
        reason(matrix.unitRows().pick(later)));
    values[3 * 100 + 2] = Float.NEGATIVE_INFINITY;
    assertEquals(
        "pool: row 100 is not finite (column 2 is -Infinity); drop or repair such rows first",
        reason(matrix.unitRows()));
  }

  @Test
  void blocksHoldUnitRows() {
    FloatMatrix unit = FloatMatrix.of(values(), ROWS, 3).unitRows();
    RowBlocks blocks = RowBlocks.of(unit, EXECUTION);
    assertArrayEquals(unit.row(29_000), blocks.values(29_000));
  }
}
