package io.gio4j.score;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.score.TargetScores.Kind;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetScoresTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());
  private static final int[] GROUPS = {1, 0, 1, 1, 2, 0, 2, 2, 1};

  /** By the definition, product by product. */
  private static double[][] naive(FloatMatrix pool, FloatMatrix target, int[] groups, Kind kind) {
    double[][] rows = TestRows.doubles(pool);
    double[][] targets = TestRows.doubles(target);
    double[][] scores = new double[Arrays.stream(groups).max().getAsInt() + 1][rows.length];
    for (int group = 0; group < scores.length; group++) {
      for (int row = 0; row < rows.length; row++) {
        double sum = 0;
        double largest = Double.NEGATIVE_INFINITY;
        int count = 0;
        for (int each = 0; each < targets.length; each++) {
          if (groups[each] != group) {
            continue;
          }
          double product = 0;
          for (int column = 0; column < rows[row].length; column++) {
            product += rows[row][column] * targets[each][column];
          }
          sum += product;
          largest = Math.max(largest, product);
          count++;
        }
        scores[group][row] = kind == Kind.MEAN ? sum / count : largest;
      }
    }
    return scores;
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "1e-12, 0", "1e9, 0", "1, 30"})
  void scoresAreThoseOfTheDefinition(double factor, double offset) {
    for (int columns : new int[] {1, 3, 16, 45}) {
      FloatMatrix pool = TestRows.scaled(TestRows.normal(1, 700, columns), factor, factor * offset);
      FloatMatrix target = TestRows.normal(2, 9, columns);
      for (Kind kind : Kind.values()) {
        double[][] expected = naive(pool, target, GROUPS, kind);
        double[][] found = TargetScores.of(pool, target, GROUPS, kind, true, ONE);
        double[] best = new double[700];
        Arrays.fill(best, Double.NEGATIVE_INFINITY);
        for (int group = 0; group < 3; group++) {
          assertArrayEquals(
              expected[group], found[group], 1e-13 * factor * columns * (9 + 9 * offset));
          for (int row = 0; row < 700; row++) {
            best[row] = Math.max(best[row], found[group][row]);
          }
        }
        assertArrayEquals(best, TargetScores.of(pool, target, GROUPS, kind, false, ONE)[0]);
        assertArrayEquals(
            naive(pool, target, new int[9], kind)[0],
            TargetScores.best(pool, target, null, kind, Progress.NONE),
            1e-13 * factor * columns * (9 + 9 * offset));
      }
    }
  }

  @Test
  void threadsAndRegistersChangeNoBit() {
    FloatMatrix pool = TestRows.normal(3, 2_000, 45).unitRows();
    FloatMatrix target = TestRows.normal(4, 9, 45).unitRows();
    for (Kind kind : Kind.values()) {
      double[][] one = TargetScores.of(pool, target, GROUPS, kind, true, ONE);
      for (Execution other :
          List.of(Execution.of(3, SimdProvider.scalar()), Execution.of(2, SimdProvider.vector()))) {
        assertArrayEquals(one, TargetScores.of(pool, target, GROUPS, kind, true, other));
      }
    }
  }

  @Test
  void equalRowsHaveEqualScoresAndZerosZero() {
    FloatMatrix pool =
        FloatMatrix.of(new float[][] {{0.1f, 0.7f, -3}, {0, 0, 0}, {2, 1, 1}, {0.1f, 0.7f, -3}});
    FloatMatrix target = FloatMatrix.of(new float[][] {{0.3f, -1, -2}, {0, 0, 0}});
    for (Kind kind : Kind.values()) {
      double[] plain = TargetScores.of(pool, target, null, kind, false, ONE)[0];
      double[] unit =
          TargetScores.of(pool.unitRows(), target.unitRows(), null, kind, false, ONE)[0];
      assertEquals(plain[0], plain[3]);
      assertEquals(unit[0], unit[3]);
      assertEquals(0.0, plain[1]);
      assertEquals(0.0, unit[1]);
    }
  }

  @Test
  void itCanBeStoppedAndRefuses() {
    FloatMatrix pool = TestRows.normal(1, 50, 3);
    FloatMatrix target = TestRows.normal(2, 9, 3);
    Progress stop =
        new Progress() {
          @Override
          public void check() {
            throw new CancellationException();
          }
        };
    assertThrows(
        CancellationException.class, () -> TargetScores.best(pool, target, null, Kind.MAX, stop));
    IllegalArgumentException narrow =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                TargetScores.byGroup(
                    pool, TestRows.normal(2, 9, 4), null, Kind.MEAN, Progress.NONE));
    assertEquals(
        "matrix: has 3 columns but matrix has 4; both must come from the same embedding",
        narrow.getMessage());
  }
}
