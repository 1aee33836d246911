package io.gio4j.internal.energy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.kernel.EnergyKernel;
import io.gio4j.testing.TestRows;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CentredRowsTest {
  private static final FloatOps KERNELS = SimdProvider.ops();
  private static final Execution EXECUTION = Execution.of(2, KERNELS);

  /** More than one block, the last one not full. */
  private static final int ROWS = 301;

  private static final int COLUMNS = 300;

  private final FloatMatrix matrix = TestRows.normal(7, ROWS, COLUMNS);
  private final double[] offset =
      IntStream.range(0, COLUMNS).mapToDouble(column -> 0.25 * (column % 7)).toArray();
  private final RowScaling scaling = new RowScaling(offset, 4);
  private final RowBlocks blocks = RowBlocks.of(matrix, EXECUTION);

  private CentredRows rows(boolean keep) {
    return new CentredRows(blocks, null, scaling, KERNELS, EXECUTION, keep);
  }

  @Test
  void aRowIsScaled() {
    for (boolean keep : new boolean[] {true, false}) {
      CentredRows rows = rows(keep);
      assertEquals(keep, rows.isKept());
      float[] values = new float[COLUMNS];
      for (int row : new int[] {0, 108, ROWS - 1}) {
        rows.copyRow(row, values);
        double squared = 0;
        for (int column = 0; column < COLUMNS; column++) {
          assertEquals((float) (4 * (matrix.row(row)[column] - offset[column])), values[column]);
          squared += (double) values[column] * values[column];
        }
        assertEquals(squared, rows.norm(row), 1e-6 * squared);
      }
    }
  }

  /** Whether rows are kept has no part in sums of pairs. */
  @Test
  void sumsAreTheSameReadAgain() {
    assertArrayEquals(sums(rows(true)), sums(rows(false)));
  }

  /** Rows are kept in their order, as far as there is room for all that are kept together. */
  @Test
  void roomIsForAllMatricesTogether() {
    assertArrayEquals(new boolean[] {true, true}, EnergySums.keeps(10, 4, 6));
    assertArrayEquals(new boolean[] {true, false}, EnergySums.keeps(9, 4, 6));
    assertArrayEquals(new boolean[] {false, true, false}, EnergySums.keeps(5, 6, 4, 2));
  }

  private double[] sums(CentredRows rows) {
    EnergyKernel kernel = new EnergyKernel(EnergyKernel.Kind.LAPLACE, 20);
    EnergySums sums = new EnergySums(kernel, scaling, KERNELS);
    EnergySums.Points points = sums.noPoints(rows);
    for (int row = 0; row < 70; row++) {
      points.add(4 * row, 1);
    }
    double[] totals = new double[ROWS + 1];
    EnergySums.Rows compared = sums.rows(blocks.blockRows());
    for (int block = 0; block < blocks.blocks(); block++) {
      compared.load(rows, block);
      double[] added = new double[blocks.count(block)];
      compared.add(points, added);
      System.arraycopy(added, 0, totals, blocks.firstRow(block), added.length);
    }
    double[] one = new double[1];
    EnergySums.Rows single = sums.rows(1);
    single.loadRow(rows, 200);
    single.add(points, one);
    assertEquals(totals[200], one[0], "a row by itself");
    totals[ROWS] = one[0];
    return totals;
  }
}
