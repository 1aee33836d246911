package io.gio4j.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Near ties built so that float errs by nearly all that its bounds allow: for one centre up, for
 * the other one down. Half of a bound, or one of the wrong sign, leaves the nearest centre out.
 */
class PanelScanTest {
  private static final FloatOps[] OPS = {SimdProvider.vector(), SimdProvider.scalar()};

  /** One unit in the last place of numbers from 1 to 2; half of it decides how they are rounded. */
  private static final double ULP = 0x1p-23;

  /** The nearest centre by differences in double. */
  private static int oracle(float[] row, float[][] centers) {
    int best = -1;
    double bestSquared = Double.POSITIVE_INFINITY;
    for (int center = 0; center < centers.length; center++) {
      double squared = 0;
      for (int column = 0; column < row.length; column++) {
        double difference = (double) row[column] - centers[center][column];
        squared += difference * difference;
      }
      if (squared < bestSquared) {
        bestSquared = squared;
        best = center;
      }
    }
    return best;
  }

  private static int[] nearest(
      float[][] rows, float[][] centers, RowScaling scaling, FloatOps ops) {
    Execution execution = Execution.of(1, ops);
    RowBlocks blocks = RowBlocks.of(FloatMatrix.of(rows), execution);
    float[] packed = new float[centers.length * blocks.columns()];
    for (int center = 0; center < centers.length; center++) {
      System.arraycopy(centers[center], 0, packed, center * blocks.columns(), blocks.columns());
    }
    return NearestCenters.of(blocks, packed, scaling, execution).assignments();
  }

  private static void assertNearest(float[] row, float[][] centers, FloatOps ops) {
    assertNearest(row, centers, 2, ops);
  }

  private static void assertNearest(float[] row, float[][] centers, double largest, FloatOps ops) {
    RowScaling scaling = RowScaling.byLargest(new double[row.length], largest);
    int found = nearest(new float[][] {row}, centers, scaling, ops)[0];
    assertEquals(oracle(row, centers), found, ops.name());
    for (float[] center : centers) {
      assertBelow(row, center, scaling, ops);
    }
  }

  /**
   * Beside a distance known exactly a lower bound stands alone, and errs by nothing but its own.
   */
  private static void assertBelow(float[] row, float[] center, RowScaling scaling, FloatOps ops) {
    CenterPanels panels = new CenterPanels(center, row.length, scaling, ops);
    PanelScan scan = new PanelScan(8, row.length, panels, center, scaling, ops);
    RowBlocks blocks = RowBlocks.of(FloatMatrix.of(row, 1, row.length), Execution.of(1, ops));
    scan.block(blocks, 0, row, null);
    scan.scan(0, any -> true);
    double distance = Math.sqrt(scan.squaredDistance(0, 0)) * scaling.scale();
    assertTrue(scan.lowerBound(0, 0, -1) <= distance);
  }

  /** Leaves only the first number of each segment after the first one. */
  private static float[] oneOfASegment(float[] point) {
    for (int column = FloatOps.LANE_SEGMENT; column < point.length; column++) {
      point[column] = column % FloatOps.LANE_SEGMENT == 0 ? point[column] : 0;
    }
    return point;
  }

  private static float[] filled(int columns, double first, double others) {
    float[] point = new float[columns];
    Arrays.fill(point, (float) others);
    point[0] = (float) first;
    return point;
  }

  /**
   * A product of 1 and many of nearly half an ulp: those below half are lost, those above count
   * twice. The row lies between the centres, a little nearer to the one that float finds too far.
   * Of 64 segments each adds one more such number.
   */
  @Tag("bounds")
  @ParameterizedTest
  @ValueSource(ints = {17, 100, 256, 64 * FloatOps.LANE_SEGMENT})
  void productsWhoseRoundingsAllGoOneWay(int columns) {
    float[] row = oneOfASegment(filled(columns, 1, 0x1p-12));
    float[] tooFar = oneOfASegment(filled(columns, 1, 0x1p-12 * (1 - 0x1p-10)));
    float[] tooNear = oneOfASegment(filled(columns, 1, 0x1p-12 * (1 + 0x1.1p-10)));
    for (FloatOps ops : OPS) {
      assertNearest(row, new float[][] {tooFar, tooNear}, ops);
      assertNearest(row, new float[][] {tooNear, tooFar}, ops);
      assertNearest(row, inTwoPanels(tooFar, tooNear, ops), ops);
      assertNearest(row, inTwoPanels(tooNear, tooFar, ops), ops);
    }
  }

  /**
   * Squares of 2^-150 are half of the smallest float: a little less is 0, a little more twice it.
   * That happens in each column, however many segments there are.
   */
  @ParameterizedTest
  @ValueSource(ints = {256, 1024})
  void productsTooSmallForAFloat(int columns) {
    double size = 0x1p-75 / RowScaling.byLargest(new double[columns], 0x1p100).scale();
    float[] row = filled(columns, size, size);
    float[] tooFar = filled(columns, size * (1 - 0x1p-8), size * (1 - 0x1p-8));
    float[] tooNear = filled(columns, size * (1 + 0x1.1p-8), size * (1 + 0x1.1p-8));
    for (FloatOps ops : OPS) {
      assertNearest(row, new float[][] {tooFar, tooNear}, 0x1p100, ops);
      assertNearest(row, new float[][] {tooNear, tooFar}, 0x1p100, ops);
    }
  }

  /** Rows and centres in two corners of all that a scaling is for: no square overflows. */
  @ParameterizedTest
  @ValueSource(ints = {15, 16, 100})
  void theLargestNumbersThereAre(int columns) {
    float[] high = filled(columns, Float.MAX_VALUE, Float.MAX_VALUE);
    float[] low = filled(columns, -Float.MAX_VALUE, -Float.MAX_VALUE);
    float[] besideLow = filled(columns, -3e38, -Float.MAX_VALUE);
    double[] origin = new double[columns];
    Arrays.fill(origin, Float.MAX_VALUE);
    RowScaling scaling = RowScaling.byLargest(origin, Float.MAX_VALUE);
    assertAll(new float[][] {high, low, besideLow}, new float[][] {besideLow, high, low}, scaling);
    for (FloatOps ops : OPS) {
      CenterPanels panels = new CenterPanels(low, columns, scaling, ops);
      PanelScan scan = new PanelScan(8, columns, panels, low, scaling, ops);
      RowBlocks blocks = RowBlocks.of(FloatMatrix.of(high, 1, columns), Execution.of(1, ops));
      assertTrue(scan.block(blocks, 0, low, null)[0] <= RowScaling.LARGEST_NORM);
    }
  }

  /** The last column orders centres; the two that matter lie at the cut between two panels. */
  private static float[][] inTwoPanels(float[] one, float[] other, FloatOps ops) {
    float[][] centers = new float[2 * ops.lanes()][];
    for (int i = 0; i < centers.length; i++) {
      centers[i] = (i % 2 == 0 ? one : other).clone();
      if (i >= 2) {
        centers[i][one.length - 1] = (i % 2 == 0 ? 1 : -1) * (1 + i / 100f);
      }
    }
    return centers;
  }

  /** Squares of nearly half an ulp beside one of 1, to the same end. */
  @ParameterizedTest
  @ValueSource(ints = {6, 10, 15})
  void differencesWhoseRoundingsAllGoOneWay(int columns) {
    float[] row = new float[columns];
    float[] tooFar = filled(columns, 1, Math.sqrt(ULP / 2 * (1 + 0x1p-10)));
    float[] tooNear = filled(columns, 1 + ULP, Math.sqrt(ULP / 2 * (1 - 0x1p-10)));
    // The difference of the first column is rounded up too, which counts twice.
    float[] beside = filled(columns, -ULP / 2 * (1 + 0x1p-10), 0);
    RowScaling scaling = RowScaling.byLargest(new double[columns], 2);
    for (FloatOps ops : OPS) {
      assertBelow(beside, tooFar, scaling, ops);
      assertNearest(row, new float[][] {tooFar, tooNear}, ops);
      assertNearest(row, new float[][] {tooNear, tooFar}, ops);
      assertNearest(row, inTwoPanels(tooFar, tooNear, ops), ops);
      assertNearest(row, inTwoPanels(tooNear, tooFar, ops), ops);
    }
  }

  /**
   * Rows on the line between two centres, a few ulps off its middle, far from the origin or not.
   */
  @Tag("slow")
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 15, 16, 17, 40, 300})
  void nearTiesWhereverTheyLie(int columns) {
    for (int trial = 0; trial < 60; trial++) {
      Random random = new Random(31L * columns + trial);
      double offset = trial % 3 == 0 ? 0 : 1000 * random.nextGaussian();
      double factor = Math.pow(10, random.nextInt(-30, 31));
      float[][] centers = new float[40][columns];
      float[][] rows = new float[200][columns];
      for (float[] center : centers) {
        for (int column = 0; column < columns; column++) {
          center[column] = (float) (factor * (offset + random.nextGaussian()));
        }
      }
      for (float[] row : rows) {
        float[] one = centers[random.nextInt(40)];
        float[] other = centers[random.nextInt(40)];
        for (int column = 0; column < columns; column++) {
          double middle = ((double) one[column] + other[column]) / 2;
          row[column] = (float) middle;
          row[column] += random.nextInt(-1, 2) * Math.ulp(row[column]);
        }
      }
      double[] origin = new double[columns];
      Arrays.fill(origin, (float) (factor * offset));
      assertAll(rows, centers, RowScaling.byLargest(origin, factor * (Math.abs(offset) + 8)));
    }
  }

  /** One centre at 1e38: the others' squares are too small for a float, and still compared. */
  @ParameterizedTest
  @ValueSource(ints = {3, 20})
  void numbersTooSmallBesideALargeOne(int columns) {
    Random random = new Random(columns);
    for (double size : new double[] {1, 1e-3, 1e-6, 1e-30}) {
      float[][] centers = new float[9][columns];
      float[][] rows = new float[300][columns];
      for (float[][] points : new float[][][] {centers, rows}) {
        for (float[] point : points) {
          for (int column = 0; column < columns; column++) {
            point[column] = (float) (size * random.nextGaussian());
          }
        }
      }
      centers[4][1] = 1e38f;
      assertAll(rows, centers, RowScaling.byLargest(new double[columns], 1e38));
    }
  }

  /** Rows far longer than the centres that the scaling is for. */
  @ParameterizedTest
  @ValueSource(ints = {3, 20})
  void rowsTooLongForTheirCentersScaling(int columns) {
    float[][] centers = new float[5][columns];
    float[][] rows = new float[40][columns];
    for (int i = 0; i < centers.length; i++) {
      centers[i][0] = (float) Math.scalb(i - 2.0, -60);
    }
    for (int i = 0; i < rows.length; i++) {
      rows[i][0] = (float) Math.scalb(i % 2 == 0 ? 1.0 : -1.0, 3 * i - 60);
    }
    for (FloatOps ops : OPS) {
      Execution execution = Execution.of(1, ops);
      int[] found =
          NearestCenters.of(FloatMatrix.of(rows), FloatMatrix.of(centers), execution).assignments();
      for (int i = 0; i < rows.length; i++) {
        assertEquals(oracle(rows[i], centers), found[i]);
      }
    }
  }

  private static void assertAll(float[][] rows, float[][] centers, RowScaling scaling) {
    for (FloatOps ops : OPS) {
      int[] found = nearest(rows, centers, scaling, ops);
      for (int row = 0; row < rows.length; row++) {
        assertEquals(oracle(rows[row], centers), found[row], ops.name() + " row " + row);
      }
    }
  }

  /** A centre far out leaves the others' bounds as they are: few pairs are compared in double. */
  @Test
  void aBoundIsThatOfTheCenterComparedAndNotOfItsPanel() {
    int columns = 20;
    Random random = new Random(3);
    float[] centers = new float[2 * columns];
    float[] row = new float[columns];
    for (int column = 0; column < columns; column++) {
      centers[column] = (float) random.nextGaussian();
      row[column] = (float) random.nextGaussian();
    }
    centers[columns] = 1e8f;
    for (FloatOps ops : OPS) {
      RowScaling scaling = RowScaling.byLargest(new double[columns], 1e8);
      CenterPanels panels = new CenterPanels(centers, columns, scaling, ops);
      PanelScan scan = new PanelScan(8, columns, panels, centers, scaling, ops);
      RowBlocks blocks = RowBlocks.of(FloatMatrix.of(row, 1, columns), Execution.of(1, ops));
      scan.block(blocks, 0, row, null);
      scan.scan(0, any -> true);
      double own = Math.sqrt(scan.squaredDistance(0, 0)) * scaling.scale();
      assertEquals(own, scan.lowerBound(0, 0, 1), 1e-4 * own);
      double far = Math.sqrt(scan.squaredDistance(0, 1)) * scaling.scale();
      assertTrue(scan.lowerBound(0, 0, 0) <= far);
      assertEquals(far, scan.lowerBound(0, 0, 0), 1e-4 * far);
    }
  }
}
