package io.gio4j.duplicates;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.StopAfter;
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

@Tag("simd")
class DeduplicationTest {
  private static final int PLENTY = 10_000_000;
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());
  private static final Execution MANY = Execution.of(3, SimdProvider.ops());

  /** The rule itself, over all pairs. */
  private static final class Naive {
    final int[] near;
    final double[] squared;

    Naive(FloatMatrix pool, int[] order, double squaredRadius, boolean chains) {
      double[][] rows = TestRows.doubles(pool);
      near = new int[rows.length];
      squared = new double[rows.length];
      Arrays.fill(near, -1);
      boolean[] dropped = new boolean[rows.length];
      for (int i = 0; i < order.length; i++) {
        for (int j = 0; j < i; j++) {
          double distance = NaiveDivergence.squaredDistance(rows[order[i]], rows[order[j]]);
          if ((chains || !dropped[order[j]]) && distance <= squaredRadius) {
            dropped[order[i]] = true;
          }
        }
      }
      for (int i = 0; i < order.length; i++) {
        int row = order[i];
        for (int j = 0; dropped[row] && j < (chains ? i : order.length); j++) {
          int other = order[j];
          if (!chains && dropped[other]) {
            continue;
          }
          double distance = NaiveDivergence.squaredDistance(rows[row], rows[other]);
          if (near[row] < 0 || distance < squared[row]) {
            near[row] = other;
            squared[row] = distance;
          }
        }
      }
    }
  }

  /** Finds duplicates at once and in parts, with one thread and several, and by the rule. */
  private static Duplicates check(FloatMatrix pool, Deduplication asked, double[] scores) {
    Duplicates found = asked.find(pool, scores, ONE, PLENTY);
    Duplicates other = asked.find(pool, scores, MANY, PLENTY);
    assertArrayEquals(found.near(), other.near());
    assertArrayEquals(found.squaredDistances(), other.squaredDistances());
    assertNotNull(found.pairs());
    assertArrayEquals(found.pairs().earlier(), other.pairs().earlier());
    assertArrayEquals(found.pairs().later(), other.pairs().later());
    assertArrayEquals(found.pairs().squaredDistances(), other.pairs().squaredDistances());
    int pairs = found.pairs().earlier().length;
    if (pairs > 1) {
      Duplicates parts = asked.find(pool, scores, MANY, pairs - 1);
      assertNull(parts.pairs());
      assertArrayEquals(found.near(), parts.near());
      assertArrayEquals(found.squaredDistances(), parts.squaredDistances());
    }
    int[] order = asked.keep().order(pool.rows(), scores, asked.seed());
    Naive expected = new Naive(pool, order, asked.squaredRadius(), asked.chains());
    assertArrayEquals(expected.near, found.near());
    for (int row = 0; row < pool.rows(); row++) {
      double squared = expected.squared[row];
      assertEquals(squared, found.squaredDistances()[row], 1e-13 * squared, "row " + row);
    }
    assertEquals(Arrays.stream(expected.near).filter(row -> row < 0).count(), found.kept());
    return found;
  }

  /** Rows around some places, with copies and near copies of every fifth row among them. */
  private static FloatMatrix planted(
      long seed, int rows, int columns, int places, double scale, double offset) {
    SplittableRandom random = new SplittableRandom(seed);
    double[][] middles = new double[places][];
    Arrays.setAll(middles, i -> random.doubles(columns, -3, 3).toArray());
    float[] values = new float[rows * columns];
    for (int row = 0; row < rows; row++) {
      int copied = row % 5 == 4 ? random.nextInt(row) : -1;
      double noise = row % 10 == 4 ? 0 : 0.1 * random.nextDouble();
      double[] middle = middles[random.nextInt(places)];
      for (int column = 0; column < columns; column++) {
        double value =
            copied < 0
                ? offset + scale * (middle[column] + random.nextGaussian())
                : values[copied * columns + column] + scale * noise * random.nextGaussian();
        values[row * columns + column] = (float) value;
      }
    }
    return FloatMatrix.of(values, rows, columns);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 3, 1, 1, 0, 0.5",
    "2, 3, 1, 1, 0, 0.5",
    "400, 2, 3, 1, 0, 0.05",
    "400, 17, 3, 1, 0, 0.3",
    "2500, 5, 30, 1, 0, 0.3",
    "2500, 5, 30, 1e18, 0, 0.3",
    "2500, 5, 30, 1e-18, 0, 0.3",
    "2500, 33, 30, 1, 1000, 0.4",
    "2200, 130, 20, 1, 0, 0.8",
    "2200, 130, 1, 1, 0, 14"
  })
  void answersAreThoseOfTheRule(
      int rows, int columns, int places, double scale, double offset, double radius) {
    FloatMatrix pool = planted(1, rows, columns, places, scale, offset);
    double squared = Math.pow(radius * scale, 2);
    Duplicates found = check(pool, new Deduplication(squared, Keep.FIRST, false, 0), null);
    if (rows > 100) {
      assertTrue(found.kept() < rows, "some are dropped");
      assertTrue(found.kept() > rows / 10, "most are kept");
    }
    check(pool, new Deduplication(squared, Keep.LAST, true, 0), null);
  }

  @Test
  void cosinesOfUnitRows() {
    FloatMatrix pool = planted(2, 2300, 120, 15, 1, 0.5).unitRows();
    Duplicates found = check(pool, new Deduplication(0.004, Keep.FIRST, false, 0), null);
    assertTrue(found.kept() < 2200 && found.kept() > 1000, found.kept() + " kept");
  }

  /** A row far from all others takes the digits of floats, and must not take pairs. */
  @Test
  void outliersAndRowsOfOtherSizes() {
    float[][] rows = new float[2400][];
    FloatMatrix plain = planted(3, rows.length, 100, 10, 1, 0);
    for (int row = 0; row < rows.length; row++) {
      rows[row] = plain.row(row);
      double factor = row % 100 == 0 ? 1e19 : row % 100 == 1 ? 1e-19 : 1;
      for (int column = 0; column < rows[row].length; column++) {
        rows[row][column] *= (float) factor;
      }
    }
    rows[7][3] = 1e30f;
    FloatMatrix pool = FloatMatrix.of(rows);
    check(pool, new Deduplication(0.25, Keep.FIRST, false, 0), null);
    check(pool, new Deduplication(1e-30, Keep.FIRST, true, 0), null);
  }

  /** On a grid distances are exact, and many of them are the radius. */
  @ParameterizedTest
  @EnumSource(Keep.class)
  void rowsAtTheRadiusAreNear(Keep keep) {
    float[][] rows = new float[900][];
    SplittableRandom random = new SplittableRandom(5);
    Arrays.setAll(rows, i -> new float[] {random.nextInt(40), random.nextInt(40), 7});
    FloatMatrix pool = FloatMatrix.of(rows);
    double[] scores = random.doubles(900).map(score -> Math.floor(score * 9)).toArray();
    double[] given = keep == Keep.SCORE ? scores : null;
    Duplicates near = check(pool, new Deduplication(4, keep, false, 3), given);
    Duplicates fewer = check(pool, new Deduplication(Math.nextDown(4.0), keep, false, 3), given);
    assertTrue(near.kept() < fewer.kept());
    Duplicates chain = check(pool, new Deduplication(4, keep, true, 3), given);
    assertTrue(chain.kept() < near.kept());
  }

  /** Integers again, in so many columns that a head is compared: sums of squares are exact. */
  @Test
  void manyColumnsAtTheRadius() {
    SplittableRandom random = new SplittableRandom(6);
    float[][] rows = new float[2100][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = row % 3 > 0 ? rows[random.nextInt(row)].clone() : new float[128];
      for (int change = row % 3 > 0 ? 6 : 128; change > 0; change--) {
        rows[row][random.nextInt(128)] += random.nextInt(-1, 2);
      }
    }
    FloatMatrix pool = FloatMatrix.of(rows);
    Duplicates near = check(pool, new Deduplication(4, Keep.FIRST, false, 0), null);
    Duplicates fewer = check(pool, new Deduplication(3.99, Keep.FIRST, false, 0), null);
    assertTrue(near.kept() < fewer.kept());
  }

  @Test
  void ordersDecideWhichOfTwoIsKept() {
    FloatMatrix pool = FloatMatrix.of(new float[][] {{0}, {1}, {2}});
    assertArrayEquals(new int[] {-1, 0, -1}, near(pool, Keep.FIRST, false, null));
    assertArrayEquals(new int[] {-1, 2, -1}, near(pool, Keep.LAST, false, null));
    assertArrayEquals(new int[] {1, -1, 1}, near(pool, Keep.SCORE, false, new double[] {0, 2, 1}));
    assertArrayEquals(new int[] {-1, 0, 1}, near(pool, Keep.FIRST, true, null));
    assertThrows(IllegalArgumentException.class, () -> near(pool, Keep.SCORE, false, null));
    int[][] drawn = new int[20][];
    Arrays.setAll(
        drawn,
        seed -> new Deduplication(1, Keep.RANDOM, false, seed).find(pool, null, MANY, 9).near());
    assertEquals(3, Arrays.stream(drawn).map(Arrays::toString).distinct().count());
  }

  private static int[] near(FloatMatrix pool, Keep keep, boolean chains, double[] scores) {
    return check(pool, new Deduplication(1, keep, chains, 0), scores).near();
  }

  @Test
  void equalRowsAreDroppedAtRadiusZero() {
    FloatMatrix pool = FloatMatrix.of(new float[][] {{0, 1}, {-0f, 1}, {0, 1}, {1e-30f, 1}});
    Duplicates found = check(pool, new Deduplication(0, Keep.FIRST, false, 0), null);
    assertArrayEquals(new int[] {-1, 0, 0, -1}, found.near());
    assertArrayEquals(new int[] {0, 0, 0, 3}, found.copyOf());
    assertArrayEquals(new int[] {2, 2, -1, -1}, near(pool, Keep.LAST));
  }

  private static int[] near(FloatMatrix pool, Keep keep) {
    return check(pool, new Deduplication(0, keep, false, 0), null).near();
  }

  @Test
  void equalRowsTakeNoTime() {
    FloatMatrix pool = FloatMatrix.of(new float[50_000], 25_000, 2);
    Duplicates found = new Deduplication(1, Keep.FIRST, false, 0).find(pool, null, MANY, 25_000);
    assertEquals(1, found.kept());
    assertNotNull(found.pairs());
  }

  /** A row between two is dropped with the nearer of them, although the other came first. */
  @Test
  void theNearestKeptRowIsNamed() {
    FloatMatrix pool = FloatMatrix.of(new float[][] {{0}, {3}, {5}, {3}});
    Duplicates found = check(pool, new Deduplication(9, Keep.FIRST, false, 0), null);
    assertArrayEquals(new int[] {-1, 2, -1, 2}, found.near());
    assertArrayEquals(new double[] {0, 4, 0, 4}, found.squaredDistances());
    Duplicates chain = check(pool, new Deduplication(9, Keep.FIRST, true, 0), null);
    assertArrayEquals(new int[] {-1, 0, 1, 1}, chain.near());
  }

  @Test
  void againstAnotherMatrixOnlyItsRowsCount() {
    FloatMatrix pool = planted(6, 600, 40, 4, 1, 0);
    FloatMatrix others = planted(7, 80, 40, 4, 1, 0);
    float[][] mixed = new float[90][];
    for (int row = 0; row < mixed.length; row++) {
      mixed[row] = row < 80 ? others.row(row) : pool.row(row * 3);
    }
    FloatMatrix test = FloatMatrix.of(mixed);
    double squaredRadius = 0.5;
    Duplicates found =
        new Deduplication(squaredRadius, Keep.FIRST, false, 0).against(pool, test, MANY);
    double[][] rows = TestRows.doubles(pool);
    double[][] against = TestRows.doubles(test);
    for (int i = 0; i < rows.length; i++) {
      double[] row = rows[i];
      double[] all =
          Arrays.stream(against)
              .mapToDouble(x -> NaiveDivergence.squaredDistance(row, x))
              .toArray();
      int best =
          IntStream.range(0, all.length).reduce((a, b) -> all[b] < all[a] ? b : a).getAsInt();
      assertEquals(all[best] <= squaredRadius ? best : -1, found.near()[i], "row " + i);
      assertEquals(found.near()[i] < 0 ? 0 : all[best], found.squaredDistances()[i], 1e-13);
    }
    assertTrue(found.kept() <= 590 && found.kept() > 300, found.kept() + " kept");
    FloatMatrix narrow = FloatMatrix.of(new float[][] {{1}});
    assertThrows(
        IllegalArgumentException.class,
        () -> new Deduplication(1, Keep.FIRST, false, 0).against(pool, narrow, Progress.NONE));
  }

  @Test
  void badRowsAndRadiiAreNamed() {
    FloatMatrix pool = FloatMatrix.of(new float[][] {{0}, {Float.NaN}});
    Deduplication asked = new Deduplication(1, Keep.FIRST, false, 0);
    String message =
        assertThrows(IllegalArgumentException.class, () -> asked.find(pool, null, Progress.NONE))
            .getMessage();
    assertTrue(message.contains("row 1 is not finite"), message);
    for (double radius : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(
          IllegalArgumentException.class, () -> new Deduplication(radius, Keep.FIRST, false, 0));
    }
  }

  @Test
  void stops() {
    FloatMatrix pool = planted(8, 2100, 20, 5, 1, 0);
    Deduplication asked = new Deduplication(1, Keep.FIRST, false, 0);
    for (int checks : new int[] {1, 20, 200}) {
      assertThrows(
          CancellationException.class, () -> asked.find(pool, null, new StopAfter(checks)));
    }
  }
}
