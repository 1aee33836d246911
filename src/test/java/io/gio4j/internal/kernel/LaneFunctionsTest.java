package io.gio4j.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The functions behind energy sums: right, and the same bits at any width. */
@Tag("kernel")
class LaneFunctionsTest {
  private static final Kernels SCALAR = KernelProvider.scalar();
  private static final Kernels VECTOR = KernelProvider.vector();
  private static final double RIGHT = 3e-7;

  private static float[] between(double low, double high) {
    SplittableRandom random = new SplittableRandom(1);
    float[] values = new float[32 * 1000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (low + (high - low) * random.nextDouble());
    }
    values[0] = (float) low;
    values[1] = (float) high;
    return values;
  }

  private static float[] both(float[] values, BiConsumer<Kernels, float[]> function) {
    float[] one = values.clone();
    float[] other = values.clone();
    function.accept(SCALAR, one);
    function.accept(VECTOR, other);
    assertArrayEquals(one, other);
    return one;
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-3, 1, 86})
  void exponentials(double largest) {
    float[] values = between(0, largest * 4);
    float[] results = both(values, (k, v) -> k.exponentials(v.length, -0.25f, v));
    for (int i = 0; i < values.length; i++) {
      double expected = Math.exp(-0.25f * values[i]);
      assertEquals(expected, results[i], RIGHT * expected, "of " + values[i]);
    }
    assertEquals(1f, results[0]);
  }

  @Test
  void exponentialsOfFarPointsAreZero() {
    float[] values = between(87.5, 1e38);
    values[2] = Float.POSITIVE_INFINITY;
    float[] results = both(values, (k, v) -> k.exponentials(v.length, -1, v));
    assertArrayEquals(new float[values.length], results);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-30, 1e-3, 1, 2, 1e6, 1e30})
  void logarithms(double around) {
    float[] values = between(around / 4, around * 4);
    float offset = (float) (around / 8);
    float[] results = both(values, (k, v) -> k.logarithms(v.length, offset, v));
    for (int i = 0; i < values.length; i++) {
      double expected = Math.log(values[i] + offset);
      assertEquals(
          expected, results[i], RIGHT * Math.max(1, Math.abs(expected)), "of " + values[i]);
    }
  }

  @Test
  void squareRoots() {
    float[] values = between(0, 1e10);
    float[] results = both(values, (k, v) -> k.squareRoots(v.length, v));
    for (int i = 0; i < values.length; i++) {
      assertEquals((float) Math.sqrt(values[i]), results[i]);
    }
  }

  /** Any number of points in the panel: the others' lanes have no part. */
  @Test
  void totals() {
    float unit = Kernels.LARGEST_FIXED;
    for (Kernels kernels : new Kernels[] {SCALAR, VECTOR}) {
      int lanes = kernels.lanes();
      float[] values = Arrays.copyOf(between(-1, 1), 9 * lanes);
      long[] weights = new SplittableRandom(2).longs(lanes, 1, 100_000).toArray();
      for (int used = 0; used <= lanes; used++) {
        long[] totals = new long[9];
        long[] weighted = new long[9];
        Arrays.fill(totals, 7);
        kernels.addLaneTotals(9, used, unit, values, totals);
        kernels.addWeightedLaneTotals(9, used, unit, values, weights, weighted);
        for (int row = 0; row < 9; row++) {
          long expected = 7;
          long expectedWeighted = 0;
          for (int lane = 0; lane < used; lane++) {
            long fixed = (long) Math.rint((double) values[row * lanes + lane] * unit);
            expected += fixed;
            expectedWeighted += weights[lane] * fixed;
          }
          assertEquals(expected, totals[row], used + " of row " + row);
          assertEquals(expectedWeighted, weighted[row], used + " of row " + row);
        }
      }
    }
  }

  /** Largest values in every lane stay within 31 bits. */
  @Test
  void totalsOfTheLargestValues() {
    for (Kernels kernels : new Kernels[] {SCALAR, VECTOR}) {
      int lanes = kernels.lanes();
      float[] values = new float[lanes];
      for (float value : new float[] {1, -1}) {
        Arrays.fill(values, value);
        long[] totals = new long[1];
        kernels.addLaneTotals(1, lanes, Kernels.LARGEST_FIXED, values, totals);
        assertEquals((long) (value * lanes * Kernels.LARGEST_FIXED), totals[0]);
      }
    }
  }

  /** Rows found are those of the definition, and the same ones for any width. */
  @Test
  void risesAreThoseOfTheirDefinition() {
    SplittableRandom random = new SplittableRandom(5);
    for (Kernels kernels : new Kernels[] {SCALAR, VECTOR}) {
      int lanes = kernels.lanes();
      float[] values = new float[64 * lanes];
      float[] starts = new float[64];
      float[] slopes = new float[64];
      float[] steps = new float[lanes];
      float[] factors = new float[lanes];
      float[] limits = new float[lanes];
      int all = 0;
      for (int used = 1; used <= lanes; used++) {
        fill(random, values, starts, slopes, steps, factors, limits);
        for (int row = 0; row < 64; row++) {
          starts[row] -= 3;
        }
        List<Integer> expected = new ArrayList<>();
        for (int row = 0; row < 64; row++) {
          boolean rises = false;
          int before = 0;
          for (int lane = 0; lane < used; lane++) {
            float value =
                Math.fma(factors[lane], before, Math.fma(slopes[row], steps[lane], starts[row]));
            rises |= value >= limits[lane];
            before += (int) Math.rint((double) values[row * lanes + lane] * 4);
          }
          if (rises) {
            expected.add(row);
          }
        }
        int[] found = new int[64];
        int count =
            kernels.laneRises(64, used, 4, values, starts, slopes, steps, factors, limits, found);
        assertEquals(expected, IntStream.of(found).limit(count).boxed().toList(), used + " lanes");
        all += expected.size();
      }
      assertTrue(all > 100 && all < 64 * lanes - 100, "neither none nor all: " + all);
    }
  }

  private static void fill(SplittableRandom random, float[]... arrays) {
    for (float[] array : arrays) {
      for (int i = 0; i < array.length; i++) {
        array[i] = (float) (2 * random.nextDouble() - 1);
      }
    }
  }

  @Test
  void squaresSayWhereDigitsAreLost() {
    float[] rowNorms = {1, 4, 0};
    for (Kernels kernels : new Kernels[] {SCALAR, VECTOR}) {
      int lanes = kernels.lanes();
      float[] pointNorms = new float[lanes];
      Arrays.fill(pointNorms, 1);
      float[] products = new float[3 * lanes];
      assertTrue(!kernels.laneSquares(3, rowNorms, pointNorms, products));
      assertEquals(2f, products[0]);
      assertEquals(5f, products[lanes]);
      assertEquals(1f, products[2 * lanes]);
      for (int lane = 0; lane < lanes; lane++) {
        float[] near = new float[3 * lanes];
        near[lane] = 1 - 1f / 1024;
        assertTrue(!kernels.laneSquares(3, rowNorms, pointNorms, near), "at the threshold");
        float[] nearer = new float[3 * lanes];
        nearer[lane] = Math.nextUp(1 - 1f / 1024);
        assertTrue(kernels.laneSquares(3, rowNorms, pointNorms, nearer), "beyond it");
        for (int i = 0; i < nearer.length; i++) {
          assertEquals(i == lane, Float.isNaN(nearer[i]));
        }
      }
    }
  }
}
