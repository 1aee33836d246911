package io.gio4j.select.nearest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
import io.gio4j.select.TargetGroups;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.StopAtThree;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("simd")
class NearestTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  private static SelectionRequest request(int poolRows, int targetRows, int columns) {
    return SelectionRequest.of(
        TestRows.normal(1, poolRows, columns, 0.3), TestRows.normal(2, targetRows, columns));
  }

  /** By pool row, the distance to the nearest target row of a group. */
  private static double[] distances(SelectionRequest request, int group) {
    double[][] target = TestRows.doubles(request.target());
    int[] groups =
        request.groups() == null ? new int[target.length] : request.groups().groupOfRow();
    return Arrays.stream(TestRows.doubles(request.pool()))
        .mapToDouble(row ->
            IntStream.range(0, target.length)
                .filter(i -> groups[i] == group)
                .mapToDouble(i -> NaiveDivergence.squaredDistance(target[i], row))
                .min()
                .orElseThrow())
        .map(Math::sqrt)
        .toArray();
  }

  private static Integer[] ranked(double[] distances) {
    Integer[] order = IntStream.range(0, distances.length).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparingDouble(row -> distances[row]));
    return order;
  }

  @ParameterizedTest
  @CsvSource({"300, 20, 3, 95", "200, 30, 17, 200", "60, 1, 2, 60", "500, 3, 40, 450"})
  void rowsComeByTheirNearestTargetRow(int poolRows, int targetRows, int columns, int budget) {
    SelectionRequest request = request(poolRows, targetRows, columns).withBudget(budget);
    Selection found = new Nearest().select(request, ONE);
    double[] distances = distances(request, 0);
    Integer[] order = ranked(distances);
    for (int pick = 0; pick < budget; pick++) {
      assertEquals(order[pick], found.indices()[pick]);
      assertEquals(distances[order[pick]], found.trace()[pick], 1e-13 * distances[order[pick]]);
      assertTrue(Double.isNaN(found.gains()[pick]));
    }
    assertEquals(StopReason.BUDGET, found.stopReason());
    Selection all = new Nearest().select(request.withBudget(poolRows + 1), ONE);
    assertEquals(StopReason.EXHAUSTED, all.stopReason());
    assertEquals(poolRows, all.indices().length);
    assertArrayEquals(Arrays.copyOf(all.indices(), budget), found.indices());
  }

  @Test
  void equalRowsComeInTheirOrder() {
    FloatMatrix pool =
        TestRows.pick(TestRows.normal(5, 4, 3), IntStream.range(0, 200).map(i -> i % 4).toArray());
    SelectionRequest request = SelectionRequest.of(pool, TestRows.normal(6, 5, 3)).withBudget(200);
    Integer[] order = ranked(distances(request, 0));
    assertArrayEquals(
        Arrays.stream(order).mapToInt(row -> row).toArray(),
        new Nearest().select(request, ONE).indices());
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 1", "1, 5"})
  void groupsTakeTurnsByTheirShares(double one, double other) {
    int[] groups = IntStream.range(0, 20).map(row -> row % 5 == 0 ? 0 : 1).toArray();
    SelectionRequest request =
        request(120, 20, 4)
            .withGroups(new TargetGroups(groups, new double[] {one, other}))
            .withBudget(120);
    double[][] distances = {distances(request, 0), distances(request, 1)};
    Integer[][] orders = {ranked(distances[0]), ranked(distances[1])};
    Set<Integer> picks = new LinkedHashSet<>();
    double[] turns = new double[2];
    Selection found = new Nearest().select(request, ONE);
    while (picks.size() < 120) {
      int group = (turns[1] + 0.5) / other < (turns[0] + 0.5) / one ? 1 : 0;
      turns[group]++;
      int next = 0;
      while (!picks.add(orders[group][next])) {
        next++;
      }
      assertEquals(distances[group][orders[group][next]], found.trace()[picks.size() - 1], 1e-12);
    }
    assertArrayEquals(picks.stream().mapToInt(row -> row).toArray(), found.indices());
    assertEquals(120 * one / (one + other), turns[0], 1);
  }

  @Test
  void aWeightCountsInTheBudgetAndExistingRowsDoNot() {
    float[] column = new float[200];
    Arrays.fill(column, 8);
    SelectionRequest request = request(200, 20, 3);
    int[] three = new Nearest().select(request.withBudget(3), ONE).indices();
    FloatMatrix weights = FloatMatrix.of(column, 200, 1);
    SelectionRequest weighted = request.withWeights(weights).withBudget(20);
    assertArrayEquals(three, new Nearest().select(weighted, ONE).indices());
    SelectionRequest existing = request.withExisting(request.pool()).withBudget(3);
    assertArrayEquals(three, new Nearest().select(existing, ONE).indices());
  }

  @Tag("slow")
  @Test
  void theSameBitsWithAnyThreadsAndKernels() {
    SelectionRequest request = request(4_000, 70, 30).withBudget(3_000);
    Selection expected = new Nearest().select(request, ONE);
    Selection result = new Nearest().select(request, Execution.of(3, SimdProvider.ops()));
    assertArrayEquals(expected.indices(), result.indices());
    assertArrayEquals(expected.trace(), result.trace());
  }

  @Test
  void whoStopsItMayKeepThePicks() {
    SelectionRequest request = request(100, 20, 3).withBudget(50);
    Selection whole = new Nearest().select(request, ONE);
    Selection part = new Nearest().select(request, watched(new StopAtThree(true)));
    assertArrayEquals(Arrays.copyOf(whole.indices(), 3), part.indices());
    assertEquals(StopReason.INTERRUPTED, part.stopReason());
    assertThrows(
        CancellationException.class,
        () -> new Nearest().select(request, watched(new StopAtThree(false))));
  }

  private static Execution watched(Progress progress) {
    return new Execution(WorkerPool.of(1), numbers -> SimdProvider.scalar(), progress);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertEquals(
        "budget: is missing, and nearest has no stop of its own; pass how many rows to pick",
        assertThrows(
                IllegalArgumentException.class, () -> new Nearest().select(request(3, 2, 1), ONE))
            .getMessage());
    float[] values = {1, 2, 3, Float.NaN};
    FloatMatrix bad = FloatMatrix.of(values, 4, 1).named("target");
    SelectionRequest request =
        SelectionRequest.of(request(3, 2, 1).pool(), bad)
            .withGroups(new TargetGroups(new int[] {0, 0, 1, 1}, new double[] {1, 1}))
            .withBudget(1);
    String message =
        assertThrows(RuntimeException.class, () -> new Nearest().select(request, ONE)).getMessage();
    assertTrue(message.startsWith("target: row 3 "), message);
  }
}
