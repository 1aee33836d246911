package io.gio4j.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LloydTest {
  private static final Execution SCALAR = Execution.of(1, SimdProvider.scalar());

  /**
   * Small whole numbers and their neighbours among floats: rows fall on and beside the middle of
   * two centres while these move, in one panel and in several.
   */
  @Tag("slow")
  @Test
  void boundsNeverHideANearerCenter() {
    for (int trial = 0; trial < 4000; trial++) {
      Random random = new Random(trial);
      int columns = 1 + trial % 2;
      int rows = 60;
      int clusters = trial % 4 == 0 ? 3 : 20;
      float[] values = new float[rows * columns];
      for (int i = 0; i < values.length; i++) {
        float value = 1000 + random.nextInt(trial % 3 == 0 ? 9 : 200);
        values[i] = value + random.nextInt(-1, 2) * Math.ulp(value);
      }
      RowBlocks blocks = RowBlocks.of(FloatMatrix.of(values, rows, columns), SCALAR);
      float[] first = Arrays.copyOf(values, clusters * columns);
      KMeansConfig config =
          KMeansConfig.of(clusters, 0)
              .withStop(KMeansConfig.Stop.CENTER_SHIFT, 0)
              .withMaxIterations(1 + random.nextInt(12));
      KMeansModel model =
          new Lloyd(blocks, null, first, RowScaling.byLargest(blocks), SCALAR).run(config);
      for (int row = 0; row < rows; row++) {
        assertEquals(nearest(values, row, model.centers()), model.assignments()[row]);
      }
    }
  }

  /** Rows of an ordinary size around 0 are compared as they are, others less an origin. */
  @Test
  void theFormOfRowsHasNoPartInTheAnswer() {
    for (int columns : new int[] {3, 20}) {
      RowBlocks blocks = RowBlocks.of(TestRows.normal(4, 500, columns), SCALAR);
      float[] first = Arrays.copyOf(blocks.kept(0), 40 * columns);
      double[] origin = new double[columns];
      Arrays.fill(origin, 0.5);
      RowScaling plain = RowScaling.byLargest(new double[columns], 5);
      RowScaling moved = RowScaling.byLargest(origin, columns == 3 ? 0x1p70 : 5);
      assertTrue(plain.isPlain());
      assertFalse(moved.isPlain());
      KMeansConfig config = KMeansConfig.of(40, 0);
      KMeansModel one = new Lloyd(blocks, null, first, plain, SCALAR).run(config);
      KMeansModel other = new Lloyd(blocks, null, first, moved, SCALAR).run(config);
      assertArrayEquals(one.assignments(), other.assignments());
      assertEquals(one.inertia(), other.inertia());
    }
  }

  private static int nearest(float[] values, int row, FloatMatrix centers) {
    int best = -1;
    double bestSquared = Double.POSITIVE_INFINITY;
    for (int center = 0; center < centers.rows(); center++) {
      float[] point = centers.row(center);
      double squared = 0;
      for (int column = 0; column < point.length; column++) {
        double difference = (double) values[row * point.length + column] - point[column];
        squared += difference * difference;
      }
      if (squared < bestSquared) {
        bestSquared = squared;
        best = center;
      }
    }
    return best;
  }

  /** In double alone 1e20 would take the other rows' digits with it when it leaves. */
  @Test
  void aSumForgetsARowThatLeft() {
    float[] values = {0.1f, 0.2f, 1e20f, 0.3f, -7, 5};
    RowBlocks blocks = RowBlocks.of(FloatMatrix.of(values, 6, 1), SCALAR);
    double[] weights = {1, 0.7, 0.3, 2, 1, 1};
    for (double[] some : new double[][] {null, weights}) {
      ClusterSums sums = new ClusterSums(blocks, some, 2, SCALAR);
      int[] nowhere = {-1, -1, -1, -1, -1, -1};
      int[] together = {0, 0, 0, 0, 0, 1};
      int[] apart = {0, 0, 1, 0, 1, 1};
      sums.take(nowhere, together);
      sums.take(together, apart);
      sums.count(apart);
      double expected =
          some == null
              ? (double) 0.1f + 0.2f + 0.3f
              : (double) 0.1f + 0.7 * 0.2f + 2 * (double) 0.3f;
      assertEquals(expected, sums.sum(0, 0), 1e-15);
      assertEquals(some == null ? 3 : 3.7, sums.mass(0), 1e-15);
      assertEquals(3, sums.size(1));
    }
  }

  @Test
  void varianceIsTheMeanOfTheColumnsWeighted() {
    float[] values = {1, 1e6f, 2, 1e6f + 1, 4, 1e6f + 5};
    RowBlocks blocks = RowBlocks.of(FloatMatrix.of(values, 3, 2), SCALAR);
    for (double[] weights : new double[][] {null, {1, 3, 0}}) {
      ClusterSums sums = new ClusterSums(blocks, weights, 2, SCALAR);
      int[] assignments = {0, 1, 1};
      sums.take(new int[] {-1, -1, -1}, assignments);
      sums.count(assignments);
      // Of 1, 2, 4: 14/9; of 0, 1, 5: 14/3. Of 1, 2, 2, 2 and of 0, 1, 1, 1: 3/16.
      assertEquals(weights == null ? (14 / 9.0 + 14 / 3.0) / 2 : 3 / 16.0, sums.variance(), 1e-9);
    }
  }

  /** Later iterations know which rows and panels need no look, with a far centre as without. */
  @Test
  void aCenterFarOutCostsNoProducts() {
    Random random = new Random(2);
    float[] values = new float[3000 * 20];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          (float)
              (10 * (i / 20 % 100) * ((i % 20 * 37 + i / 20 % 100 * 11) % 7 - 3)
                  + random.nextGaussian());
    }
    double plain = products(values.clone());
    float[] away = values.clone();
    for (int i = 0; i < away.length; i++) {
      away[i] += 1e6f;
    }
    assertTrue(products(away) < 1.5 * plain, "the origin lies among the rows");
    values[5] = 1e8f;
    assertTrue(products(values) < 1.5 * plain, "and no outlier moves it");
  }

  /** With a share of 1 an inertia that falls is flat, and the shifts alone decide. */
  @Test
  void shiftsAreComparedWithTheVariance() {
    float[] values = {0, 1, 100, 101, 102, 103};
    RowBlocks blocks = RowBlocks.of(FloatMatrix.of(values, 6, 1), SCALAR);
    KMeansConfig config = KMeansConfig.of(2, 0).withStop(KMeansConfig.Stop.CENTER_SHIFT, 1);
    float[] first = {0, 1};
    KMeansModel model =
        new Lloyd(blocks, null, first, RowScaling.byLargest(blocks), SCALAR).run(config);
    assertEquals(2, model.iterations(), "1 moves to 81.4, then to 101.5: 6464 and 404 of 2265");
    KMeansModel flat =
        new Lloyd(blocks, null, first, RowScaling.byLargest(blocks), SCALAR)
            .run(config.withStop(KMeansConfig.Stop.INERTIA, 1));
    assertEquals(1, flat.iterations());
  }

  private static double products(float[] values) {
    RowBlocks blocks = RowBlocks.of(FloatMatrix.of(values, 3000, 20), SCALAR);
    KMeansModel model =
        new Lloyd(
                blocks, null, Arrays.copyOf(values, 100 * 20), RowScaling.byLargest(blocks), SCALAR)
            .run(KMeansConfig.of(100, 0).withStop(KMeansConfig.Stop.CENTER_SHIFT, 0));
    assertArrayEquals(
        NearestCenters.of(FloatMatrix.of(values, 3000, 20), model.centers(), SCALAR).assignments(),
        model.assignments());
    return Arrays.stream(model.computed()).sum();
  }
}
