package io.gio4j.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EqualRowsTest {
  private static int[][] ids(FloatMatrix... matrices) {
    Execution execution = Execution.of(2, SimdProvider.scalar());
    return EqualRows.of(
        execution,
        Arrays.stream(matrices)
            .map(matrix -> RowBlocks.of(matrix, execution))
            .toArray(RowBlocks[]::new));
  }

  @Test
  void equalRowsShareAnIdAcrossMatrices() {
    int[][] ids =
        ids(
            FloatMatrix.of(new float[][] {{1, 2}, {0f, 5}, {1, 3}, {2, 1}}),
            FloatMatrix.of(new float[][] {{-0f, 5}, {1, 3}, {1, 3}, {7, 7}}));
    assertEquals(EqualRows.NONE, ids[0][0]);
    assertEquals(EqualRows.NONE, ids[0][3]);
    assertEquals(EqualRows.NONE, ids[1][3]);
    assertEquals(ids[0][1], ids[1][0], "0.0 and -0.0 are the same number");
    assertEquals(ids[0][2], ids[1][1]);
    assertEquals(ids[0][2], ids[1][2]);
    assertArrayEquals(
        new int[] {0, 1}, Arrays.stream(ids[1]).distinct().sorted().skip(1).toArray());
  }

  @Test
  void overManyBlocks() {
    FloatMatrix distinct = TestRows.normal(1, 3000, 20);
    int[] order = IntStream.range(0, 9000).map(i -> i * 7 % 3000).toArray();
    int[] ids = ids(TestRows.pick(distinct, order))[0];
    for (int row = 3000; row < 9000; row++) {
      assertEquals(ids[row - 3000], ids[row]);
    }
    assertEquals(3000, Arrays.stream(ids).distinct().count());
    assertArrayEquals(
        new int[] {EqualRows.NONE}, Arrays.stream(ids(distinct)[0]).distinct().toArray());
  }
}
