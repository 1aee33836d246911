package io.gio4j.select.exact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.divergence.AveragedDivergence;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.Close;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.NaiveExactSelection;
import io.gio4j.testing.StopAfter;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("simd")
class ExactTest {
  private static final int NEIGHBORS = 3;
  private static final double EPSILON = 1e-8;
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  private static final Exact METHOD = new Exact(NEIGHBORS, EPSILON);
  private static final ExactLeavingNearestOut LEAVING_NEAREST_OUT =
      new ExactLeavingNearestOut(NEIGHBORS, EPSILON);

  private static SelectionRequest request(Long budget, FloatMatrix pool, FloatMatrix target) {
    SelectionRequest request = SelectionRequest.of(pool, target);
    return budget == null ? request : request.withBudget(budget);
  }

  private static Selection select(
      Long budget, FloatMatrix pool, FloatMatrix target, FloatMatrix existing) {
    return METHOD.select(request(budget, pool, target).withExisting(existing));
  }

  private static NaiveExactSelection naive(
      FloatMatrix pool, FloatMatrix target, FloatMatrix existing, int... weights) {
    int[] all = new int[pool.rows()];
    Arrays.fill(all, 1);
    double unit = LengthUnit.TYPICAL.of(target, pool);
    return new NaiveExactSelection(
        TestRows.inUnits(target, unit),
        TestRows.inUnits(pool, unit),
        existing == null ? new double[0][] : TestRows.inUnits(existing, unit),
        weights.length == 0 ? all : weights,
        NEIGHBORS,
        EPSILON);
  }

  /** The definition of exact: no subset of any size has a smaller divergence than the prefix. */
  @ParameterizedTest
  @CsvSource({"1, false", "2, true", "3, false", "4, true"})
  void everyPrefixIsTheBestOfAllSubsets(int seed, boolean withExisting) {
    FloatMatrix pool = TestRows.normal(seed, 10, 3, 0.3);
    FloatMatrix target = TestRows.normal(seed + 10, 12, 3);
    FloatMatrix existing = withExisting ? TestRows.normal(seed + 20, 3, 3, 1) : null;
    double[] best = new double[11];
    Arrays.fill(best, Double.POSITIVE_INFINITY);
    NaiveExactSelection naive = naive(pool, target, existing);
    for (int subset = 1; subset < 1 << 10; subset++) {
      int bits = subset;
      int[] rows = IntStream.range(0, 10).filter(row -> (bits >> row & 1) != 0).toArray();
      best[rows.length] = Math.min(best[rows.length], naive.divergence(rows));
    }
    for (long budget = 1; budget <= 10; budget++) {
      Selection result = select(budget, pool, target, existing);
      int[] picks = result.indices();
      assertEquals(budget, picks.length);
      assertEquals(StopReason.BUDGET, result.stopReason());
      double kl = result.trace()[picks.length - 1];
      Close.assertClose(best[picks.length], kl, 1e-12, "best of " + budget);
      Close.assertClose(naive.divergence(picks), kl, 1e-12, "divergence of the picks");
    }
  }

  @ParameterizedTest
  @CsvSource({"300, 40, 5", "1000, 130, 17", "700, 65, 300", "50, 20, 1"})
  void theOrderIsThatOfExactValues(int rows, int targetRows, int columns) {
    FloatMatrix pool = TestRows.normal(5, rows, columns, 0.1);
    FloatMatrix target = TestRows.normal(6, targetRows, columns);
    Selection result = select((long) rows, pool, target, null);
    assertArrayEquals(naive(pool, target, null).order(), result.indices());
    assertEquals(StopReason.BUDGET, result.stopReason());
    assertEquals(StopReason.EXHAUSTED, select(rows + 1L, pool, target, null).stopReason());
  }

  /** Rows that differ in their last digits only: the filter cannot tell them apart. */
  @Test
  void nearTiesAreSettledExactly() {
    float[] base = TestRows.normal(7, 1, 64).row(0);
    SplittableRandom random = new SplittableRandom(8);
    float[][] rows = new float[2000][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = base.clone();
      int column = random.nextInt(64);
      rows[i][column] = Math.nextUp(rows[i][column]);
    }
    FloatMatrix pool = FloatMatrix.of(rows);
    FloatMatrix target = TestRows.normal(9, 100, 64);
    NaiveExactSelection naive = naive(pool, target, null);
    int[] picks = select(500L, pool, target, null).indices();
    // Two oracles in double may differ in the order of the last digit, not by more.
    int[] order = naive.order();
    for (int i = 0; i < picks.length; i++) {
      assertEquals(naive.meanLog(order[i]), naive.meanLog(picks[i]), 1e-14, "pick " + i);
    }
  }

  @Test
  void duplicatesInThePoolComeInTheirOrder() {
    FloatMatrix distinct = TestRows.normal(10, 20, 4);
    int[] rows = IntStream.range(0, 60).map(i -> i % 20).toArray();
    FloatMatrix pool = TestRows.pick(distinct, rows);
    FloatMatrix target = TestRows.normal(11, 30, 4);
    int[] order = naive(distinct, target, null).order();
    int[] expected =
        Arrays.stream(order).flatMap(row -> IntStream.of(row, row + 20, row + 40)).toArray();
    assertArrayEquals(expected, select(60L, pool, target, null).indices());
  }

  /** Distances of 0 count as 1e-5. */
  @Test
  void thePoolMayHoldTheTargetAndTheTargetDuplicates() {
    FloatMatrix target = TestRows.pick(TestRows.normal(12, 10, 4), 0, 0, 1, 2, 3, 4, 4, 4, 4, 5, 9);
    Selection result = select(11L, target, target, null);
    NaiveExactSelection naive = naive(target, target, null);
    assertArrayEquals(naive.order(), result.indices());
    Close.assertClose(naive.divergence(naive.order()), result.trace()[10], 1e-12, "divergence");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void withoutABudgetItEndsWhereTheDivergenceRises(boolean withExisting) {
    for (int seed = 0; seed < 20; seed++) {
      FloatMatrix pool = TestRows.normal(seed, 80, 3, 0.5);
      FloatMatrix target = TestRows.normal(seed + 100, 25, 3);
      FloatMatrix existing = withExisting ? TestRows.normal(seed + 200, 4, 3, 2) : null;
      Selection result = select(null, pool, target, existing);
      NaiveExactSelection naive = naive(pool, target, existing);
      int[] expected = naive.whileFalling();
      assertArrayEquals(expected, result.indices(), "seed " + seed);
      assertEquals(
          expected.length == 80 ? StopReason.EXHAUSTED : StopReason.INCREASE, result.stopReason());
      assertRightNumbers(naive, result);
    }
  }

  private static void assertRightNumbers(NaiveExactSelection naive, Selection result) {
    double previous = result.startingObjective();
    int[] picks = result.indices();
    for (int i = 0; i < picks.length; i++) {
      double kl = naive.divergence(Arrays.copyOf(picks, i + 1));
      Close.assertClose(kl, result.trace()[i], 1e-12, "after pick " + i);
      assertEquals(previous - result.trace()[i], result.gains()[i]);
      previous = result.trace()[i];
    }
  }

  @Test
  void existingRowsAreWhereItStarts() {
    FloatMatrix pool = TestRows.normal(13, 30, 3);
    FloatMatrix target = TestRows.normal(14, 25, 3);
    FloatMatrix existing = TestRows.normal(15, 7, 3);
    Selection result = select(5L, pool, target, existing);
    double expected =
        new AveragedDivergence(NEIGHBORS, EPSILON, false, LengthUnit.TYPICAL)
            .estimate(target, existing);
    Close.assertClose(expected, result.startingObjective(), 1e-13, "starting divergence");
    assertRightNumbers(naive(pool, target, existing), result);
    assertTrue(Double.isNaN(select(5L, pool, target, null).startingObjective()));
  }

  private static FloatMatrix column(int... weights) {
    float[] values = new float[weights.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = weights[i];
    }
    return FloatMatrix.of(values, values.length, 1).named("weights");
  }

  private static Selection weighted(
      Long budget, FloatMatrix pool, FloatMatrix target, FloatMatrix existing, int... weights) {
    return METHOD.select(
        request(budget, pool, target).withExisting(existing).withWeights(column(weights)));
  }

  @Test
  void aWeightCountsAsSoManyRows() {
    SplittableRandom random = new SplittableRandom(16);
    FloatMatrix target = TestRows.normal(17, 25, 3);
    FloatMatrix existing = TestRows.normal(18, 4, 3, 2);
    FloatMatrix pool = TestRows.normal(19, 40, 3, 0.5);
    int[] weights = random.ints(40, 1, 6).toArray();
    NaiveExactSelection naive = naive(pool, target, existing, weights);
    Selection free = weighted(null, pool, target, existing, weights);
    assertArrayEquals(naive.whileFalling(), free.indices());
    assertRightNumbers(naive, free);
    int[] order = naive.order();
    for (long budget = 1; budget <= 60; budget++) {
      int count = 0;
      long rows = 0;
      while (count < 40 && rows < budget) {
        rows += weights[order[count]];
        count++;
      }
      Selection result = weighted(budget, pool, target, existing, weights);
      assertArrayEquals(Arrays.copyOf(order, count), result.indices());
      assertEquals(StopReason.BUDGET, result.stopReason());
    }
  }

  @Test
  void weightsMustFit() {
    FloatMatrix pool = TestRows.normal(20, 3, 2);
    FloatMatrix target = TestRows.normal(21, 9, 2);
    assertRefused(
        "weights: has 2 rows of 1 columns; one column with a weight for each of the 3 rows of pool"
            + " is needed",
        () -> weighted(1L, pool.named("pool"), target, null, 1, 2));
    assertRefused(
        "weights: row 1 is 0.0; must be an integer of at least 1, the rows that it stands for",
        () -> weighted(1L, pool, target, null, 1, 0, 2));
    for (float bad : new float[] {0.5f, -1, Float.NaN, Float.POSITIVE_INFINITY, 1e10f}) {
      FloatMatrix weights = FloatMatrix.of(new float[] {1, 1, bad}, 3, 1).named("weights");
      SelectionRequest request = SelectionRequest.of(pool, target).withBudget(1);
      assertRefused(
          "weights: row 2 is "
              + bad
              + "; must be an integer of at least 1, the rows that it"
              + " stands for",
          () -> METHOD.select(request.withWeights(weights), ONE));
    }
  }

  /** Greedy with the nearest left out, every row evaluated at every pick. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void withTheNearestLeftOutItIsGreedy(boolean byBudget) {
    for (int seed = 0; seed < 8; seed++) {
      FloatMatrix target = TestRows.normal(seed, 25, 3);
      // The target's own rows, for which the nearest is left out.
      FloatMatrix pool = TestRows.pick(target, IntStream.range(0, 24).toArray());
      FloatMatrix existing = TestRows.normal(seed + 50, 3, 3);
      Selection result =
          LEAVING_NEAREST_OUT.select(
              request(byBudget ? 9L : null, pool, target).withExisting(existing), ONE);
      double[][] rows = Arrays.copyOf(TestRows.doubles(existing), 3);
      double previous = divergence(target, rows);
      Close.assertClose(previous, result.startingObjective(), 1e-12, "start");
      int[] picks = result.indices();
      for (int i = 0; i < picks.length; i++) {
        double best = Double.POSITIVE_INFINITY;
        int[] before = Arrays.copyOf(picks, i);
        for (int row = 0; row < pool.rows(); row++) {
          int candidate = row;
          if (Arrays.stream(before).noneMatch(picked -> picked == candidate)) {
            best = Math.min(best, divergence(target, with(rows, pool, row)));
          }
        }
        Close.assertClose(best, result.trace()[i], 1e-12, "pick " + i);
        assertTrue(byBudget || best <= previous + 1e-12);
        rows = with(rows, pool, picks[i]);
        previous = best;
      }
      assertEquals(
          byBudget
              ? StopReason.BUDGET
              : picks.length == 24 ? StopReason.EXHAUSTED : StopReason.INCREASE,
          result.stopReason());
    }
  }

  private static double divergence(FloatMatrix target, double[][] rows) {
    double epsilon = EPSILON * LengthUnit.TYPICAL.of(target, target);
    return NaiveDivergence.estimate(TestRows.doubles(target), rows, NEIGHBORS, epsilon, true);
  }

  private static double[][] with(double[][] rows, FloatMatrix pool, int row) {
    double[][] longer = Arrays.copyOf(rows, rows.length + 1);
    longer[rows.length] = TestRows.doubles(TestRows.pick(pool, row))[0];
    return longer;
  }

  @Test
  void leavingOutTheNearestNeedsTwoRowsAndNoWeights() {
    FloatMatrix pool = TestRows.normal(22, 3, 2);
    FloatMatrix target = TestRows.normal(23, 9, 2);
    ExactLeavingNearestOut method = LEAVING_NEAREST_OUT;
    assertRefused(
        "existing: has 0 rows; leaving out the nearest needs at least 2",
        () -> method.select(SelectionRequest.of(pool, target), ONE));
    assertRefused(
        "existing: has 1 rows; leaving out the nearest needs at least 2",
        () ->
            method.select(
                SelectionRequest.of(pool, target).withExisting(TestRows.normal(24, 1, 2)), ONE));
    assertRefused(
        "weights: cannot be used where the nearest is left out",
        () ->
            method.select(
                SelectionRequest.of(pool, target).withExisting(pool).withWeights(column(1, 1, 1)),
                ONE));
  }

  @Test
  void optionsHaveBounds() {
    FloatMatrix rows = TestRows.normal(25, 3, 2);
    assertRefused("budget: is 0; must be at least 1", () -> request(0L, rows, rows));
    assertRefused("k: is 0; must be at least 1", () -> new Exact().withK(0));
    assertRefused("k: is 0; must be at least 1", () -> new ExactLeavingNearestOut().withK(0));
    for (double epsilon : new double[] {-1, Double.NaN, 2e10}) {
      assertRefused(
          "eps: is " + epsilon + "; must lie between 0 and 1.0E10",
          () -> new Exact().withEps(epsilon));
      assertRefused(
          "eps: is " + epsilon + "; must lie between 0 and 1.0E10",
          () -> new ExactLeavingNearestOut().withEps(epsilon));
    }
    assertRefused(
        "k: is 3; must lie between 1 and 2, the rows of matrix less one",
        () -> select(1L, rows, rows, null));
  }

  private static void assertRefused(String message, Runnable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }

  @Test
  void aRowThatIsNotFiniteIsNamed() {
    float[][] rows = new float[5000][4];
    rows[4321][2] = Float.NaN;
    rows[4999][0] = Float.NaN;
    assertRefused(
        "matrix: row 4321 is not finite (column 2 is NaN); drop or repair such rows first",
        () -> select(1L, FloatMatrix.of(rows), TestRows.normal(26, 9, 4), null));
  }

  /** Threads and kernels have no part in the answer. */
  @Tag("slow")
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theSameBitsWithAnyThreadsAndKernels(boolean discardNearest) {
    FloatMatrix pool = TestRows.normal(27, 3000, 33, 0.2);
    FloatMatrix target = TestRows.normal(28, 201, 33);
    SelectionRequest request = request(300L, pool, target).withExisting(TestRows.normal(29, 5, 33));
    Selection expected = select(discardNearest, request, ONE);
    for (Execution execution :
        new Execution[] {
          Execution.of(3, SimdProvider.scalar()),
          Execution.of(1, SimdProvider.ops()),
          Execution.of(3, SimdProvider.ops())
        }) {
      Selection result = select(discardNearest, request, execution);
      assertArrayEquals(expected.indices(), result.indices());
      assertArrayEquals(expected.trace(), result.trace());
      assertArrayEquals(expected.gains(), result.gains());
      assertEquals(expected.startingObjective(), result.startingObjective());
    }
  }

  private static Selection select(
      boolean discardNearest, SelectionRequest request, Execution execution) {
    return discardNearest
        ? LEAVING_NEAREST_OUT.select(request, execution)
        : METHOD.select(request, execution);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 30, 60})
  void itStopsWhenAsked(int checks) {
    Progress cancelled = new StopAfter(checks);
    FloatMatrix pool = TestRows.normal(30, 20_000, 30);
    SelectionRequest request = request(5L, pool, TestRows.normal(31, 50, 30));
    assertThrows(CancellationException.class, () -> METHOD.select(request, cancelled));
  }
}
