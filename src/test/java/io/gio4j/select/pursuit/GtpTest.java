package io.gio4j.select.pursuit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.parallel.WorkerPool;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.StopAtThree;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("simd")
class GtpTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());
  private static final Gtp METHOD = new Gtp();

  private static SelectionRequest request(int poolRows, int targetRows, int columns) {
    return SelectionRequest.of(
        TestRows.normal(1, poolRows, columns, 0.2), TestRows.normal(2, targetRows, columns, 0.2));
  }

  /** Unit rows of clusters that share a direction, and a target of some of the clusters. */
  private static SelectionRequest clustered(int seed, int poolRows, int copies) {
    SplittableRandom random = new SplittableRandom(seed);
    double[][] centers = TestRows.doubles(TestRows.normal(seed, 30, 64, 0.3));
    float[][] pool = new float[poolRows][];
    for (int row = 0; row < poolRows; row++) {
      pool[row] =
          row < poolRows / copies
              ? near(centers[row % 30], random)
              : pool[row % (poolRows / copies)];
    }
    float[][] target = new float[60][];
    Arrays.setAll(target, row -> near(centers[row % 5], random));
    return SelectionRequest.of(FloatMatrix.of(pool), FloatMatrix.of(target));
  }

  private static float[] near(double[] center, SplittableRandom random) {
    double[] row = Arrays.stream(center).map(x -> x + random.nextGaussian()).toArray();
    double length = Math.sqrt(Goal.square(row));
    float[] unit = new float[row.length];
    for (int column = 0; column < unit.length; column++) {
      unit[column] = (float) (row[column] / length);
    }
    return unit;
  }

  private static double last(Selection found) {
    return found.trace()[found.trace().length - 1];
  }

  /** A budget above what a fit needs gives the fit over the whole pool. */
  @ParameterizedTest
  @CsvSource({"40, 12", "500, 30", "200, 1", "300, 2", "20, 60"})
  void aLargeBudgetIsTheFitOfTheWholePool(int poolRows, int columns) {
    SelectionRequest request = request(poolRows, 6, columns).withBudget(poolRows);
    Nnls fit = new Nnls(Goal.of(request.target(), null, ONE), 0, ONE);
    for (int row = 0; row < poolRows; row++) {
      double[] values = TestRows.doubles(TestRows.pick(request.pool(), row))[0];
      fit.add(row, request.pool().row(row), Math.sqrt(Goal.square(values)));
    }
    fit.solve();
    Selection found = METHOD.select(request, ONE);
    assertEquals(fit.loss(), last(found), 1e-9);
    if (fit.loss() > 1e-6) { // Else many fits are exact.
      assertArrayEquals(
          fit.support().stream().mapToInt(atom -> atom.number).toArray(), found.indices());
    }
    assertEquals(
        found.indices().length == poolRows ? StopReason.BUDGET : StopReason.SATURATED,
        found.stopReason());
    assertEquals(found.indices().length, found.facts().get("support"));
  }

  @ParameterizedTest
  @ValueSource(longs = {5, 10, 25})
  void theLossIsNearThatOfOmpInFewRounds(long budget) {
    double many = 0;
    double one = 0;
    for (int seed = 0; seed < 6; seed++) {
      SelectionRequest request = clustered(seed, 1_500, 1).withBudget(budget);
      Selection found = METHOD.select(request, ONE);
      many += last(found);
      one += last(new Omp().select(request, ONE));
      assertEquals((int) budget, found.indices().length);
      assertTrue((int) found.facts().get("rounds") <= 16);
      assertEquals(found.facts().get("rounds"), found.facts().get("passes"));
      assertEquals(found.facts().get("weighted_loss"), last(found));
      assertTrue((double) found.facts().get("unweighted_loss") >= last(found));
    }
    assertTrue(many <= (budget == 5 ? 1.25 : 1.1) * one, many + " and " + one);
  }

  /** Picks come by what they contribute, and the trace adds them up. */
  @Test
  void theTraceAddsThePicksUp() {
    SelectionRequest request = clustered(3, 400, 1).withBudget(12);
    Selection found = METHOD.select(request, ONE);
    NaiveFit fit = NaiveFit.leastSquares(request.pool(), request.target(), 0, found.indices());
    assertTrue(fit.isNonNegative());
    double goal = Goal.square(fit.goal());
    double before = 1;
    for (int pick = 0; pick < 12; pick++) {
      NaiveFit first = new NaiveFit(Arrays.copyOf(fit.rows(), pick + 1), fit.goal(), fit.weights());
      assertEquals(first.residualSquare() / goal, found.trace()[pick], 1e-10);
      assertEquals(before - found.trace()[pick], found.gains()[pick], 1e-15);
      assertTrue(pick == 0 || fit.weights()[pick] <= fit.weights()[pick - 1] * (1 + 1e-6));
      assertEquals(fit.weights()[pick], found.weights()[pick], 1e-8 * fit.weights()[0]);
      before = found.trace()[pick];
    }
  }

  /** The weights of all refills are those of the mean of the fits. */
  @ParameterizedTest
  @EnumSource(Gtp.Refill.class)
  void theWeightsHaveTheLossThatIsReported(Gtp.Refill refill) {
    SelectionRequest request = clustered(4, 1_000, 10).withBudget(90);
    Selection found = METHOD.withRefill(refill).select(request, ONE);
    double[][] rows = TestRows.doubles(TestRows.pick(request.pool(), found.indices()));
    double[] goal = NaiveFit.mean(request.target());
    NaiveFit fit = new NaiveFit(rows, goal, found.weights());
    assertEquals(
        (double) found.facts().get("weighted_loss"),
        fit.residualSquare() / Goal.square(goal),
        1e-10);
    double[] sum = new double[goal.length];
    for (double[] row : rows) {
      sum = plus(sum, row);
    }
    double product = Goal.product(sum, goal);
    assertEquals(
        1 - product * product / (Goal.square(sum) * Goal.square(goal)),
        (double) found.facts().get("unweighted_loss"),
        1e-10);
    boolean isEqual = Arrays.stream(found.weights()).distinct().count() == 1;
    assertEquals(refill == Gtp.Refill.EQUAL, isEqual);
  }

  /** Every informative row in ten copies: one of each is taken, the first. */
  @Test
  void ofTenCopiesOneIsTaken() {
    FloatMatrix some = TestRows.normal(3, 20, 40);
    int[] order = IntStream.range(0, 200).map(i -> i * 13 % 20).toArray();
    FloatMatrix pool = TestRows.pick(some, order);
    SelectionRequest request =
        SelectionRequest.of(pool, TestRows.pick(some, 2, 7, 7, 11, 19)).withBudget(100);
    Selection found = METHOD.select(request, ONE);
    assertEquals(StopReason.SATURATED, found.stopReason());
    assertTrue(Arrays.stream(found.indices()).allMatch(row -> row < 20));
    int[] rows = Arrays.stream(found.indices()).map(row -> order[row]).toArray();
    assertEquals(7, rows[0]); // It has twice the weight.
    assertArrayEquals(new int[] {2, 7, 11, 19}, Arrays.stream(rows).sorted().toArray());
    assertEquals(0, last(found), 1e-20);
  }

  /** Copies of picks are near to them, so they do not come back. */
  @Test
  void aRefillLeavesOutNearRows() {
    SelectionRequest request = clustered(4, 1_000, 10).withBudget(90);
    Gtp refilling = METHOD.withRefill(Gtp.Refill.EXCLUDE_NEAR);
    Selection stopped = METHOD.select(request, ONE);
    Selection found = refilling.select(request, ONE);
    assertTrue(stopped.indices().length < 80);
    assertEquals(90, found.indices().length);
    assertEquals(StopReason.BUDGET, found.stopReason());
    assertArrayEquals(stopped.indices(), Arrays.copyOf(found.indices(), stopped.indices().length));
    assertEquals(90, Arrays.stream(found.indices()).map(row -> row % 100).distinct().count());
    assertTrue((int) found.facts().get("rounds") > (int) stopped.facts().get("rounds"));
    // All of a pick's cluster is near to it where the threshold is low.
    Selection few = refilling.withNear(0.01).select(request, ONE);
    assertEquals(StopReason.SATURATED, few.stopReason());
    assertTrue(few.indices().length < 90);
  }

  /** The greedy rule by scans, behind the rows of the pursuit. */
  @Test
  void equalRowsFillUpByTheCosineOfTheSum() {
    SelectionRequest request = clustered(5, 300, 2).withBudget(70);
    int support = METHOD.select(request, ONE).indices().length;
    Selection found = METHOD.withRefill(Gtp.Refill.EQUAL).select(request, ONE);
    assertEquals(70, found.indices().length);
    double[][] pool = TestRows.doubles(request.pool());
    double[] goal = NaiveFit.mean(request.target());
    double[] sum = new double[goal.length];
    for (int pick = 0; pick < 70; pick++) {
      int best = -1;
      double most = -2;
      for (int row = 0; row < pool.length; row++) {
        int candidate = row;
        double[] more = plus(sum, pool[row]);
        double cosine = Goal.product(more, goal) / Math.sqrt(Goal.square(more) * Goal.square(goal));
        if (Arrays.stream(found.indices(), 0, pick).noneMatch(picked -> picked == candidate)
            && cosine > most + 1e-13) {
          best = row;
          most = cosine;
        }
      }
      if (pick >= support) {
        assertEquals(best, found.indices()[pick], "pick " + pick);
        assertEquals(1 - most * most, found.trace()[pick], 1e-12);
      }
      sum = plus(sum, pool[found.indices()[pick]]);
    }
    assertEquals(found.facts().get("unweighted_loss"), last(found));
  }

  private static double[] plus(double[] one, double[] other) {
    double[] sum = one.clone();
    Arrays.setAll(sum, column -> one[column] + other[column]);
    return sum;
  }

  @Test
  void roundsEndIt() {
    SelectionRequest request = clustered(6, 900, 1).withBudget(200);
    Selection whole = METHOD.select(request, ONE);
    Selection one = METHOD.withMaxRounds(1).select(request, ONE);
    assertEquals(StopReason.MAX_ITERATIONS, one.stopReason());
    assertEquals(1, one.facts().get("rounds"));
    assertTrue(last(one) > last(whole));
    assertEquals(StopReason.SATURATED, whole.stopReason());
  }

  @Test
  void aRidgeSharesWeightAmongCopies() {
    SelectionRequest request = clustered(7, 300, 10).withBudget(200);
    int without = METHOD.select(request, ONE).indices().length;
    assertTrue(METHOD.withRidge(0.1).select(request, ONE).indices().length >= 5 * without);
  }

  @ParameterizedTest
  @EnumSource(Gtp.Refill.class)
  void everythingEnds(Gtp.Refill refill) {
    Gtp method = METHOD.withRefill(refill);
    FloatMatrix zeros = FloatMatrix.of(new float[40], 10, 4);
    FloatMatrix target = TestRows.normal(8, 3, 4, 1);
    SelectionRequest none = SelectionRequest.of(zeros, target).withBudget(3);
    assertEquals(StopReason.SATURATED, method.select(none, ONE).stopReason());
    assertEquals(0, method.select(none, ONE).indices().length);
    FloatMatrix one = TestRows.normal(9, 1, 1, 3);
    SelectionRequest single = SelectionRequest.of(one, one).withBudget(1);
    assertArrayEquals(new int[] {0}, method.select(single, ONE).indices());
    assertEquals(StopReason.EXHAUSTED, method.select(single.withBudget(2), ONE).stopReason());
    FloatMatrix copies = TestRows.pick(one, new int[50]);
    Selection equal = method.select(SelectionRequest.of(copies, one).withBudget(50), ONE);
    assertEquals(refill == Gtp.Refill.EQUAL ? 50 : 1, equal.indices().length);
    SelectionRequest opposite =
        SelectionRequest.of(TestRows.scaled(copies, -1, 0), one).withBudget(2);
    assertEquals(0, method.select(opposite, ONE).indices().length);
    SelectionRequest all = request(30, 4, 5).withBudget(30);
    assertTrue(method.select(all, ONE).indices().length >= 2);
    Selection free = method.select(request(300, 4, 5), ONE);
    assertEquals(StopReason.SATURATED, free.stopReason());
    assertTrue(free.indices().length <= 5);
  }

  @Test
  void aWeightCountsInTheBudgetAndExistingRowsDoNot() {
    float[] column = new float[200];
    Arrays.fill(column, 8);
    SelectionRequest request = request(200, 6, 20).withBudget(3);
    int[] three = METHOD.select(request, ONE).indices();
    SelectionRequest weighted = request.withBudget(24).withWeights(FloatMatrix.of(column, 200, 1));
    assertEquals(3, METHOD.select(weighted, ONE).indices().length);
    assertEquals(StopReason.BUDGET, METHOD.select(weighted, ONE).stopReason());
    assertArrayEquals(three, METHOD.select(request.withExisting(request.pool()), ONE).indices());
  }

  @ParameterizedTest
  @EnumSource(Gtp.Refill.class)
  void theSameBitsWithAnyThreadsAndKernels(Gtp.Refill refill) {
    SelectionRequest request = clustered(10, 2_000, 1).withBudget(80);
    Gtp method = METHOD.withRefill(refill);
    Selection expected = method.select(request, ONE);
    Selection result = method.select(request, Execution.of(3, SimdProvider.ops()));
    assertArrayEquals(expected.indices(), result.indices());
    assertArrayEquals(expected.trace(), result.trace());
  }

  @Test
  void whoStopsItMayKeepThePicks() {
    SelectionRequest request = request(100, 20, 30).withBudget(10);
    Selection whole = METHOD.select(request, ONE);
    Selection part = METHOD.select(request, watched(true));
    assertArrayEquals(Arrays.copyOf(whole.indices(), 3), part.indices());
    assertEquals(StopReason.INTERRUPTED, part.stopReason());
    assertThrows(CancellationException.class, () -> METHOD.select(request, watched(false)));
  }

  private static Execution watched(boolean keeps) {
    return new Execution(
        WorkerPool.of(1), numbers -> SimdProvider.scalar(), new StopAtThree(keeps));
  }

  @Test
  void optionsHaveBounds() {
    assertRefused("ridge: is -1.0; must be at least 0 and finite", () -> METHOD.withRidge(-1));
    assertRefused("maxRounds: is 0; must be at least 1", () -> METHOD.withMaxRounds(0));
    assertRefused(
        "near: is 0.5; only EXCLUDE_NEAR has one, and the refill is STOP",
        () -> METHOD.withNear(0.5));
    Gtp refilling = METHOD.withRefill(Gtp.Refill.EXCLUDE_NEAR);
    for (double near : new double[] {-0.1, 1.1, Double.NaN}) {
      assertRefused(
          "near: is " + near + "; must lie between 0 and 1", () -> refilling.withNear(near));
    }
  }

  private static void assertRefused(String message, Runnable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }
}
