package io.gio4j.select;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.select.coverage.Coverage;
import io.gio4j.select.exact.Exact;
import io.gio4j.select.gradient.Gradient;
import io.gio4j.select.gradient.StartVector;
import io.gio4j.select.nearest.Nearest;
import io.gio4j.select.nearest.RoundRobin;
import io.gio4j.testing.Executions;
import io.gio4j.testing.NaiveCoverage;
import io.gio4j.testing.NaiveExactSelection;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Answers of the methods that measure distances do not depend on the data's scale. */
@Tag("slow")
@Tag("simd")
class ScalesTest {
  private static final Execution EXECUTION = Execution.of(2, SimdProvider.ops());

  private static SelectionMethod method(String name) {
    return switch (name) {
      case "coverage" -> new Coverage().withK(2);
      case "exact" -> new Exact().withK(3);
      case "nearest" -> new Nearest();
      case "round_robin" -> new RoundRobin();
      default -> new Gradient(3, 1e-8, 20, 0.01, null, StartVector.JUMP);
    };
  }

  private static Selection select(SelectionMethod method, SelectionRequest request) {
    return Executions.select(method, request, EXECUTION);
  }

  /** Pools and targets of many kinds. */
  private static SelectionRequest request(String kind, int columns, int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[][] pool = rows(TestRows.normal(seed, 300, columns, 0.3));
    float[][] target = rows(TestRows.normal(seed + 50, 60, columns));
    switch (kind) {
      case "outliers" -> {
        Arrays.fill(pool[random.nextInt(300)], 1e8f);
        Arrays.fill(target[random.nextInt(60)], -1e8f);
      }
      case "copies" -> {
        for (int i = 0; i < 100; i++) {
          pool[random.nextInt(300)] = pool[random.nextInt(300)];
          pool[random.nextInt(300)] = target[random.nextInt(60)];
          target[random.nextInt(60)] = target[random.nextInt(60)];
        }
      }
      case "offset" ->
          Stream.of(pool, target).flatMap(Arrays::stream).forEach(row -> row[0] += 1000);
      case "narrow" -> Arrays.stream(target).forEach(row -> scale(row, 0.03f));
      case "skewed" ->
          Stream.of(pool, target).flatMap(Arrays::stream).forEach(row -> row[0] *= 1e4f);
      default -> {}
    }
    return SelectionRequest.of(FloatMatrix.of(pool), FloatMatrix.of(target)).withBudget(20);
  }

  private static float[][] rows(FloatMatrix matrix) {
    float[][] rows = new float[matrix.rows()][];
    Arrays.setAll(rows, matrix::row);
    return rows;
  }

  private static void scale(float[] row, float factor) {
    for (int column = 0; column < row.length; column++) {
      row[column] *= factor;
    }
  }

  private static SelectionRequest scaled(SelectionRequest request, double factor) {
    return SelectionRequest.of(
            TestRows.scaled(request.pool(), factor, 0),
            TestRows.scaled(request.target(), factor, 0))
        .withBudget(request.budget());
  }

  static Stream<String> cases() {
    return Stream.of("plain", "outliers", "copies", "offset", "narrow", "skewed")
        .flatMap(kind ->
            Stream.of("coverage", "exact", "nearest", "round_robin", "gradient")
                .map(m -> kind + "," + m));
  }

  /** Times a power of two no number changes but its exponent, so every bit of the answer stays. */
  @ParameterizedTest
  @MethodSource("cases")
  void powersOfTwoGiveTheSamePicks(String both) {
    String[] names = both.split(",", -1);
    for (int columns : new int[] {1, 20, 300}) {
      SelectionRequest request = request(names[0], columns, columns);
      Selection expected = select(method(names[1]), request);
      for (int power : new int[] {-99, 3, 99}) {
        double factor = Math.scalb(1.0, power);
        Selection found = select(method(names[1]), scaled(request, factor));
        String what = both + " of " + columns + " columns times 2^" + power;
        assertArrayEquals(expected.indices(), found.indices(), what);
        assertArrayEquals(expected.gains(), found.gains(), what);
        boolean sameNeighbors = expected.facts().getOrDefault("k", 2.0).equals(2.0);
        for (int i = 0; i < 20 && sameNeighbors; i++) {
          double trace =
              switch (names[1]) {
                case "nearest", "round_robin" -> expected.trace()[i] * factor;
                case "coverage" -> expected.trace()[i] - 2 * Math.log(factor);
                default -> expected.trace()[i];
              };
          assertEquals(trace, found.trace()[i], 1e-12 * (1 + Math.abs(trace)), what);
        }
      }
    }
  }

  /** The oracle computes every value in double, of numbers over the unit. */
  @ParameterizedTest
  @CsvSource({
    "plain, 1e-30",
    "plain, 1e-6",
    "plain, 1e11",
    "plain, 1e30",
    "outliers, 1e-30",
    "outliers, 1e28",
    "copies, 1e-20",
    "copies, 1e20",
    "narrow, 1e-12",
    "offset, 1e25",
    "skewed, 1e-25"
  })
  void picksAreThoseOfDoubleAtAnyScale(String kind, double factor) {
    for (int columns : new int[] {1, 4, 30}) {
      SelectionRequest request = scaled(request(kind, columns, columns + 7), factor);
      double unit = LengthUnit.TYPICAL.of(request.target(), request.pool());
      double[][] target = TestRows.inUnits(request.target(), unit);
      double[][] pool = TestRows.inUnits(request.pool(), unit);
      int[] weights = IntStream.range(0, pool.length).map(row -> 1).toArray();
      NaiveExactSelection exact =
          new NaiveExactSelection(target, pool, new double[0][], weights, 3, 1e-8);
      Selection found = select(method("exact"), request);
      int[] order = exact.order();
      for (int i = 0; i < 20; i++) {
        assertEquals(exact.meanLog(order[i]), exact.meanLog(found.indices()[i]), 1e-12);
      }
      NaiveCoverage coverage = new NaiveCoverage(target, pool, new double[0][], weights, 1e-8);
      Selection covering = select(method("coverage"), request);
      boolean sameNeighbors = covering.facts().get("k").equals(2.0);
      for (int i = 0; i < 20 && sameNeighbors; i += 5) {
        int[] before = Arrays.copyOf(covering.indices(), i);
        assertEquals(coverage.best(before, 2, 1e-12).gain(), covering.gains()[i], 1e-10, kind);
      }
    }
  }

  /** Far more copies than picks, so that places are copied for a larger k over and over. */
  @ParameterizedTest
  @CsvSource({"1, 30", "2, 30", "7, 60", "1, 60"})
  void copiesComeInTheirOrderWhereKRises(int distinct, int budget) {
    FloatMatrix some = TestRows.normal(60, distinct, 3);
    FloatMatrix pool =
        TestRows.pick(some, IntStream.range(0, 70).map(i -> i * i % distinct).toArray());
    FloatMatrix target = TestRows.normal(61, 9, 3);
    SelectionRequest request = SelectionRequest.of(pool, target).withBudget(budget);
    double unit = LengthUnit.TYPICAL.of(target, pool);
    int[] weights = IntStream.range(0, 70).map(row -> 1).toArray();
    NaiveCoverage naive =
        new NaiveCoverage(
            TestRows.inUnits(target, unit),
            TestRows.inUnits(pool, unit),
            new double[0][],
            weights,
            1e-8);
    int[] expected =
        naive.greedy(budget, 1, 1e-12).stream().mapToInt(NaiveCoverage.Pick::row).toArray();
    Selection found = select(new Coverage().withK(1), request);
    assertArrayEquals(expected, found.indices());
  }

  /** A target whose rows coincide has no slope anywhere: the rows nearest to it are picked. */
  @Test
  void aStationaryStartPicksTheNearest() {
    FloatMatrix pool = TestRows.normal(62, 100, 4);
    FloatMatrix target = TestRows.pick(TestRows.normal(63, 1, 4), new int[30]);
    SelectionRequest request = SelectionRequest.of(pool, target).withBudget(5);
    for (StartVector start : StartVector.values()) {
      Selection found = select(new Gradient(3, 1e-8, 20, 0.01, null, start), request);
      assertArrayEquals(select(new RoundRobin(), request).indices(), found.indices());
      assertEquals(0.0, found.facts().get("scale_factor"));
    }
  }

  /** What ended a search without a budget stands in its facts. */
  @Test
  void theDivergenceWithTheNextRowIsAFact() {
    SelectionRequest rows = request("plain", 3, 64);
    SelectionRequest request = SelectionRequest.of(rows.pool(), rows.target());
    Selection exact = select(new Exact(), request);
    assertEquals(1, exact.indices().length);
    assertEquals(StopReason.INCREASE, exact.stopReason());
    double two = select(new Exact(), request.withBudget(2)).trace()[1];
    assertEquals(two, exact.facts().get("divergence_with_next"));
    assertTrue(two > exact.trace()[0]);
    Selection gradient = select(new Gradient().withSteps(20), request);
    int last = gradient.indices().length - 1;
    assertTrue((double) gradient.facts().get("divergence_with_next") > gradient.trace()[last]);
  }
}
