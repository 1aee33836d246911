package io.gio4j.select.kcenter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
import io.gio4j.testing.StopAfter;
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
import org.junit.jupiter.params.provider.ValueSource;

@Tag("simd")
class KcenterTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());
  private static final Kcenter METHOD = new Kcenter();

  private static SelectionRequest request(FloatMatrix pool, long budget) {
    return SelectionRequest.of(pool, TestRows.normal(99, 5, pool.columns(), 2)).withBudget(budget);
  }

  /** Rows of clusters, some of them copies of others. */
  private static FloatMatrix clusters(long seed, int rows, int columns, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    FloatMatrix centers = TestRows.scaled(TestRows.normal(seed, count, columns), 10, 0);
    FloatMatrix noise = TestRows.normal(seed + 1, rows, columns);
    float[][] all = new float[rows][];
    for (int row = 0; row < rows; row++) {
      all[row] = noise.row(row);
      float[] center = centers.row(random.nextInt(count));
      for (int column = 0; column < columns; column++) {
        all[row][column] += center[column];
      }
      all[row] = row > 10 && random.nextInt(5) == 0 ? all[random.nextInt(row)] : all[row];
    }
    return FloatMatrix.of(all);
  }

  /** The rule as it is worded, in double: after each pick all rows are compared with it. */
  private static void assertFarthestFirst(SelectionRequest request, int first, Selection found) {
    double[][] pool = TestRows.doubles(request.pool());
    double[] near = new double[pool.length];
    Arrays.fill(near, Double.POSITIVE_INFINITY);
    boolean[] used = new boolean[pool.length];
    if (request.existing() != null) {
      for (double[] row : TestRows.doubles(request.existing())) {
        lower(near, pool, row);
      }
      double start = Math.sqrt(Arrays.stream(near).max().orElseThrow());
      assertEquals(start, found.startingObjective(), 1e-13 * start);
    }
    for (int pick = 0; pick < found.indices().length; pick++) {
      int row = pick == 0 && request.existing() == null ? first : farthest(near, used);
      double gain = Math.sqrt(near[row]);
      assertEquals(row, found.indices()[pick], "pick " + pick);
      if (Double.isInfinite(gain)) {
        assertTrue(Double.isNaN(found.gains()[pick]));
      } else {
        assertEquals(gain, found.gains()[pick], 1e-13 * gain);
      }
      used[row] = true;
      lower(near, pool, pool[row]);
      double radius = Math.sqrt(Arrays.stream(near).max().orElseThrow());
      assertEquals(radius, found.trace()[pick], 1e-13 * radius);
    }
  }

  private static void lower(double[] near, double[][] pool, double[] center) {
    for (int i = 0; i < near.length; i++) {
      near[i] = Math.min(near[i], NaiveDivergence.squaredDistance(center, pool[i]));
    }
  }

  private static int farthest(double[] near, boolean[] used) {
    int best = -1;
    for (int i = 0; i < near.length; i++) {
      best = !used[i] && (best < 0 || near[i] > near[best]) ? i : best;
    }
    return best;
  }

  /** The row nearest to the mean of some rows. */
  private static int nearestToMean(FloatMatrix matrix, FloatMatrix of) {
    double[][] pool = TestRows.doubles(matrix);
    double[] mean = new double[of.columns()];
    for (double[] row : TestRows.doubles(of)) {
      for (int column = 0; column < mean.length; column++) {
        mean[column] += row[column] / of.rows();
      }
    }
    double[] near = new double[pool.length];
    Arrays.setAll(near, i -> -NaiveDivergence.squaredDistance(mean, pool[i]));
    return farthest(near, new boolean[near.length]);
  }

  private static void assertFarthestFirst(SelectionRequest request) {
    int first = nearestToMean(request.pool(), request.pool());
    Selection expected = METHOD.select(request, ONE);
    assertFarthestFirst(request, first, expected);
    assertSame(expected, METHOD.select(request, Execution.of(3, SimdProvider.ops())));
  }

  private static void assertSame(Selection expected, Selection found) {
    assertArrayEquals(expected.indices(), found.indices());
    assertArrayEquals(expected.gains(), found.gains());
    assertArrayEquals(expected.trace(), found.trace());
    assertEquals(expected.startingObjective(), found.startingObjective());
    assertEquals(expected.stopReason(), found.stopReason());
  }

  @ParameterizedTest
  @CsvSource({
    "300, 1, 40",
    "900, 2, 300",
    "700, 15, 90",
    "700, 16, 90",
    "500, 40, 70",
    "90, 700, 9"
  })
  void eachPickIsTheFarthest(int rows, int columns, int budget) {
    SelectionRequest request = request(TestRows.normal(1, rows, columns), budget);
    assertFarthestFirst(request);
    Selection found = METHOD.select(request, ONE);
    assertEquals(StopReason.BUDGET, found.stopReason());
    assertEquals(budget, found.indices().length);
    for (int pick = 1; pick < budget; pick++) {
      assertEquals(found.trace()[pick - 1], found.gains()[pick]);
    }
  }

  /** More rows than a shortlist has, in clusters that use it up pick by pick. */
  @ParameterizedTest
  @CsvSource({"40000, 2, 30", "40000, 20, 30", "3000, 4200, 6"})
  void rowsThatAreNotListedAreNotForgotten(int rows, int columns, int count) {
    assertFarthestFirst(request(clusters(3, rows, columns, count), 2L * count));
  }

  @Test
  void existingRowsAreCenters() {
    FloatMatrix pool = TestRows.normal(5, 400, 20);
    SelectionRequest request = request(pool, 60).withExisting(TestRows.normal(6, 70, 20, 1));
    assertFarthestFirst(request);
    Selection whole = METHOD.select(request(pool, 60), ONE);
    FloatMatrix first = TestRows.pick(pool, Arrays.copyOf(whole.indices(), 20));
    Selection rest = METHOD.select(request(pool, 40).withExisting(first), ONE);
    assertArrayEquals(Arrays.copyOfRange(whole.indices(), 20, 60), rest.indices());
    assertEquals(whole.trace()[19], rest.startingObjective());
  }

  /** Rows of an identity matrix are equally far from each other: more of them than are listed. */
  @Test
  void ofEquallyFarRowsTheFirstComesFirst() {
    float[] values = new float[3000 * 3000];
    IntStream.range(0, 3000).forEach(i -> values[i * 3000 + i] = 1);
    SelectionRequest request = request(FloatMatrix.of(values, 3000, 3000), 20);
    Selection found = METHOD.select(request, Execution.of(2, SimdProvider.ops()));
    assertArrayEquals(IntStream.range(0, 20).toArray(), found.indices());
    assertEquals(Math.sqrt(2), found.trace()[19]);
    assertFarthestFirst(
        request(
            TestRows.pick(
                FloatMatrix.of(new float[] {0, 1, 2, 3}, 4, 1),
                IntStream.range(0, 50).map(i -> i * 7 % 4).toArray()),
            4));
  }

  @Test
  void itEndsWhereEveryRowIsACopy() {
    FloatMatrix distinct = TestRows.normal(7, 6, 20);
    FloatMatrix pool =
        TestRows.pick(distinct, IntStream.range(0, 30_000).map(i -> i % 6).toArray());
    Selection found = METHOD.select(request(pool, 30), ONE);
    assertEquals(StopReason.SATURATED, found.stopReason());
    assertArrayEquals(
        IntStream.range(0, 6).toArray(), Arrays.stream(found.indices()).sorted().toArray());
    assertEquals(0, found.trace()[5]);
    Selection covered = METHOD.select(request(pool, 30).withExisting(distinct), ONE);
    assertEquals(StopReason.SATURATED, covered.stopReason());
    assertEquals(0, covered.indices().length);
    assertEquals(0, covered.startingObjective());
    // The budget comes first, and a pool without copies is used up.
    assertEquals(StopReason.BUDGET, METHOD.select(request(pool, 6), ONE).stopReason());
    assertEquals(StopReason.EXHAUSTED, METHOD.select(request(distinct, 9), ONE).stopReason());
  }

  @Test
  void aPoolOfOneRow() {
    Selection found = METHOD.select(request(TestRows.normal(1, 1, 3), 1), ONE);
    assertArrayEquals(new int[] {0}, found.indices());
    assertArrayEquals(new double[] {0}, found.trace());
    assertTrue(Double.isNaN(found.startingObjective()));
    assertEquals(StopReason.BUDGET, found.stopReason());
  }

  @Test
  void theStartIsAsAskedFor() {
    FloatMatrix pool = TestRows.normal(11, 300, 3);
    SelectionRequest request = request(pool, 12).withSeed(5);
    int atTarget = nearestToMean(pool, request.target());
    int drawn = PythonRandom.seeded(5).nextBelow(300);
    Selection target = METHOD.withStart(Start.TARGET).select(request, ONE);
    assertFarthestFirst(request, atTarget, target);
    assertFarthestFirst(request, drawn, METHOD.withStart(Start.RANDOM).select(request, ONE));
    assertNotEquals(atTarget, nearestToMean(pool, pool));
    // No other influence has the target, nor the seed.
    SelectionRequest other =
        SelectionRequest.of(pool, TestRows.normal(12, 9, 3)).withBudget(12).withSeed(6);
    assertSame(METHOD.select(request, ONE), METHOD.select(other, ONE));
    assertThrows(NullPointerException.class, () -> METHOD.withStart(null));
  }

  @Test
  void aWeightCountsInTheBudgetAlone() {
    FloatMatrix pool = TestRows.normal(13, 200, 3);
    float[] column = new float[200];
    Arrays.fill(column, 8);
    Selection expected = METHOD.select(request(pool, 3), ONE);
    SelectionRequest weighed = request(pool, 20).withWeights(FloatMatrix.of(column, 200, 1));
    assertSame(expected, METHOD.select(weighed, ONE));
  }

  /** Products and squares of these overflow or vanish in float. */
  @ParameterizedTest
  @ValueSource(doubles = {1e-38, 1e-30, 1e-10, 1e10, 1e30})
  void picksAreThoseOfDoubleAtAnyScale(double factor) {
    for (int columns : new int[] {1, 4, 30}) {
      FloatMatrix pool = TestRows.scaled(clusters(15, 400, columns, 7), factor, 0);
      assertFarthestFirst(request(pool, 25));
      float[][] rows = new float[400][];
      Arrays.setAll(rows, pool::row);
      // And beside them one far out, in whose mean all others are equally far.
      Arrays.fill(rows[17], 1e30f);
      SelectionRequest request = request(FloatMatrix.of(rows), 25);
      Selection found = METHOD.select(request, ONE);
      assertFarthestFirst(request, found.indices()[0], found);
    }
  }

  @Test
  void picksAreThoseOfDoubleFarFromTheOrigin() {
    assertFarthestFirst(request(TestRows.scaled(TestRows.normal(17, 300, 20), 1, 1e5), 40));
  }

  @Test
  void timesAPowerOfTwoEveryBitStays() {
    FloatMatrix pool = clusters(19, 300, 20, 5);
    Selection expected = METHOD.select(request(pool, 30), ONE);
    Selection found =
        METHOD.select(request(TestRows.scaled(pool, Math.scalb(1.0, -90), 0), 30), ONE);
    assertArrayEquals(expected.indices(), found.indices());
    assertArrayEquals(
        Arrays.stream(expected.trace()).map(each -> Math.scalb(each, -90)).toArray(),
        found.trace());
  }

  /** Of every eight rows the best three are tried; Gonzalez' radius is at most twice theirs. */
  @Test
  void theRadiusIsAtMostTwiceTheBest() {
    double worst = 0;
    for (int seed = 0; seed < 300; seed++) {
      FloatMatrix pool = TestRows.normal(seed, 8, 1 + seed % 2);
      double[][] rows = TestRows.doubles(pool);
      double best = Double.POSITIVE_INFINITY;
      for (int set = 0; set < 256; set++) {
        if (Integer.bitCount(set) == 3) {
          double[] near = new double[8];
          Arrays.fill(near, Double.POSITIVE_INFINITY);
          for (int row = 0; row < 8; row++) {
            if ((set >> row & 1) == 1) {
              lower(near, rows, rows[row]);
            }
          }
          best = Math.min(best, Math.sqrt(Arrays.stream(near).max().orElseThrow()));
        }
      }
      worst = Math.max(worst, METHOD.select(request(pool, 3), ONE).trace()[2] / best);
    }
    assertTrue(worst <= 2 && worst > 1.5, "worst ratio " + worst);
  }

  @Test
  void whoStopsItMayKeepThePicks() {
    SelectionRequest request = request(TestRows.normal(21, 100, 3), 20);
    Selection part = METHOD.select(request, watched(new StopAtThree(true)));
    assertArrayEquals(Arrays.copyOf(METHOD.select(request, ONE).indices(), 3), part.indices());
    assertEquals(StopReason.INTERRUPTED, part.stopReason());
    assertThrows(
        CancellationException.class, () -> METHOD.select(request, watched(new StopAtThree(false))));
    assertThrows(
        CancellationException.class, () -> METHOD.select(request, watched(new StopAfter(30))));
  }

  private static Execution watched(Progress progress) {
    return new Execution(WorkerPool.of(1), numbers -> SimdProvider.scalar(), progress);
  }

  @Test
  void aBudgetIsNeeded() {
    SelectionRequest open = SelectionRequest.of(TestRows.normal(1, 3, 2), TestRows.normal(1, 3, 2));
    IllegalArgumentException thrown =
        assertThrows(IllegalArgumentException.class, () -> METHOD.select(open, ONE));
    assertEquals(
        "budget: is missing, and kcenter has no stop of its own; pass how many rows to pick",
        thrown.getMessage());
  }
}
