package io.gio4j.internal.divergence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.divergence.AveragedDivergence;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Never above a(g), and close below it. */
@Tag("simd")
class MeanLogBoundsTest {
  /** What a row of one kind with the target may lose: see the class comment. */
  private static final double CLOSE = 3e-5;

  static Stream<FloatOps> ops() {
    return Stream.of(SimdProvider.scalar(), SimdProvider.ops());
  }

  /** Largest distance of a bound below the exact value; fails where one lies above. */
  private static double largestGap(
      FloatOps ops, FloatMatrix pool, FloatMatrix target, double epsilon) {
    return largestGap(ops, pool, target, null, epsilon);
  }

  private static double largestGap(
      FloatOps ops, FloatMatrix pool, FloatMatrix target, double[] weights, double epsilon) {
    Execution execution = Execution.of(2, ops);
    TargetModel model = new TargetModel(target, epsilon, execution);
    RowBlocks blocks = RowBlocks.of(pool, execution);
    MeanLogBounds filter = new MeanLogBounds(model, weights);
    double largest = 0;
    for (int block = 0; block < blocks.blocks(); block++) {
      int count = blocks.count(block);
      double[] bounds = new double[count];
      filter.bound(blocks.kept(block), count, bounds);
      for (int row = 0; row < count; row++) {
        int at = blocks.firstRow(block) + row;
        double[] squared = new double[target.rows()];
        double exact = model.meanLogDistance(blocks.row(at), squared);
        if (weights != null) {
          double[] logs = model.logDistances(squared);
          exact = 0;
          for (int i = 0; i < logs.length; i++) {
            exact += weights[i] * logs[i] / logs.length;
          }
        }
        assertTrue(bounds[row] <= exact, at + ": " + bounds[row] + " above " + exact);
        largest = Math.max(largest, exact - bounds[row]);
      }
    }
    return largest;
  }

  @Tag("bounds")
  @ParameterizedTest
  @CsvSource({"1, 300", "2, 31", "3, 64", "16, 65", "255, 100", "256, 40", "384, 700", "1000, 33"})
  void rowsOfOneKind(int columns, int targetRows) {
    FloatMatrix pool = TestRows.normal(1, 500, columns);
    FloatMatrix target = TestRows.normal(2, targetRows, columns);
    ops()
        .forEach(ops -> {
          double gap = largestGap(ops, pool, target, 1e-8);
          // One column: differences of near rows lose digits, up to the factor of 64.
          assertTrue(gap < (columns < 16 ? 10 * CLOSE : CLOSE), () -> "gap of " + gap);
        });
  }

  /** In runs longer and shorter than a panel, and of one row each; up to the largest epsilon. */
  @Tag("bounds")
  @ParameterizedTest
  @CsvSource({"3, 64, 1", "16, 65, 5", "40, 101, 33", "256, 40, 40", "40, 101, 7"})
  void weightedMeans(int columns, int targetRows, int run) {
    FloatMatrix pool = TestRows.normal(1, 300, columns);
    FloatMatrix target = TestRows.normal(2, targetRows, columns);
    double[] weights = new double[targetRows];
    Arrays.setAll(weights, i -> i / run % 3 * 0.7 + 0.1);
    double most = Arrays.stream(weights).max().orElseThrow();
    ops()
        .forEach(ops -> {
          double gap = largestGap(ops, pool, target, weights, 1e-8);
          assertTrue(gap < most * (columns < 16 ? 10 * CLOSE : CLOSE), () -> "gap of " + gap);
          largestGap(ops, pool, target, weights, 1e10);
          double one = Math.abs(gap - largestGap(ops, pool, target, 1e-8));
          assertTrue(one > 0 || run == targetRows, "weights change nothing");
        });
  }

  /** The target's own rows lie in the pool: distances of 0, which are recomputed. */
  @ParameterizedTest
  @MethodSource("ops")
  void duplicatesAndNearRows(FloatOps ops) {
    FloatMatrix target = TestRows.normal(3, 90, 40);
    float[][] rows = new float[200][];
    SplittableRandom random = new SplittableRandom(4);
    for (int i = 0; i < rows.length; i++) {
      rows[i] = target.row(i % 90);
      rows[i][i % 40] += (float) Math.scalb(random.nextGaussian(), -(i % 30));
    }
    assertTrue(largestGap(ops, FloatMatrix.of(rows), target, 1e-8) < 4 * CLOSE);
    assertTrue(largestGap(ops, target, target, 1e-8) < CLOSE);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1e-8, 1e-3, 1, 1e10})
  void everyEpsilon(double epsilon) {
    FloatMatrix pool = TestRows.normal(5, 100, 20);
    FloatMatrix target = TestRows.normal(6, 50, 20);
    ops().forEach(ops -> assertTrue(largestGap(ops, pool, target, epsilon) < CLOSE));
  }

  /** Sizes at which squares underflow or overflow in float; distances beyond the clips. */
  @ParameterizedTest
  @ValueSource(doubles = {1e-30, 1e-12, 1e-5, 1e4, 1e9, 1e12, 1e19, 1e30})
  void everySizeOfNumbers(double size) {
    FloatMatrix pool = TestRows.scaled(TestRows.normal(7, 60, 24), size, 0);
    FloatMatrix target = TestRows.scaled(TestRows.normal(8, 70, 24), size, 0);
    ops().forEach(ops -> assertTrue(largestGap(ops, pool, target, 1e-8) < CLOSE));
  }

  /** Forty panels of the largest distances there are: their product would be above 1e400. */
  @ParameterizedTest
  @MethodSource("ops")
  void distancesWhoseProductOverflows(FloatOps ops) {
    FloatMatrix pool = TestRows.scaled(TestRows.normal(23, 30, 4), 1e12, 0);
    FloatMatrix target = TestRows.scaled(TestRows.normal(24, 40 * ops.lanes(), 4), 1e12, 0);
    double gap = largestGap(ops, pool, target, 1e10);
    assertTrue(gap < CLOSE, () -> "gap of " + gap);
  }

  /** The mean goes before the product, so a common offset costs no digits. */
  @ParameterizedTest
  @MethodSource("ops")
  void anOffsetOfAllRows(FloatOps ops) {
    FloatMatrix pool = TestRows.scaled(TestRows.normal(9, 200, 100), 1, 1000);
    FloatMatrix target = TestRows.scaled(TestRows.normal(10, 200, 100), 1, 1000);
    assertTrue(largestGap(ops, pool, target, 1e-8) < CLOSE);
  }

  /** Clusters far from each other: within one, most digits are lost. */
  @ParameterizedTest
  @MethodSource("ops")
  void clusters(FloatOps ops) {
    float[][] rows = new float[400][];
    FloatMatrix noise = TestRows.normal(11, 400, 30);
    for (int i = 0; i < rows.length; i++) {
      rows[i] = noise.row(i);
      rows[i][i % 3] += 300;
    }
    FloatMatrix all = FloatMatrix.of(rows);
    FloatMatrix target = FloatMatrix.of(java.util.Arrays.copyOf(rows, 150));
    assertTrue(largestGap(ops, all, target, 1e-8) < CLOSE);
  }

  /**
   * Products whose every rounding goes the same way: after a first product of 1 each further one is
   * just below half a unit in the last place, and is lost. So a squared distance comes out too
   * large by nearly all that the bound allows, and half of the allowance would not do.
   */
  @ParameterizedTest
  @MethodSource("ops")
  void roundingsThatAllGoUp(FloatOps ops) {
    float[] row = new float[256];
    float[] near = new float[256];
    Arrays.fill(row, 0x0.ffcp-12f);
    Arrays.fill(near, 0x0.ffcp-12f);
    row[0] = 1.25f;
    near[0] = 0.8f;
    float[][] target = new float[101][];
    // Just over half of the target lies at 0, and the middle with it.
    Arrays.setAll(target, i -> i % 2 == 1 ? near : new float[256]);
    FloatMatrix pool = FloatMatrix.of(new float[][] {row});
    double gap = largestGap(ops, pool, FloatMatrix.of(target), 1e-8);
    assertTrue(gap < 2e-5, () -> "gap of " + gap);
  }

  /** One column: roundings of rows, norms and their sum are all that there is to allow for. */
  @Tag("bounds")
  @ParameterizedTest
  @MethodSource("ops")
  void roundingsOfOneColumn(FloatOps ops) {
    SplittableRandom random = new SplittableRandom(20);
    for (int i = 0; i < 300; i++) {
      float middle = (float) random.nextDouble(-1, 1);
      float other = (float) random.nextDouble(-2, 2);
      float[][] target = {{middle}, {other}, {middle}};
      float[][] pool = new float[400][];
      Arrays.setAll(pool, row -> new float[] {(float) random.nextDouble(-2, 2)});
      largestGap(ops, FloatMatrix.of(pool), FloatMatrix.of(target), 1e-8);
    }
  }

  /** Rows that coincide: the sum of the clip and epsilon is all that is rounded. */
  @Tag("bounds")
  @ParameterizedTest
  @MethodSource("ops")
  void roundingsOfEpsilon(FloatOps ops) {
    FloatMatrix rows = FloatMatrix.of(new float[][] {{1e-9f}, {0}, {-1e-9f}});
    FloatMatrix pool = FloatMatrix.of(new float[][] {{3e-9f}});
    SplittableRandom random = new SplittableRandom(21);
    for (int i = 0; i < 1000; i++) {
      largestGap(ops, pool, rows, 0.25 + 0x1p-20 * random.nextDouble());
    }
  }

  /** Each row that lost digits is recomputed from its own numbers, and so are several of a row. */
  @ParameterizedTest
  @MethodSource("ops")
  void severalOfARowAreRecomputed(FloatOps ops) {
    FloatMatrix noise = TestRows.scaled(TestRows.normal(22, 60, 20), 1e-3, 0);
    float[][] rows = new float[60][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = noise.row(i);
      rows[i][0] += i % 4 == 0 ? 0 : 1;
      rows[i][1] += i % 4 == 1 ? 0 : 1;
    }
    FloatMatrix all = FloatMatrix.of(rows);
    assertTrue(largestGap(ops, all, all, 1e-8) < CLOSE);
  }

  @Test
  void theLogarithmOfALongProduct() {
    SplittableRandom random = new SplittableRandom(12);
    double[] factors = new double[100];
    double sum = 0;
    for (int i = 0; i < factors.length; i++) {
      factors[i] = Math.scalb(1 + random.nextDouble(), random.nextInt(-300, 550));
      sum += i < 3 ? 0 : Math.log(factors[i]);
    }
    assertEquals(sum, MeanLogBounds.logOfProduct(factors, 3, 97), 1e-12 * sum);
    assertEquals(0, MeanLogBounds.logOfProduct(factors, 0, 0));
  }

  @Test
  void evaluationsTogetherAreThoseOneByOne() {
    FloatMatrix target = TestRows.normal(13, 3000, 30);
    TargetModel model = new TargetModel(target, 1e-8, Execution.of(3, SimdProvider.ops()));
    double[][] points = TestRows.doubles(TestRows.normal(14, 5, 30));
    double[] together = model.meanLogDistances(points);
    for (int i = 0; i < points.length; i++) {
      assertEquals(model.meanLogDistance(points[i], new double[3000]), together[i]);
    }
  }

  @Test
  void factorialsByStirlingAgreeWithTheSum() {
    double sum = 0;
    for (int n = 1; n <= 5000; n++) {
      sum += Math.log(n);
      assertEquals(sum, LogFactorial.of(n), 1e-12 * Math.max(1, sum), "of " + n);
    }
    assertEquals(0, LogFactorial.of(0));
  }

  /** A row of weight 3 is three rows. */
  @Test
  void weightsAreRepetitions() {
    FloatMatrix target = TestRows.normal(15, 40, 6);
    FloatMatrix rows = TestRows.normal(16, 3, 6);
    Execution execution = Execution.of(1, SimdProvider.scalar());
    TargetModel model = new TargetModel(target, 1e-8, execution);
    WeightedDivergence divergence = new WeightedDivergence(model, 5);
    assertTrue(Double.isNaN(divergence.value()));
    double[] meanLogs = model.meanLogDistances(TestRows.doubles(rows));
    divergence.add(meanLogs[0], 3);
    divergence.add(meanLogs[1], 1);
    double with = divergence.with(meanLogs[2], 2);
    FloatMatrix repeated = TestRows.pick(rows, 0, 0, 0, 1, 2, 2);
    double expected =
        new AveragedDivergence(5, 1e-8, false, LengthUnit.ONE).estimate(target, repeated);
    assertEquals(expected, with, 1e-12 * Math.abs(expected));
    divergence.add(meanLogs[2], 2);
    assertEquals(with, divergence.value());
  }

  @Test
  void aTargetReadInPartsHasNoPanels() {
    // Needs a heap too small for the target: see SmallHeapTest. Here only the neighbours' check.
    TargetModel model =
        new TargetModel(TestRows.normal(17, 4, 2), 1e-8, Execution.of(1, SimdProvider.scalar()));
    assertTrue(MeanLogBounds.suits(model));
    assertThrows(IllegalArgumentException.class, () -> new WeightedDivergence(model, 4));
  }
}
