package io.gio4j.select.coverage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.parallel.WorkerPool;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.Close;
import io.gio4j.testing.NaiveCoverage;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.StopAtThree;
import io.gio4j.testing.TestRows;
import io.gio4j.testing.WatchedOps;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("simd")
class CoverageTest {
  private static final double EPSILON = 1e-8;

  /** Sums of other orders differ by less; gains that differ by less are equal. */
  private static final double EQUAL = 1e-12;

  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  private static Selection select(Long budget, Integer neighbors, SelectionRequest request) {
    return new Coverage(neighbors, EPSILON)
        .select(budget == null ? request : request.withBudget(budget), ONE);
  }

  private static NaiveCoverage naive(SelectionRequest request, int... weights) {
    int[] all = new int[request.pool().rows()];
    Arrays.fill(all, 1);
    double unit = unit(request);
    return new NaiveCoverage(
        TestRows.inUnits(request.target(), unit),
        TestRows.inUnits(request.pool(), unit),
        request.existing() == null ? new double[0][] : TestRows.inUnits(request.existing(), unit),
        weights.length == 0 ? all : weights,
        EPSILON);
  }

  private static double unit(SelectionRequest request) {
    return LengthUnit.TYPICAL.of(request.target(), request.pool());
  }

  /** From the objective of distances in units to that of distances in the data's unit. */
  private static double shift(SelectionRequest request, double neighbors) {
    return -neighbors * Math.log(unit(request));
  }

  private static SelectionRequest request(int seed, int poolRows, int targetRows, int columns) {
    return SelectionRequest.of(
        TestRows.normal(seed, poolRows, columns, 0.3),
        TestRows.normal(seed + 100, targetRows, columns));
  }

  /** Picks, gains and trace are those of greedy by the definition. */
  private static void assertGreedy(
      SelectionRequest request, NaiveCoverage naive, Selection found, long budget, int neighbors) {
    List<NaiveCoverage.Pick> expected = naive.greedy(budget, neighbors, EQUAL);
    assertArrayEquals(
        expected.stream().mapToInt(NaiveCoverage.Pick::row).toArray(), found.indices());
    for (int i = 0; i < expected.size(); i++) {
      NaiveCoverage.Pick pick = expected.get(i);
      assertEquals(pick.gain(), found.gains()[i], 1e-11, "gain of pick " + i);
      double objective = naive.objective(pick.neighbors(), Arrays.copyOf(found.indices(), i + 1));
      objective += shift(request, pick.neighbors());
      Close.assertClose(objective, found.trace()[i], 1e-11, "objective of pick " + i);
    }
    assertEquals((double) expected.get(expected.size() - 1).neighbors(), found.facts().get("k"));
  }

  @ParameterizedTest
  @CsvSource({
    "60, 20, 3, 1, 10",
    "60, 20, 3, 3, 30",
    "40, 25, 40, 2, 25",
    "25, 30, 1, 1, 10",
    "70, 33, 5, 5, 7",
    "30, 40, 2, 12, 12"
  })
  void picksAreThoseOfGreedy(int poolRows, int targetRows, int columns, int k, long budget) {
    for (int seed = 0; seed < 3; seed++) {
      SelectionRequest request = request(seed, poolRows, targetRows, columns);
      Selection found = select(budget, k, request);
      assertEquals(StopReason.BUDGET, found.stopReason());
      assertTrue(Double.isNaN(found.startingObjective()));
      assertGreedy(request, naive(request), found, budget, k);
    }
  }

  /** The whole pool: k rises again and again, and every row comes once. */
  @ParameterizedTest
  @CsvSource({"24, 6, 1", "24, 6, 2", "30, 1, 1", "20, 20, 3"})
  void whereNothingGainsKRises(int poolRows, int targetRows, int k) {
    SelectionRequest request = request(7, poolRows, targetRows, 2);
    Selection found = select((long) poolRows, k, request);
    assertGreedy(request, naive(request), found, poolRows, k);
    assertTrue((double) found.facts().get("k") > k);
    assertTrue(Arrays.stream(found.gains()).allMatch(gain -> gain > 0));
    assertEquals(StopReason.EXHAUSTED, select(poolRows + 1L, k, request).stopReason());
  }

  /** Many copies of few rows: k rises by one for each pick or two, from places free and taken. */
  @ParameterizedTest
  @CsvSource({"1, 1, 0", "1, 3, 2", "2, 1, 0", "2, 2, 1", "3, 1, 0"})
  void copiesOfFewRows(int distinct, int k, int existing) {
    FloatMatrix rows = TestRows.normal(70 + distinct, distinct, 2);
    FloatMatrix pool = TestRows.pick(rows, IntStream.range(0, 40).map(i -> i % distinct).toArray());
    SelectionRequest request = SelectionRequest.of(pool, TestRows.normal(71, 9, 2));
    if (existing > 0) {
      request = request.withExisting(TestRows.normal(72, existing, 2));
    }
    assertGreedy(request, naive(request), select(40L, k, request), 40, k);
  }

  /** A near cluster that holds the nearest rows many times over: k jumps, not by one. */
  @Test
  void farRowsComeWhenTheNearOnesAreUsedUp() {
    FloatMatrix near = TestRows.normal(8, 12, 2);
    FloatMatrix far = TestRows.normal(9, 5, 2, 1000);
    FloatMatrix pool = joined(near, far);
    SelectionRequest request = SelectionRequest.of(pool, TestRows.normal(10, 3, 2));
    Selection found = select(17L, 1, request);
    assertGreedy(request, naive(request), found, 17, 1);
    assertTrue((double) found.facts().get("k") >= 13);
  }

  private static FloatMatrix joined(FloatMatrix one, FloatMatrix other) {
    List<float[]> rows = new ArrayList<>();
    for (FloatMatrix matrix : new FloatMatrix[] {one, other}) {
      for (int row = 0; row < matrix.rows(); row++) {
        rows.add(matrix.row(row));
      }
    }
    return FloatMatrix.of(rows.toArray(float[][]::new));
  }

  @Test
  void equalRowsComeInTheirOrderAndNeverForNothing() {
    FloatMatrix distinct = TestRows.normal(11, 6, 3);
    FloatMatrix pool =
        TestRows.pick(distinct, IntStream.range(0, 30).map(row -> row % 6).toArray());
    SelectionRequest request = SelectionRequest.of(pool, TestRows.normal(12, 9, 3));
    assertGreedy(request, naive(request), select(30L, 1, request), 30, 1);
    // One row, thirty times.
    FloatMatrix same = TestRows.pick(distinct, new int[30]);
    Selection found = select(30L, 1, SelectionRequest.of(same, TestRows.pick(distinct, 0, 0)));
    assertArrayEquals(IntStream.range(0, 30).toArray(), found.indices());
  }

  /** Pool and target the same: each row covers itself at the smallest distance. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void thePoolMayBeTheTarget(int k) {
    FloatMatrix rows =
        TestRows.pick(
            TestRows.normal(13, 25, 4), IntStream.range(0, 40).map(i -> i % 25).toArray());
    SelectionRequest request = SelectionRequest.of(rows, rows);
    assertGreedy(request, naive(request), select(40L, k, request), 40, k);
  }

  @ParameterizedTest
  @CsvSource({"1, 4", "3, 4", "6, 4", "9, 4"})
  void existingRowsAreMembersFromTheStart(int k, int existingRows) {
    SelectionRequest request =
        request(14, 40, 20, 3).withExisting(TestRows.normal(15, existingRows, 3, 0.5));
    Selection found = select(15L, k, request);
    NaiveCoverage naive = naive(request);
    Close.assertClose(
        naive.objective(k) + shift(request, k), found.startingObjective(), 1e-12, "start");
    assertGreedy(request, naive, found, 15, k);
  }

  private static FloatMatrix column(int... weights) {
    float[] values = new float[weights.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = weights[i];
    }
    return FloatMatrix.of(values, values.length, 1);
  }

  @ParameterizedTest
  @CsvSource({"1, false", "2, true", "5, false", "7, true"})
  void aWeightCountsAsSoManyCopies(int k, boolean withExisting) {
    for (int seed = 20; seed < 23; seed++) {
      int[] weights = new SplittableRandom(seed).ints(30, 1, 5).toArray();
      SelectionRequest request =
          request(seed, 30, 15, 3)
              .withWeights(column(weights))
              .withExisting(withExisting ? TestRows.normal(seed + 50, 3, 3) : null);
      assertGreedy(request, naive(request, weights), select(40L, k, request), 40, k);
    }
  }

  @Test
  void kFollowsTheBudget() {
    SelectionRequest request = request(30, 80, 10, 3);
    assertEquals(3.0, select(21L, 3, request).facts().get("k"));
    assertArrayEquals(select(21L, 3, request).indices(), select(21L, null, request).indices());
    // No budget gives more than the pool.
    assertArrayEquals(select(80L, 8, request).indices(), select(99L, null, request).indices());
    assertArrayEquals(select(10L, 1, request).indices(), select(10L, null, request).indices());
    assertArrayEquals(select(null, 1, request).indices(), select(null, null, request).indices());
  }

  @ParameterizedTest
  @CsvSource({"1, false", "2, true", "3, false"})
  void withoutABudgetItEndsWhereAPickIsWorthLess(int k, boolean withExisting) {
    for (int seed = 40; seed < 45; seed++) {
      int[] weights = new SplittableRandom(seed).ints(60, 1, 3).toArray();
      SelectionRequest request =
          request(seed, 60, 30, 2)
              .withWeights(column(weights))
              .withExisting(withExisting ? TestRows.normal(seed + 50, 3, 2) : null);
      NaiveCoverage naive = naive(request, weights);
      Selection found = select(null, k, request);
      assertEquals(StopReason.MIN_GAIN, found.stopReason());
      long members = withExisting ? 3 : 0;
      int count = 0;
      while (true) {
        int[] picked = Arrays.copyOf(found.indices(), count);
        NaiveCoverage.Pick best = naive.best(picked, k, EQUAL);
        double cost = Math.log((members + weights[best.row()]) / (double) members);
        if (members > 0 && 2 * best.gain() / k < cost) {
          break;
        }
        assertEquals(best.row(), found.indices()[count]);
        members += weights[best.row()];
        count++;
      }
      assertEquals(count, found.indices().length);
    }
  }

  /** The first pick is accepted whatever it gains. */
  @Test
  void withoutABudgetThereIsAtLeastOnePick() {
    FloatMatrix rows = TestRows.pick(TestRows.normal(50, 1, 3), 0, 0, 0);
    Selection found = select(null, 1, SelectionRequest.of(rows, rows));
    assertArrayEquals(new int[] {0}, found.indices());
    assertEquals(StopReason.MIN_GAIN, found.stopReason());
  }

  /** More rows than a batch, lists that shrink: threads and kernels have no part in the answer. */
  @Tag("slow")
  @ParameterizedTest
  @CsvSource({"1, 300", "4, 700"})
  void theSameBitsWithAnyThreadsAndKernels(int k, long budget) {
    SelectionRequest request =
        SelectionRequest.of(TestRows.normal(60, 3_000, 33, 0.2), TestRows.normal(61, 401, 33))
            .withExisting(TestRows.normal(62, 2, 33))
            .withBudget(budget);
    Coverage method = new Coverage(k, EPSILON);
    Selection expected = method.select(request, ONE);
    assertTrue(
        IntStream.range(1, 100).allMatch(i -> expected.gains()[i] <= expected.gains()[i - 1]));
    for (Execution execution :
        new Execution[] {
          Execution.of(3, SimdProvider.scalar()),
          Execution.of(1, SimdProvider.ops()),
          Execution.of(3, SimdProvider.ops())
        }) {
      Selection result = method.select(request, execution);
      assertArrayEquals(expected.indices(), result.indices());
      assertArrayEquals(expected.trace(), result.trace());
      assertArrayEquals(expected.gains(), result.gains());
    }
  }

  /**
   * Greedy with all distances at hand, for targets that are too large to compute f again each time.
   */
  private static int[] greedy(FloatMatrix pool, FloatMatrix target, int k, int count) {
    double unit = unit(SelectionRequest.of(pool, target));
    double[][] points = TestRows.inUnits(target, unit);
    double[][] logs = new double[pool.rows()][points.length];
    double[][] held = new double[points.length][k];
    Arrays.stream(held).forEach(places -> Arrays.fill(places, 100));
    for (int row = 0; row < logs.length; row++) {
      double[] point = TestRows.inUnits(TestRows.pick(pool, row), unit)[0];
      for (int i = 0; i < points.length; i++) {
        logs[row][i] = Math.log(NaiveDivergence.distance(points[i], point) + EPSILON);
      }
    }
    int[] picks = new int[count];
    for (int pick = 0; pick < count; pick++) {
      int[] before = Arrays.copyOf(picks, pick);
      double[] gains = new double[logs.length];
      for (int row = 0; row < logs.length; row++) {
        int candidate = row;
        boolean picked = IntStream.of(before).anyMatch(other -> other == candidate);
        for (int i = 0; i < points.length && !picked; i++) {
          gains[row] += Math.max(0, held[i][0] - logs[row][i]);
        }
      }
      picks[pick] =
          IntStream.range(0, gains.length)
              .reduce(0, (one, other) -> gains[other] > gains[one] ? other : one);
      for (int i = 0; i < points.length; i++) {
        held[i][0] = Math.min(held[i][0], logs[picks[pick]][i]);
        Arrays.sort(held[i]);
        for (int place = 0; place < k / 2; place++) {
          double swapped = held[i][place];
          held[i][place] = held[i][k - 1 - place];
          held[i][k - 1 - place] = swapped;
        }
      }
    }
    return picks;
  }

  /** The first picks are predicted from a sample of the target, or not, where it misleads. */
  @Tag("slow")
  @ParameterizedTest
  @CsvSource({"1, false", "3, false", "1, true", "3, true"})
  void thePredictionHasNoPartInTheAnswer(int k, boolean misleading) {
    int count = SampleRanking.LEAST_ROWS + 176;
    FloatMatrix noise = TestRows.normal(70, count, 4);
    float[][] rows = new float[count][];
    for (int i = 0; i < count; i++) {
      rows[i] = noise.row(i);
      // The sample is every fifth row or so: far from the others, it names far candidates.
      boolean sampled = (int) ((i * 128L + count - 1) / count * count / 128) == i;
      rows[i][0] += misleading && sampled ? 50 : 0;
    }
    FloatMatrix target = FloatMatrix.of(rows);
    FloatMatrix pool = joined(TestRows.normal(71, 200, 4), TestRows.pick(target, 0, 1, 2, 3, 5, 9));
    AtomicLong pairs = new AtomicLong();
    Selection found =
        new Coverage(k, EPSILON)
            .select(
                SelectionRequest.of(pool, target).withBudget(25), Execution.of(1, counting(pairs)));
    assertArrayEquals(greedy(pool, target, k, 25), found.indices());
    // All pairs once, with the sample once more and with candidates; or all of them twice.
    double products = pairs.get() / (double) ((long) pool.rows() * count);
    assertEquals(misleading ? 2.22 : 1.22, products, 0.05);
  }

  /** Scalar operations that count the pairs of products. */
  private static FloatOps counting(AtomicLong pairs) {
    int lanes = SimdProvider.scalar().lanes();
    return WatchedOps.scalar((call, arguments) ->
        pairs.addAndGet(call.equals("products.multiply") ? (int) arguments[2] * (long) lanes : 0));
  }

  /** Lists of most rows do not fit, and are made again and again. */
  @Tag("slow")
  @ParameterizedTest
  @CsvSource({"1, 0", "1, 20000", "3, 100000", "1, 400000"})
  void roomForListsHasNoPartInTheAnswer(int k, long listBytes) {
    SelectionRequest request =
        SelectionRequest.of(TestRows.normal(72, 900, 9, 0.2), TestRows.normal(73, 200, 9))
            .withBudget(250);
    Coverage method = new Coverage(k, EPSILON);
    Selection expected = method.select(request, ONE);
    Selection result = method.select(request, Execution.of(2, SimdProvider.ops()), listBytes);
    assertArrayEquals(expected.indices(), result.indices());
    assertArrayEquals(expected.gains(), result.gains());
  }

  /** Distances beyond what a float can square, and below: bounds are useless, picks are right. */
  @ParameterizedTest
  @ValueSource(doubles = {1e-30, 1e-6, 1e6, 1e12, 1e25})
  void everySizeOfNumbers(double size) {
    SelectionRequest request =
        SelectionRequest.of(
            TestRows.scaled(TestRows.normal(63, 40, 4), size, 0),
            TestRows.scaled(TestRows.normal(64, 20, 4), size, 0));
    assertGreedy(request, naive(request), select(20L, 2, request), 20, 2);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1e-3, 1, 1e10})
  void everyEpsilon(double epsilon) {
    SelectionRequest request = request(65, 40, 20, 3);
    Selection found = new Coverage(2, epsilon).select(request.withBudget(15), ONE);
    NaiveCoverage naive =
        new NaiveCoverage(
            TestRows.inUnits(request.target(), unit(request)),
            TestRows.inUnits(request.pool(), unit(request)),
            new double[0][],
            IntStream.generate(() -> 1).limit(40).toArray(),
            epsilon);
    for (int i = 0; i < 15; i++) {
      int[] picked = Arrays.copyOf(found.indices(), i);
      double best = naive.best(picked, 2, 0).gain();
      assertEquals(best, found.gains()[i], 1e-12, "pick " + i);
    }
  }

  /**
   * The largest epsilon beside the smallest distance there is: a free place is still worth a row.
   */
  @Test
  void equalRowsAndAnEpsilonThatHidesAllDistances() {
    FloatMatrix rows = TestRows.pick(TestRows.normal(67, 1, 3), 0, 0, 0, 0);
    Selection found =
        new Coverage(1, 1e10).select(SelectionRequest.of(rows, rows).withBudget(4), ONE);
    assertArrayEquals(new int[] {0, 1, 2, 3}, found.indices());
    assertEquals(4.0, found.facts().get("k"));
  }

  @Test
  void whoStopsItMayKeepThePicks() {
    SelectionRequest request = request(66, 60, 20, 3).withBudget(20);
    Coverage method = new Coverage();
    Selection whole = method.select(request, ONE);
    Selection part = method.select(request, watched(new StopAtThree(true)));
    assertArrayEquals(Arrays.copyOf(whole.indices(), 3), part.indices());
    assertArrayEquals(Arrays.copyOf(whole.trace(), 3), part.trace());
    assertEquals(StopReason.INTERRUPTED, part.stopReason());
    assertThrows(
        CancellationException.class, () -> method.select(request, watched(new StopAtThree(false))));
  }

  private static Execution watched(Progress progress) {
    return new Execution(WorkerPool.of(1), numbers -> SimdProvider.scalar(), progress);
  }

  @Test
  void optionsHaveBounds() {
    assertRefused("budget: is 0; must be at least 1", () -> request(67, 5, 4, 2).withBudget(0));
    assertRefused("k: is 0; must be at least 1", () -> new Coverage().withK(0));
    for (double epsilon : new double[] {-1, Double.NaN, 2e10}) {
      assertRefused(
          "eps: is " + epsilon + "; must lie between 0 and 1.0E10",
          () -> new Coverage().withEps(epsilon));
    }
    SelectionRequest request = request(67, 5, 4, 2);
    assertRefused(
        "k: is 300000000; with 4 target rows at most 250000000 are possible",
        () -> select(5L, 300_000_000, request));
    assertRefused(
        "k: is 500000000 by the budget; with 4 target rows at most 250000000 are possible",
        () ->
            select(
                2_000_000_000L,
                null,
                request.withWeights(column(1_000_000_000, 1_000_000_000, 1, 1, 1))));
  }

  private static void assertRefused(String message, Runnable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }
}
