package io.gio4j.select.nearest;

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
import io.gio4j.random.PythonRandom;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.StopAtThree;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("simd")
class NearestTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  private static Selection select(Long budget, long seed, SelectionRequest request) {
    SelectionRequest seeded = request.withSeed(seed);
    return new Nearest().select(budget == null ? seeded : seeded.withBudget(budget), ONE);
  }

  private static SelectionRequest request(int poolRows, int targetRows, int columns) {
    return SelectionRequest.of(
        TestRows.normal(1, poolRows, columns, 0.3), TestRows.normal(2, targetRows, columns));
  }

  /** The rule as it is worded: in each turn all rows that are left are compared. */
  private static void assertInTurns(SelectionRequest request, long seed, Selection found) {
    double[][] target = TestRows.doubles(request.target());
    double[][] pool = TestRows.doubles(request.pool());
    boolean[] used = new boolean[pool.length];
    PythonRandom random = PythonRandom.seeded(seed);
    int[] order = IntStream.range(0, target.length).toArray();
    for (int pick = 0; pick < found.indices().length; pick++) {
      if (pick % target.length == 0) {
        random.shuffle(order);
      }
      double[] point = target[order[pick % target.length]];
      int best = -1;
      double distance = Double.POSITIVE_INFINITY;
      for (int row = 0; row < pool.length; row++) {
        double squared = NaiveDivergence.squaredDistance(point, pool[row]);
        if (!used[row] && squared < distance) {
          best = row;
          distance = squared;
        }
      }
      assertEquals(best, found.indices()[pick], "pick " + pick);
      assertEquals(Math.sqrt(distance), found.trace()[pick], 1e-13 * Math.sqrt(distance));
      assertTrue(Double.isNaN(found.gains()[pick]));
      used[best] = true;
    }
    assertTrue(Double.isNaN(found.startingObjective()));
  }

  @ParameterizedTest
  @CsvSource({
    "300, 20, 3, 7",
    "300, 20, 3, 95",
    "200, 30, 17, 200",
    "60, 1, 2, 60",
    "500, 3, 40, 450"
  })
  void picksAreTheNearestInTurn(int poolRows, int targetRows, int columns, long budget) {
    SelectionRequest request = request(poolRows, targetRows, columns);
    Selection found = select(budget, 5, request);
    assertEquals(budget, found.indices().length);
    assertEquals(StopReason.BUDGET, found.stopReason());
    assertInTurns(request, 5, found);
  }

  /** Target rows that compete for the same pool rows use them up, over and over. */
  @Test
  void moreRowsAreFoundWhereTheyAreUsedUp() {
    FloatMatrix target = TestRows.pick(TestRows.normal(3, 2, 4), new int[40]);
    SelectionRequest request = SelectionRequest.of(TestRows.normal(4, 900, 4), target);
    Selection found = select(800L, 6, request);
    assertInTurns(request, 6, found);
    assertEquals(StopReason.EXHAUSTED, select(901L, 6, request).stopReason());
    assertEquals(900, select(901L, 6, request).indices().length);
  }

  @Test
  void equalRowsComeInTheirOrder() {
    FloatMatrix pool =
        TestRows.pick(TestRows.normal(5, 4, 3), IntStream.range(0, 200).map(i -> i % 4).toArray());
    SelectionRequest request = SelectionRequest.of(pool, TestRows.normal(6, 5, 3));
    assertInTurns(request, 0, select(200L, 0, request));
  }

  @Test
  void withoutABudgetEachTargetRowHasOne() {
    SelectionRequest request = request(50, 20, 3);
    Selection found = select(null, 7, request);
    assertEquals(20, found.indices().length);
    assertEquals(StopReason.COVERED, found.stopReason());
    assertInTurns(request, 7, found);
    assertEquals(StopReason.EXHAUSTED, select(null, 7, request(19, 20, 3)).stopReason());
    assertEquals(StopReason.COVERED, select(null, 7, request(20, 20, 3)).stopReason());
  }

  @Test
  void theSeedDrawsTheTurns() {
    SelectionRequest request = request(200, 20, 3);
    int[] one = select(30L, 1, request).indices();
    assertArrayEquals(one, select(30L, 1, request).indices());
    assertFalse(Arrays.equals(one, select(30L, 2, request).indices()));
  }

  @Test
  void aWeightCountsInTheBudgetAndExistingRowsDoNot() {
    float[] column = new float[200];
    Arrays.fill(column, 8);
    SelectionRequest request = request(200, 20, 3);
    int[] three = select(3L, 1, request).indices();
    FloatMatrix weights = FloatMatrix.of(column, 200, 1);
    assertArrayEquals(three, select(20L, 1, request.withWeights(weights)).indices());
    assertArrayEquals(three, select(3L, 1, request.withExisting(request.pool())).indices());
  }

  @Tag("slow")
  @Test
  void theSameBitsWithAnyThreadsAndKernels() {
    SelectionRequest request = request(4_000, 70, 30).withBudget(3_000);
    Nearest method = new Nearest();
    Selection expected = method.select(request, ONE);
    Selection result = method.select(request, Execution.of(3, SimdProvider.ops()));
    assertArrayEquals(expected.indices(), result.indices());
    assertArrayEquals(expected.trace(), result.trace());
  }

  @Test
  void whoStopsItMayKeepThePicks() {
    SelectionRequest request = request(100, 20, 3);
    Nearest method = new Nearest();
    Selection whole = method.select(request, ONE);
    Selection part = method.select(request, watched(new StopAtThree(true)));
    assertArrayEquals(Arrays.copyOf(whole.indices(), 3), part.indices());
    assertEquals(StopReason.INTERRUPTED, part.stopReason());
    assertThrows(
        CancellationException.class, () -> method.select(request, watched(new StopAtThree(false))));
  }

  private static Execution watched(Progress progress) {
    return new Execution(WorkerPool.of(1), numbers -> SimdProvider.scalar(), progress);
  }

  @Test
  void optionsHaveBounds() {
    assertRefused("budget: is 0; must be at least 1", () -> request(3, 2, 1).withBudget(0));
  }

  private static void assertRefused(String message, Runnable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }
}
