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
import io.gio4j.select.TargetGroups;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.StopAtThree;
import io.gio4j.testing.TestRows;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("simd")
class RoundRobinTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  private static Selection select(Long budget, long seed, SelectionRequest request) {
    SelectionRequest seeded = request.withSeed(seed);
    return new RoundRobin().select(budget == null ? seeded : seeded.withBudget(budget), ONE);
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
    RoundRobin method = new RoundRobin();
    Selection expected = method.select(request, ONE);
    Selection result = method.select(request, Execution.of(3, SimdProvider.ops()));
    assertArrayEquals(expected.indices(), result.indices());
    assertArrayEquals(expected.trace(), result.trace());
    RoundRobin losing = new RoundRobin().withLoseTurn(true);
    assertArrayEquals(
        losing.select(request, ONE).indices(),
        losing.select(request, Execution.of(3, SimdProvider.ops())).indices());
  }

  @Test
  void whoStopsItMayKeepThePicks() {
    SelectionRequest request = request(100, 20, 3);
    RoundRobin method = new RoundRobin();
    Selection whole = method.select(request, ONE);
    Selection part = method.select(request, watched(new StopAtThree(true)));
    assertArrayEquals(Arrays.copyOf(whole.indices(), 3), part.indices());
    assertEquals(StopReason.INTERRUPTED, part.stopReason());
    assertThrows(
        CancellationException.class, () -> method.select(request, watched(new StopAtThree(false))));
  }

  /** Both loops as RDS+ has them: rankings that rows are popped from, by sets and in them. */
  private static int[] popped(SelectionRequest request, boolean loseTurn, int budget) {
    double[][] target = TestRows.doubles(request.target());
    double[][] pool = TestRows.doubles(request.pool());
    TargetGroups groups = request.groups();
    int[] groupOf = groups == null ? new int[target.length] : groups.groupOfRow();
    double[] shares = groups == null ? new double[] {1} : groups.shares();
    List<Deque<Integer>> rankings = new ArrayList<>();
    for (double[] point : target) {
      double[] squared =
          Arrays.stream(pool)
              .mapToDouble(row -> NaiveDivergence.squaredDistance(point, row))
              .toArray();
      Integer[] order = IntStream.range(0, pool.length).boxed().toArray(Integer[]::new);
      Arrays.sort(order, Comparator.comparingDouble(row -> squared[row]));
      rankings.add(new ArrayDeque<>(List.of(order)));
    }
    List<Deque<Integer>> members = new ArrayList<>();
    for (int group = 0; group < shares.length; group++) {
      int wanted = group;
      members.add(
          new ArrayDeque<>(
              IntStream.range(0, target.length)
                  .filter(i -> groupOf[i] == wanted)
                  .boxed()
                  .toList()));
    }
    double[] turns = new double[shares.length];
    Set<Integer> picks = new LinkedHashSet<>();
    while (picks.size() < Math.min(budget, pool.length)) {
      int group = 0;
      for (int other = 1; other < shares.length; other++) {
        group =
            (turns[other] + 0.5) / shares[other] < (turns[group] + 0.5) / shares[group]
                ? other
                : group;
      }
      turns[group]++;
      int row = members.get(group).removeFirst();
      members.get(group).addLast(row);
      Deque<Integer> ranking = rankings.get(row);
      boolean goesOn = true;
      while (goesOn && !ranking.isEmpty()) {
        goesOn = !picks.add(ranking.removeFirst()) && !loseTurn;
      }
    }
    return picks.stream().mapToInt(row -> row).toArray();
  }

  @ParameterizedTest
  @CsvSource({
    "false, false, 300",
    "false, false, 40",
    "true, false, 300",
    "true, false, 40",
    "false, true, 300",
    "false, true, 40",
    "true, true, 300",
    "true, true, 40",
    "true, true, 1"
  })
  void turnsMayBeLostAndGivenToGroups(boolean loseTurn, boolean inGroups, int budget) {
    FloatMatrix pool =
        TestRows.pick(
            TestRows.normal(1, 150, 3, 0.3),
            IntStream.range(0, 300).map(row -> row % 7 == 0 ? 0 : row % 150).toArray());
    SelectionRequest request = SelectionRequest.of(pool, TestRows.normal(2, 11, 3));
    if (inGroups) {
      int[] groups = {0, 1, 2, 0, 1, 0, 1, 1, 1, 1, 1};
      request = request.withGroups(new TargetGroups(groups, new double[] {1, 3.3, 0.4}));
    }
    RoundRobin method = new RoundRobin(RoundRobin.Order.GIVEN, loseTurn);
    Selection found = method.select(request.withBudget(budget), ONE);
    assertArrayEquals(popped(request, loseTurn, budget), found.indices());
    assertEquals(StopReason.BUDGET, found.stopReason());
    assertEquals(StopReason.EXHAUSTED, method.select(request.withBudget(301), ONE).stopReason());
    assertArrayEquals(
        found.indices(), method.select(request.withBudget(budget).withSeed(9), ONE).indices());
  }

  /** In a round of 40 equal rows all but the first lose their turns. */
  @Test
  void withoutABudgetLostTurnsLeaveFewerPicks() {
    FloatMatrix target = TestRows.pick(TestRows.normal(3, 2, 4), new int[40]);
    SelectionRequest request = SelectionRequest.of(TestRows.normal(4, 900, 4), target);
    Selection found = new RoundRobin().withLoseTurn(true).select(request, ONE);
    assertEquals(1, found.indices().length);
    assertEquals(StopReason.COVERED, found.stopReason());
    SelectionRequest many = request.withBudget(500);
    assertArrayEquals(
        popped(request, true, 500),
        new RoundRobin(RoundRobin.Order.GIVEN, true).select(many, ONE).indices());
  }

  /** Without a budget each target row has had its turn, and small groups of large shares more. */
  @Test
  void eachGroupHasItsShareOfThePicks() {
    int[] groups = IntStream.range(0, 20).map(row -> row < 2 ? 0 : 1).toArray();
    TargetGroups shares = new TargetGroups(groups, new double[] {1, 1});
    SelectionRequest request = request(200, 20, 3).withGroups(shares);
    assertEquals(36, select(null, 7, request).indices().length);
    Selection found = select(100L, 7, request);
    assertFalse(Arrays.equals(found.indices(), select(100L, 8, request).indices()));
    double[][] pool = TestRows.doubles(request.pool());
    double[][] target = TestRows.doubles(request.target());
    for (int pick = 0; pick < 100; pick++) {
      double[] row = pool[found.indices()[pick]];
      double distance = found.trace()[pick];
      int group = pick % 2; // Equal shares take turns.
      assertTrue(
          IntStream.range(0, 20)
              .filter(i -> groups[i] == group)
              .anyMatch(i ->
                  Math.abs(Math.sqrt(NaiveDivergence.squaredDistance(target[i], row)) - distance)
                      < 1e-12));
    }
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
