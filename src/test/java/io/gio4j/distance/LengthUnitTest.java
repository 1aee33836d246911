package io.gio4j.distance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.divergence.AveragedDivergence;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LengthUnitTest {
  private static final FloatMatrix TARGET = TestRows.normal(1, 200, 8);
  private static final FloatMatrix OTHERS = TestRows.normal(2, 300, 8, 0.5);

  private static double typical(FloatMatrix target, FloatMatrix others) {
    return LengthUnit.TYPICAL.of(target, others);
  }

  /** Two normal rows of 8 columns are about 4 apart. */
  @Test
  void itIsTheMedianDistance() {
    double unit = typical(TARGET, OTHERS);
    assertEquals(3.9, unit, 0.2);
    assertEquals(1, LengthUnit.ONE.of(TARGET, OTHERS));
  }

  @ParameterizedTest
  @ValueSource(ints = {-120, -20, 1, 37, 115})
  void itFollowsTheData(int power) {
    double factor = Math.scalb(1.0, power);
    assertEquals(
        factor * typical(TARGET, OTHERS),
        typical(TestRows.scaled(TARGET, factor, 0), TestRows.scaled(OTHERS, factor, 0)));
  }

  /** A fifth of broken rows, in either matrix, and a row that is not finite. */
  @Test
  void outliersHaveNoPartInIt() {
    double unit = typical(TARGET, OTHERS);
    assertEquals(unit, typical(broken(TARGET), broken(OTHERS)), unit / 2);
    float[][] rows = rows(TARGET);
    rows[0][3] = Float.NaN;
    rows[40][0] = Float.POSITIVE_INFINITY;
    assertEquals(unit, typical(FloatMatrix.of(rows), OTHERS), unit / 10);
  }

  private static FloatMatrix broken(FloatMatrix matrix) {
    float[][] rows = rows(matrix);
    for (int i = 0; i < rows.length; i += 5) {
      Arrays.fill(rows[i], 1e8f * (i + 1));
    }
    return FloatMatrix.of(rows);
  }

  private static float[][] rows(FloatMatrix matrix) {
    float[][] rows = new float[matrix.rows()][];
    Arrays.setAll(rows, matrix::row);
    return rows;
  }

  /** Where the target alone has no width it is the distance to the others; else 1. */
  @Test
  void aTargetWithoutWidth() {
    FloatMatrix one = TestRows.pick(TARGET, 0);
    FloatMatrix same = TestRows.pick(TARGET, new int[70]);
    double across = typical(one, OTHERS);
    assertEquals(4, across, 2);
    assertEquals(across, typical(same, OTHERS));
    assertEquals(1, typical(one, one));
    assertEquals(1, typical(same, same));
  }

  /** A target far narrower than its distance from the others: they are not all clipped. */
  @Test
  void aNarrowTarget() {
    double across = typical(TestRows.pick(TARGET, 0), OTHERS);
    FloatMatrix narrow = TestRows.scaled(TARGET, 1e-3, 0);
    assertEquals(typical(TARGET, TARGET) / 1000, typical(narrow, OTHERS), across / 1e8);
    FloatMatrix point = TestRows.scaled(TARGET, 1e-30, 0);
    double unit = typical(point, OTHERS);
    assertEquals(Math.scalb(across, -20), unit, unit);
    assertEquals(0, LengthUnit.clippedShare(point, OTHERS, unit));
  }

  @Test
  void theShareThatIsClipped() {
    assertEquals(0, LengthUnit.clippedShare(TARGET, OTHERS, 1));
    assertEquals(1, LengthUnit.clippedShare(TARGET, OTHERS, 1e-11));
    assertEquals(1, LengthUnit.clippedShare(TARGET, OTHERS, 1e7));
    // Of each row one distance of 65: its own.
    assertEquals(1 / 65.0, LengthUnit.clippedShare(TARGET, TARGET, 1), 1e-12);
  }

  /** KL in units is that of the data over the unit; the reference's is of the data as they are. */
  @ParameterizedTest
  @CsvSource({"1e-30", "1e-6", "1", "1e11", "1e30"})
  void theEstimateHasNoScale(double factor) {
    FloatMatrix x = TestRows.scaled(TARGET, factor, 0);
    FloatMatrix y = TestRows.scaled(OTHERS, factor, 0);
    double unit = typical(x, y);
    double expected =
        NaiveDivergence.estimate(
            TestRows.inUnits(x, unit), TestRows.inUnits(y, unit), 5, 1e-8, false);
    AveragedDivergence typical = new AveragedDivergence(5, 1e-8, false, LengthUnit.TYPICAL);
    assertEquals(expected, typical.estimate(x, y, Progress.NONE), 1e-11);
    assertEquals(
        typical.estimate(TARGET, OTHERS, Progress.NONE),
        typical.estimate(x, y, Progress.NONE),
        1e-6);
    double power = Math.scalb(1.0, Math.getExponent(factor));
    FloatMatrix exactX = TestRows.scaled(TARGET, power, 0);
    FloatMatrix exactY = TestRows.scaled(OTHERS, power, 0);
    assertArrayEquals(
        typical.terms(TARGET, OTHERS, Progress.NONE), typical.terms(exactX, exactY, Progress.NONE));
    AveragedDivergence absolute = new AveragedDivergence(5, 1e-8, false, LengthUnit.ONE);
    assertEquals(
        NaiveDivergence.estimate(TestRows.doubles(x), TestRows.doubles(y), 5, 1e-8, false),
        absolute.estimate(x, y, Progress.NONE),
        1e-11);
  }
}
