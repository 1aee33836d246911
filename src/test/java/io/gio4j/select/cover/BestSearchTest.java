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

/** {@link Facility}, {@link Flqmi} and {@link Flmi}. */
@Tag("simd")
class BestSearchTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  /** The error of similarities in float, as a share of the objective. */
  private static final double ERROR = 1e-6;

  private static SelectionRequest request(int seed, int poolRows, int targetRows, int columns) {
    return SelectionRequest.of(
        TestRows.normal(seed, poolRows, columns, 0.3),
        TestRows.normal(seed + 100, targetRows, columns));
  }

  private static FloatMatrix column(int... weights) {
    float[] values = new float[weights.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = weights[i];
    }
    return FloatMatrix.of(values, values.length, 1);
  }

  /** Every pick gains as much as any row does by the definition, and gains and trace are right. */
  private static void assertGreedy(
      SelectionRequest request, Similarity similarity, double eta, Selection found) {
    assertGreedy(request, new NaiveCover(request, similarity), eta, found);
  }

  private static void assertGreedy(
      SelectionRequest request, NaiveCover naive, double eta, Selection found) {
    double before = naive.best(eta);
    double all = naive.best(eta, IntStream.range(0, request.pool().rows()).toArray());
    double error = ERROR * all;
    if (request.existing() == null) {
      assertTrue(Double.isNaN(found.startingObjective()));
    } else {
      assertEquals(before, found.startingObjective(), error);
    }
    assertEquals(
        found.indices().length, Arrays.stream(found.indices()).distinct().count(), "none twice");
    for (int pick = 0; pick < found.indices().length; pick++) {
      int[] selected = Arrays.copyOf(found.indices(), pick + 1);
      double now = naive.best(eta, selected);
      assertEquals(now, found.trace()[pick], error, "objective of pick " + pick);
      assertEquals(now - before, found.gains()[pick], error, "gain of pick " + pick);
      for (int row = 0; row < request.pool().rows(); row++) {
        int candidate = row;
        if (IntStream.of(selected).noneMatch(other -> other == candidate)) {
          selected[pick] = candidate;
          assertTrue(naive.best(eta, selected) <= now + error, pick + " better: " + candidate);
          selected[pick] = found.indices()[pick];
        }
      }
      before = now;
    }
    for (int row = 0; row < request.pool().rows(); row++) {
      int[] more = Arrays.copyOf(found.indices(), found.indices().length + 1);
      more[more.length - 1] = row;
      boolean ends = found.stopReason() == StopReason.SATURATED;
      assertTrue(!ends || naive.best(eta, more) <= before + error, "ended before " + row);
    }
  }

  private static Selection select(SelectionRequest request, Similarity similarity, double eta) {
    return eta == 0
        ? new Facility(similarity).select(request, ONE)
        : new Flqmi(similarity, eta).select(request, ONE);
  }

  @ParameterizedTest
  @CsvSource({"40, 25, 3, 12", "30, 20, 40, 8", "20, 50, 1, 3", "25, 1, 20, 1", "1, 9, 5, 1"})
  void picksAreThoseOfGreedy(int poolRows, int targetRows, int columns, long budget) {
    for (Similarity similarity : Similarity.values()) {
      for (double eta : new double[] {0, 1, 0.1}) {
        SelectionRequest request = request(1, poolRows, targetRows, columns).withBudget(budget);
        Selection found = select(request, similarity, eta);
        boolean ends = found.indices().length < budget; // in one column all rows are parallel
        assertEquals(ends ? StopReason.SATURATED : StopReason.BUDGET, found.stopReason());
        assertTrue(!ends || columns <= 3, "only few columns are saturated that soon");
        assertGreedy(request, similarity, eta, found);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Similarity.class)
  void existingRowsAndWeightsCount(Similarity similarity) {
    int[] weights = new SplittableRandom(3).ints(30, 1, 5).toArray();
    for (double eta : new double[] {0, 0.5}) {
      SelectionRequest request =
          request(2, 30, 20, 18)
              .withExisting(TestRows.normal(7, 3, 18))
              .withWeights(column(weights))
              .withBudget(20);
      Selection found = select(request, similarity, eta);
      int[] counted = Arrays.stream(found.indices()).map(row -> weights[row]).toArray();
      assertTrue(Arrays.stream(counted).sum() >= 20);
      assertTrue(Arrays.stream(counted).limit(counted.length - 1).sum() < 20);
      assertGreedy(request, similarity, eta, found);
    }
  }

  /** Each target row has its most similar row, and then nothing is picked by its number. */
  @ParameterizedTest
  @EnumSource(Similarity.class)
  void itEndsWhereNoRowGains(Similarity similarity) {
    FloatMatrix rows = TestRows.normal(4, 12, 17);
    int[] twice = IntStream.range(0, 24).map(row -> row / 2).toArray();
    SelectionRequest request = SelectionRequest.of(TestRows.pick(rows, twice), rows);
    Selection found = select(request.withBudget(24), similarity, 0);
    assertEquals(StopReason.SATURATED, found.stopReason());
    assertTrue(Arrays.stream(found.indices()).allMatch(row -> row % 2 == 0), "the first copies");
    if (similarity != Similarity.DOT) { // a longer row can be more similar than the row itself
      assertEquals(12, found.indices().length);
    }
    assertArrayEquals(found.indices(), select(request, similarity, 0).indices());
    // The second copies are as relevant as the first.
    Selection all = select(request.withBudget(25), similarity, 1);
    assertEquals(StopReason.EXHAUSTED, all.stopReason());
    assertEquals(24, all.indices().length);
  }

  @Test
  void aRowOfZerosAndOppositeRows() {
    FloatMatrix pool = FloatMatrix.of(new float[][] {{0, 0}, {-1, -1}, {2, 2}, {-3, -2}});
    FloatMatrix target = FloatMatrix.of(new float[][] {{1, 1}, {0, 0}});
    SelectionRequest request = SelectionRequest.of(pool, target);
    assertArrayEquals(new int[] {2}, new Facility().select(request, ONE).indices());
    Selection squared = new Facility(Similarity.SQUARED_COSINE).select(request, ONE);
    assertArrayEquals(new int[] {1}, squared.indices());
    assertEquals(StopReason.SATURATED, squared.stopReason());
    Selection none =
        new Flqmi().select(SelectionRequest.of(TestRows.pick(pool, 0, 1), target), ONE);
    assertEquals(0, none.indices().length);
    assertEquals(StopReason.SATURATED, none.stopReason());
  }

  @Test
  void equalRowsComeInTheirOrder() {
    FloatMatrix pool =
        TestRows.pick(TestRows.normal(5, 6, 20), IntStream.range(0, 60).map(i -> i % 6).toArray());
    SelectionRequest request = SelectionRequest.of(pool, TestRows.normal(6, 9, 20));
    for (Similarity similarity : Similarity.values()) {
      assertTrue(
          Arrays.stream(new Facility(similarity).select(request, ONE).indices())
              .allMatch(row -> row < 6));
    }
  }

  /** Tight clusters far from each other: products lose the digits of the near pairs. */
  @Test
  void nearRowsFarFromTheMiddle() {
    float[][] rows = new float[60][];
    SplittableRandom random = new SplittableRandom(8);
    for (int i = 0; i < rows.length; i++) {
      rows[i] = TestRows.normal(i % 3, 1, 20).row(0);
      for (int column = 0; column < 20; column++) {
        rows[i][column] = 1000 * rows[i][column] + (float) random.nextGaussian();
      }
    }
    FloatMatrix all = FloatMatrix.of(rows);
    SelectionRequest request = SelectionRequest.of(all, all).withBudget(20);
    Selection found = new Facility(Similarity.EUCLIDEAN).select(request, ONE);
    NaiveCover naive = new NaiveCover(request, Similarity.EUCLIDEAN);
    for (int pick = 3; pick < 20; pick++) {
      double before = naive.best(0, Arrays.copyOf(found.indices(), pick));
      double gain = naive.best(0, Arrays.copyOf(found.indices(), pick + 1)) - before;
      assertEquals(gain, found.gains()[pick], 1e-4 * gain, "gain of pick " + pick);
    }
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
      Selection expected = new Flqmi(similarity, 0.5).select(plain, ONE);
      Selection found = new Flqmi(similarity, 0.5).select(scaled, ONE);
      double square = similarity.isOfDirections() ? 1 : factor * factor;
      assertArrayEquals(expected.indices(), found.indices(), similarity.name());
      for (int i = 0; i < 15; i++) {
        assertEquals(1, found.trace()[i] / (expected.trace()[i] * square), 1e-6, similarity.name());
      }
    }
  }

  @Test
  void productsOfRowsOfOtherSizes() {
    SelectionRequest plain = request(10, 60, 30, 20).withBudget(15);
    SelectionRequest scaled =
        SelectionRequest.of(
                TestRows.scaled(plain.pool(), 0x1p90, 0),
                TestRows.scaled(plain.target(), 0x1p-90, 0))
            .withBudget(15);
    Facility dot = new Facility().withSimilarity(Similarity.DOT);
    assertArrayEquals(dot.select(plain, ONE).trace(), dot.select(scaled, ONE).trace());
  }

  /** Several chunks of targets, with and without room for lists. */
  @Tag("slow")
  @ParameterizedTest
  @EnumSource(Similarity.class)
  void theSameBitsWithAnyThreadsKernelsAndLists(Similarity similarity) {
    SelectionRequest request = request(11, 900, 2_500, 21).withBudget(80);
    Selection expected = new Facility(similarity).select(request, ONE);
    Execution three = Execution.of(3, SimdProvider.ops());
    for (Selection found :
        new Selection[] {
          new Facility(similarity).select(request, three),
          new Facility(similarity).select(request, three, 0),
          new Facility(similarity).select(request, ONE, 100_000)
        }) {
      assertArrayEquals(expected.indices(), found.indices());
      assertArrayEquals(expected.gains(), found.gains());
      assertArrayEquals(expected.trace(), found.trace());
    }
    Flqmi both = new Flqmi(similarity, 2);
    assertArrayEquals(both.select(request, ONE).trace(), both.select(request, three).trace());
    assertFalse(Arrays.equals(expected.indices(), both.select(request, ONE).indices()));
  }

  @Test
  void gainsOnlyFall() {
    double[] gains = new Facility().select(request(12, 500, 300, 8), ONE).gains();
    assertTrue(IntStream.range(1, gains.length).allMatch(i -> gains[i] <= gains[i - 1]));
    assertTrue(Arrays.stream(gains).allMatch(gain -> gain > 0));
  }

  @Test
  void theLargestSquaredDistanceIsAFact() {
    SelectionRequest request = request(13, 30, 20, 20).withExisting(TestRows.normal(1, 2, 20, 9));
    for (SelectionRequest each : new SelectionRequest[] {request, request.withExisting(null)}) {
      double largest = new NaiveCover(each, Similarity.EUCLIDEAN).largest();
      Selection found = new Facility(Similarity.EUCLIDEAN).select(each, ONE);
      double fact = (double) found.facts().get("largest_squared_distance");
      assertEquals(largest, fact, 1e-5 * largest);
    }
  }

  @Test
  void whoStopsItMayKeepThePicks() {
    SelectionRequest request = request(14, 100, 50, 3).withBudget(9);
    Selection whole = new Facility().select(request, ONE);
    Selection part = new Facility().select(request, watched(true));
    assertArrayEquals(Arrays.copyOf(whole.indices(), 3), part.indices());
    assertEquals(StopReason.INTERRUPTED, part.stopReason());
    assertThrows(CancellationException.class, () -> new Flqmi().select(request, watched(false)));
  }

  private static Execution watched(boolean keeps) {
    return new Execution(
        WorkerPool.of(1), numbers -> SimdProvider.scalar(), new StopAtThree(keeps));
  }

  @Test
  void optionsHaveBounds() {
    for (double eta : new double[] {-1e-9, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertRefused(
          "eta: is " + eta + "; must lie between 0 and 1.0E10", () -> new Flqmi().withEta(eta));
    }
    assertThrows(NullPointerException.class, () -> new Facility(null));
    assertThrows(NullPointerException.class, () -> new Flqmi().withSimilarity(null));
  }

  private static void assertRefused(String message, Runnable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }

  /** The copies of a pool, each row as often as it counts. */
  private static FloatMatrix copies(FloatMatrix pool, int... weights) {
    return TestRows.pick(
        pool,
        IntStream.range(0, weights.length)
            .flatMap(row -> IntStream.generate(() -> row).limit(weights[row]))
            .toArray());
  }

  @ParameterizedTest
  @EnumSource(Similarity.class)
  void cappedPicksAreThoseOfGreedy(Similarity similarity) {
    int[] weights = new SplittableRandom(3).ints(30, 1, 4).toArray();
    for (double eta : new double[] {0.3, 1, 2}) {
      SelectionRequest plain = request(21, 30, 7, 20).withBudget(9);
      Selection found = new Flmi(similarity, eta, 100).select(plain, ONE);
      assertEquals(30, found.facts().get("representatives"));
      assertGreedy(
          plain, NaiveCover.ofRepresentatives(plain, plain.pool(), similarity, eta), 0, found);
      SelectionRequest full =
          plain.withExisting(TestRows.normal(7, 3, 20)).withWeights(column(weights));
      FloatMatrix represented = copies(full.pool(), weights);
      Selection counted = new Flmi(similarity, eta, 100).select(full, ONE);
      assertEquals(represented.rows(), counted.facts().get("representatives"));
      assertGreedy(
          full, NaiveCover.ofRepresentatives(full, represented, similarity, eta), 0, counted);
    }
  }

  /** The sum over a sample has about the share of the pool, and picks come from all rows. */
  @Test
  void representativesAreDrawnBySeed() {
    SelectionRequest request = request(22, 400, 10, 18).withBudget(15);
    Flmi method = new Flmi().withRepresentatives(100);
    Selection found = method.select(request, ONE);
    assertEquals(100, found.facts().get("representatives"));
    Selection all = new Flmi().select(request, ONE);
    assertEquals(all.trace()[14] / 400, found.trace()[14] / 100, 0.1 * all.trace()[14] / 400);
    assertArrayEquals(found.indices(), method.select(request, ONE).indices());
    assertFalse(Arrays.equals(found.indices(), method.select(request.withSeed(1), ONE).indices()));
    NaiveCover naive = NaiveCover.ofRepresentatives(request, request.pool(), Similarity.COSINE, 1);
    double ofSample = naive.best(0, found.indices());
    double ofAll = naive.best(0, all.indices());
    assertTrue(ofSample > 0.9 * ofAll && ofSample <= ofAll * (1 + 1e-6), ofSample + " " + ofAll);
    float[] large = new float[400];
    Arrays.fill(large, 1);
    large[3] = 1e9f;
    Selection heavy =
        method.select(request.withWeights(FloatMatrix.of(large, 400, 1)).withBudget(1), ONE);
    assertEquals(3, heavy.indices()[0], "nearly all copies are of this row");
  }

  @Test
  void cappedBitsDoNotDependOnHowItRuns() {
    SelectionRequest request = request(23, 300, 40, 20).withBudget(40);
    for (Similarity similarity : Similarity.values()) {
      Flmi method = new Flmi(similarity, 0.8, 150);
      Selection expected = method.select(request, ONE);
      for (long bytes : new long[] {0, Long.MAX_VALUE}) {
        Selection found = method.select(request, Execution.of(3, SimdProvider.ops()), bytes);
        assertArrayEquals(expected.indices(), found.indices());
        assertArrayEquals(expected.trace(), found.trace());
      }
    }
  }

  @Test
  void aSmallEtaIsSaturatedEarly() {
    SelectionRequest request = request(24, 60, 10, 20);
    Selection found = new Flmi().withEta(1e-3).select(request, ONE);
    assertEquals(StopReason.SATURATED, found.stopReason());
    assertTrue(found.indices().length < 20);
    assertThrows(IllegalArgumentException.class, () -> new Flmi().withEta(0));
    assertThrows(IllegalArgumentException.class, () -> new Flmi().withEta(-1));
    assertThrows(IllegalArgumentException.class, () -> new Flmi().withRepresentatives(0));
  }
}
