package io.gio4j.internal.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bounds of a pair's squared distance hold, also where every rounding goes the same way. */
@Tag("simd")
class NearPairsTest {
  static Stream<FloatOps> ops() {
    return Stream.of(SimdProvider.scalar(), SimdProvider.ops());
  }

  /** Squared distances in units lie between the bounds; returns the widest pair of bounds. */
  private static double check(
      FloatOps ops, FloatMatrix rows, FloatMatrix points, double[] center, double unit) {
    Execution execution = Execution.of(1, ops);
    NearPairs pairs =
        new NearPairs(RowBlocks.of(points, execution), 0, points.rows(), center, unit, execution);
    float[] values = new float[rows.rows() * rows.columns()];
    rows.copyRows(0, rows.rows(), values, 0);
    float[] all = new float[pairs.lanes()];
    Arrays.fill(all, Float.POSITIVE_INFINITY);
    NearPairs.Hits hits = pairs.hits(rows.rows(), points.rows());
    double[][] exactRows = TestRows.doubles(rows);
    double[][] exactPoints = TestRows.doubles(points);
    double[] widest = new double[1];
    pairs.scan(
        values,
        rows.rows(),
        0,
        pairs.panels(),
        panel -> all,
        hits,
        (panel, products, norms) -> {
          for (int row = 0; row < rows.rows(); row++) {
            for (int lane = 0; lane < pairs.used(panel); lane++) {
              int at = hits.start(row) + panel * pairs.lanes() + lane;
              int point = hits.points()[at];
              assertEquals(panel * pairs.lanes() + lane, point);
              double squared =
                  NaiveDivergence.squaredDistance(exactRows[row], exactPoints[point])
                      * pairs.perSquare();
              double lowest = NearPairs.lowest(hits.bounds()[at]);
              double highest = pairs.highest(hits.bounds()[at], norms[row], panel, lane);
              assertTrue(lowest <= squared, () -> lowest + " above " + squared);
              assertTrue(highest >= squared, () -> highest + " below " + squared);
              assertTrue(NearPairs.limit(squared) >= hits.bounds()[at]);
              widest[0] = Math.max(widest[0], highest - lowest);
            }
          }
        });
    return widest[0];
  }

  /**
   * Products just below half a unit in the last place of the sum before them are lost: those of a
   * segment of columns, and the totals of 63 more, each of one such product.
   */
  @ParameterizedTest
  @MethodSource("ops")
  void productsThatAreAllLost(FloatOps ops) {
    int columns = 64 * FloatOps.LANE_SEGMENT;
    float[] row = new float[columns];
    float[] opposite = new float[columns];
    for (int column = 1; column < columns; column++) {
      boolean lost = column < FloatOps.LANE_SEGMENT || column % FloatOps.LANE_SEGMENT == 0;
      row[column] = lost ? 0x0.ffcp-12f : 0;
      opposite[column] = -row[column];
    }
    row[0] = 1;
    opposite[0] = 1 + 0x1p-23f;
    FloatMatrix rows = FloatMatrix.of(new float[][] {row});
    FloatMatrix points = FloatMatrix.of(new float[][] {row, opposite});
    double width = check(ops, rows, points, new double[columns], 1);
    assertTrue(width < 1e-4, () -> "bounds " + width + " apart");
  }

  /** One column: roundings of the centred rows, the norms, their sum and the bound itself. */
  @Tag("bounds")
  @ParameterizedTest
  @MethodSource("ops")
  void roundingsOfOneColumn(FloatOps ops) {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 300; i++) {
      double middle = random.nextDouble(-1, 1);
      FloatMatrix rows = above(random, middle + 1);
      FloatMatrix points = above(random, middle - 1.02);
      check(ops, rows, points, new double[] {middle}, 1);
    }
  }

  /** Numbers just above one, where a rounding is largest beside the number. */
  private static FloatMatrix above(SplittableRandom random, double number) {
    float[] values = new float[60];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (number + 0.02 * random.nextDouble());
    }
    return FloatMatrix.of(values, values.length, 1);
  }

  /** Several segments of columns, a unit far from 1. */
  @ParameterizedTest
  @ValueSource(doubles = {0x1p-100, 1, 0x1p100})
  void manyColumnsInAnyUnit(double unit) {
    ops()
        .forEach(ops -> {
          FloatMatrix rows = TestRows.scaled(TestRows.normal(2, 20, 700), unit, 0);
          FloatMatrix points = TestRows.scaled(TestRows.normal(3, 40, 700), unit, 0);
          double width = check(ops, rows, points, new double[700], unit);
          assertTrue(width < 0.2, () -> "bounds " + width + " apart");
        });
  }

  /** Squares that vanish in float are within what is allowed for them. */
  @Test
  void numbersWhoseSquaresVanish() {
    ops()
        .forEach(ops ->
            check(
                ops,
                TestRows.scaled(TestRows.normal(4, 20, 300), 1e-21, 0),
                TestRows.scaled(TestRows.normal(5, 40, 300), 1e-21, 0),
                new double[300],
                1));
  }
}
