package io.gio4j.internal;

import java.util.Arrays;

/**
 * The offset and the scale under which rows are compared in float: {@code (x - offset) * scale}.
 *
 * <p><b>Offset.</b> Squared distances come from products, {@code |x|^2 - 2 x.p + |p|^2}, and lose
 * the digits that norms have above distances. So rows are taken less a point in their middle
 * ({@link RobustCenter}), where norms are as small as they can be: at 64 columns and 1000 away from
 * 0 nearly every pair of K-means had to be compared again in double, which took 13 times as long.
 *
 * <p><b>Few columns</b> are better compared by differences, which keep their digits wherever the
 * rows lie: two units of work a column instead of one, where the rest of a comparison costs as much
 * as eight columns. In 2 columns 1 pair in 30 would lose its digits to a product. The offset is
 * then 0.
 *
 * <p><b>Scale.</b> It keeps squares inside the range of a float. A power of two leaves every digit
 * as it was, so data times a power of two give the same numbers bit for bit.
 *
 * <p>Each number is computed in double and rounded once.
 */
public final class RowScaling {
  /** Fewer columns are compared by differences. */
  public static final int PRODUCT_COLUMNS = 16;

  /** Squared norms of rows in range: up to this they can be added up and doubled in float. */
  public static final float LARGEST_NORM = 0x1p124f;

  private static final int LARGEST_EXPONENT = 62;

  /** Rows of at least this size, of which 2^-40 still has a square that is a float, may stay. */
  private static final int SMALLEST_EXPONENT = -20;

  /** By how much rows may be longer than the centres they are compared with. */
  private static final int HEADROOM_EXPONENT = 31;

  private final double[] offset;
  private final double scale;
  private final boolean plain;

  /**
   * Any offset and scale.
   *
   * @param offset one number a column
   * @param scale above 0
   */
  public RowScaling(double[] offset, double scale) {
    this.offset = offset.clone();
    this.scale = scale;
    this.plain = scale == 1 && Arrays.stream(offset).allMatch(value -> value == 0);
  }

  /**
   * For distances about as large as {@code length}, which come out between 1 and 2: distances may
   * be 1e18 times as large.
   *
   * @param rows in whose middle the offset lies
   * @param length above 0
   */
  public static RowScaling byLength(RowBlocks rows, double length) {
    double[] offset = byDifferences(rows.columns()) ? null : RobustCenter.of(rows);
    return of(rows.columns(), offset, Math.scalb(1.0, -Math.getExponent(length)));
  }

  /** For the numbers of these rows, whatever their distances; see {@link #byLargest}. */
  public static RowScaling byLargest(RowBlocks rows) {
    return byLargest(RobustCenter.orZero(rows), rows.largest());
  }

  /** For rows of unknown size that are compared with these centres; see {@link #byLargest}. */
  public static RowScaling around(RowBlocks centers) {
    return byLargest(
        RobustCenter.orZero(centers), Math.scalb((double) centers.largest(), HEADROOM_EXPONENT));
  }

  /**
   * For numbers up to {@code largest}: no square overflows and none that matters underflows, which
   * allows for rows between 2^-62 and 2^62 of each other. Numbers of an ordinary size keep scale 1,
   * and rows around 0 keep offset 0: rows then need no pass of their own, 9 % of K-means' time at
   * 784 columns and 500 centres.
   *
   * @param offset in the rows' middle; not used for few columns
   * @param largest of all numbers, its sign left out
   */
  public static RowScaling byLargest(double[] offset, double largest) {
    // A number less one of the offset is at most twice as large; a norm has a root of columns more.
    double longest = 2 * largest * Math.sqrt(offset.length);
    boolean fits =
        longest == 0
            || (exponent(longest) >= SMALLEST_EXPONENT && exponent(longest) <= LARGEST_EXPONENT);
    double scale = fits ? 1 : Math.scalb(1.0, LARGEST_EXPONENT - exponent(longest));
    return of(offset.length, byDifferences(offset.length) ? null : offset, scale);
  }

  private static RowScaling of(int columns, double[] offset, double scale) {
    return new RowScaling(offset == null ? new double[columns] : offset, scale);
  }

  /** The exponent of the next power of two. */
  private static int exponent(double value) {
    return Math.getExponent(value) + 1;
  }

  private static boolean byDifferences(int columns) {
    return columns < PRODUCT_COLUMNS;
  }

  public int columns() {
    return offset.length;
  }

  /** Whether rows have so few columns that they are compared by differences. */
  public boolean byDifferences() {
    return byDifferences(offset.length);
  }

  /** Whether scaled rows are the rows as they are. */
  public boolean isPlain() {
    return plain;
  }

  /** What distances are multiplied by. */
  public double scale() {
    return scale;
  }

  /** One number of a column, in double. */
  public double scaled(double value, int column) {
    return (value - offset[column]) * scale;
  }

  /** What is taken off the numbers of a column. */
  public double offset(int column) {
    return offset[column];
  }

  /** The distance of a row, as it is, from the offset. */
  public double distanceFromOffset(double[] row) {
    double sum = 0;
    for (int column = 0; column < row.length; column++) {
      double difference = row[column] - offset[column];
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  }

  /**
   * Scales rows that lie one after another.
   *
   * @param row the first one's number in {@code rows}
   * @param out receives them at the same places; may be {@code rows}
   */
  public void apply(float[] rows, int row, int count, float[] out) {
    int columns = offset.length;
    for (int start = row * columns; start < (row + count) * columns; start += columns) {
      for (int column = 0; column < columns; column++) {
        out[start + column] = (float) ((rows[start + column] - offset[column]) * scale);
      }
    }
  }
}
