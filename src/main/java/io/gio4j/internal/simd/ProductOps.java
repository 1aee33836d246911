package io.gio4j.internal.simd;

/**
 * Matrix products of rows with the points in the lanes, in float, and of weights with rows.
 *
 * <p>A lane's sum runs over the columns (or the rows) in ascending order, one fused multiply-add
 * each, so it does not depend on the number of lanes in a register. There are no horizontal sums.
 */
public interface ProductOps {
  /**
   * Multiplies rows with the points in the lanes, in float.
   *
   * @param points {@code columns x lanes}: the points' first columns, then their second ones, ...
   * @param out {@code count x lanes}, overwritten
   */
  void multiply(float[] rows, int offset, int count, int columns, float[] points, float[] out);

  /**
   * Multiplies chosen rows with the points in the lanes, with the bits of {@link #multiply}.
   *
   * @param offsets where each row begins in {@code rows}
   * @param count how many offsets to take
   */
  void multiplyAt(float[] rows, int[] offsets, int count, int columns, float[] points, float[] out);

  /**
   * Computes squared distances of chosen rows from the points in the lanes, as sums of squared
   * differences in float. They keep their digits however far both are from the origin, at twice the
   * work of {@link #multiply}. Use them for few columns, where products lose digits most often and
   * cost least.
   *
   * @param offsets where each row begins in {@code rows}
   * @param count how many offsets to take
   * @param points {@code columns x lanes}, as for {@link #multiply}
   * @param out {@code count x lanes}, overwritten; infinite where a square overflows
   */
  void squaredDifferencesAt(
      float[] rows, int[] offsets, int count, int columns, float[] points, float[] out);

  /** Adds to {@code sums[lane]} the lane's weights, rows in ascending order. */
  void addWeights(int count, float[] weights, float[] sums);

  /**
   * Adds {@code weights[i][lane] * row i} to the lane's sum.
   *
   * @param sums {@code columns x lanes}
   */
  void addRows(float[] rows, int offset, int count, int columns, float[] weights, float[] sums);
}
