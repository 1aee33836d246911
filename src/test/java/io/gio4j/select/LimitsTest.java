package io.gio4j.select;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.select.balanced.Balanced;
import io.gio4j.select.cover.Facility;
import io.gio4j.select.cover.Flmi;
import io.gio4j.select.cover.Flqmi;
import io.gio4j.select.cover.Graphcut;
import io.gio4j.select.cover.Similarity;
import io.gio4j.select.coverage.Coverage;
import io.gio4j.select.dsdm.Dsdm;
import io.gio4j.select.exact.Exact;
import io.gio4j.select.exact.ExactLeavingNearestOut;
import io.gio4j.select.gradient.Gradient;
import io.gio4j.select.kcenter.Kcenter;
import io.gio4j.select.kcenter.Start;
import io.gio4j.select.less.Less;
import io.gio4j.select.nearest.Nearest;
import io.gio4j.select.nearest.RoundRobin;
import io.gio4j.select.pursuit.Gtp;
import io.gio4j.select.pursuit.Omp;
import io.gio4j.select.pursuit.Tagcos;
import io.gio4j.select.random.Random;
import io.gio4j.select.tsds.PickOrder;
import io.gio4j.select.tsds.Tsds;
import io.gio4j.select.uot.Uot;
import io.gio4j.testing.NaiveLimits;
import io.gio4j.testing.TestRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LimitsTest {
  private static final int ROWS = 160;
  private static final int BUDGET = 24;

  /** With copies, which are of other sources and costs. */
  private static final FloatMatrix POOL =
      TestRows.pick(
          TestRows.normal(1, 120, 3), IntStream.range(0, ROWS).map(row -> row % 120).toArray());

  private static final FloatMatrix TARGET = TestRows.normal(2, 30, 3, 0.4);
  private static final FloatMatrix EXISTING = TestRows.normal(3, 4, 3);
  private static final FloatMatrix SOURCES = column(row -> row * 7 % 5);
  private static final FloatMatrix COSTS = column(row -> 1 + row * 13 % 9 / 2.0);
  private static final FloatMatrix SCORES = column(row -> row * 31 % ROWS);

  private static FloatMatrix column(IntToDoubleFunction value) {
    float[] values = new float[ROWS];
    for (int row = 0; row < ROWS; row++) {
      values[row] = (float) value.applyAsDouble(row);
    }
    return FloatMatrix.of(values, ROWS, 1);
  }

  private static SelectionRequest request(SelectionMethod method) {
    SelectionRequest request =
        SelectionRequest.of(POOL, TARGET).withExisting(EXISTING).withBudget(BUDGET).withSeed(5);
    return method instanceof Dsdm ? request.withScores(SCORES) : request;
  }

  /** Methods that take the best row that is left, whatever other rows there are. */
  static List<SelectionMethod> greedy() {
    return List.of(
        new Balanced(),
        new Coverage().withK(1),
        new Exact(),
        new ExactLeavingNearestOut(),
        new Facility(Similarity.EUCLIDEAN),
        new Flqmi(),
        new Flmi(),
        new Graphcut(),
        new Graphcut(Similarity.EUCLIDEAN, 0.3),
        new Kcenter(),
        new Nearest(),
        new RoundRobin(),
        new RoundRobin().withLoseTurn(true));
  }

  /** Methods that rank all rows once. */
  static List<SelectionMethod> ranking() {
    return List.of(
        new Random(),
        new Dsdm(),
        new Dsdm(0.5),
        new Less(),
        new Nearest(),
        new Exact(),
        new Tsds().withAlpha(0),
        new Uot(),
        new Tsds().withAlpha(0.05).withOrder(PickOrder.SAMPLE));
  }

  private static Map<String, Limits> dynamic() {
    Map<String, Limits> all = new LinkedHashMap<>();
    all.put("caps", new Limits().withCaps(SOURCES, Map.of(0, 2.0, 1, 0.0, 3, 5.0)));
    all.put("floors", new Limits().withFloors(SOURCES, Map.of(0, 9L, 4, 8L)));
    all.put("costs", new Limits().withCosts(COSTS, 31.5));
    all.put("min_distance", new Limits().withMinDistance(0.8));
    all.put(
        "all",
        new Limits()
            .withFloors(SOURCES, Map.of(1, 6L, 2, 3L))
            .withCaps(SOURCES, Map.of(0, 7.0, 4, 4.0))
            .withMinDistance(0.3)
            .withAvoid(TestRows.pick(POOL, 3, 50, 77), 0.5)
            .withExcluded(column(row -> row % 11 == 0 ? 1 : 0)));
    all.put(
        "caps in costs",
        new Limits().withCosts(COSTS, 40).withCaps(SOURCES, Map.of(2, 5.5, 3, 0.5)));
    return all;
  }

  private static void assertKept(NaiveLimits naive, int[] picks, String name) {
    List<Integer> before = new ArrayList<>();
    for (int row : picks) {
      assertTrue(naive.allows(before, row), () -> name + ": row " + row + " after " + before);
      before.add(row);
    }
  }

  @ParameterizedTest
  @MethodSource("greedy")
  void everyPickIsTheBestOfTheRowsThatMayBePicked(SelectionMethod method) {
    dynamic()
        .forEach((name, limits) -> {
          SelectionRequest request = request(method).withLimits(limits);
          NaiveLimits naive = new NaiveLimits(request);
          Selection found = method.select(request);
          assertKept(naive, found.indices(), name);
          List<Integer> before = new ArrayList<>();
          for (int row : found.indices()) {
            // A row that is forbidden by now was not the best one earlier.
            FloatMatrix forbidden =
                column(other -> before.contains(other) || naive.allows(before, other) ? 0 : 1);
            int[] expected =
                method
                    .select(
                        request
                            .withLimits(new Limits().withExcluded(forbidden))
                            .withBudget(before.size() + 1L))
                    .indices();
            before.add(row);
            assertArrayEquals(
                before.stream().mapToInt(Integer::intValue).toArray(), expected, name);
          }
          if (found.stopReason() != StopReason.BUDGET || limits.costs() != null) {
            List<Integer> all = Arrays.stream(found.indices()).boxed().toList();
            IntStream.range(0, ROWS)
                .filter(row -> !all.contains(row) && found.stopReason() != StopReason.SATURATED)
                .forEach(row -> assertTrue(!naive.allows(all, row), name + ": " + row));
          } else {
            assertEquals(BUDGET, found.indices().length, name);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("ranking")
  void rowsThatMayNotBePickedAreLeftOutOfARanking(SelectionMethod method) {
    dynamic()
        .forEach((name, limits) -> {
          SelectionRequest request = request(method).withLimits(limits);
          NaiveLimits naive = new NaiveLimits(request);
          List<Integer> none = new ArrayList<>();
          FloatMatrix forbidden = column(row -> naive.allows(none, row) ? 0 : 1);
          int[] order =
              method
                  .select(request.withLimits(new Limits().withExcluded(forbidden)).withBudget(ROWS))
                  .indices();
          List<Integer> expected = new ArrayList<>();
          for (int row : order) {
            if (expected.size() < BUDGET && naive.allows(expected, row)) {
              expected.add(row);
            }
          }
          int[] found = method.select(request).indices();
          assertArrayEquals(expected.stream().mapToInt(Integer::intValue).toArray(), found, name);
          assertTrue(found.length > 5, name);
        });
  }

  static List<SelectionMethod> all() {
    List<SelectionMethod> all = new ArrayList<>(greedy());
    all.addAll(
        List.of(
            new Random(),
            new Dsdm(),
            new Less(),
            new Tsds(),
            new Uot(),
            new Omp(),
            new Tagcos().withClusters(4),
            new Gtp().withRefill(Gtp.Refill.EQUAL),
            new Gtp().withRefill(Gtp.Refill.EXCLUDE_NEAR),
            new Gradient(),
            new Kcenter(Start.TARGET, 1),
            new Kcenter(Start.RANDOM, 1)));
    return all;
  }

  @ParameterizedTest
  @MethodSource("all")
  void excludedRowsAndThoseToAvoidAreNeverPicked(SelectionMethod method) {
    FloatMatrix excluded = column(row -> row % 3 == 0 ? 1 : 0);
    FloatMatrix avoided = TestRows.pick(POOL, 1, 2, 4, 5, 7);
    Limits limits = new Limits().withExcluded(excluded).withAvoid(avoided, 0);
    SelectionRequest request = request(method).withBudget(60).withLimits(limits);
    int[] found = method.select(request).indices();
    assertTrue(found.length > 0);
    assertKept(new NaiveLimits(request), found, "");
    SelectionRequest without = request.withLimits(null);
    assertTrue(
        Arrays.stream(method.select(without).indices()).anyMatch(row -> row % 3 == 0), "no test");
    assertArrayEquals(found, method.select(without.withLimits(limits)).indices());
    assertArrayEquals(
        method.select(without).indices(),
        method.select(without.withLimits(new Limits())).indices());
  }

  @ParameterizedTest
  @MethodSource("all")
  void nothingIsPickedWhereAllIsExcluded(SelectionMethod method) {
    Limits limits = new Limits().withExcluded(column(row -> 1));
    Selection found = method.select(request(method).withLimits(limits));
    assertEquals(0, found.indices().length);
    StopReason reason = found.stopReason();
    assertTrue(reason == StopReason.LIMITS || reason == StopReason.SATURATED, reason.text());
  }

  @Test
  void aSumOfWeightedRowsKeepsLimitsToo() {
    // A budget of 3 columns, as a fit of more rows is saturated.
    dynamic()
        .forEach((name, limits) -> {
          Limits without =
              limits.floors().isEmpty() ? limits : limits.withFloors(SOURCES, Map.of(1, 2L));
          SelectionRequest request = request(new Omp()).withBudget(4).withLimits(without);
          int[] found = new Omp(0.01).select(request).indices();
          assertTrue(found.length > 1, name);
          assertKept(new NaiveLimits(request), found, name);
        });
  }

  @Test
  void methodsThatKeepNoCountsRefuseThem() {
    for (SelectionMethod method : List.of(new Gtp(), new Tagcos(), new Gradient())) {
      dynamic()
          .values()
          .forEach(limits -> {
            IllegalArgumentException refused =
                assertThrows(
                    IllegalArgumentException.class,
                    () -> method.select(request(method).withLimits(limits)));
            assertTrue(refused.getMessage().startsWith("limits: "), refused.getMessage());
          });
    }
    Kcenter kcenter = new Kcenter();
    SelectionRequest scored = request(kcenter).withScores(SCORES).withLimits(new Limits());
    assertThrows(IllegalArgumentException.class, () -> kcenter.select(scored.withExisting(null)));
  }

  private static void assertRefused(String message, Runnable call) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, call::run, message);
    assertTrue(refused.getMessage().contains(message), refused.getMessage());
  }

  @Test
  void limitsThatDoNotFitAreRefused() {
    SelectionRequest request = request(new Random());
    Limits limits = new Limits();
    assertRefused("caps: need sources", () -> limits.withCaps(null, Map.of(0, 1.0)));
    assertRefused("floors: need sources", () -> limits.withFloors(null, Map.of(0, 1L)));
    assertRefused("of source 1 is -1.0", () -> limits.withCaps(SOURCES, Map.of(1, -1.0)));
    assertRefused("of source 1 is -1.0", () -> limits.withFloors(SOURCES, Map.of(1, -1L)));
    assertRefused("maxCost: is 0.0", () -> limits.withCosts(COSTS, 0));
    assertRefused("minDistance: is NaN", () -> limits.withMinDistance(Double.NaN));
    assertRefused("avoidDistance: is -1.0", () -> limits.withAvoid(POOL, -1));
    assertRefused("leave one", () -> limits.withCosts(COSTS, 9).withFloors(SOURCES, Map.of(0, 1L)));
    Limits floors = limits.withFloors(SOURCES, Map.of(0, 20L, 1, 5L));
    assertRefused("need 25 rows together, and the budget is 24", () -> request.withLimits(floors));
    assertRefused(
        "the budget is missing", () -> SelectionRequest.of(POOL, TARGET).withLimits(floors));
    FloatMatrix ones = column(row -> 1);
    assertRefused("cannot be used beside", () -> request.withWeights(ones).withLimits(floors));
    assertRefused("3 columns", () -> request.withLimits(limits.withExcluded(POOL)));
    assertRefused(
        "4 columns", () -> request.withLimits(limits.withAvoid(TestRows.normal(1, 2, 4), 0)));
  }

  @Test
  void columnsWithOtherNumbersAreRefused() {
    Limits limits = new Limits();
    Map<String, Limits> wrong =
        Map.of(
            "row 3 is -1.0; must be the number of a source",
            limits.withCaps(column(row -> row == 3 ? -1 : 0), Map.of()),
            "row 0 is 0.5; must be the number of a source",
            limits.withCaps(column(row -> 0.5), Map.of()),
            "row 7 is 0.0; must be a finite number above 0",
            limits.withCosts(column(row -> row == 7 ? 0 : 1), 9),
            "name source 5; the sources of the pool are 0 to 4",
            limits.withCaps(SOURCES, Map.of(5, 1.0)),
            "of source 2 is 12; at most 3 can be picked",
            limits.withFloors(SOURCES, Map.of(2, 12L)).withCaps(SOURCES, Map.of(2, 3.0)),
            "of source 1 is 9; at most 0 can be picked",
            limits
                .withFloors(SOURCES, Map.of(1, 9L))
                .withExcluded(column(row -> row * 7 % 5 == 1 ? 1 : 0)));
    wrong.forEach((message, each) ->
        assertRefused(message, () -> new Random().select(request(new Random()).withLimits(each))));
  }

  @Test
  void theStopReasonSaysWhatEndedIt() {
    Random random = new Random();
    SelectionRequest request = request(random).withBudget(ROWS);
    Limits caps = new Limits().withCaps(SOURCES, Map.of(0, 1.0, 1, 1.0, 2, 1.0, 3, 1.0, 4, 1.0));
    Selection capped = random.select(request.withLimits(caps));
    assertEquals(StopReason.LIMITS, capped.stopReason());
    assertEquals(5, capped.indices().length);
    Selection spent = random.select(request.withLimits(new Limits().withCosts(COSTS, 20)));
    assertEquals(StopReason.BUDGET, spent.stopReason());
    Selection all = random.select(request.withBudget(ROWS + 1L).withLimits(new Limits()));
    assertEquals(StopReason.EXHAUSTED, all.stopReason());
  }

  @Test
  void aSmallestDistanceHoldsForExistingRowsAsWell() {
    Limits limits = new Limits().withMinDistance(0.9);
    int[] found = new Random().select(request(new Random()).withLimits(limits)).indices();
    double[][] pool = TestRows.doubles(POOL);
    double[][] existing = TestRows.doubles(EXISTING);
    for (int row : found) {
      for (double[] other : existing) {
        double square = 0;
        for (int i = 0; i < other.length; i++) {
          square += (pool[row][i] - other[i]) * (pool[row][i] - other[i]);
        }
        assertTrue(Math.sqrt(square) >= 0.9);
      }
    }
  }
}
