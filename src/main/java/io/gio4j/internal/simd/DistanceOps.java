package io.gio4j.internal.simd;

/**
 * Squared distances {@code |x|^2 - 2 x.p + |p|^2} from products of rows and points, and functions
 * of them, element by element in float.
 */
public interface DistanceOps {
  /**
   * Finds the nearest point to each row among the lanes, from products: squared distances are
   * {@code |x|^2 - 2 x.p + |p|^2} in float.
   *
   * @param rowNorms squared norms of {@code count} rows
   * @param pointNorms squared norms of the points; infinite for an empty lane
   * @param smallest receives each row's smallest squared distance
   * @param lane receives the first lane that has it
   * @param second receives the smallest one of the other lanes
   */
  void nearest(
      int count,
      float[] rowNorms,
      float[] pointNorms,
      float[] products,
      float[] smallest,
      int[] lane,
      float[] second);

  /**
   * Turns products into squared distances {@code s = |x|^2 - 2 x.p + |p|^2}. An entry that lost
   * digits to cancellation, that is, whose {@code s + flatSquare} fell below {@link
   * FloatOps#CANCELLATION} of the norms' sum, becomes NaN: the caller computes it from differences.
   *
   * @param rowNorms squared norms of {@code count} rows
   * @param pointNorms squared norms of the points, one a lane
   * @param flatSquare a square below which errors in {@code s} are measured against this square
   * @param products as {@link ProductOps#multiply} gave them; overwritten with squares of at least
   *     0
   * @return whether some entry became NaN
   */
  boolean squares(
      int count, float[] rowNorms, float[] pointNorms, float flatSquare, float[] products);

  /**
   * Turns products into distances for sums of their logarithms: {@code sqrt(s) + epsilon} where
   * {@code s = |x|^2 - 2 x.p + |p|^2}, clipped to [1e-10, 1e20] as in the reference. An entry whose
   * {@code s} lost digits to cancellation, that is, fell below {@link FloatOps#CANCELLATION} of the
   * norms' sum, or whose norms are too large for a float, becomes NaN: the caller recomputes it.
   *
   * @param rowNorms squared norms of {@code count} rows
   * @param pointNorms squared norms of the points, one a lane
   * @param products as {@link ProductOps#multiply} gave them; overwritten with the distances
   * @param losses {@code count x lanes}; to each entry {@code (|x|^2 + |p|^2) / s} is added, the
   *     factor from an error of the product to one of the logarithm (s at least 1e-10; 0 for NaN)
   * @return whether some entry became NaN
   */
  boolean withEpsilon(
      int count,
      float[] rowNorms,
      float[] pointNorms,
      float epsilon,
      float[] products,
      float[] losses);

  /**
   * Computes the weights of rows in the gradient at the points in the lanes: {@code 1 / (r (r +
   * epsilon))} with {@code r^2 = |x|^2 - 2 x.v + |v|^2}, and 0 where {@code r^2} lies outside
   * (1e-10, 1e20).
   *
   * @param rowNorms squared norms of {@code count} rows, from {@code normOffset} on
   * @param pointNorms squared norms of the points, one a lane
   * @param products as {@link ProductOps#multiply} gave them
   * @param weights {@code count x lanes}, overwritten
   * @return whether in some entry {@code r^2} lost digits to cancellation, that is, fell below
   *     {@link FloatOps#CANCELLATION} of the norms' sum: the caller recomputes those entries
   */
  boolean gradientWeights(
      float[] rowNorms,
      int normOffset,
      int count,
      float[] pointNorms,
      float epsilon,
      float[] products,
      float[] weights);
}
