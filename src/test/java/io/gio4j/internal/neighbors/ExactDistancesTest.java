package io.gio4j.internal.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ExactDistancesTest {
  /** Rows are gathered a block at a time, in the order in which they were chosen. */
  @Test
  void moreRowsThanABlockHas() {
    int columns = 3;
    Execution execution = Execution.of(1, SimdProvider.scalar());
    int block = RowBlocks.blockRows(columns);
    FloatMatrix matrix = TestRows.normal(1, 2 * block + 5, columns);
    double[][] rows = TestRows.doubles(matrix);
    double[] point = {0.5, -1, 2};
    int[] chosen = new int[matrix.rows() - 1];
    Arrays.setAll(chosen, i -> (i * 7 + 3) % matrix.rows());
    double[] squared = new double[chosen.length + 1];
    squared[chosen.length] = -1;
    RowBlocks blocks = RowBlocks.of(matrix, execution);
    assertTrue(chosen.length > 2 * blocks.blockRows());
    new ExactDistances(blocks, execution).of(point, chosen, chosen.length, squared);
    for (int i = 0; i < chosen.length; i++) {
      double expected = NaiveDivergence.squaredDistance(rows[chosen[i]], point);
      assertEquals(expected, squared[i], 1e-14 * expected, "row " + chosen[i]);
    }
    assertEquals(-1, squared[chosen.length], "no more than was asked for");
  }
}
