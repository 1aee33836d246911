package io.gio4j.internal.simd;

/**
 * Operations on rows: distances from one point, products with it and weighted sums, in double, and
 * checks and hashes of all numbers.
 *
 * <p>A squared distance is a sum of squares in double. Column {@code c} goes to partial sum {@code
 * c mod 16}, in ascending order, each step one fused multiply-add; the 16 partial sums are then
 * added in halves: 16 to 8, 4, 2, 1. A 512-bit register holds half of them, a 256-bit one a
 * quarter.
 */
public interface RowOps {
  /**
   * Computes squared Euclidean distances of rows from one point, from differences in double.
   *
   * @param point {@code columns} numbers
   * @param out receives {@code count} numbers from {@code outOffset} on
   */
  void squaredDistances(
      float[] rows,
      int offset,
      int count,
      int columns,
      double[] point,
      double[] out,
      int outOffset);

  /**
   * Computes inner products of rows with one point, in double, summed as squared distances are.
   *
   * @param point {@code columns} numbers
   * @param out receives {@code count} numbers from the beginning
   */
  void innerProducts(
      float[] rows, int offset, int count, int columns, double[] point, double[] out);

  /** Adds {@code weights[i] * row i} to {@code sum}, in double, rows in ascending order. */
  void addWeighted(
      float[] rows, int offset, int count, int columns, double[] weights, double[] sum);

  /**
   * {@return the largest absolute value of the first numbers; infinite or NaN if one of them is}
   */
  float largest(float[] values, int count);

  /**
   * {@return a hash of a row, in which 0.0 and -0.0 are equal} It has two sums, modulo 2^32, of
   * products of the numbers' bits with factors.
   *
   * @param high {@code columns} odd factors of the sum in the hash's upper half
   * @param low those of the lower half
   */
  long hash(float[] rows, int start, int[] high, int[] low);
}
