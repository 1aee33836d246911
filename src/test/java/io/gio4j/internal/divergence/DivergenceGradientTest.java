package io.gio4j.internal.divergence;

import static io.gio4j.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.ReferenceCase;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DivergenceGradientTest {
  private static final double EPSILON = 1e-8;
  private static final FloatMatrix TARGET = TestRows.normal(1, 40, 6);
  private static final FloatMatrix SELECTED = TestRows.normal(2, 9, 6, 0.5);

  private static double[] gradient(
      FloatMatrix target, double[] point, int selected, double[] nearest) {
    Execution execution = Execution.of(2, SimdProvider.ops());
    double[] gradient = new double[point.length];
    Arrays.fill(gradient, Double.NaN);
    new DivergenceGradient(new TargetModel(target, EPSILON, execution))
        .gradient(point, selected, nearest, gradient);
    return gradient;
  }

  private static double[] nearestSquared(FloatMatrix target, FloatMatrix selected) {
    double[][] rows = TestRows.doubles(selected);
    return Arrays.stream(TestRows.doubles(target))
        .mapToDouble(x ->
            Arrays.stream(rows)
                .mapToDouble(row -> NaiveDivergence.squaredDistance(x, row))
                .min()
                .orElseThrow())
        .toArray();
  }

  /** The estimate of the selection and one more row; the slope is taken in double. */
  private static double estimateWith(double[] point, boolean discard) {
    double[][] selected = TestRows.doubles(SELECTED);
    double[][] grown = Arrays.copyOf(selected, selected.length + 1);
    grown[selected.length] = point;
    return NaiveDivergence.estimate(TestRows.doubles(TARGET), grown, 5, EPSILON, discard);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void gradientIsTheSlopeOfTheEstimate(boolean discard) {
    double[] nearest = discard ? nearestSquared(TARGET, SELECTED) : null;
    for (double[] point : TestRows.doubles(TestRows.normal(3, 5, 6))) {
      double[] slope = new double[6];
      double step = 1e-6;
      for (int c = 0; c < 6; c++) {
        double[] up = point.clone();
        double[] down = point.clone();
        up[c] += step;
        down[c] -= step;
        slope[c] = (estimateWith(up, discard) - estimateWith(down, discard)) / (2 * step);
      }
      // Central differences err by step^2 and by rounding over step, both about 1e-10.
      assertClose(slope, gradient(TARGET, point, SELECTED.rows(), nearest), 1e-7, "gradient");
    }
  }

  static Stream<ReferenceCase> recorded() {
    return ReferenceCase.all("descent");
  }

  @ParameterizedTest
  @MethodSource("recorded")
  void recordedGradientsAreReached(ReferenceCase recorded) {
    boolean discard = recorded.json().get("discard_nearest_for_xy").asBoolean();
    FloatMatrix target = recorded.matrix("X");
    FloatMatrix selected = recorded.matrix("W");
    double[] point = recorded.vector("v");
    double[] nearest = discard ? nearestSquared(target, selected) : null;
    double[] actual = gradient(target, point, selected.rows(), nearest);
    assertClose(recorded.vector("gradient"), actual, rounding(recorded, 3e-7), "recorded");
    double[] exact =
        NaiveDivergence.gradient(
            TestRows.doubles(target), TestRows.doubles(selected), point, EPSILON, discard);
    assertClose(exact, actual, 1e-12, "in double");
  }

  /** Where v is a row of X the package's own rounding inside the clip shows. */
  private static double rounding(ReferenceCase recorded, double usual) {
    return recorded.name().equals("descent_at_a_row_of_X") ? 6e-4 : usual;
  }

  @ParameterizedTest
  @MethodSource("recorded")
  void recordedDescentsAreReached(ReferenceCase recorded) {
    double rate = recorded.number("scaling_factor") * recorded.number("lr");
    Descent descent =
        new Descent(
            recorded.json().get("max_iterations").asInt(),
            rate,
            EPSILON,
            recorded.json().get("discard_nearest_for_xy").asBoolean());
    double[] end =
        descent.from(
            recorded.matrix("v"), recorded.matrix("X"), recorded.matrix("W"), Progress.NONE);
    assertClose(recorded.vector("v_out"), end, rounding(recorded, 4e-6), "v_out");
  }

  @Test
  void manyBlocksAndGroupsAddUpToTheSame() {
    // 600 columns: 48 rows a block, so 3,300 rows are 69 blocks in 64 groups.
    FloatMatrix target = TestRows.normal(4, 3_300, 600);
    double[] point = TestRows.doubles(TestRows.normal(5, 1, 600))[0];
    double[] exact =
        NaiveDivergence.gradient(TestRows.doubles(target), new double[7][], point, EPSILON, false);
    assertClose(exact, gradient(target, point, 7, null), 1e-12, "gradient");
  }

  /** Three blocks of 512 rows: each row's nearest is its own, whichever block it lies in. */
  @Test
  void nearestRowsAreLeftOutInEveryBlock() {
    FloatMatrix target = TestRows.normal(6, 1_100, 64);
    FloatMatrix selected = TestRows.normal(7, 3, 64);
    // Within the target, so that it is the nearest to some rows and not to others.
    double[] point = TestRows.doubles(TestRows.normal(8, 1, 64))[0];
    double[] exact =
        NaiveDivergence.gradient(
            TestRows.doubles(target), TestRows.doubles(selected), point, EPSILON, true);
    double[] nearest = nearestSquared(target, selected);
    assertClose(exact, gradient(target, point, 3, nearest), 1e-12, "gradient");
  }

  @Test
  void rowsWithinAndBeyondTheClipAddNothing() {
    FloatMatrix target = FloatMatrix.of(new float[][] {{0, 0}, {1e-6f, 0}, {3e10f, 0}, {2, 0}});
    double[] point = {0, 0};
    // Only the row at distance 2: d / (n (m+1)) (v - x) / r^2.
    double[] expected = {2.0 / (4 * 11) * -2 / (2 * (2 + EPSILON)), 0};
    assertArrayEquals(expected, gradient(target, point, 10, null), 1e-15);
  }

  @Test
  void descentGoesDownhill() {
    double[][] rows = TestRows.doubles(SELECTED);
    FloatMatrix start = TestRows.pick(SELECTED, 0);
    double[] end = new Descent(20, 1, EPSILON, false).from(start, TARGET, SELECTED, Progress.NONE);
    assertEquals(1, Double.compare(estimateWith(rows[0], false), estimateWith(end, false)));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 5, 6, 'start: has 5 columns but target has 6; both must come from the same embedding'",
    "1, 6, 5, 'selected: has 5 columns but target has 6; both must come from the same embedding'",
    "2, 6, 6, 'start: has 2 rows; a descent starts from one'"
  })
  void aStartOfAnotherShapeIsRefused(int rows, int columns, int selectedColumns, String message) {
    FloatMatrix start = TestRows.normal(1, rows, columns).named("start");
    FloatMatrix selected = TestRows.normal(1, 4, selectedColumns).named("selected");
    Descent descent = new Descent(1, 1, EPSILON, false);
    assertEquals(
        message,
        assertThrows(
                IllegalArgumentException.class,
                () -> descent.from(start, TARGET.named("target"), selected, Progress.NONE))
            .getMessage());
  }

  @Test
  void stepsAndRateAreChecked() {
    assertEquals(
        "steps: is -1; must be at least 0",
        assertThrows(IllegalArgumentException.class, () -> new Descent(-1, 1, 0, false))
            .getMessage());
    assertEquals(
        "rate: is NaN; must be a number",
        assertThrows(IllegalArgumentException.class, () -> new Descent(1, Double.NaN, 0, false))
            .getMessage());
  }
}
