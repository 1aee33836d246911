package io.gio4j.internal.divergence;

import static io.gio4j.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TargetModelTest {
  private static final double EPSILON = 1e-8;

  private static TargetModel model(FloatMatrix target) {
    return new TargetModel(target, EPSILON, Execution.of(2, SimdProvider.ops()));
  }

  private static double naiveSpacing(FloatMatrix target, int k) {
    return Arrays.stream(NaiveDivergence.spacing(TestRows.doubles(target), k))
        .map(distance -> Math.log(distance + EPSILON))
        .average()
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 69})
  void spacingIsThatOfTheKthOtherRow(int k) {
    for (int columns : new int[] {1, 2, 16, 33}) {
      FloatMatrix target = TestRows.normal(1, 70, columns);
      assertClose(
          naiveSpacing(target, k), model(target).meanLogSpacing(k), 1e-12, columns + " columns");
    }
  }

  /** Five copies of each row: the four nearest others lie at distance 0, which counts as 1e-5. */
  @Test
  void duplicatesAreNeighborsAtTheSmallestDistance() {
    FloatMatrix distinct = TestRows.normal(2, 12, 3);
    FloatMatrix target =
        TestRows.pick(distinct, IntStream.range(0, 60).map(row -> row % 12).toArray());
    TargetModel model = model(target);
    assertClose(Math.log(1e-5 + EPSILON), model.meanLogSpacing(4), 1e-12, "the copies");
    assertClose(naiveSpacing(target, 5), model.meanLogSpacing(5), 1e-12, "the first other");
  }

  @Test
  void neighborsAreFoundAcrossBlocks() {
    // Blocks have 4,096 rows; each row's nearest other is its partner in another block.
    float[] values = new float[2 * 9_000];
    for (int row = 0; row < 9_000; row++) {
      values[2 * row] = row % 4_500;
      values[2 * row + 1] = row < 4_500 ? 0 : 0.25f;
    }
    TargetModel model = model(FloatMatrix.of(values, 9_000, 2));
    assertClose(Math.log(0.25 + EPSILON), model.meanLogSpacing(1), 1e-12, "partners");
  }

  @Test
  void meanIsTheMeanOfAllBlocks() {
    FloatMatrix target = TestRows.normal(3, 9_001, 2, 1);
    double[] mean = new double[2];
    for (double[] row : TestRows.doubles(target)) {
      mean[0] += row[0] / 9_001;
      mean[1] += row[1] / 9_001;
    }
    assertClose(mean, model(target).mean(), 1e-13, "mean");
  }

  @Test
  void meanLogDistanceIsThatOfAllRowsAndFillsTheirSquares() {
    FloatMatrix target = TestRows.normal(4, 9_001, 2);
    double[] point = {0.3, -0.7};
    double[] squared = new double[9_001];
    double value = model(target).meanLogDistance(point, squared);
    double logs = 0;
    for (int row = 0; row < 9_001; row++) {
      double[] other = TestRows.doubles(TestRows.pick(target, row))[0];
      assertClose(NaiveDivergence.squaredDistance(other, point), squared[row], 1e-14, "squared");
      logs += Math.log(NaiveDivergence.distance(other, point) + EPSILON);
    }
    assertClose(logs / 9_001, value, 1e-13, "mean of logarithms");
  }

  /** The reference clips squared distances to [1e-10, 1e20]. */
  @Test
  void distancesAreClippedBeforeTheLogarithm() {
    TargetModel model = model(TestRows.normal(5, 9, 1));
    assertEquals(Math.log(1e-5 + EPSILON), model.logDistance(0));
    assertEquals(Math.log(1e-5 + EPSILON), model.logDistance(0.99e-10));
    assertEquals(Math.log(Math.sqrt(1.01e-10) + EPSILON), model.logDistance(1.01e-10));
    assertEquals(Math.log(1e10 + EPSILON), model.logDistance(1e21));
  }
}
