package io.gio4j.select.cover;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
class GraphcutTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  private static SelectionRequest request(int seed, int poolRows, int targetRows, int columns) {
    return SelectionRequest.of(
        TestRows.normal(seed, poolRows, columns, 0.3),
        TestRows.normal(seed + 100, targetRows, columns));
  }

  /** Every pick gains as much as any row does by the definition, and gains and trace are right. */
  private static void assertGreedy(
      SelectionRequest request, Similarity similarity, double redundancy, Selection found) {
    NaiveCover naive = new NaiveCover(request, similarity);
    double before = naive.cut(redundancy);
    int[] everything = IntStream.range(0, request.pool().rows()).toArray();
    double error = 1e-6 * naive.cut(0, everything);
    if (request.existing() == null) {
      assertTrue(Double.isNaN(found.startingObjective()));
    } else {
      assertEquals(before, found.startingObjective(), error);
    }
    for (int pick = 0; pick < found.indices().length; pick++) {
      int[] selected = Arrays.copyOf(found.indices(), pick + 1);
      double now = naive.cut(redundancy, selected);
      assertEquals(now, found.trace()[pick], error, "objective of pick " + pick);
      assertEquals(now - before, found.gains()[pick], error, "gain of pick " + pick);
      for (int row : everything) {
        if (IntStream.of(selected).noneMatch(other -> other == row)) {
          selected[pick] = row;
          assertTrue(naive.cut(redundancy, selected) <= now + error, pick + " better: " + row);
          selected[pick] = found.indices()[pick];
        }
      }
      before = now;
    }
  }

  @ParameterizedTest
  @CsvSource({"40, 25, 3, 12", "30, 40, 40, 8", "20, 50, 1, 3", "25, 1, 20, 4", "1, 9, 5, 1"})
  void picksAreThoseOfGreedy(int poolRows, int targetRows, int columns, long budget) {
    for (Similarity similarity : Similarity.values()) {
      for (double redundancy : new double[] {0.1, 1, 3}) {
        SelectionRequest request = request(1, poolRows, targetRows, columns).withBudget(budget);
        Selection found = new Graphcut(similarity, redundancy).select(request, ONE);
        assertEquals(budget, found.indices().length);
        assertEquals(StopReason.BUDGET, found.stopReason());
        assertGreedy(request, similarity, redundancy, found);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Similarity.class)
  void existingRowsAndWeightsCount(Similarity similarity) {
    int[] weights = new SplittableRandom(3).ints(30, 1, 5).toArray();
    float[] column = new float[30];
    for (int row = 0; row < 30; row++) {
      column[row] = weights[row];
    }
    SelectionRequest request =
        request(2, 30, 60, 18)
            .withExisting(TestRows.normal(7, 3, 18, 0.5))
            .withWeights(FloatMatrix.of(column, 30, 1))
            .withBudget(20);
    Selection found = new Graphcut(similarity, 0.4).select(request, ONE);
    int[] counted = Arrays.stream(found.indices()).map(row -> weights[row]).toArray();
    assertTrue(Arrays.stream(counted).sum() >= 20);
    assertTrue(Arrays.stream(counted).limit(counted.length - 1).sum() < 20);
    assertGreedy(request, similarity, 0.4, found);
  }

  /** With a budget it goes on where every row takes something away. */
  @ParameterizedTest
  @EnumSource(Similarity.class)
  void withoutABudgetItEndsWhereNoRowGains(Similarity similarity) {
    SelectionRequest request = request(3, 50, 30, 20);
    Selection some = new Graphcut(similarity, 2).select(request, ONE);
    assertEquals(StopReason.SATURATED, some.stopReason());
    assertTrue(Arrays.stream(some.gains()).allMatch(gain -> gain > 0));
    Selection all = new Graphcut(similarity, 2).select(request.withBudget(51), ONE);
    assertEquals(StopReason.EXHAUSTED, all.stopReason());
    assertEquals(50, Arrays.stream(all.indices()).distinct().count());
    int count = some.indices().length;
    assertTrue(count > 0 && count < 50);
    assertArrayEquals(some.indices(), Arrays.copyOf(all.indices(), count));
    assertTrue(all.gains()[count] < 0);
    assertGreedy(request, similarity, 2, all);
  }

  @Test
  void rowsThatAreSimilarToNoneAreNotPicked() {
    FloatMatrix pool = FloatMatrix.of(new float[][] {{0, 0}, {-1, -1}, {2, 1}, {-3, -2}});
    FloatMatrix target = FloatMatrix.of(new float[][] {{1, 1}, {1, 0}});
    SelectionRequest request = SelectionRequest.of(pool, target).withBudget(4);
    Selection found = new Graphcut().withRedundancy(0).select(request, ONE);
    assertArrayEquals(new int[] {2}, found.indices());
    assertEquals(StopReason.SATURATED, found.stopReason());
  }

  /** More rows than a shortlist, equal ones among them: each pick is compared with all rows. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.01, 0.5})
  void theShortlistChangesNoPick(double redundancy) {
    int[] rows = IntStream.range(0, 700).map(row -> row % 350).toArray();
    FloatMatrix pool = TestRows.pick(TestRows.normal(4, 350, 5, 0.3), rows);
    SelectionRequest request = SelectionRequest.of(pool, TestRows.normal(5, 150, 5));
    for (Similarity similarity : Similarity.values()) {
      Selection found = new Graphcut(similarity, redundancy).select(request.withBudget(60), ONE);
      NaiveCover naive = new NaiveCover(request, similarity);
      double[][] all = TestRows.doubles(pool);
      double[] gains = new double[700];
      double largest = 0;
      for (int row = 0; row < 700; row++) {
        gains[row] = naive.cut(redundancy, row);
        largest = Math.max(largest, gains[row]);
      }
      for (int pick : found.indices()) {
        double best = Arrays.stream(gains).max().orElseThrow();
        assertTrue(gains[pick] >= best - 1e-5 * largest, similarity + " " + pick);
        gains[pick] = Double.NEGATIVE_INFINITY;
        for (int row = 0; row < 700; row++) {
          gains[row] -= 2 * redundancy * naive.similarity(all[row], all[pick]);
        }
      }
      for (int i = 1; i < 60; i++) {
        assertTrue(found.gains()[i] <= found.gains()[i - 1]);
        boolean isCopy = found.indices()[i] == found.indices()[i - 1] - 350;
        assertFalse(isCopy, "of equal rows the first comes first");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Similarity.class)
  void theSameBitsWithAnyThreadsAndKernels(Similarity similarity) {
    SelectionRequest request =
        request(6, 3_000, 1_100, 21).withExisting(TestRows.normal(8, 3, 21)).withBudget(150);
    Graphcut method = new Graphcut(similarity, 0.5);
    Selection expected = method.select(request, ONE);
    Selection found = method.select(request, Execution.of(3, SimdProvider.ops()));
    assertArrayEquals(expected.indices(), found.indices());
    assertArrayEquals(expected.trace(), found.trace());
    assertArrayEquals(expected.gains(), found.gains());
    assertEquals(expected.startingObjective(), found.startingObjective());
    assertFalse(
        Arrays.equals(
            expected.indices(), method.withRedundancy(0.1).select(request, ONE).indices()));
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-30, 1e-18, 1e15, 1e30})
  void anyScaleGivesTheSamePicks(double factor) {
    SelectionRequest plain = request(9, 60, 30, 20).withBudget(15);
    SelectionRequest scaled =
        SelectionRequest.of(
                TestRows.scaled(plain.pool(), factor, 0),
                TestRows.scaled(plain.target(), factor, 0))
            .withBudget(15);
    for (Similarity similarity : Similarity.values()) {
      Graphcut method = new Graphcut().withSimilarity(similarity).withRedundancy(0.5);
      Selection expected = method.select(plain, ONE);
      Selection found = method.select(scaled, ONE);
      assertArrayEquals(expected.indices(), found.indices(), similarity.name());
      double square = similarity.isOfDirections() ? 1 : factor * factor;
      assertEquals(1, found.trace()[14] / (expected.trace()[14] * square), 1e-5);
    }
  }

  @Test
  void whoStopsItMayKeepThePicks() {
    SelectionRequest request = request(14, 100, 50, 3).withBudget(9);
    Selection whole = new Graphcut().select(request, ONE);
    Selection part = new Graphcut().select(request, watched(true));
    assertArrayEquals(Arrays.copyOf(whole.indices(), 3), part.indices());
    assertEquals(StopReason.INTERRUPTED, part.stopReason());
    assertThrows(CancellationException.class, () -> new Graphcut().select(request, watched(false)));
  }

  private static Execution watched(boolean keeps) {
    return new Execution(
        WorkerPool.of(1), numbers -> SimdProvider.scalar(), new StopAtThree(keeps));
  }

  @Test
  void optionsHaveBounds() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> new Graphcut().withRedundancy(-1))
            .getMessage();
    assertEquals("redundancy: is -1.0; must lie between 0 and 1.0E10", message);
    assertThrows(NullPointerException.class, () -> new Graphcut(null, 1));
  }
}
