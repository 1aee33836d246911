package io.gio4j.duplicates;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.TestRows;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("simd")
class HeadTest {
  private static final FloatOps OPS = SimdProvider.ops();

  private static double[][] mapped(Head head, float[] values, int rows) {
    float[] out = new float[rows * head.columns()];
    head.apply(values, rows, OPS, out);
    return TestRows.doubles(FloatMatrix.of(out, rows, head.columns()));
  }

  private static float[] values(FloatMatrix rows) {
    float[] values = new float[rows.rows() * rows.columns()];
    rows.copyRows(0, rows.rows(), values, 0);
    return values;
  }

  /** Of rows of which few columns vary, of those that all vary, and of rows that are all alike. */
  @ParameterizedTest
  @CsvSource({
    "97, 64, 1",
    "300, 64, 0.97",
    "300, 8, 0.9",
    "20, 8, 1",
    "500, 64, 0.5",
    "200, 64, 0"
  })
  void noTwoRowsAreFartherApart(int columns, int most, double decay) {
    int rows = 120;
    float[] values = values(TestRows.normal(1, rows, columns));
    for (int i = 0; i < values.length; i++) {
      values[i] *= (float) Math.pow(decay, i % columns);
    }
    Head head = Head.of(values, rows, columns, most, OPS, Progress.NONE);
    assertEquals(most + 1, head.columns());
    double[][] heads = mapped(head, values, rows);
    double[][] all = TestRows.doubles(FloatMatrix.of(values, rows, columns));
    double near = 0;
    double far = 0;
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < i; j++) {
        double apart = NaiveDivergence.squaredDistance(heads[i], heads[j]);
        double exact = NaiveDivergence.squaredDistance(all[i], all[j]);
        double norms = 0;
        for (int column = 0; column < columns; column++) {
          norms += all[i][column] * all[i][column] + all[j][column] * all[j][column];
        }
        assertTrue(apart <= exact + head.errorShare() * norms, i + " and " + j);
        near += apart;
        far += exact;
      }
    }
    // More than as many columns of the rows have, by the directions that vary most.
    assertTrue(near >= 0.9 * far * most / columns, near / far + " of the squares");
    assertTrue(decay == 1 || near > 0.6 * far, near / far + " of the squares");
  }

  @Test
  void fewColumnsAreTaken() {
    float[] values = values(TestRows.normal(2, 9, 40));
    Head head = Head.of(values, 9, 40, 64, OPS, Progress.NONE);
    assertEquals(40, head.columns());
    float[] out = new float[values.length];
    head.apply(values, 9, OPS, out);
    assertTrue(java.util.Arrays.equals(values, out));
  }
}
