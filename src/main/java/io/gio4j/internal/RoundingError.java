package io.gio4j.internal;

import io.gio4j.internal.simd.FloatOps;

/**
 * Bounds of the error of a squared distance that is computed in float, against the exact one of the
 * unscaled rows.
 *
 * <p>With u = 2^-24 (one rounding), x and p a row and a point as {@link RowScaling} leaves them, X
 * and P their squared norms, and n the roundings of the longest chain: at most 256 columns, and
 * then as many totals as there are segments.
 *
 * <p><b>By products</b>, {@code X - 2 x.p + P}, as shares of X + P:
 *
 * <ul>
 *   <li>4 u: x and p are rounded when they are scaled. With e the difference of both errors, at
 *       most u (|x| + |p|) long, a squared distance changes by 2 |x - p| |e| + |e|^2.
 *   <li>n u: 2 x.p is twice a chain of n roundings, and the sum of |x_i p_i| is at most (X + P) /
 *       2.
 *   <li>4 u: each norm is rounded (1, as a share of X and of P), they are added (1), and the last
 *       step rounds at most 2 (X + P) (2).
 *   <li>2 u: the result is turned into a bound, by terms that are rounded once more before they are
 *       added or by an error that is subtracted afterwards; and terms of order u^2.
 * </ul>
 *
 * <p><b>By differences</b>, as a share of the squared distance: a difference is rounded once and
 * counts twice, n squares are added in n roundings, 1 u for the factor that turns the result into a
 * bound, and 1 u for terms of order u^2. Neither norms nor an offset enter.
 *
 * <p>In addition, numbers below 2^-126 are rounded to multiples of 2^-149 whatever their size: the
 * product of each column by half of it, which counts twice, and both norms and the terms that are
 * made of them by half of it each.
 */
public final class RoundingError {
  /** Half a unit in the last place of 1f: the largest relative error of one rounding. */
  public static final double UNIT = 0x1p-24;

  private RoundingError() {}

  /** {@return the bound for products, as a share of the sum of both squared norms} */
  public static double ofProducts(int columns) {
    return (chain(columns) + 10) * UNIT;
  }

  /** {@return the bound for differences, as a share of the squared distance} */
  public static double ofDifferences(int columns) {
    return (chain(columns) + 4) * UNIT;
  }

  /** {@return the absolute bound of the additional error from numbers below 2^-126} */
  public static double underflow(int columns) {
    return (columns + 2) * (double) Float.MIN_VALUE;
  }

  private static int chain(int columns) {
    return Math.min(columns, FloatOps.LANE_SEGMENT) + columns / FloatOps.LANE_SEGMENT;
  }
}
