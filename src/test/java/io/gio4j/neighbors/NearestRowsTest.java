package io.gio4j.neighbors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.divergence.AveragedDivergence;
import io.gio4j.divergence.DivergenceAccess;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.Close;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.NaiveNeighbors;
import io.gio4j.testing.StopAfter;
import io.gio4j.testing.TestRows;
import io.gio4j.testing.WatchedOps;
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
class NearestRowsTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  /** Finds them with all threads and ops, which must agree, and compares with all distances. */
  private static NearestRows check(FloatMatrix x, FloatMatrix y, int k, boolean excludeSelf) {
    NearestRows found = NearestRows.of(x, y, k, excludeSelf, ONE);
    NearestRows other = NearestRows.of(x, y, k, excludeSelf, Execution.of(3, SimdProvider.ops()));
    assertArrayEquals(found.indices(), other.indices());
    assertArrayEquals(found.squaredDistances(), other.squaredDistances());
    double[][] points = TestRows.doubles(x);
    double[][] rows = TestRows.doubles(y);
    assertEquals(k, found.k());
    assertEquals(k * x.rows(), found.indices().length);
    for (int i = 0; i < points.length; i++) {
      int[] expected = NaiveNeighbors.nearest(points[i], rows, k, excludeSelf ? i : -1);
      assertArrayEquals(
          expected, Arrays.copyOfRange(found.indices(), i * k, (i + 1) * k), "row " + i);
      for (int j = 0; j < k; j++) {
        double squared = NaiveDivergence.squaredDistance(points[i], rows[expected[j]]);
        double actual = found.squaredDistances()[i * k + j];
        assertEquals(squared, actual, 1e-14 * squared, "row " + i);
      }
    }
    return found;
  }

  @ParameterizedTest
  @CsvSource({
    "100, 300, 5, 3",
    "3, 2000, 17, 1",
    "500, 90, 64, 90",
    "1, 1, 1, 1",
    "70, 400, 300, 40",
    "65, 700, 2, 5",
    "33, 5000, 8, 10"
  })
  void rowsOfOneKind(int rows, int others, int columns, int k) {
    check(TestRows.normal(1, rows, columns), TestRows.normal(2, others, columns), k, false);
  }

  @ParameterizedTest
  @CsvSource({"200, 3, 1", "200, 40, 5", "90, 2, 89"})
  void oneselfMayBeLeftOut(int rows, int columns, int k) {
    FloatMatrix x = TestRows.normal(3, rows, columns);
    NearestRows others = check(x, x, k, true);
    assertTrue(Arrays.stream(others.squaredDistances()).allMatch(squared -> squared > 0));
    NearestRows all = check(x, x, k, false);
    for (int i = 0; i < rows; i++) {
      assertEquals(i, all.indices()[i * k]);
      assertEquals(0, all.squaredDistances()[i * k]);
    }
  }

  /** Three distinct rows, hundreds of times: lists fill with ties, of which the first count. */
  @Tag("slow")
  @ParameterizedTest
  @ValueSource(ints = {1, 7, 60})
  void duplicatesComeInTheirOrder(int k) {
    FloatMatrix distinct = TestRows.normal(4, 3, 6);
    FloatMatrix y = TestRows.pick(distinct, IntStream.range(0, 900).map(i -> i % 3).toArray());
    check(TestRows.normal(5, 20, 6), y, k, false);
    check(y, y, k, true);
  }

  /** Rows that differ in their last digits only, which the product cannot tell apart. */
  @Tag("bounds")
  @Test
  void nearTiesAreSettledExactly() {
    float[] base = TestRows.normal(6, 1, 32).row(0);
    SplittableRandom random = new SplittableRandom(7);
    float[][] rows = new float[800][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = base.clone();
      int column = random.nextInt(32);
      rows[i][column] = (float) (rows[i][column] * (1 + 1e-6 * random.nextGaussian()));
    }
    FloatMatrix near = FloatMatrix.of(rows);
    NearestRows found = NearestRows.of(near, near, 4, true, ONE);
    double[][] doubles = TestRows.doubles(near);
    for (int i = 0; i < rows.length; i++) {
      int[] expected = NaiveNeighbors.nearest(doubles[i], doubles, 4, i);
      for (int j = 0; j < 4; j++) {
        double best = NaiveDivergence.squaredDistance(doubles[i], doubles[expected[j]]);
        assertEquals(best, found.squaredDistances()[4 * i + j], 1e-13 * best);
      }
    }
  }

  /**
   * Rows whose order is within what the product loses: after a first product of 1.3 each further
   * one is lost, of half of the rows from below and of the others from above. Bounds that are half
   * as wide miss the nearest.
   */
  @Test
  void nearestWithinTheRoundingsOfTheProduct() {
    float tail = 0x0.ffcp-12f;
    float[] point = new float[256];
    Arrays.fill(point, tail);
    point[0] = 1;
    float[][] x = new float[7][];
    Arrays.setAll(x, i -> i < 2 ? point : new float[256]);
    SplittableRandom random = new SplittableRandom(23);
    float[][] y = new float[3000][256];
    for (float[] row : y) {
      boolean below = random.nextBoolean();
      Arrays.fill(row, below ? tail : -tail);
      // Both kinds are about as near.
      row[0] = (float) (1.3 + 3e-5 * random.nextGaussian() - (below ? 0 : 1.01e-4));
    }
    check(FloatMatrix.of(x), FloatMatrix.of(y), 3, false);
  }

  /** Tight clusters far apart: within one, every digit of the product is lost. */
  @Test
  void clustersFarApart() {
    FloatMatrix noise = TestRows.normal(8, 400, 10);
    float[][] rows = new float[400][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = noise.row(i);
      rows[i][0] += i % 4 * 30_000;
    }
    check(FloatMatrix.of(rows), FloatMatrix.of(rows), 3, true);
  }

  /** Sizes at which squares vanish or overflow in float. */
  @ParameterizedTest
  @ValueSource(doubles = {1e-38, 1e-25, 1e-12, 1, 1e9, 1e18, 1e25, 1e37})
  void everySizeOfNumbers(double size) {
    check(
        TestRows.scaled(TestRows.normal(9, 60, 9), size, 0),
        TestRows.scaled(TestRows.normal(10, 300, 9), size, 0),
        4,
        false);
  }

  /** Only pairs that could count are measured exactly: the rest is the product's. */
  @Test
  void fewPairsAreMeasured() {
    FloatMatrix x = TestRows.normal(11, 64, 32);
    FloatMatrix y = TestRows.normal(12, 4000, 32);
    long[] measured = new long[1];
    FloatOps counting =
        WatchedOps.scalar((call, arguments) ->
            measured[0] += call.equals("rows.squaredDistances") ? (int) arguments[2] : 0);
    NearestRows.of(x, y, 5, false, Execution.of(1, counting));
    // The norms of y's rows are measured too, once.
    assertTrue(measured[0] < 4000 + 64 * 12, () -> measured[0] + " rows measured");
  }

  @Test
  void whatDoesNotFitIsRefused() {
    FloatMatrix x = TestRows.normal(13, 5, 2).named("x");
    FloatMatrix y = TestRows.normal(14, 7, 2).named("y");
    assertRefused(
        "k: is 8; must lie between 1 and 7, the rows of y",
        () -> NearestRows.of(x, y, 8, false, ONE));
    assertRefused(
        "k: is 0; must lie between 1 and 7, the rows of y",
        () -> NearestRows.of(x, y, 0, false, ONE));
    assertRefused(
        "k: is 5; must lie between 1 and 4, the rows of x less one",
        () -> NearestRows.of(x, x, 5, true, ONE));
    assertRefused(
        "exclude_self: x has 5 rows but y 7; only of the same rows is one its own neighbour",
        () -> NearestRows.of(x, y, 2, true, ONE));
    FloatMatrix wide = TestRows.normal(15, 5, 3).named("wide");
    assertRefused(
        "wide: has 3 columns but y has 2; both must come from the same embedding",
        () -> NearestRows.of(wide, y, 2, false, ONE));
    FloatMatrix many = FloatMatrix.of(new float[40_000], 40_000, 1).named("many");
    assertRefused(
        "k: is 30000; with the 40000 rows of many the answer has 1200000000 numbers, at"
            + " most 1000000000 are possible",
        () -> NearestRows.of(many, many, 30_000, false, ONE));
  }

  private static void assertRefused(String message, Runnable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 40, 200})
  void itStopsWhenAsked(int checks) {
    Progress cancelled = new StopAfter(checks);
    FloatMatrix x = TestRows.normal(16, 5_000, 8);
    assertThrows(CancellationException.class, () -> NearestRows.of(x, x, 3, true, cancelled));
  }

  /** The terms' mean is the estimate; each is what its row alone would give. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void termsOfTheAveragedDivergence(boolean discardNearest) {
    FloatMatrix x = TestRows.normal(17, 61, 5);
    FloatMatrix y = TestRows.normal(18, 7_000, 5, 0.3);
    AveragedDivergence divergence = new AveragedDivergence(4, 1e-8, discardNearest, LengthUnit.ONE);
    double[] terms = DivergenceAccess.terms(divergence, x, y, ONE);
    double value = DivergenceAccess.estimate(divergence, x, y, ONE);
    Close.assertClose(value, Arrays.stream(terms).average().orElseThrow(), 1e-12, "mean");
    assertArrayEquals(
        terms, DivergenceAccess.terms(divergence, x, y, Execution.of(3, SimdProvider.ops())));
    double[] point = TestRows.doubles(x)[3];
    double[] logs =
        Arrays.stream(TestRows.doubles(y))
            .mapToDouble(row -> Math.log(NaiveDivergence.distance(point, row) + 1e-8))
            .sorted()
            .skip(discardNearest ? 1 : 0)
            .toArray();
    double spacing = NaiveDivergence.spacing(TestRows.doubles(x), 4)[3];
    double size =
        IntStream.rangeClosed(1, 7_000)
            .mapToDouble(l -> Math.log(4 * 7_000.0 / (l * 60.0)))
            .average()
            .orElseThrow();
    double expected =
        5 * (Arrays.stream(logs).average().orElseThrow() - Math.log(spacing + 1e-8)) + size;
    Close.assertClose(expected, terms[3], 1e-11, "one term");
  }
}
