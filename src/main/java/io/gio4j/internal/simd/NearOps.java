package io.gio4j.internal.simd;

/** Lists of pairs of a row and a point that may be near each other. */
public interface NearOps {
  /**
   * Finds pairs of a row and a point that may be near each other, from products: those where a
   * lower bound of the squared distance, {@code (|x|^2 - 2 x.p + |p|^2) - errorShare (|x|^2 +
   * |p|^2)}, is not above the limit of the point's lane. A bound that is NaN, where norms overflow,
   * is a hit.
   *
   * <p>Hits are added to lists, one a row: entry {@code e} of row {@code i} is at {@code i * stride
   * + e}. Lists need room for {@link FloatOps#lanes} more entries than they receive.
   *
   * @param used lanes that hold a point
   * @param rowNorms squared norms of {@code count} rows
   * @param pointNorms squared norms of the points, one a lane
   * @param limits largest bounds of interest, one a lane
   * @param errorShare bound on the error of a squared distance, as a share of the norms' sum
   * @param products as {@link ProductOps#multiply} gave them
   * @param firstPoint the number of the first lane's point
   * @param points receives the numbers of points hit, ascending
   * @param bounds receives their lower bounds, at the same positions
   * @param sizes by row, entries before and after
   */
  void find(
      int count,
      int used,
      float[] rowNorms,
      float[] pointNorms,
      float[] limits,
      float errorShare,
      float[] products,
      int firstPoint,
      int stride,
      int[] points,
      float[] bounds,
      int[] sizes);

  /**
   * Keeps the entries of a part of a list whose distance is below the limit of their point, and
   * multiplies the ratios of limit and distance.
   *
   * @param from the first entry of the part
   * @param to the entry after the last; at most {@link FloatOps#KEPT_TOGETHER} away
   * @param kept entries kept before, at the beginning of the list; those of the part follow them
   * @param limits by point
   * @param ratios receives {@link FloatOps#PARTIAL_SUMS} products of {@code limit / distance}, a
   *     float, over the entries kept; entry {@code e} goes to product {@code (e - from) mod 16}
   * @return entries kept in all
   */
  int keepNearer(
      int from, int to, int kept, int[] points, float[] distances, float[] limits, double[] ratios);
}
