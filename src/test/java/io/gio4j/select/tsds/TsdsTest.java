package io.gio4j.select.tsds;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.HeapShare;
import io.gio4j.internal.parallel.WorkerPool;
import io.gio4j.internal.select.RowWeights;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.StopAtThree;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("simd")
class TsdsTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());
  private static final Tsds LENGTHS = new Tsds().withC(4).withSigma(1.5);

  private static SelectionRequest request(int poolRows, int targetRows, int columns) {
    return SelectionRequest.of(
        TestRows.normal(1, poolRows, columns, 0.3), TestRows.normal(2, targetRows, columns));
  }

  private static double[] probabilities(Selection found, int rows) {
    double[] all = new double[rows];
    for (int pick = 0; pick < found.indices().length; pick++) {
      all[found.indices()[pick]] = found.gains()[pick];
    }
    return all;
  }

  private static Selection assertAsNaive(Tsds method, SelectionRequest request) {
    Selection found = method.select(request, ONE);
    int rows = request.pool().rows();
    boolean script = method.neighborCaps() == NeighborCaps.SCRIPT;
    int most = script ? Math.max(1, rows / 10) : rows;
    int retrieved = Math.min(method.maxNeighbors(), most);
    NaiveTsds naive =
        new NaiveTsds(
            request.pool(),
            request.target(),
            method.alpha(),
            (Double) found.facts().get("c"),
            (Double) found.facts().get("sigma"),
            retrieved,
            Math.min(method.densityNeighbors(), most),
            script ? retrieved - 1 : retrieved);
    assertEquals(naive.level, (Double) found.facts().get("level"), 1e-9 * naive.level);
    assertArrayEquals(naive.probabilities, probabilities(found, rows), 1e-12);
    int positive = (int) Arrays.stream(naive.probabilities).filter(p -> p > 0).count();
    assertEquals(positive, found.indices().length);
    assertEquals((double) positive, found.facts().get("rows_with_probability"));
    double sum = 0;
    for (int pick = 0; pick < positive; pick++) {
      sum += found.gains()[pick];
      assertEquals(sum, found.trace()[pick]);
    }
    assertEquals(1, sum, 1e-9);
    return found;
  }

  /** Every bound and both ends of every option, on few and many columns and rows. */
  @ParameterizedTest
  @CsvSource({
    "300, 20, 3, 0.5, 4, 1.5, 5000, 1000",
    "300, 20, 3, 0.5, 4, 0, 5000, 1000",
    "300, 20, 3, 0.5, 4, 1.5, 9, 1000",
    "300, 20, 3, 0.1, 9, 1.5, 150, 4",
    "300, 20, 3, 0.5, 4, 1.5, 5000, 1",
    "300, 20, 3, 1, 4, 1.5, 5000, 1000",
    "60, 4, 3, 0, 4, 1.5, 5000, 1000",
    "60, 4, 3, 0, 4, 1.5, 7, 1000",
    "200, 30, 17, 0.5, 4, 3, 100, 50",
    "15, 3, 2, 0.5, 2, 0.7, 5000, 1000",
    "3, 3, 2, 0.5, 0.1, 0.7, 5000, 1000",
    "1, 3, 2, 0.5, 2, 0.7, 5000, 1000",
    "50, 1, 1, 0.5, 2, 0.3, 5000, 1000"
  })
  void probabilitiesAreThoseOfTheFormulas(
      int poolRows,
      int targetRows,
      int columns,
      double alpha,
      double c,
      double sigma,
      int most,
      int counted) {
    Tsds method =
        new Tsds()
            .withAlpha(alpha)
            .withC(c)
            .withSigma(sigma)
            .withMaxNeighbors(most)
            .withDensityNeighbors(counted);
    SelectionRequest request = request(poolRows, targetRows, columns);
    assertAsNaive(method, request);
    assertAsNaive(method.withNeighborCaps(NeighborCaps.SCRIPT), request);
  }

  @Test
  void eachOptionMatters() {
    SelectionRequest request = request(300, 20, 3);
    double[] plain = probabilities(LENGTHS.select(request, ONE), 300);
    for (Tsds other :
        new Tsds[] {
          LENGTHS.withAlpha(0.4),
          LENGTHS.withC(5),
          LENGTHS.withSigma(1),
          LENGTHS.withMaxNeighbors(5),
          LENGTHS.withDensityNeighbors(3),
          LENGTHS.withNeighborCaps(NeighborCaps.SCRIPT)
        }) {
      assertFalse(Arrays.equals(plain, probabilities(other.select(request, ONE), 300)), "" + other);
    }
    int[] sample = LENGTHS.withOrder(PickOrder.SAMPLE).select(request, ONE).indices();
    assertFalse(Arrays.equals(LENGTHS.select(request, ONE).indices(), sample));
  }

  @Test
  void rowsComeByProbabilityAndThenByNumber() {
    Selection found = assertAsNaive(LENGTHS.withSigma(0), request(300, 20, 3));
    boolean anyEqual = false;
    for (int pick = 1; pick < found.indices().length; pick++) {
      double before = found.gains()[pick - 1];
      double here = found.gains()[pick];
      assertTrue(here < before || found.indices()[pick - 1] < found.indices()[pick]);
      assertTrue(here <= before);
      anyEqual |= here == before;
    }
    assertTrue(anyEqual);
  }

  /** With all mass on the nearest rows, each pick has its target rows' share: known by hand. */
  @Test
  void atAlphaOneAllMassIsAtTheNearestRows() {
    FloatMatrix pool = FloatMatrix.of(new float[] {0, 1, 2, 10}, 4, 1);
    FloatMatrix target = FloatMatrix.of(new float[] {0.1f, 0.2f, 1.9f, 9}, 4, 1);
    Selection found = LENGTHS.withAlpha(1).select(SelectionRequest.of(pool, target), ONE);
    assertArrayEquals(new int[] {0, 2, 3}, found.indices());
    assertArrayEquals(new double[] {0.5, 0.25, 0.25}, found.gains());
    assertArrayEquals(new double[] {0.5, 0.75, 1}, found.trace());
    assertEquals(StopReason.SATURATED, found.stopReason());
  }

  @Test
  void theEndIsTheBudgetThePoolOrTheRowsWithAProbability() {
    SelectionRequest request = request(40, 4, 2);
    Selection few = LENGTHS.withMaxNeighbors(4).select(request.withBudget(40), ONE);
    assertEquals(StopReason.SATURATED, few.stopReason());
    assertTrue(few.indices().length <= 16);
    int all = few.indices().length;
    Selection exact = LENGTHS.withMaxNeighbors(4).select(request.withBudget(all), ONE);
    assertEquals(StopReason.BUDGET, exact.stopReason());
    assertArrayEquals(few.indices(), exact.indices());
    Selection whole = LENGTHS.withAlpha(0).select(request.withBudget(41), ONE);
    assertEquals(StopReason.EXHAUSTED, whole.stopReason());
    assertEquals(40, whole.indices().length);
    assertTrue(Double.isNaN(whole.startingObjective()));
  }

  /** Copies share what one row would get, and a weight is as many copies. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 1.5})
  void aWeightIsAsManyCopies(double sigma) {
    SelectionRequest request = request(60, 8, 3);
    int[] copies = IntStream.range(0, 120).map(i -> i < 60 ? i : (i - 60) / 10 * 10).toArray();
    float[] column = new float[60];
    Arrays.stream(copies).forEach(row -> column[row]++);
    Tsds method = LENGTHS.withSigma(sigma);
    Selection copied =
        assertAsNaive(
            method, SelectionRequest.of(TestRows.pick(request.pool(), copies), request.target()));
    SelectionRequest weighted = request.withWeights(FloatMatrix.of(column, 60, 1));
    Selection found = method.select(weighted, ONE);
    double[] expected = new double[60];
    for (int pick = 0; pick < copied.indices().length; pick++) {
      expected[copies[copied.indices()[pick]]] += copied.gains()[pick];
    }
    assertArrayEquals(expected, probabilities(found, 60), 1e-12);
    double last = Double.POSITIVE_INFINITY;
    for (int pick = 0; pick < found.indices().length; pick++) {
      double ofCopy = found.gains()[pick] / column[found.indices()[pick]];
      assertTrue(ofCopy <= last);
      last = ofCopy;
    }
    assertEquals(11, column[0]);
    int[] few = method.select(weighted.withBudget(20), ONE).indices();
    double spent = Arrays.stream(few).mapToDouble(row -> column[row]).sum();
    assertTrue(spent >= 20 && spent - column[few[few.length - 1]] < 20);
  }

  /** A row's copies have together little more than it alone has beside others. */
  @Test
  void nearDuplicatesShare() {
    float[] pool = new float[110];
    for (int row = 0; row < 110; row++) {
      pool[row] = row < 100 ? 1 + row * 1e-6f : -1 - 0.5f * (row - 100);
    }
    SelectionRequest request =
        SelectionRequest.of(FloatMatrix.of(pool, 110, 1), FloatMatrix.of(new float[] {0}, 1, 1));
    Tsds method = new Tsds().withSigma(0.1).withC(1);
    double[] shared = probabilities(method.select(request, ONE), 110);
    double[] apart = probabilities(method.withSigma(0).select(request, ONE), 110);
    assertEquals(shared[100], Arrays.stream(shared, 0, 100).sum(), 1e-6);
    assertTrue(Arrays.stream(apart, 0, 100).sum() > 0.9);
  }

  /** Each row comes first as often as its probability says, and second as often as is left. */
  @Test
  void aSampleFollowsTheProbabilities() {
    double[] first = {0.6, 0, 0.3, 0.1};
    Probabilities drawn = new Probabilities(first);
    RowWeights weights = new RowWeights(request(4, 1, 1));
    int[][] counts = new int[3][4];
    for (int seed = 0; seed < 4000; seed++) {
      int[] rows = drawn.ranked(PickOrder.SAMPLE, seed, weights);
      for (int place = 0; place < 3; place++) {
        counts[place][rows[place]]++;
      }
    }
    for (int row = 0; row < 4; row++) {
      double second = 0;
      for (int other = 0; other < 4; other++) {
        second += other == row ? 0 : first[other] * first[row] / (1 - first[other]);
      }
      // Four standard deviations of 4,000 draws are at most 0.032.
      assertEquals(first[row], counts[0][row] / 4000.0, 0.032);
      assertEquals(second, counts[1][row] / 4000.0, 0.032);
    }
  }

  @Test
  void theSeedDrawsTheSampleAndNothingElse() {
    SelectionRequest request = request(200, 20, 3).withBudget(30);
    Tsds sample = LENGTHS.withOrder(PickOrder.SAMPLE);
    int[] one = sample.select(request.withSeed(1), ONE).indices();
    assertArrayEquals(one, sample.select(request.withSeed(1), ONE).indices());
    assertFalse(Arrays.equals(one, sample.select(request.withSeed(2), ONE).indices()));
    assertArrayEquals(
        LENGTHS.select(request.withSeed(1), ONE).indices(),
        LENGTHS.select(request.withSeed(2), ONE).indices());
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-30, 1e-12, 1e15, 1e30})
  void lengthsFollowTheData(double factor) {
    SelectionRequest request = request(300, 20, 3);
    Selection plain = assertAsNaive(new Tsds(), request);
    Selection scaled =
        new Tsds()
            .select(
                SelectionRequest.of(
                    TestRows.scaled(request.pool(), factor, 0),
                    TestRows.scaled(request.target(), factor, 0)),
                ONE);
    double c = (Double) plain.facts().get("c");
    assertEquals(factor, (Double) scaled.facts().get("c") / c, 1e-5 * factor);
    assertEquals(0.15 * c, (Double) plain.facts().get("sigma"), 1e-12 * c);
    assertArrayEquals(probabilities(plain, 300), probabilities(scaled, 300), 1e-6);
  }

  /** The spacing is that of the tenth nearest row, known by hand, unless copies leave none. */
  @Test
  void theSpacingIsThatOfTheTenthNearestRow() {
    float[] line = new float[30];
    for (int row = 0; row < 30; row++) {
      line[row] = row;
    }
    assertEquals(5 * 9.0, cOf(line, 0));
    assertEquals(5 * 5.0, cOf(line, 15));
    float[] copies = new float[30];
    copies[29] = 4;
    assertEquals(5 * 4.0, cOf(copies, 0));
    assertEquals(5 * 1.0, cOf(new float[30], 0));
    assertEquals(5 * 2.0, cOf(new float[] {1, 2}, 0));
  }

  private static double cOf(float[] pool, float target) {
    FloatMatrix rows = FloatMatrix.of(pool, pool.length, 1);
    FloatMatrix point = FloatMatrix.of(new float[] {target}, 1, 1);
    return (Double) new Tsds().select(SelectionRequest.of(rows, point), ONE).facts().get("c");
  }

  @Test
  void equalRowsOfThePoolAndTheTarget() {
    FloatMatrix pool =
        TestRows.pick(TestRows.normal(5, 4, 3), IntStream.range(0, 80).map(i -> i % 4).toArray());
    FloatMatrix target = TestRows.pick(TestRows.normal(6, 5, 3), 0, 0, 1, 2, 2, 3, 4);
    assertAsNaive(LENGTHS, SelectionRequest.of(pool, target));
    assertAsNaive(new Tsds(), SelectionRequest.of(pool, pool));
    FloatMatrix same = TestRows.pick(pool, new int[30]);
    assertAsNaive(new Tsds(), SelectionRequest.of(same, same));
  }

  @Test
  void existingRowsAreIgnored() {
    SelectionRequest request = request(200, 20, 3);
    assertArrayEquals(
        LENGTHS.select(request, ONE).gains(),
        LENGTHS.select(request.withExisting(request.pool()), ONE).gains());
  }

  @Test
  void theSameBitsWithAnyThreadsAndKernels() {
    SelectionRequest request = request(3_000, 70, 30).withBudget(2_000);
    Tsds method = new Tsds().withDensityNeighbors(100);
    Selection expected = method.select(request, ONE);
    Selection result = method.select(request, Execution.of(3, SimdProvider.ops()));
    assertTrue(expected.indices().length > 100);
    assertArrayEquals(expected.indices(), result.indices());
    assertArrayEquals(expected.gains(), result.gains());
    assertArrayEquals(expected.trace(), result.trace());
    assertEquals(expected.facts(), result.facts());
  }

  @Test
  void whoStopsItMayKeepThePicks() {
    SelectionRequest request = request(100, 20, 3);
    Selection whole = LENGTHS.select(request, ONE);
    Selection part = LENGTHS.select(request, watched(new StopAtThree(true)));
    assertArrayEquals(Arrays.copyOf(whole.indices(), 3), part.indices());
    assertEquals(StopReason.INTERRUPTED, part.stopReason());
    assertThrows(
        CancellationException.class,
        () -> LENGTHS.select(request, watched(new StopAtThree(false))));
  }

  private static Execution watched(Progress progress) {
    return new Execution(WorkerPool.of(1), numbers -> SimdProvider.scalar(), progress);
  }

  @Test
  void optionsHaveBounds() {
    assertRefused("alpha: is 1.5; must lie between 0 and 1", () -> LENGTHS.withAlpha(1.5));
    assertRefused("alpha: is NaN; must lie between 0 and 1", () -> LENGTHS.withAlpha(Double.NaN));
    assertRefused("c: is 0.0; must be a number above 0", () -> LENGTHS.withC(0));
    assertRefused(
        "c: is Infinity; must be a number above 0", () -> LENGTHS.withC(Double.POSITIVE_INFINITY));
    assertRefused("sigma: is -1.0; must be a number of at least 0", () -> LENGTHS.withSigma(-1));
    assertRefused("max_neighbors: is 0; must be at least 1", () -> LENGTHS.withMaxNeighbors(0));
    assertRefused(
        "density_neighbors: is 0; must be at least 1", () -> LENGTHS.withDensityNeighbors(0));
    assertNotEquals(LENGTHS, LENGTHS.withNeighborCaps(NeighborCaps.SCRIPT));
  }

  private static void assertRefused(String message, Runnable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }

  @Test
  void whatIsRetrievedHasToFit() {
    long room = HeapShare.RETRIEVED_ROWS.bytes() / 12;
    int rows = (int) Math.sqrt((double) room) + 1;
    FloatMatrix many = FloatMatrix.of(new float[rows], rows, 1);
    Tsds method = new Tsds().withMaxNeighbors(rows);
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> method.select(SelectionRequest.of(many, many), ONE))
            .getMessage();
    assertTrue(message.contains("pass max_neighbors of at most " + room / rows + ","), message);
  }
}
