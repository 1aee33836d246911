package io.gio4j.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.TestRows;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PairwiseDistancesTest {
  @ParameterizedTest
  @CsvSource({"1, 1, 1", "7, 5, 3", "3, 5000, 2", "5000, 3, 8", "40, 41, 384"})
  void everyPairIsThere(int xRows, int yRows, int columns) {
    FloatMatrix x = TestRows.normal(1, xRows, columns);
    FloatMatrix y = TestRows.normal(2, yRows, columns);
    double[][] distances = PairwiseDistances.between(x, y, Progress.NONE);
    double[][] from = TestRows.doubles(x);
    double[][] to = TestRows.doubles(y);
    assertEquals(xRows, distances.length);
    for (int i = 0; i < xRows; i++) {
      assertEquals(yRows, distances[i].length);
      for (int j = 0; j < yRows; j++) {
        double expected = NaiveDivergence.distance(from[i], to[j]);
        assertEquals(expected, distances[i][j], 1e-14 * expected);
      }
    }
  }

  @Test
  void equalRowsLieAtTheSmallestDistance() {
    FloatMatrix x = TestRows.normal(1, 3, 4);
    double[][] distances = PairwiseDistances.between(x, x, Progress.NONE);
    assertEquals(1e-5, distances[1][1]);
  }

  @Test
  void columnsMustAgree() {
    FloatMatrix x = TestRows.normal(1, 3, 4).named("x");
    FloatMatrix y = TestRows.normal(1, 3, 5).named("y");
    assertEquals(
        "y: has 5 columns but x has 4; both must come from the same embedding",
        assertThrows(
                IllegalArgumentException.class,
                () -> PairwiseDistances.between(x, y, Progress.NONE))
            .getMessage());
  }
}
