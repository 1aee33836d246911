package io.gio4j.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.simd.SimdProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowScalingTest {
  private static final Execution EXECUTION = Execution.of(1, SimdProvider.scalar());

  @Test
  void rowsAreShiftedAndScaledInPlaceOrElsewhere() {
    RowScaling scaling = new RowScaling(new double[] {1, -2}, 4);
    float[] rows = {1, 2, 3, 4, 5, 6};
    float[] out = new float[6];
    scaling.apply(rows, 1, 2, out);
    assertArrayEquals(new float[] {0, 0, 8, 24, 16, 32}, out);
    scaling.apply(rows, 0, 3, rows);
    assertArrayEquals(new float[] {0, 16, 8, 24, 16, 32}, rows);
    assertEquals(5, scaling.distanceFromOffset(new double[] {4, 2}));
  }

  /** Numbers of 2^100 less others of this size fit a float, and so does what they are scaled to. */
  @Test
  void aNumberIsRoundedOnce() {
    RowScaling scaling = new RowScaling(new double[] {0x1p100}, 0x1p-100);
    float[] rows = {0x1.000002p100f, -0x1p127f, 0x1p76f};
    scaling.apply(rows, 0, 3, rows);
    assertArrayEquals(new float[] {0x1p-23f, (float) (-0x1p27 - 1), -1 + 0x1p-24f}, rows);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1000, 1", "1e30, 0x1p-41", "1e-30, 0x1p158"})
  void numbersOfAnOrdinarySizeKeepTheirScale(double largest, String scale) {
    RowScaling scaling = RowScaling.byLargest(new double[16], largest);
    assertEquals(Double.parseDouble(scale), scaling.scale());
    assertEquals(scaling.scale() == 1, scaling.isPlain());
  }

  /** Times a power of two, all scaled numbers stay as they are. */
  @Test
  void aTypicalDistanceIsNearOne() {
    float[] values = new float[40 * 20];
    for (int i = 0; i < values.length; i++) {
      values[i] = 100 + i % 7;
    }
    float[] expected = scaled(values, 20, 3);
    float[] large = values.clone();
    for (int i = 0; i < large.length; i++) {
      large[i] *= 0x1p60f;
    }
    assertArrayEquals(expected, scaled(large, 20, 3 * 0x1p60));
    assertEquals(-1.5f, expected[0]);
  }

  private static float[] scaled(float[] values, int columns, double length) {
    RowBlocks rows =
        RowBlocks.of(FloatMatrix.of(values, values.length / columns, columns), EXECUTION);
    float[] out = new float[values.length];
    RowScaling.byLength(rows, length).apply(values, 0, rows.rows(), out);
    return out;
  }

  @Test
  void fewColumnsAreComparedByDifferencesAndKeepOffsetZero() {
    double[] offset = new double[15];
    java.util.Arrays.fill(offset, 1000);
    assertTrue(RowScaling.byLargest(offset, 1000).byDifferences());
    assertTrue(RowScaling.byLargest(offset, 1000).isPlain());
    double[] more = new double[16];
    java.util.Arrays.fill(more, 1000);
    assertFalse(RowScaling.byLargest(more, 1000).byDifferences());
    assertFalse(RowScaling.byLargest(more, 1000).isPlain());
  }
}
