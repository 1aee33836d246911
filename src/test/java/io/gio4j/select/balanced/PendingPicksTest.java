package io.gio4j.select.balanced;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.energy.CentredRows;
import io.gio4j.internal.energy.EnergySums;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.kernel.EnergyKernel.Kind;
import io.gio4j.select.SelectionRequest;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A batch ends at the first pick that another row beats, by however little. */
@Tag("simd")
class PendingPicksTest {
  private static final int ROWS = 300;
  private static final int COLUMNS = 20;
  private static final int PICKS = 32;

  /** Rows in pairs that differ in the seventh digit: scores that floats can hardly tell apart. */
  private static FloatMatrix pairs(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[ROWS * COLUMNS];
    for (int row = 0; row < ROWS; row += 2) {
      for (int column = 0; column < COLUMNS; column++) {
        float value = (float) random.nextGaussian();
        values[row * COLUMNS + column] = value;
        values[(row + 1) * COLUMNS + column] = value * (1 + 3e-7f * random.nextInt(-1, 2));
      }
    }
    return FloatMatrix.of(values, ROWS, COLUMNS);
  }

  @Tag("bounds")
  @ParameterizedTest
  @EnumSource(Kind.class)
  void aPickThatIsBeatenByLittleIsRefused(Kind kind) {
    int near = 0;
    for (FloatOps ops : new FloatOps[] {SimdProvider.scalar(), SimdProvider.vector()}) {
      for (int wrong = 0; wrong < PICKS; wrong++) {
        Execution execution = Execution.of(2, ops);
        SelectionRequest request = SelectionRequest.of(pairs(1), pairs(2));
        HerdingScores herding =
            new HerdingScores(request.withBudget(50), new Balanced().withKernel(kind), execution);
        near += refused(herding, wrong) ? 1 : 0;
      }
    }
    assertTrue(near > PICKS / 4, "scores are close: " + near);
  }

  /**
   * All rows are 85 scales from the one target row that is near, and twice as far from each other:
   * rho is 0 there, and a score is 1e-37 over the number of target rows, a multiple of 2^-149.
   */
  @Tag("bounds")
  @Test
  void aPickThatIsBeatenByLessThanTheSmallestFloatIsRefused() {
    float[][] pool = new float[ROWS][];
    FloatMatrix noise = TestRows.normal(3, ROWS, COLUMNS);
    for (int row = 0; row < ROWS; row++) {
      pool[row] = noise.row(row);
      double norm = 0;
      for (float value : pool[row]) {
        norm += (double) value * value;
      }
      for (int column = 0; column < COLUMNS; column++) {
        pool[row][column] *= (float) ((4.9 - 1e-6 * row) / Math.sqrt(norm));
      }
    }
    float[][] target = new float[2000][COLUMNS];
    for (int row = 1; row < target.length; row++) {
      target[row][row % COLUMNS] = 1000;
    }
    SelectionRequest request = SelectionRequest.of(FloatMatrix.of(pool), FloatMatrix.of(target));
    for (int wrong : new int[] {0, 1, 7, 16, PICKS - 1}) {
      HerdingScores herding =
          new HerdingScores(
              request.withBudget(50),
              new Balanced(Kind.LAPLACE, 0.0575, null),
              Execution.of(2, SimdProvider.scalar()));
      assertTrue(herding.cross(0) != 0 && Math.abs(herding.cross(0)) < Float.MIN_NORMAL);
      refused(herding, wrong);
    }
  }

  /**
   * Scores of a few of the smallest float: a row's start, two steps of its score and a pick's limit
   * are each rounded by up to half of it, and once in some hundred draws all of them together would
   * hide a row that is better by a thousandth. The first pick is 86 to 87 scales from the row,
   * where rho is as small as it gets, and the others farther, where it is 0; some hundred rows are
   * selected before, so that shares of rho are far below a rounding.
   */
  @Test
  void aPickThatIsBeatenBelowTheSmallestFloatIsRefusedWhateverIsRounded() {
    SplittableRandom random = new SplittableRandom(6);
    float[][] rows = new float[32][32];
    for (int row = 0; row < rows.length; row++) {
      rows[row][row] = row == 0 ? 50.8f : 69.5f + row / 24.0f;
    }
    FloatMatrix pool = FloatMatrix.of(rows);
    HerdingScores herding =
        new HerdingScores(
            SelectionRequest.of(pool, pool).withBudget(10),
            new Balanced(Kind.LAPLACE, 1.0, null),
            Execution.of(1, SimdProvider.scalar()));
    EnergySums sums = herding.sums();
    EnergySums.Rows compared = sums.rows(pool.rows());
    int used = Math.min(16, sums.panelSize());
    for (int draw = 0; draw < 20_000; draw++) {
      int row = random.nextInt(used, pool.rows());
      int near = random.nextInt(1, used);
      PendingPicks picks =
          new PendingPicks(sums, herding.pool(), used, random.nextInt(350, 400), unlimited(pool));
      compared.loadRow(herding.pool(), row);
      compared.compare(points(herding, used), 0);
      double total = random.nextInt(1 << 21, 1 << 22) * (double) Float.MIN_VALUE;
      double sum = total;
      double score = 0;
      double cross = 0;
      for (int pick = 0; pick < used; pick++) {
        if (pick == near) {
          score = random.nextDouble(40) * Float.MIN_VALUE;
          cross = -score - 1e-3 * Float.MIN_VALUE + sums.value(sum) / (picks.selected() + 1.0);
        }
        picks.add(pick, 1, pick == near ? score : 1, 0);
        sum += compared.ofPair(0, pick);
      }
      int beaten =
          picks.panels()[0].firstBeaten(
              compared, 0, new double[] {total}, new double[] {cross}, new boolean[1], used);
      assertEquals(near, beaten, "draw " + draw);
    }
  }

  /** The first rows of a pool. */
  private static EnergySums.Points points(HerdingScores herding, int count) {
    EnergySums.Points points = herding.sums().noPoints(herding.pool());
    for (int row = 0; row < count; row++) {
      points.add(row, 1);
    }
    return points;
  }

  /**
   * Distances are some thousand times the smallest float, or so large that their sums are above the
   * largest one. Rows in pairs that differ by one in one column: bounds need all digits.
   */
  @Tag("bounds")
  @ParameterizedTest
  @ValueSource(floats = {Float.MIN_VALUE, 0x1p112f})
  void aPickThatIsBeatenByDistancesAtTheEndsOfTheFloatsIsRefused(float size) {
    SelectionRequest request =
        SelectionRequest.of(integers(4, size), integers(5, size)).withExisting(integers(6, size));
    for (int wrong = PICKS / 2; wrong < PICKS; wrong++) {
      Execution execution = Execution.of(2, SimdProvider.scalar());
      refused(
          new HerdingScores(
              request.withBudget(50), new Balanced().withKernel(Kind.EUCLIDEAN), execution),
          wrong);
    }
  }

  private static FloatMatrix integers(long seed, float size) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[ROWS * COLUMNS];
    for (int row = 0; row < ROWS; row += 2) {
      for (int column = 0; column < COLUMNS; column++) {
        int value = random.nextInt(-1000, 1001);
        values[row * COLUMNS + column] = value * size;
        values[(row + 1) * COLUMNS + column] = (column == row % COLUMNS ? value + 1 : value) * size;
      }
    }
    return FloatMatrix.of(values, ROWS, COLUMNS);
  }

  private static Picks unlimited(FloatMatrix pool) {
    return new Picks(SelectionRequest.of(pool, pool), Execution.of(1, SimdProvider.scalar()));
  }

  /** Picks greedily but once; returns whether that pick was close to the best. */
  private static boolean refused(HerdingScores herding, int wrong) {
    EnergySums sums = herding.sums();
    long before = herding.energy().rows();
    double[] totals = IntStream.range(0, ROWS).mapToDouble(herding::total).toArray();
    PendingPicks picks =
        new PendingPicks(
            sums, herding.pool(), PICKS, before, unlimited(herding.pool().rows().matrix()));
    boolean close = false;
    int passedOver = -1;
    for (int pick = 0; pick < PICKS; pick++) {
      long selected = before + pick;
      double[] scores =
          IntStream.range(0, ROWS)
              .mapToDouble(row ->
                  herding.isTaken(row)
                      ? Double.NEGATIVE_INFINITY
                      : PendingPicks.score(sums, totals[row], herding.cross(row), selected))
              .toArray();
      if (passedOver >= 0) {
        scores[passedOver] = Double.NEGATIVE_INFINITY;
      }
      int best = best(scores);
      double highest = scores[best];
      if (pick == wrong) {
        passedOver = best;
        scores[best] = Double.NEGATIVE_INFINITY;
        best = best(scores);
        close = highest - scores[best] < 1e-7 * Math.abs(highest);
        // The twin of an equal score is refused only where it comes later in the pool.
        if (highest == scores[best]) {
          return false;
        }
      }
      picks.add(best, 1, scores[best], totals[best]);
      herding.take(best);
      add(sums, herding.pool(), best, totals);
    }
    assertEquals(wrong, herding.validate(picks));
    return close;
  }

  private static int best(double[] scores) {
    int best = 0;
    for (int row = 1; row < scores.length; row++) {
      best = scores[row] > scores[best] ? row : best;
    }
    return best;
  }

  private static void add(EnergySums sums, CentredRows rows, int pick, double[] totals) {
    EnergySums.Points point = sums.noPoints(rows);
    point.add(pick, 1);
    EnergySums.Rows compared = sums.rows(rows.rows().blockRows());
    for (int block = 0; block < rows.rows().blocks(); block++) {
      compared.load(rows, block);
      int first = rows.rows().firstRow(block);
      double[] sum = Arrays.copyOfRange(totals, first, first + rows.rows().count(block));
      compared.add(point, sum);
      System.arraycopy(sum, 0, totals, first, sum.length);
    }
  }
}
