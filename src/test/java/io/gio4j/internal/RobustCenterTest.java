package io.gio4j.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.TestRows;
import org.junit.jupiter.api.Test;

class RobustCenterTest {
  private static double[] center(float[][] rows) {
    Execution execution = Execution.of(1, SimdProvider.scalar());
    return RobustCenter.of(RowBlocks.of(FloatMatrix.of(rows), execution));
  }

  @Test
  void isTheMedianOfEachColumn() {
    float[][] rows = {{3, -1}, {9, -7}, {4, 0}, {5, -3}, {1e30f, -2}};
    assertArrayEquals(new double[] {5, -2}, center(rows));
    assertArrayEquals(new double[] {3, 5}, center(new float[][] {{3, 5}}));
  }

  @Test
  void outliersDoNotMoveIt() {
    float[][] rows = new float[5000][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = TestRows.normal(i, 1, 3, 1000).row(0);
      if (i % 5 == 0) {
        rows[i][1] = 1e8f;
      }
    }
    for (double value : center(rows)) {
      assertEquals(1000, value, 0.6);
    }
  }

  private static double[] orZero(float offset, float outlier) {
    float[][] rows = new float[500][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = TestRows.normal(i, 1, 20).row(0);
      for (int column = 0; column < 20; column++) {
        rows[i][column] += offset;
      }
    }
    rows[0][0] += outlier;
    Execution execution = Execution.of(1, SimdProvider.scalar());
    return RobustCenter.orZero(RowBlocks.of(FloatMatrix.of(rows), execution));
  }

  @Test
  void rowsAroundZeroNeedNone() {
    assertArrayEquals(new double[20], orZero(0, 0));
    assertArrayEquals(new double[20], orZero(1, 1e20f));
    assertEquals(3, orZero(3, 0)[0], 0.6);
    assertEquals(1000, orZero(1000, 1e20f)[0], 0.6);
  }
}
