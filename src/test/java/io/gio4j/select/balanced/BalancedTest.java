package io.gio4j.select.balanced;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.parallel.WorkerPool;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.kernel.EnergyKernel;
import io.gio4j.kernel.EnergyKernel.Kind;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.NaiveEnergy;
import io.gio4j.testing.OneAtATime;
import io.gio4j.testing.StopAtThree;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("simd")
class BalancedTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  /** Floats in the products, against doubles. */
  private static final double PRECISION = 2e-5;

  private static Selection select(
      Long budget, Kind kind, Double scale, SelectionRequest request, Execution execution) {
    return new Balanced(kind, scale, null)
        .select(budget == null ? request : request.withBudget(budget), execution);
  }

  private static NaiveEnergy naive(Kind kind, double scale, SelectionRequest request) {
    return new NaiveEnergy(
        new EnergyKernel(kind, scale),
        TestRows.doubles(request.target()),
        TestRows.doubles(request.pool()),
        request.existing() == null ? new double[0][] : TestRows.doubles(request.existing()));
  }

  /** At each pick no other row would lower the distance more, by the definition in double. */
  @Tag("slow")
  @ParameterizedTest
  @EnumSource(Kind.class)
  void eachPickIsTheBestRow(Kind kind) {
    for (boolean withExisting : new boolean[] {false, true}) {
      SelectionRequest request =
          SelectionRequest.of(TestRows.normal(1, 150, 7, 0.4), TestRows.normal(2, 40, 7))
              .withExisting(withExisting ? TestRows.normal(3, 9, 7, 1) : null);
      Selection found = select(60L, kind, 1.5, request, ONE);
      NaiveEnergy naive = naive(kind, 1.5, request);
      assertEquals(60, Arrays.stream(found.indices()).distinct().count());
      assertEquals(StopReason.BUDGET, found.stopReason());
      assertEquals(naive.distance(), found.startingObjective(), withExisting ? PRECISION : 0);
      for (int i = 0; i < 60; i++) {
        double best = Double.POSITIVE_INFINITY;
        for (int row = 0; row < 150; row++) {
          best = Math.min(best, naive.isTaken(row) ? best : naive.distanceWith(row));
        }
        double before = naive.distance();
        double picked = naive.distanceWith(found.indices()[i]);
        assertEquals(best, picked, PRECISION, "pick " + i);
        assertEquals(picked, found.trace()[i], PRECISION, "distance after pick " + i);
        assertEquals(before - picked, found.gains()[i], 2 * PRECISION, "gain of pick " + i);
        naive.take(found.indices()[i]);
      }
    }
  }

  /** A pool far larger than the shortlist, in batches: the picks of one row at a time. */
  @Tag("slow")
  @ParameterizedTest
  @CsvSource({
    "RATIONAL, 14000, 5, 300",
    "RATIONAL, 12000, 40, 300",
    "RATIONAL, 12000, 130, 300", // From 128 columns on a rollback starts from a kept panel.
    "EUCLIDEAN, 9000, 160, 300",
    "LAPLACE, 14000, 5, 300",
    "LAPLACE, 12000, 40, 200",
    "EUCLIDEAN, 14000, 5, 300",
    "LOG, 12000, 17, 200",
    "GAUSS, 12000, 17, 200"
  })
  void batchesChangeNoPick(Kind kind, int rows, int columns, int budget) {
    SelectionRequest request =
        SelectionRequest.of(mixture(4, rows, columns), mixture(5, 70, columns));
    Selection batched =
        select((long) budget, kind, 1.0, request, Execution.watchedBy(Progress.NONE));
    int[] single = OneAtATime.picks(request, new EnergyKernel(kind, 1), budget);
    assertArrayEquals(single, batched.indices());
  }

  private static FloatMatrix mixture(int seed, int rows, int columns) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() + 3 * (i / columns % 3));
    }
    return FloatMatrix.of(values, rows, columns);
  }

  /** Two modes of 70 and 30 percent, in a pool where they are 50 and 50 beside much else. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void modesComeInTheTargetsProportions(Kind kind) {
    FloatMatrix pool = modes(6, 1200, row -> row % 4);
    FloatMatrix target = modes(7, 100, row -> row < 70 ? 0 : 1);
    Selection found = select(100L, kind, null, SelectionRequest.of(pool, target), ONE);
    long first = Arrays.stream(found.indices()).filter(row -> row % 4 == 0).count();
    long second = Arrays.stream(found.indices()).filter(row -> row % 4 == 1).count();
    assertEquals(100, first + second);
    assertEquals(70.0, (double) first, 3);
    assertTrue(found.trace()[99] < found.trace()[9]);
  }

  private static FloatMatrix modes(int seed, int rows, IntUnaryOperator mode) {
    FloatMatrix noise = TestRows.normal(seed, rows, 6);
    float[][] values = new float[rows][];
    for (int row = 0; row < rows; row++) {
      values[row] = noise.row(row);
      values[row][mode.applyAsInt(row)] += 8;
    }
    return FloatMatrix.of(values);
  }

  /** A duplicate adds nothing, so the others come first. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void duplicatesAreNotTakenWhileOthersAreLeft(Kind kind) {
    FloatMatrix distinct = TestRows.normal(8, 40, 3);
    FloatMatrix pool = TestRows.pick(distinct, IntStream.range(0, 160).map(i -> i % 40).toArray());
    Selection found = select(20L, kind, 0.3, SelectionRequest.of(pool, distinct), ONE);
    assertEquals(20, Arrays.stream(found.indices()).map(row -> row % 40).distinct().count());
    assertTrue(Arrays.stream(found.indices()).allMatch(row -> row < 40), "the first of equal rows");
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void withoutABudgetItEndsWhereTheDistanceNoLongerFalls(Kind kind) {
    SelectionRequest request =
        SelectionRequest.of(TestRows.normal(9, 90, 3, 1), TestRows.normal(10, 30, 3));
    Selection found = select(null, kind, 1.0, request, ONE);
    Selection longer = select(found.indices().length + 1L, kind, 1.0, request, ONE);
    assertEquals(StopReason.INCREASE, found.stopReason());
    assertTrue(found.indices().length > 3);
    for (int i = 1; i < found.indices().length; i++) {
      assertTrue(found.gains()[i] > 0);
    }
    assertTrue(longer.gains()[found.indices().length] <= 0);
    assertEquals(StopReason.EXHAUSTED, select(91L, kind, 1.0, request, ONE).stopReason());
  }

  /** The pool's best subset is the target itself, at distance 0. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void theTargetItselfIsAtDistanceZero(Kind kind) {
    FloatMatrix target = TestRows.normal(11, 25, 4);
    Selection found = select(25L, kind, 1.0, SelectionRequest.of(target, target), ONE);
    assertEquals(0, found.trace()[24], 1e-6);
    assertTrue(found.trace()[12] > 1e-4);
  }

  @Test
  void aWeightCountsAsSoManyRows() {
    FloatMatrix pool = TestRows.normal(12, 50, 4, 0.3);
    FloatMatrix target = TestRows.normal(13, 20, 4);
    int[] weights = new SplittableRandom(14).ints(50, 1, 5).toArray();
    float[] column = new float[50];
    for (int i = 0; i < 50; i++) {
      column[i] = weights[i];
    }
    SelectionRequest request =
        SelectionRequest.of(pool, target).withWeights(FloatMatrix.of(column, 50, 1));
    Selection found = select(40L, Kind.LAPLACE, 2.0, request, ONE);
    int[] counts = Arrays.stream(found.indices()).map(row -> weights[row]).toArray();
    assertTrue(Arrays.stream(counts).sum() >= 40);
    assertTrue(Arrays.stream(counts).limit(counts.length - 1).sum() < 40);
    NaiveEnergy naive = naive(Kind.LAPLACE, 2, request);
    for (int i = 0; i < counts.length; i++) {
      double best = Double.NEGATIVE_INFINITY;
      for (int row = 0; row < 50; row++) {
        best = Math.max(best, naive.isTaken(row) ? best : naive.score(row));
      }
      assertEquals(best, naive.score(found.indices()[i]), PRECISION, "pick " + i);
      for (int copy = 0; copy < counts[i]; copy++) {
        naive.take(found.indices()[i]);
      }
      assertEquals(naive.distance(), found.trace()[i], PRECISION, "distance after pick " + i);
    }
  }

  @Test
  void theScaleIsAShareOfTheMedianDistanceUnlessGiven() {
    FloatMatrix target = FloatMatrix.of(new float[] {0, 1, 3, 6, 6}, 5, 1);
    SelectionRequest request = SelectionRequest.of(TestRows.normal(15, 9, 1), target);
    // Of 1, 2, 3, 3, 3, 5, 5, 6, 6: the two rows at 6 have no part.
    assertScale(1.5, "target", Kind.LAPLACE, null, request);
    assertScale(1.5, "target", Kind.GAUSS, null, request);
    assertScale(1.5 / Math.sqrt(2), "target", Kind.RATIONAL, null, request);
    assertScale(0.03, "target", Kind.LOG, null, request);
    assertScale(4, "given", Kind.LAPLACE, 4.0, request);
    // Of 5, 8 and 12.4.
    FloatMatrix wider = FloatMatrix.of(new float[][] {{0, 0}, {3, 4}, {0, -8}});
    assertScale(
        4, "target", Kind.LAPLACE, null, SelectionRequest.of(TestRows.normal(15, 9, 2), wider));
    assertTrue(select(2L, Kind.EUCLIDEAN, null, request, ONE).facts().isEmpty());
    SelectionRequest narrow = SelectionRequest.of(mixture(16, 300, 3), TestRows.normal(17, 40, 3));
    assertFalse(
        Arrays.equals(
            select(30L, Kind.LAPLACE, 0.3, narrow, ONE).indices(),
            select(30L, Kind.LAPLACE, 3.0, narrow, ONE).indices()));
    Selection halved = new Balanced().withAlpha(0.5).select(request.withBudget(2), ONE);
    assertEquals(1.5, halved.facts().get("scale"));
  }

  /** Where the target's own distances say nothing of the pool's rows, their grain decides. */
  @Test
  void theScaleOfANarrowTargetIsThePools() {
    FloatMatrix equal = FloatMatrix.of(new float[] {3, 3}, 2, 1);
    FloatMatrix pool = FloatMatrix.of(new float[] {11, 19, 27}, 3, 1);
    assertScale(12, "pool", Kind.LAPLACE, null, SelectionRequest.of(pool, equal));
    assertScale(0.5, "pool", Kind.LAPLACE, null, SelectionRequest.of(equal, equal));
    FloatMatrix one = FloatMatrix.of(new float[] {3}, 1, 1);
    assertScale(12, "pool", Kind.LAPLACE, null, SelectionRequest.of(pool, one));
    FloatMatrix narrow = FloatMatrix.of(new float[] {2.75f, 3, 3.25f}, 3, 1);
    // 0.25 + 3 (8 - 0.25), halved.
    assertScale(11.75, "pool", Kind.LAPLACE, null, SelectionRequest.of(pool, narrow));
    // A pool with the target's rows among others has the target's grain.
    FloatMatrix holding = FloatMatrix.of(new float[] {2.75f, 3, 3.25f, 19, 27, 99}, 6, 1);
    assertScale(0.125, "target", Kind.LAPLACE, null, SelectionRequest.of(holding, narrow));
    FloatMatrix copies = FloatMatrix.of(new float[] {3, 3, 7}, 3, 1);
    assertScale(2, "pool", Kind.LAPLACE, null, SelectionRequest.of(copies, equal));
  }

  private static void assertScale(
      double expected, String from, Kind kind, Double scale, SelectionRequest request) {
    Selection found = select(1L, kind, scale, request, ONE);
    assertEquals(expected, (double) found.facts().get("scale"), 1e-6 * expected);
    assertEquals(from, found.facts().get("scale_from"));
  }

  @Tag("slow")
  @ParameterizedTest
  @EnumSource(Kind.class)
  void threadsAndKernelsHaveNoPartInTheResult(Kind kind) {
    SelectionRequest request =
        SelectionRequest.of(mixture(18, 9000, 20), mixture(19, 33, 20))
            .withExisting(mixture(20, 5, 20));
    Selection one = select(150L, kind, 2.0, request, ONE);
    for (Execution execution :
        new Execution[] {
          Execution.of(3, SimdProvider.scalar()), Execution.of(2, SimdProvider.vector())
        }) {
      Selection other = select(150L, kind, 2.0, request, execution);
      assertArrayEquals(one.indices(), other.indices());
      assertArrayEquals(one.trace(), other.trace());
      assertArrayEquals(one.gains(), other.gains());
    }
  }

  /** Far-out rows would make bounds worthless; they must not make answers wrong. */
  @Tag("bounds")
  @Test
  void picksFarFromTheTargetAreRightToo() {
    FloatMatrix near = mixture(21, 12_000, 4);
    float[][] rows = new float[12_000][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = near.row(i);
      if (i % 3 == 0) {
        rows[i][1] += 500 + i;
      }
    }
    SelectionRequest request = SelectionRequest.of(FloatMatrix.of(rows), mixture(22, 20, 4));
    for (Kind kind : new Kind[] {Kind.RATIONAL, Kind.EUCLIDEAN}) {
      Selection found = select(250L, kind, 1.0, request, Execution.watchedBy(Progress.NONE));
      assertArrayEquals(OneAtATime.picks(request, new EnergyKernel(kind, 1), 250), found.indices());
    }
  }

  @Test
  void whoStopsItMayKeepThePicks() {
    SelectionRequest request = SelectionRequest.of(mixture(23, 100, 3), mixture(24, 20, 3));
    int[] whole = select(9L, Kind.LAPLACE, 1.0, request, ONE).indices();
    Selection part = select(9L, Kind.LAPLACE, 1.0, request, watched(true));
    assertArrayEquals(Arrays.copyOf(whole, 3), part.indices());
    assertEquals(StopReason.INTERRUPTED, part.stopReason());
    assertThrows(
        CancellationException.class, () -> select(9L, Kind.LAPLACE, 1.0, request, watched(false)));
  }

  private static Execution watched(boolean keeps) {
    return new Execution(
        WorkerPool.of(1), numbers -> SimdProvider.scalar(), new StopAtThree(keeps));
  }

  @Test
  void optionsAndRowsHaveBounds() {
    FloatMatrix rows = TestRows.normal(25, 4, 2);
    assertRefused(
        "budget: is 0; must be at least 1", () -> SelectionRequest.of(rows, rows).withBudget(0));
    for (double wrong : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertRefused(
          "scale: is " + wrong + "; must be a finite number above 0",
          () -> new Balanced().withKernel(Kind.LAPLACE).withScale(wrong));
      assertRefused(
          "alpha: is " + wrong + "; must be a finite number above 0",
          () -> new Balanced().withAlpha(wrong));
    }
    assertRefused(
        "alpha: is 2.0; only RATIONAL has one, and the kernel is GAUSS",
        () -> new Balanced().withKernel(Kind.GAUSS).withAlpha(2));
    FloatMatrix far = FloatMatrix.of(new float[] {0, 0, 1e30f, 0}, 2, 2).named("pool");
    assertRefused(
        "pool: row 1 is too far out to be compared with the others in float (at a distance of"
            + " 1.00e+30, at most 6.32e+18 is possible with the distances between target rows);"
            + " drop or clip such rows",
        () -> select(1L, Kind.LAPLACE, 1.0, SelectionRequest.of(far, rows), ONE));
  }

  private static void assertRefused(String message, Runnable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }
}
