package io.gio4j.select.pursuit;

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
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.StopAtThree;
import io.gio4j.testing.TestRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("simd")
class OmpTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  private static SelectionRequest request(int poolRows, int targetRows, int columns) {
    return SelectionRequest.of(
        TestRows.normal(1, poolRows, columns, 0.2), TestRows.normal(2, targetRows, columns, 0.2));
  }

  /** The rule as it is worded, by scans and the best non-negative subset of all picks so far. */
  private static int[] naive(SelectionRequest request, double ridge, int budget) {
    double[][] pool = TestRows.doubles(request.pool());
    List<Integer> picks = new ArrayList<>();
    double[] residual = NaiveFit.mean(request.target());
    while (picks.size() < budget) {
      int best = -1;
      double most = 1e-7 * Math.sqrt(Goal.square(NaiveFit.mean(request.target())));
      for (int row = 0; row < pool.length; row++) {
        double correlation = Goal.product(pool[row], residual) / Math.sqrt(Goal.square(pool[row]));
        if (!picks.contains(row) && correlation > most) {
          best = row;
          most = correlation;
        }
      }
      if (best < 0) {
        break;
      }
      picks.add(best);
      NaiveFit fit = bestFit(request, ridge, picks);
      residual = fit.residual();
    }
    return picks.stream().mapToInt(row -> row).toArray();
  }

  /** Cuts {@code picks} to the best support among all. */
  private static NaiveFit bestFit(SelectionRequest request, double ridge, List<Integer> picks) {
    NaiveFit best = null;
    int[] support = {};
    for (int subset = 1; subset < 1 << picks.size(); subset++) {
      int bits = subset;
      int[] numbers =
          IntStream.range(0, picks.size())
              .filter(i -> (bits >> i & 1) != 0)
              .map(picks::get)
              .toArray();
      NaiveFit fit = NaiveFit.leastSquares(request.pool(), request.target(), ridge, numbers);
      if (fit != null
          && fit.isNonNegative()
          && (best == null
              || fit.residualSquare() + ridge * fit.cost()
                  < best.residualSquare() + ridge * best.cost() - 1e-13)) {
        best = fit;
        support = numbers;
      }
    }
    picks.clear();
    Arrays.stream(support).forEach(picks::add);
    return best;
  }

  @ParameterizedTest
  @CsvSource({"60, 5, 8, 0", "200, 1, 12, 0", "30, 4, 3, 0", "60, 5, 8, 0.05", "25, 2, 1, 0"})
  void picksAreThoseOfTheRule(int poolRows, int targetRows, int columns, double ridge) {
    for (int seed = 0; seed < 12; seed++) {
      SelectionRequest request =
          SelectionRequest.of(
              TestRows.normal(seed, poolRows, columns, 0.2),
              TestRows.normal(seed + 50, targetRows, columns, 0.2));
      for (int budget = 1; budget <= 7; budget += 2) {
        Selection found = new Omp(ridge).select(request.withBudget(budget), ONE);
        int[] expected = naive(request, ridge, budget);
        assertArrayEquals(expected, found.indices(), "seed " + seed);
        assertEquals(
            expected.length == budget ? StopReason.BUDGET : StopReason.SATURATED,
            found.stopReason());
      }
    }
  }

  @Test
  void theTraceIsTheLossAndGainsAreItsDecreases() {
    SelectionRequest request = request(300, 6, 24).withBudget(15);
    Selection found = new Omp().select(request, ONE);
    double previous = 1;
    for (int pick = 0; pick < 15; pick++) {
      assertEquals(previous - found.trace()[pick], found.gains()[pick], 1e-15);
      assertTrue(found.gains()[pick] > 0);
      previous = found.trace()[pick];
    }
    List<Integer> picks = new ArrayList<>(Arrays.stream(found.indices()).boxed().toList());
    NaiveFit fit = bestFit(request, 0, picks);
    assertArrayEquals(fit.weights(), found.weights(), 1e-10);
    double expected = fit.residualSquare();
    expected /= Goal.square(NaiveFit.mean(request.target()));
    assertEquals(expected, found.trace()[14], 1e-12);
    assertTrue(Double.isNaN(found.startingObjective()));
  }

  /** Target rows that are pool rows are found, and then nothing is left to gain. */
  @Test
  void aTargetOfPoolRowsIsFound() {
    FloatMatrix pool = TestRows.normal(3, 200, 50);
    int[] rows = {17, 3, 99, 150};
    Selection found =
        new Omp().select(SelectionRequest.of(pool, TestRows.pick(pool, rows)).withBudget(50), ONE);
    assertArrayEquals(
        Arrays.stream(rows).sorted().toArray(), Arrays.stream(found.indices()).sorted().toArray());
    assertEquals(StopReason.SATURATED, found.stopReason());
    assertEquals(0, found.trace()[3], 1e-20);
  }

  @Test
  void ofEqualRowsTheFirstIsPickedAlone() {
    FloatMatrix some = TestRows.normal(4, 30, 12, 0.2);
    FloatMatrix pool =
        TestRows.pick(some, IntStream.range(0, 300).map(i -> (i * 7 + 3) % 30).toArray());
    FloatMatrix target = TestRows.normal(5, 3, 12, 0.2);
    Selection alone = new Omp().select(SelectionRequest.of(some, target), ONE);
    Selection found = new Omp().select(SelectionRequest.of(pool, target), ONE);
    assertEquals(StopReason.SATURATED, found.stopReason());
    assertArrayEquals(
        alone.indices(), Arrays.stream(found.indices()).map(i -> (i * 7 + 3) % 30).toArray());
    assertTrue(Arrays.stream(found.indices()).allMatch(row -> row < 30));
  }

  @Test
  void aRidgeSharesWeightAmongCopies() {
    FloatMatrix some = TestRows.normal(4, 30, 12, 0.2);
    FloatMatrix pool = TestRows.pick(some, IntStream.range(0, 300).map(i -> i % 30).toArray());
    SelectionRequest request =
        SelectionRequest.of(pool, TestRows.normal(5, 3, 12, 0.2)).withBudget(60);
    int without = new Omp().select(request, ONE).indices().length;
    Selection found = new Omp().withRidge(0.1).select(request, ONE);
    assertTrue(without <= 12);
    assertEquals(60, found.indices().length);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-30, 1e-12, 1e12, 1e30})
  void thePicksDoNotDependOnTheScale(double factor) {
    SelectionRequest request = request(200, 6, 20).withBudget(12);
    Selection expected = new Omp().withRidge(0.01).select(request, ONE);
    double power = Math.scalb(1.0, Math.getExponent(factor));
    SelectionRequest scaled =
        SelectionRequest.of(
                TestRows.scaled(request.pool(), power, 0),
                TestRows.scaled(request.target(), 1 / power, 0))
            .withBudget(12);
    Selection found = new Omp().withRidge(0.01).select(scaled, ONE);
    assertArrayEquals(expected.indices(), found.indices());
    assertArrayEquals(expected.trace(), found.trace(), 1e-12);
  }

  @Test
  void everythingEnds() {
    FloatMatrix zeros = FloatMatrix.of(new float[40], 10, 4);
    FloatMatrix target = TestRows.normal(6, 3, 4, 1);
    Selection none = new Omp().select(SelectionRequest.of(zeros, target).withBudget(3), ONE);
    assertEquals(StopReason.SATURATED, none.stopReason());
    assertEquals(0, none.indices().length);
    Selection opposite =
        new Omp().select(SelectionRequest.of(TestRows.scaled(target, -1, 0), target), ONE);
    assertTrue(opposite.indices().length < 3);
    Selection own = new Omp().select(SelectionRequest.of(target, target).withBudget(3), ONE);
    assertEquals(3, own.indices().length);
    assertEquals(StopReason.BUDGET, own.stopReason());
    assertEquals(
        StopReason.EXHAUSTED,
        new Omp().select(SelectionRequest.of(target, target).withBudget(4), ONE).stopReason());
    FloatMatrix one = TestRows.normal(7, 1, 1, 3);
    Selection single = new Omp().select(SelectionRequest.of(one, one).withBudget(1), ONE);
    assertArrayEquals(new int[] {0}, single.indices());
    assertEquals(0, single.trace()[0], 1e-30);
  }

  @Test
  void aTargetThatCancelsOutIsRefused() {
    FloatMatrix target = FloatMatrix.of(new float[][] {{1, 2}, {-1, -2}}).named("target");
    assertEquals(
        "target: the mean of its 2 rows is 0 but for rounding, so there is nothing to match; pass"
            + " rows that do not cancel out, such as gradients that are not centred",
        assertThrows(
                IllegalArgumentException.class,
                () -> new Omp().select(SelectionRequest.of(target, target), ONE))
            .getMessage());
  }

  @Test
  void aWeightCountsInTheBudgetAndExistingRowsDoNot() {
    float[] column = new float[200];
    Arrays.fill(column, 8);
    SelectionRequest request = request(200, 6, 20).withBudget(3);
    int[] three = new Omp().select(request, ONE).indices();
    SelectionRequest weighted = request.withBudget(20).withWeights(FloatMatrix.of(column, 200, 1));
    assertArrayEquals(three, new Omp().select(weighted, ONE).indices());
    assertArrayEquals(three, new Omp().select(request.withExisting(request.pool()), ONE).indices());
  }

  @Test
  void theSameBitsWithAnyThreadsAndKernels() {
    SelectionRequest request = request(3_000, 70, 83).withBudget(60);
    Selection expected = new Omp().select(request, ONE);
    Selection result = new Omp().select(request, Execution.of(3, SimdProvider.ops()));
    assertArrayEquals(expected.indices(), result.indices());
    assertArrayEquals(expected.trace(), result.trace());
  }

  @Test
  void whoStopsItMayKeepThePicks() {
    SelectionRequest request = request(100, 20, 30).withBudget(10);
    Selection whole = new Omp().select(request.withBudget(3), ONE);
    Selection part = new Omp().select(request, watched(new StopAtThree(true)));
    assertArrayEquals(whole.indices(), part.indices());
    assertEquals(StopReason.INTERRUPTED, part.stopReason());
    assertThrows(
        CancellationException.class,
        () -> new Omp().select(request, watched(new StopAtThree(false))));
  }

  private static Execution watched(Progress progress) {
    return new Execution(WorkerPool.of(1), numbers -> SimdProvider.scalar(), progress);
  }

  @Test
  void optionsHaveBounds() {
    for (double ridge : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertEquals(
          "ridge: is " + ridge + "; must be at least 0 and finite",
          assertThrows(IllegalArgumentException.class, () -> new Omp().withRidge(ridge))
              .getMessage());
    }
    assertFalse(new Omp().equals(new Omp().withRidge(1)));
  }
}
