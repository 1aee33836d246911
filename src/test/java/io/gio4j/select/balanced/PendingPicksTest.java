package io.gio4j.select.balanced;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.energy.CentredRows;
import io.gio4j.internal.energy.EnergySums;
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

  /** Picks greedily but once; returns whether that pick was close to the best. */
  private static boolean refused(HerdingScores herding, int wrong) {
    EnergySums sums = herding.sums();
    double[] totals = new double[ROWS];
    PendingPicks picks = new PendingPicks(sums, herding.pool(), PICKS, 0);
    boolean close = false;
    int passedOver = -1;
    for (int pick = 0; pick < PICKS; pick++) {
      int selected = pick;
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
