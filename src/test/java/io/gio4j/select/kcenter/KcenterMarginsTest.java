package io.gio4j.select.kcenter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.NaiveDivergence;
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

@Tag("simd")
class KcenterMarginsTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  private static FloatMatrix margins(long seed, int rows) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] column = new float[rows];
    for (int row = 0; row < rows; row++) {
      column[row] = (float) Math.pow(random.nextDouble(), 3);
    }
    return FloatMatrix.of(column, rows, 1).named("scores");
  }

  private static SelectionRequest request(FloatMatrix pool, long budget, FloatMatrix margins) {
    return SelectionRequest.of(pool, TestRows.normal(99, 5, pool.columns()))
        .withBudget(budget)
        .withScores(margins);
  }

  private static Selection select(SelectionRequest request, double weight) {
    return new Kcenter().withMarginWeight(weight).select(request, ONE);
  }

  /** The objective of some rows beside existing ones. */
  private static double cost(SelectionRequest request, int[] rows, double weight) {
    double[][] pool = TestRows.doubles(request.pool());
    double[][] existing =
        request.existing() == null ? new double[0][] : TestRows.doubles(request.existing());
    double radius = 0;
    for (double[] row : pool) {
      double near = Double.POSITIVE_INFINITY;
      for (int center : rows) {
        near = Math.min(near, NaiveDivergence.squaredDistance(row, pool[center]));
      }
      for (double[] center : existing) {
        near = Math.min(near, NaiveDivergence.squaredDistance(row, center));
      }
      radius = Math.max(radius, Math.sqrt(near));
    }
    return radius
        + weight * Arrays.stream(rows).mapToDouble(row -> request.scores().row(row)[0]).sum();
  }

  private static double optimum(SelectionRequest request, int size, double weight) {
    int rows = request.pool().rows();
    return IntStream.range(0, 1 << rows)
        .filter(set -> Integer.bitCount(set) == size)
        .mapToDouble(set ->
            cost(
                request,
                IntStream.range(0, rows).filter(row -> (set >> row & 1) == 1).toArray(),
                weight))
        .min()
        .orElseThrow();
  }

  /** All answers of eight rows are tried. */
  @Tag("slow")
  @ParameterizedTest
  @CsvSource({"0.1, false", "1, false", "5, false", "20, false", "1, true"})
  void itCostsAtMostThreeTimesTheOptimum(double weight, boolean hasExisting) {
    double worst = 0;
    for (int seed = 0; seed < 300; seed++) {
      int columns = 1 + seed % 2;
      FloatMatrix pool = TestRows.normal(seed, 8, columns);
      if (seed % 3 == 0) { // on a grid, with copies
        float[][] rows = new float[8][];
        Arrays.setAll(rows, pool::row);
        for (float[] row : rows) {
          row[0] = Math.round(2 * row[0]);
        }
        pool = FloatMatrix.of(rows);
      }
      int budget = 2 + seed / 2 % 2;
      SelectionRequest request = request(pool, budget, margins(seed, 8));
      if (hasExisting) {
        request = request.withExisting(TestRows.normal(seed + 7000, 2, columns));
      }
      Selection found = select(request, weight);
      double cost = cost(request, found.indices(), weight);
      assertEquals(budget, Arrays.stream(found.indices()).distinct().count());
      assertEquals(cost, found.trace()[budget - 1], 1e-12 * cost);
      worst = Math.max(worst, cost / optimum(request, budget, weight));
    }
    assertTrue(worst <= 3, "worst ratio " + worst);
  }

  /** More rows than are compared at once, and the rule as it is worded for every radius. */
  @ParameterizedTest
  @CsvSource({"5000, 2, 9, 0.3", "4500, 20, 12, 2", "300, 3, 40, 0.1"})
  void theAnswerIsThatOfTheRule(int rows, int columns, int budget, double weight) {
    SelectionRequest request = request(TestRows.normal(3, rows, columns), budget, margins(4, rows));
    Selection found = select(request, weight);
    Selection plain = new Kcenter().select(request.withScores(null), ONE);
    double least = cost(request, plain.indices(), weight);
    boolean isLast = false;
    for (double radius = plain.trace()[budget - 1] / 2; !isLast; radius *= 1.1) {
      int[] centers = naive(request, radius, budget);
      isLast = centers.length == 1;
      if (centers.length <= budget) {
        least = Math.min(least, cost(request, filled(request, centers, budget), weight));
      }
    }
    assertEquals(least, found.trace()[budget - 1], 1e-12 * least);
    assertTrue(least < cost(request, plain.indices(), weight), "the farthest-first is cheaper");
  }

  private static int[] byMargin(SelectionRequest request) {
    return IntStream.range(0, request.pool().rows())
        .boxed()
        .sorted((a, b) -> Float.compare(request.scores().row(a)[0], request.scores().row(b)[0]))
        .mapToInt(row -> row)
        .toArray();
  }

  /** The centre of each seed, at most one more than the budget. */
  private static int[] naive(SelectionRequest request, double radius, int budget) {
    double[][] pool = TestRows.doubles(request.pool());
    int[] order = byMargin(request);
    boolean[] gone = new boolean[pool.length];
    int[] centers = new int[0];
    for (int seed : order) {
      if (gone[seed]) {
        continue;
      }
      int center =
          Arrays.stream(order)
              .filter(row -> distance(pool[row], pool[seed]) <= radius)
              .findFirst()
              .orElseThrow();
      centers = IntStream.concat(Arrays.stream(centers), IntStream.of(center)).toArray();
      for (int row : order) {
        gone[row] |= distance(pool[row], pool[seed]) <= 2 * radius;
      }
      if (centers.length > budget) {
        break;
      }
    }
    return centers;
  }

  private static int[] filled(SelectionRequest request, int[] centers, int budget) {
    IntStream others =
        Arrays.stream(byMargin(request))
            .filter(row -> Arrays.stream(centers).noneMatch(each -> each == row));
    return IntStream.concat(Arrays.stream(centers), others).limit(budget).toArray();
  }

  private static double distance(double[] one, double[] other) {
    return Math.sqrt(NaiveDivergence.squaredDistance(one, other));
  }

  @Test
  void traceAndGainsAreOfTheObjective() {
    SelectionRequest request =
        request(TestRows.normal(5, 200, 3), 12, margins(6, 200))
            .withExisting(TestRows.normal(7, 3, 3));
    Selection found = select(request, 0.5);
    double before = found.startingObjective();
    assertEquals(cost(request, new int[0], 0.5), before, 1e-12 * before);
    for (int pick = 0; pick < 12; pick++) {
      double cost = cost(request, Arrays.copyOf(found.indices(), pick + 1), 0.5);
      assertEquals(cost, found.trace()[pick], 1e-12 * cost);
      assertEquals(before - cost, found.gains()[pick], 1e-12);
      before = cost;
    }
    Selection alone = select(request.withExisting(null), 0.5);
    assertTrue(Double.isNaN(alone.gains()[0]) && Double.isNaN(alone.startingObjective()));
  }

  @Test
  void aLargeWeightTakesTheSmallestMarginsAndASmallOneCovers() {
    FloatMatrix margins = margins(8, 300);
    SelectionRequest request = request(TestRows.normal(9, 300, 3), 10, margins);
    int[] smallest = Arrays.stream(byMargin(request)).limit(10).sorted().toArray();
    assertArrayEquals(smallest, Arrays.stream(select(request, 1e9).indices()).sorted().toArray());
    double radius = new Kcenter().select(request.withScores(null), ONE).trace()[9];
    assertTrue(select(request, 1e-9).trace()[9] <= radius + 1e-8);
  }

  @Test
  void theSameBitsWithAnyThreadsAndKernels() {
    SelectionRequest request = request(TestRows.normal(11, 9_000, 20), 30, margins(12, 9_000));
    Selection expected = select(request, 1);
    Selection found = new Kcenter().select(request, Execution.of(3, SimdProvider.ops()));
    assertArrayEquals(expected.indices(), found.indices());
    assertArrayEquals(expected.trace(), found.trace());
    assertArrayEquals(expected.gains(), found.gains());
  }

  @Test
  void copiesAndPoolsThatAreUsedUp() {
    FloatMatrix pool = TestRows.pick(TestRows.normal(13, 3, 2), 0, 1, 2, 0, 1, 2, 0);
    Selection found = select(request(pool, 5, margins(14, 7)), 1);
    assertEquals(5, Arrays.stream(found.indices()).distinct().count());
    assertEquals(StopReason.BUDGET, found.stopReason());
    Selection all = select(request(pool, 9, margins(14, 7)), 1);
    assertEquals(7, Arrays.stream(all.indices()).distinct().count());
    assertEquals(StopReason.EXHAUSTED, all.stopReason());
    Selection one = select(request(TestRows.pick(pool, 0), 1, margins(1, 1)), 1);
    assertArrayEquals(new int[] {0}, one.indices());
    Selection covered = select(request(pool, 2, margins(14, 7)).withExisting(pool), 1);
    assertEquals(2, covered.indices().length);
    assertEquals(0, covered.startingObjective());
  }

  @Test
  void whoStopsItIsHeard() {
    SelectionRequest request = request(TestRows.normal(15, 2_000, 3), 20, margins(16, 2_000));
    StopAfter late = new StopAfter(300);
    assertThrows(
        CancellationException.class,
        () -> new Kcenter().select(request, new Execution(ONE.workers(), ONE.ops(), late)));
  }

  @Test
  void whatDoesNotFitIsRefused() {
    SelectionRequest request = request(TestRows.normal(1, 3, 2), 2, margins(1, 3));
    assertRefused(
        "scores: row 1 is -1.0; kcenter takes them as margins, which must be at least 0",
        request.withScores(FloatMatrix.of(new float[] {0, -1, 2}, 3, 1).named("scores")),
        1);
    assertRefused(
        "scores: row 2 is NaN; must be a finite number",
        request.withScores(FloatMatrix.of(new float[] {0, 1, Float.NaN}, 3, 1).named("scores")),
        1);
    assertRefused(
        "weights: have no meaning beside scores for kcenter; leave one of them out",
        request.withWeights(FloatMatrix.of(new float[] {1, 1, 1}, 3, 1)),
        1);
    assertRefused(
        "margin_weight: is 2.0, and there are no scores that it could weigh; pass scores, or leave it out",
        request.withScores(null),
        2);
    assertRefused("marginWeight: is 0.0; must be a finite number above 0", request, 0);
    FloatMatrix two = margins(1, 2);
    IllegalArgumentException thrown =
        assertThrows(IllegalArgumentException.class, () -> request.withScores(two));
    assertEquals(
        "scores: has 2 rows of 1 columns; one column with a score for each of the 3 rows of matrix is needed",
        thrown.getMessage());
  }

  private static void assertRefused(String message, SelectionRequest request, double weight) {
    IllegalArgumentException thrown =
        assertThrows(IllegalArgumentException.class, () -> select(request, weight));
    assertEquals(message, thrown.getMessage());
  }
}
