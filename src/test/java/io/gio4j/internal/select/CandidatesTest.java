package io.gio4j.internal.select;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.TestRows;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CandidatesTest {
  /** Enough rows of two columns for three blocks of 4,096. */
  private static final int ROWS = 9_000;

  private static Candidates candidates(FloatMatrix pool) {
    return new Candidates(pool, new java.util.BitSet(), Execution.of(3, SimdProvider.scalar()));
  }

  @Test
  void nearestIsTheNearestOfAllRows() {
    FloatMatrix pool = TestRows.normal(1, ROWS, 2);
    Candidates candidates = candidates(pool);
    double[][] rows = TestRows.doubles(pool);
    for (double[] point : TestRows.doubles(TestRows.normal(2, 20, 2))) {
      int nearest = 0;
      for (int row = 1; row < ROWS; row++) {
        if (NaiveDivergence.squaredDistance(rows[row], point)
            < NaiveDivergence.squaredDistance(rows[nearest], point)) {
          nearest = row;
        }
      }
      assertEquals(nearest, candidates.nearest(point));
    }
  }

  /** Equal rows within a block, at its border and across blocks. */
  @ParameterizedTest
  @ValueSource(ints = {5, 4095, 4096, 8999})
  void ofEquallyNearRowsTheFirstIsTaken(int second) {
    float[] values = new float[2 * ROWS];
    java.util.Arrays.fill(values, 1);
    values[2 * 4] = 0;
    values[2 * second] = 0;
    Candidates candidates = candidates(FloatMatrix.of(values, ROWS, 2));

    assertEquals(4, candidates.nearest(new double[] {0, 1}));
    candidates.remove(4);
    assertEquals(second, candidates.nearest(new double[] {0, 1}));
  }

  @Test
  void ofAPointThatIsNotANumberTheFirstCandidateIsTaken() {
    Candidates candidates = candidates(TestRows.normal(1, ROWS, 2));
    double[] nowhere = {Double.NaN, Double.NaN};
    assertEquals(0, candidates.nearest(nowhere));
    candidates.remove(0);
    candidates.remove(1);
    assertEquals(2, candidates.nearest(nowhere));
  }

  @Test
  void removedRowsStayOutUntilTheReset() {
    FloatMatrix pool = TestRows.normal(3, 30, 2);
    Candidates candidates = candidates(pool);
    double[] point = TestRows.doubles(pool)[17];
    assertEquals(17, candidates.nearest(point));

    candidates.remove(17);
    candidates.remove(3);
    int second = candidates.nearest(point);
    assertArrayEquals(new int[] {17, 3}, candidates.removed());
    assertEquals(28, candidates.left());
    assertEquals(false, second == 17);

    candidates.reset();
    assertEquals(17, candidates.nearest(point));
    assertEquals(30, candidates.left());
    assertArrayEquals(new int[0], candidates.removed());
  }

  @Test
  void eachRowComesOnceAndThenNoneIsLeft() {
    Candidates candidates = candidates(TestRows.normal(4, ROWS, 2));
    double[] point = {0.5, 0.5};
    java.util.BitSet seen = new java.util.BitSet();
    // A whole block of candidates gone is the case of interest: rows 0 to 4,095 are block 0.
    for (int row = 0; row < 4096; row++) {
      candidates.remove(row);
      seen.set(row);
    }
    while (candidates.left() > 4890) {
      int row = candidates.nearest(point);
      assertEquals(false, seen.get(row), () -> "row " + row + " came twice");
      seen.set(row);
      candidates.remove(row);
    }
    for (int row = seen.nextClearBit(0); row < ROWS; row = seen.nextClearBit(row + 1)) {
      candidates.remove(row);
    }
    assertEquals(0, candidates.left());
    assertEquals(-1, candidates.nearest(point));
  }
}
