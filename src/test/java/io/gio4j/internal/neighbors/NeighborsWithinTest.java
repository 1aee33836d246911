package io.gio4j.internal.neighbors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.NaiveNeighbors;
import io.gio4j.testing.TestRows;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("simd")
class NeighborsWithinTest {
  private static Neighbors find(
      FloatMatrix x, FloatMatrix y, int k, double radius, Execution execution) {
    return NeighborSearch.within(
        RowBlocks.of(x, execution), RowBlocks.of(y, execution), k, radius, execution);
  }

  /** The k nearest of all rows, less those that are farther; returns how many are left. */
  private static int check(FloatMatrix x, FloatMatrix y, int k, double radius) {
    Neighbors found = find(x, y, k, radius, Execution.of(1, SimdProvider.scalar()));
    Neighbors other = find(x, y, k, radius, Execution.of(3, SimdProvider.ops()));
    assertArrayEquals(found.indices(), other.indices());
    assertArrayEquals(found.squaredDistances(), other.squaredDistances());
    double[][] points = TestRows.doubles(x);
    double[][] rows = TestRows.doubles(y);
    int within = 0;
    for (int i = 0; i < points.length; i++) {
      int[] nearest = NaiveNeighbors.nearest(points[i], rows, k, -1);
      for (int j = 0; j < k; j++) {
        double squared = NaiveDivergence.squaredDistance(points[i], rows[nearest[j]]);
        boolean near = squared <= radius * radius;
        within += near ? 1 : 0;
        assertEquals(near ? nearest[j] : -1, found.indices()[i * k + j], "row " + i);
        double expected = near ? squared : Double.POSITIVE_INFINITY;
        assertEquals(expected, found.squaredDistances()[i * k + j], 1e-14 * squared);
      }
    }
    return within;
  }

  @ParameterizedTest
  @CsvSource({
    "40, 900, 3, 30, 0.7",
    "40, 900, 3, 30, 100",
    "40, 900, 3, 900, 1.5",
    "5, 900, 30, 10, 5.5",
    "70, 300, 17, 20, 4.5"
  })
  void rowsWithinAreTheNearestOfAll(int xRows, int yRows, int columns, int k, double radius) {
    int within =
        check(TestRows.normal(1, xRows, columns), TestRows.normal(2, yRows, columns), k, radius);
    assertEquals(radius == 100, within == xRows * k);
    assertEquals(false, within == 0);
  }

  @Test
  void equalRowsAndRowsAtTheRadius() {
    FloatMatrix y =
        TestRows.pick(
            TestRows.normal(3, 40, 2), IntStream.range(0, 400).map(i -> i % 40).toArray());
    assertEquals(20 * 10, check(TestRows.pick(y, IntStream.range(0, 20).toArray()), y, 25, 0));
    FloatMatrix line = FloatMatrix.of(new float[] {0, 1, 2, 3, 4, 5}, 6, 1);
    assertEquals(6 * 3 - 2, check(line, line, 4, 1));
  }

  /** A radius is not squared out of the range of floats, whatever the unit of the rows. */
  @ParameterizedTest
  @CsvSource({"1e-30", "1e30"})
  void anyUnit(double unit) {
    FloatMatrix x = TestRows.scaled(TestRows.normal(4, 30, 5), unit, 0);
    FloatMatrix y = TestRows.scaled(TestRows.normal(5, 300, 5), unit, 0);
    int within = check(x, y, 40, 1.5 * unit);
    assertEquals(true, within > 30 && within < 30 * 40);
  }
}
