package io.gio4j.internal.simd;

/**
 * The inner loops. One implementation per instruction width, chosen once by {@link KernelProvider}.
 *
 * <p>Every implementation gives the same bits. For this each sum is defined to the last rounding:
 *
 * <ul>
 *   <li><em>Distances</em> are sums of squares in double. Column {@code c} goes to partial sum
 *       {@code c mod 16}, in ascending order, each step one fused multiply-add; the 16 partial sums
 *       are halved: 16 to 8, 4, 2, 1. A 512-bit register holds half of them, a 256-bit one a
 *       quarter.
 *   <li><em>Lanes</em> are independent points side by side. A lane's sum runs over the columns (or
 *       the rows) in ascending order, one fused multiply-add each, so the number of lanes in a
 *       register has no part in it. No horizontal sums.
 * </ul>
 *
 * <p>Arguments are not checked here (callers own the arrays), but asserted. Rows lie one after
 * another in an array from {@code offset} on. None of these methods allocates more than a few
 * thousand bytes.
 */
public interface Kernels {
  /** Partial sums of a distance. */
  int PARTIAL_SUMS = 16;

  /** Columns after which a lane's product in float is added to its total, to keep sums short. */
  int LANE_SEGMENT = 256;

  /** What {@code gio4j.info()} and the READY line call this implementation. */
  String name();

  /** Points side by side in the methods with lanes: a multiple of the register's floats. */
  int lanes();

  /**
   * Squared Euclidean distances of rows from one point, exact differences, in double.
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

  /** Adds {@code weights[i] * row i} to {@code sum}, in double, rows in ascending order. */
  void addWeightedRows(
      float[] rows, int offset, int count, int columns, double[] weights, double[] sum);

  /**
   * Products of rows with the points in the lanes, in float.
   *
   * @param points {@code columns x lanes}: the points' first columns, then their second ones, ...
   * @param out {@code count x lanes}, overwritten
   */
  void laneProducts(float[] rows, int offset, int count, int columns, float[] points, float[] out);

  /**
   * Squared distances of chosen rows from the points in the lanes, as sums of squared differences
   * in float. They keep their digits however far both are from the origin, for twice the work of
   * {@link #laneProducts}: for few columns, where products lose them most often and cost least.
   *
   * @param offsets where each row begins in {@code rows}
   * @param count how many offsets to take
   * @param points {@code columns x lanes}, as there
   * @param out {@code count x lanes}, overwritten; infinite where a square is no float
   */
  void laneSquaredDifferencesAt(
      float[] rows, int[] offsets, int count, int columns, float[] points, float[] out);

  /**
   * Products of chosen rows with the points in the lanes, in float: the same bits as {@link
   * #laneProducts} gives for each row.
   *
   * @param offsets where each row begins in {@code rows}
   * @param count how many offsets to take
   */
  void laneProductsAt(
      float[] rows, int[] offsets, int count, int columns, float[] points, float[] out);

  /**
   * The nearest point to each row among the lanes, from products: squared distances are {@code
   * |x|^2 - 2 x.p + |p|^2} in float.
   *
   * @param rowNorms squared norms of {@code count} rows
   * @param pointNorms squared norms of the points; infinite for an empty lane
   * @param smallest receives each row's smallest squared distance
   * @param lane receives the first lane that has it
   * @param second receives the smallest one of the other lanes
   */
  void laneNearest(
      int count,
      float[] rowNorms,
      float[] pointNorms,
      float[] products,
      float[] smallest,
      int[] lane,
      float[] second);

  /**
   * The weights of rows in the gradient at the points in the lanes: {@code 1 / (r (r + epsilon))}
   * with {@code r^2 = |x|^2 - 2 x.v + |v|^2}, and 0 where {@code r^2} lies outside (1e-10, 1e20).
   *
   * @param rowNorms squared norms of {@code count} rows, from {@code normOffset} on
   * @param pointNorms squared norms of the points, one a lane
   * @param products as {@link #laneProducts} gave them
   * @param weights {@code count x lanes}, overwritten
   * @return whether in some entry {@code r^2} lost digits to cancellation, that is, fell below
   *     {@link #CANCELLATION} of the norms' sum: the caller then mends those entries
   */
  boolean laneWeights(
      float[] rowNorms,
      int normOffset,
      int count,
      float[] pointNorms,
      float epsilon,
      float[] products,
      float[] weights);

  /**
   * The distances behind products, for sums of their logarithms: {@code sqrt(s) + epsilon} where
   * {@code s = |x|^2 - 2 x.p + |p|^2}, clipped to [1e-10, 1e20] as in the reference. An entry whose
   * {@code s} lost digits to cancellation, that is, fell below {@link #CANCELLATION} of the norms'
   * sum, or whose norms are too large for a float, becomes NaN: the caller mends it.
   *
   * @param rowNorms squared norms of {@code count} rows
   * @param pointNorms squared norms of the points, one a lane
   * @param products as {@link #laneProducts} gave them; overwritten with the distances
   * @param losses {@code count x lanes}; to each entry {@code (|x|^2 + |p|^2) / s} is added, the
   *     factor from an error of the product to one of the logarithm (s at least 1e-10; 0 for NaN)
   * @return whether some entry became NaN
   */
  boolean laneDistances(
      int count,
      float[] rowNorms,
      float[] pointNorms,
      float epsilon,
      float[] products,
      float[] losses);

  /**
   * The squared distances behind products: {@code s = |x|^2 - 2 x.p + |p|^2}. An entry that lost
   * digits to cancellation, that is, whose {@code s + flatSquare} fell below {@link #CANCELLATION}
   * of the norms' sum, becomes NaN: the caller computes it from differences.
   *
   * @param rowNorms squared norms of {@code count} rows
   * @param pointNorms squared norms of the points, one a lane
   * @param flatSquare a square below which an error in {@code s} counts as one of this square
   * @param products as {@link #laneProducts} gave them; overwritten with squares of at least 0
   * @return whether some entry became NaN
   */
  boolean laneSquares(
      int count, float[] rowNorms, float[] pointNorms, float flatSquare, float[] products);

  /**
   * The pairs of a row and a point that may be near each other, from products: those where a lower
   * bound of the squared distance, {@code (|x|^2 - 2 x.p + |p|^2) - errorShare (|x|^2 + |p|^2)}, is
   * not above the limit of the point's lane. A bound that is NaN, where norms overflow, is a hit.
   *
   * <p>Hits are added to lists, one a row: entry {@code e} of row {@code i} is at {@code i * stride
   * + e}. Lists need room for {@link #lanes} entries more than they get.
   *
   * @param used lanes that hold a point
   * @param rowNorms squared norms of {@code count} rows
   * @param pointNorms squared norms of the points, one a lane
   * @param limits largest bounds of interest, one a lane
   * @param errorShare bound on the error of a squared distance, as a share of the norms' sum
   * @param products as {@link #laneProducts} gave them
   * @param firstPoint the number of the first lane's point
   * @param points receives the numbers of points hit, ascending
   * @param bounds receives the lower bounds beside
   * @param sizes by row, entries before and after
   */
  void laneHits(
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
   * multiplies how many times smaller it is.
   *
   * @param from the first entry of the part
   * @param to the entry after the last; at most {@link #KEPT_TOGETHER} away
   * @param kept entries kept before, at the list's beginning; those of the part go after them
   * @param limits by point
   * @param ratios receives {@link #PARTIAL_SUMS} products of {@code limit / distance}, a float,
   *     over the entries kept; entry {@code e} goes to product {@code (e - from) mod 16}
   * @return entries kept in all
   */
  int keepNearer(
      int from, int to, int kept, int[] points, float[] distances, float[] limits, double[] ratios);

  /** Square roots of {@code count} numbers, a multiple of the lanes, in place. */
  void squareRoots(int count, float[] values);

  /**
   * {@code exp(factor * value)} of {@code count} numbers, a multiple of the lanes, in place.
   * Exponents are at most 0; below -87 the result is 0.
   */
  void exponentials(int count, float factor, float[] values);

  /**
   * {@code log(1 + factor * value)} of {@code count} numbers, a multiple of the lanes, in place.
   * Factor and values are at least 0.
   */
  void logarithms(int count, float factor, float[] values);

  /**
   * {@code 1 / (1 + factor * value)} of {@code count} numbers, a multiple of the lanes, in place.
   * Factor and values are at least 0.
   */
  void reciprocals(int count, float factor, float[] values);

  /**
   * Adds to {@code totals[row]} the row's values in the first {@code used} lanes, one after another
   * in double. A chain, so that it does not matter which points share a panel.
   *
   * @param values {@code count x lanes}
   */
  void addLaneTotals(int count, int used, float[] values, double[] totals);

  /** The same, where each lane's value counts as often as its weight says. */
  default void addWeightedLaneTotals(
      int count, int used, float[] values, long[] weights, double[] totals) {
    for (int row = 0; row < count; row++) {
      double total = totals[row];
      for (int lane = 0; lane < used; lane++) {
        total += weights[lane] * (double) values[row * lanes() + lane];
      }
      totals[row] = total;
    }
  }

  /**
   * Rows whose value reaches a limit in some lane, as lanes are added one after another: {@code
   * factors[lane] * before + (slope * steps[lane] + start)}, in float, where {@code before} is the
   * sum of the row's values in the lanes before. Values are at least 0; their sum is rounded in an
   * order of the implementation's choice, by at most {@code lanes * 2^-24} of itself, for which
   * callers leave room: the rows found may differ by it.
   *
   * @param used lanes that count
   * @param values {@code count x lanes}
   * @param starts one a row
   * @param slopes one a row
   * @param steps one a lane
   * @param factors one a lane
   * @param limits one a lane
   * @param rows receives the rows, ascending
   * @return how many they are
   */
  int laneRises(
      int count,
      int used,
      float[] values,
      float[] starts,
      float[] slopes,
      float[] steps,
      float[] factors,
      float[] limits,
      int[] rows);

  /** Multiplies the first {@code count} products by the factors. */
  void multiply(int count, float[] factors, double[] products);

  /** Adds to {@code sums[lane]} the lane's weights, rows in ascending order. */
  void addLaneWeights(int count, float[] weights, float[] sums);

  /**
   * Adds {@code weights[i][lane] * row i} to the lane's sum.
   *
   * @param sums {@code columns x lanes}
   */
  void addLaneRows(float[] rows, int offset, int count, int columns, float[] weights, float[] sums);

  /**
   * Below this share of {@code |x|^2 + |v|^2} a squared distance from products is computed anew
   * from differences. A float product of unit rows errs by about 1e-7, so what stays is right to
   * 1e-5.
   */
  float CANCELLATION = 1f / 64;

  /** So many ratios of up to 1e17, of one product, are no more than a double holds. */
  int KEPT_TOGETHER = 16 * PARTIAL_SUMS;

  /** Squared distances up to this have no gradient (the reference clips there). */
  float SMALLEST_SQUARED_DISTANCE = 1e-10f;

  /** Squared distances from this on have no gradient (the reference clips there). */
  float LARGEST_SQUARED_DISTANCE = 1e20f;
}
