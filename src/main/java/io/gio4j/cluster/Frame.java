package io.gio4j.cluster;

import io.gio4j.internal.RobustCenter;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.simd.FloatOps;
import java.util.Arrays;

/**
 * In which form rows and centres are compared in float, and how far such a comparison can err.
 *
 * <p><b>Scale.</b> All are multiplied by a power of two, such that no square overflows and none
 * that matters underflows: rows between 2^-62 and 2^62 of each other, so K-means of rows times
 * 1e-30 or 1e30 is that of the rows. Numbers of an ordinary size stay as they are.
 *
 * <p><b>Few columns</b> are compared by differences, which keep their digits wherever the rows lie:
 * two units of work a column instead of one, where the rest of a comparison costs as much as eight
 * columns.
 *
 * <p><b>More columns</b> are compared by products of rows less an origin in their middle ({@link
 * RobustCenter}). Products lose the digits that norms have above distances: at 64 columns and 1000
 * away from 0 nearly every pair had to be compared again in double, which took 13 times as long.
 * Rows around 0 are taken as they are, which saves a pass over them in each iteration: 9 % of the
 * time at 784 columns and 500 centres.
 *
 * <p><b>Errors</b>, with u = 2^-24 (one rounding), x and c the row and the centre in this form, X
 * and C their squared norms. By products, as shares of X + C:
 *
 * <ul>
 *   <li>4 u: x and c are rounded when they are centred. With e the difference of both errors, at
 *       most u (|x| + |c|) long, a squared distance changes by 2 |x - c| |e| + |e|^2.
 *   <li>n u: 2 x.c is twice a chain of n roundings, of at most 256 columns and then as many totals
 *       as there are segments; the sum of |x_i c_i| is at most (X + C) / 2.
 *   <li>6 u: both norms are rounded, and rounded again as terms (1 each in all: shares of X and of
 *       C), they are added (1), and the last step rounds at most 2 (X + C) (2); one for u^2.
 * </ul>
 *
 * <p>By differences, as a share of the squared distance: a difference is rounded once and counts
 * twice, n squares are added in n roundings, and 4 for the last steps. Neither norms nor an origin
 * enter.
 *
 * <p>Besides, numbers below 2^-126 are rounded to multiples of 2^-149 whatever their size: n + 8
 * halves of it, twice.
 */
final class Frame {
  /** Fewer columns are compared by differences. */
  static final int PRODUCT_COLUMNS = 16;

  /** Squared norms up to this can be added up and doubled in float. */
  static final float LARGEST_NORM = 0x1p124f;

  private static final int LARGEST_EXPONENT = 62;

  /** Rows of at least this size, of which 2^-40 still has a square that is a float, may stay. */
  private static final int SMALLEST_EXPONENT = -20;

  /** By how much rows may be longer than the centres they are compared with. */
  private static final int HEADROOM_EXPONENT = 31;

  private static final double ROUNDING = 0x1p-24;

  private final boolean byDifferences;
  private final int columns;
  private final double scale;

  /** The scale in two parts, since it may be no float: 2^160 for numbers of 1e-30. */
  private final float half;

  private final float otherHalf;

  /** The origin times the scale; 0 where rows are compared by differences. */
  private final float[] origin;

  private final boolean plain;
  private final double errorShare;
  private final double underflow;

  /**
   * A form.
   *
   * @param origin in the middle of rows and centres; not used for few columns
   * @param largest of all numbers, its sign left out
   */
  Frame(double[] origin, double largest) {
    this.columns = origin.length;
    this.byDifferences = columns < PRODUCT_COLUMNS;
    // A number less one of the origin is at most twice as large; a norm has a root of columns more.
    double longest = 2 * largest * Math.sqrt(columns);
    boolean fits =
        longest == 0
            || (exponent(longest) >= SMALLEST_EXPONENT && exponent(longest) <= LARGEST_EXPONENT);
    this.scale = fits ? 1 : Math.scalb(1.0, LARGEST_EXPONENT - exponent(longest));
    int exponent = Math.getExponent(scale);
    this.half = Math.scalb(1f, exponent / 2);
    this.otherHalf = Math.scalb(1f, exponent - exponent / 2);
    this.origin = new float[columns];
    for (int column = 0; column < columns && !byDifferences; column++) {
      this.origin[column] = (float) (origin[column] * scale);
    }
    this.plain = scale == 1 && Arrays.equals(this.origin, new float[columns]);
    int roundings = Math.min(columns, FloatOps.LANE_SEGMENT) + columns / FloatOps.LANE_SEGMENT;
    this.errorShare = (roundings + (byDifferences ? 6 : 10)) * ROUNDING;
    this.underflow = (roundings + 8) * 0x1p-149;
  }

  /** For these rows and any centres among them. */
  static Frame of(RowBlocks rows) {
    return new Frame(RobustCenter.orZero(rows), rows.largest());
  }

  /** For rows that are to be compared with these centres. */
  static Frame around(RowBlocks centers) {
    return new Frame(
        RobustCenter.orZero(centers), Math.scalb((double) centers.largest(), HEADROOM_EXPONENT));
  }

  /** The exponent of the next power of two. */
  private static int exponent(double value) {
    return Math.getExponent(value) + 1;
  }

  boolean byDifferences() {
    return byDifferences;
  }

  /** Whether rows in this form are the rows as they are. */
  boolean isPlain() {
    return plain;
  }

  /** What distances are multiplied by. */
  double scale() {
    return scale;
  }

  /** Bound on the error of a squared distance, as a share of itself or of the norms' sum. */
  double errorShare() {
    return errorShare;
  }

  /** Bound on what is lost to numbers too small for a float besides. */
  double underflow() {
    return underflow;
  }

  /** Puts rows that lie one after another into this form, at the same place. */
  void put(float[] rows, int row, int count, float[] out) {
    for (int start = row * columns; start < (row + count) * columns; start += columns) {
      for (int column = 0; column < columns; column++) {
        out[start + column] = rows[start + column] * half * otherHalf - origin[column];
      }
    }
  }
}
