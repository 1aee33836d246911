package io.gio4j.divergence;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.kernel.EnergyKernel;
import io.gio4j.kernel.EnergyKernel.Kind;
import io.gio4j.testing.NaiveEnergy;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("simd")
class EnergyDistanceTest {
  private static EnergyDistance between(FloatMatrix x, FloatMatrix y, Kind kind, Double scale) {
    return EnergyDistance.between(x, y, kind, scale, Progress.NONE);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void itIsTheDefinitionInDouble(Kind kind) {
    for (int columns : new int[] {1, 5, 70}) {
      FloatMatrix x = TestRows.normal(1, 130, columns);
      FloatMatrix y = TestRows.normal(2, 75, columns, 0.5);
      double expected =
          NaiveEnergy.between(new EnergyKernel(kind, 2), TestRows.doubles(x), TestRows.doubles(y));
      EnergyDistance found = between(x, y, kind, 2.0);
      assertEquals(expected, found.value(), 2e-5 * Math.max(1, expected));
      assertEquals(
          found.value(),
          2 * mean(found.xyOfY()) - mean(found.xxOfX()) - mean(found.yyOfY()),
          1e-12);
    }
  }

  /** An alpha of 1 takes a division, one of 0.5 a root too, any other a power. */
  @ParameterizedTest
  @ValueSource(doubles = {0.3, 0.5, 1, 2})
  void itIsTheDefinitionForEachAlpha(double alpha) {
    FloatMatrix x = TestRows.normal(12, 60, 5);
    FloatMatrix y = TestRows.normal(13, 40, 5, 1);
    double expected =
        NaiveEnergy.between(
            new EnergyKernel(Kind.RATIONAL, 1.5, alpha), TestRows.doubles(x), TestRows.doubles(y));
    double found = EnergyDistance.between(x, y, Kind.RATIONAL, 1.5, alpha, Progress.NONE).value();
    assertEquals(expected, found, 2e-5);
  }

  /** Samples near each other and far from the origin, at any scale, and one broken row. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void itIsRightAtAnyScale(Kind kind) {
    for (double factor : new double[] {1e-30, 1e-12, 1, 1e12, 1e29}) {
      for (int columns : new int[] {3, 40}) {
        FloatMatrix x = scaled(TestRows.normal(10, 90, columns, 50), factor);
        FloatMatrix y = scaled(TestRows.normal(11, 60, columns, 50.3), factor);
        double expected =
            NaiveEnergy.between(
                new EnergyKernel(kind, 2 * factor, 0.7), TestRows.doubles(x), TestRows.doubles(y));
        double found = EnergyDistance.between(x, y, kind, 2 * factor, 0.7, Progress.NONE).value();
        double unit = kind == Kind.EUCLIDEAN ? factor : 1;
        assertEquals(expected, found, 2e-5 * Math.max(unit, expected), columns + " x " + factor);
      }
    }
  }

  private static FloatMatrix scaled(FloatMatrix rows, double factor) {
    float[] values = new float[rows.rows() * rows.columns()];
    rows.copyRows(0, rows.rows(), values, 0);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] * factor);
    }
    return FloatMatrix.of(values, rows.rows(), rows.columns());
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void equalSamplesAreAtZeroExactly(Kind kind) {
    FloatMatrix x = TestRows.pick(TestRows.normal(3, 200, 9, 100), 0, 0, 1, 2, 3, 4, 5, 150, 150);
    FloatMatrix shuffled = TestRows.pick(x, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    assertEquals(0, between(x, x, kind, 1.0).value());
    assertEquals(0, between(x, shuffled, kind, 1.0).value(), 1e-12);
  }

  /** Samples of one distribution, down to single rows. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void itIsNeverNegativeAndSymmetric(Kind kind) {
    for (int seed = 0; seed < 30; seed++) {
      FloatMatrix x = TestRows.normal(seed, 1 + seed % 7, 3);
      FloatMatrix y = TestRows.normal(seed + 100, 1 + seed % 5, 3);
      double value = between(x, y, kind, 1.0).value();
      assertTrue(value >= 0);
      assertEquals(value, between(y, x, kind, 1.0).value(), 1e-5);
    }
  }

  @Test
  void itGrowsWithTheDistanceOfTheSamples() {
    FloatMatrix x = TestRows.normal(4, 100, 4);
    double near = between(x, TestRows.normal(5, 100, 4, 0.2), Kind.EUCLIDEAN, null).value();
    double far = between(x, TestRows.normal(5, 100, 4, 2), Kind.EUCLIDEAN, null).value();
    assertTrue(far > 10 * near);
  }

  @Tag("slow")
  @Test
  void threadsAndKernelsHaveNoPartInTheResult() {
    FloatMatrix x = TestRows.normal(6, 700, 40);
    FloatMatrix y = TestRows.normal(7, 900, 40, 0.1);
    for (Kind kind : Kind.values()) {
      EnergyDistance one =
          EnergyDistance.between(x, y, kind, 3.0, 1.5, Execution.of(1, SimdProvider.scalar()));
      EnergyDistance other =
          EnergyDistance.between(x, y, kind, 3.0, 1.5, Execution.of(3, SimdProvider.vector()));
      assertEquals(one.value(), other.value());
      assertArrayEquals(one.xyOfX(), other.xyOfX());
      assertArrayEquals(one.yyOfY(), other.yyOfY());
    }
  }

  @Test
  void samplesMustFit() {
    assertThrows(
        IllegalArgumentException.class,
        () -> between(TestRows.normal(8, 3, 2), TestRows.normal(9, 3, 3), Kind.LOG, 1.0));
  }
}
