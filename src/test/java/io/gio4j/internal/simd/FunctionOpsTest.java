package io.gio4j.internal.simd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
@Tag("simd")
class FunctionOpsTest {
  private static final FloatOps SCALAR = SimdProvider.scalar();
  private static final FloatOps VECTOR = SimdProvider.vector();
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

  private static float[] both(float[] values, BiConsumer<FloatOps, float[]> function) {
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
    float[] results = both(values, (k, v) -> k.functions().exponentials(v.length, -0.25f, v));
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
    float[] results = both(values, (k, v) -> k.functions().exponentials(v.length, -1, v));
    assertArrayEquals(new float[values.length], results);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-30, 1e-3, 1, 2, 1e6, 1e30})
  void logarithms(double around) {
    float[] values = between(0, around * 4);
    float factor = (float) (3 / around);
    float[] results = both(values, (k, v) -> k.functions().logarithms(v.length, factor, v));
    for (int i = 0; i < values.length; i++) {
      double expected = Math.log1p((double) factor * values[i]);
      assertEquals(expected, results[i], RIGHT * Math.max(1, expected), "of " + values[i]);
    }
    assertEquals(0f, results[0]);
    float[] large = both(between(1e30, 1e38), (k, v) -> k.functions().logarithms(v.length, 1, v));
    assertEquals(Math.log(1e30), large[0], 1e-4);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-30, 1, 1e30})
  void reciprocals(double around) {
    float[] values = between(0, around * 4);
    float factor = (float) (1 / around);
    float[] results = both(values, (k, v) -> k.functions().reciprocals(v.length, factor, v));
    for (int i = 0; i < values.length; i++) {
      double expected = 1 / (1 + (double) factor * values[i]);
      assertEquals(expected, results[i], RIGHT * expected, "of " + values[i]);
    }
    assertEquals(1f, results[0]);
    float[] far = new float[32];
    Arrays.fill(far, Float.POSITIVE_INFINITY);
    assertEquals(0f, both(far, (k, v) -> k.functions().reciprocals(v.length, 1, v))[0]);
  }

  @Test
  void squareRoots() {
    float[] values = between(0, 1e10);
    float[] results = both(values, (k, v) -> k.functions().squareRoots(v.length, v));
    for (int i = 0; i < values.length; i++) {
      assertEquals((float) Math.sqrt(values[i]), results[i]);
    }
  }

  /** Any number of points in the panel: the others' lanes have no part, and sums are chains. */
  @Test
  void totals() {
    for (FloatOps ops : new FloatOps[] {SCALAR, VECTOR}) {
      int lanes = ops.lanes();
      float[] values = Arrays.copyOf(between(0, 1), 19 * lanes);
      values[5] = 1e-38f;
      double[] weights = new SplittableRandom(2).doubles(lanes, 0.01, 100_000).toArray();
      for (int used = 0; used <= lanes; used++) {
        double[] totals = new double[19];
        double[] weighted = new double[19];
        Arrays.fill(totals, 7);
        ops.totals().add(19, used, values, totals);
        ops.totals().addWeighted(19, used, values, weights, weighted);
        for (int row = 0; row < 19; row++) {
          double expected = 7;
          double expectedWeighted = 0;
          for (int lane = 0; lane < used; lane++) {
            expected += values[row * lanes + lane];
            expectedWeighted += weights[lane] * (double) values[row * lanes + lane];
          }
          assertEquals(expected, totals[row], used + " of row " + row);
          assertEquals(expectedWeighted, weighted[row], used + " of row " + row);
        }
      }
    }
  }

  /** Scalar and vector code give the same partial sums, whatever their lanes. */
  @Test
  void excessAndSpan() {
    int points = 96; // a multiple of all lanes
    int used = 91;
    float[] values = Arrays.copyOf(between(-1, 1), 19 * points);
    double[] levels = new double[points];
    Arrays.setAll(levels, i -> i < used ? values[i] / 2 : Double.POSITIVE_INFINITY);
    double[] expected = new double[19 * FloatOps.PARTIAL_SUMS];
    for (int row = 0; row < 19; row++) {
      for (int point = 0; point < used; point++) {
        double excess = values[row * points + point] - levels[point];
        expected[row * FloatOps.PARTIAL_SUMS + point % FloatOps.PARTIAL_SUMS] +=
            Math.max(0, excess);
      }
    }
    for (FloatOps ops : new FloatOps[] {SCALAR, VECTOR}) {
      double[] sums = new double[expected.length];
      float[] smallest = new float[19];
      float[] largest = new float[19];
      for (int first = 0; first < points; first += ops.lanes()) {
        float[] panel = new float[19 * ops.lanes()];
        for (int row = 0; row < 19; row++) {
          System.arraycopy(values, row * points + first, panel, row * ops.lanes(), ops.lanes());
        }
        ops.totals().addExcess(19, panel, levels, first, sums);
        int lanes = Math.min(ops.lanes(), used - first);
        ops.totals().span(19, lanes, panel, smallest, largest);
      }
      assertArrayEquals(expected, sums);
      for (int row = 0; row < 19; row++) {
        float least = 0;
        float most = 0;
        for (int point = 0; point < used; point++) {
          least = Math.min(least, values[row * points + point]);
          most = Math.max(most, values[row * points + point]);
        }
        assertEquals(least, smallest[row]);
        assertEquals(most, largest[row]);
      }
    }
  }

  /** Every row that rises is found, and none that stays clearly below. */
  @Test
  void risesAreThoseOfTheirDefinition() {
    SplittableRandom random = new SplittableRandom(5);
    for (FloatOps ops : new FloatOps[] {SCALAR, VECTOR}) {
      int lanes = ops.lanes();
      float[] values = new float[64 * lanes];
      float[] starts = new float[64];
      float[] slopes = new float[64];
      float[] steps = new float[lanes];
      float[] factors = new float[lanes];
      float[] limits = new float[lanes];
      int all = 0;
      for (int used = 1; used <= lanes; used++) {
        fill(random, values, starts, slopes, steps, factors, limits);
        for (int i = 0; i < values.length; i++) {
          values[i] = Math.abs(values[i]);
        }
        for (int row = 0; row < 64; row++) {
          starts[row] -= 3;
        }
        int[] found = new int[64];
        int count =
            ops.totals().rises(64, used, values, starts, slopes, steps, factors, limits, found);
        List<Integer> rows = IntStream.of(found).limit(count).boxed().toList();
        for (int row = 0; row < 64; row++) {
          double highest = Double.NEGATIVE_INFINITY;
          double before = 0;
          for (int lane = 0; lane < used; lane++) {
            double value =
                factors[lane] * before + ((double) slopes[row] * steps[lane] + starts[row]);
            highest = Math.max(highest, value - limits[lane]);
            before += values[row * lanes + lane];
          }
          if (Math.abs(highest) > 1e-4) {
            assertEquals(highest > 0, rows.contains(row), used + " lanes, row " + row);
          }
        }
        assertEquals(rows.stream().sorted().distinct().toList(), rows);
        all += count;
      }
      assertTrue(all > 3 * lanes && all < 61 * lanes, "neither none nor all: " + all);
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
    for (FloatOps ops : new FloatOps[] {SCALAR, VECTOR}) {
      int lanes = ops.lanes();
      float[] pointNorms = new float[lanes];
      Arrays.fill(pointNorms, 1);
      float[] products = new float[3 * lanes];
      assertFalse(ops.distances().squares(3, rowNorms, pointNorms, 0, products));
      assertEquals(2f, products[0]);
      assertEquals(5f, products[lanes]);
      assertEquals(1f, products[2 * lanes]);
      for (int lane = 0; lane < lanes; lane++) {
        float[] near = new float[3 * lanes];
        near[lane] = 1 - 1f / 64;
        assertFalse(ops.distances().squares(3, rowNorms, pointNorms, 0, near), "at the threshold");
        assertEquals(1f / 32, near[lane]);
        float[] nearer = new float[3 * lanes];
        nearer[lane] = Math.nextUp(1 - 1f / 64);
        float[] flat = nearer.clone();
        assertTrue(ops.distances().squares(3, rowNorms, pointNorms, 0, nearer), "beyond it");
        for (int i = 0; i < nearer.length; i++) {
          assertEquals(i == lane, Float.isNaN(nearer[i]));
        }
        assertFalse(
            ops.distances().squares(3, rowNorms, pointNorms, 1e-3f, flat), "where rho is flat");
        flat = new float[3 * lanes];
        flat[lane] = Math.nextUp(1f);
        assertFalse(ops.distances().squares(3, rowNorms, pointNorms, 1, flat));
        assertEquals(0f, flat[lane], "a square is at least 0");
      }
    }
  }
}
