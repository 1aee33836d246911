package io.gio4j.internal;

import java.util.Arrays;

/**
 * The offset and the scale under which rows are compared in float: {@code (x - offset) * scale}.
 *
 * <p><b>Offset.</b> Squared distances come from products, {@code |x|^2 - 2 x.p + |p|^2}, and lose
 * digits where norms are larger than distances. So a point in the middle of the rows is subtracted
 * ({@link RobustCenter}), which makes norms as small as possible: without it, at 64 columns and
 * 1000 away from 0, nearly every pair of K-means had to be compared again in double, which took 13
 * times as long.
 *
 * <p><b>Few columns</b> are compared by differences, which keep their digits wherever the rows lie.
 * That doubles the work of a column, but the rest of a comparison costs as much as eight columns.
 * In 2 columns a product would lose the digits of 1 pair in 30. The offset is then 0.
 *
 * <p><b>Scale.</b> It keeps squares inside the range of a float. A power of two changes no digit,
 * so data times a power of two give the same numbers bit for bit.
 *
 * <p>Each number is computed in double and rounded once.
 */
public final class RowScaling {
  /** Fewer columns are compared by differences. */
  public static final int PRODUCT_COLUMNS = 16;

  /** Largest squared norm of a row in range: two of them can be added and doubled in float. */
  public static final float LARGEST_NORM = 0x1p124f;

  private static final int LARGEST_EXPONENT = 62;

  /** Rows of at least 2^this are not scaled up: the square of 2^-40 of them is still a float. */
  private static final int SMALLEST_EXPONENT = -20;

  /** Rows may be longer by 2^this than the centres that they are compared with. */
  private static final int HEADROOM_EXPONENT = 31;

  private final double[] offset;
  private final double scale;
  private final boolean plain;

  /**
   * Scales by a given offset and factor.
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
   * {@return a scaling for distances of about {@code length}, which become 1 to 2} Others may be
   * 1e18 times as large.
   *
   * @param rows in whose middle the offset lies
   * @param length above 0
   */
  public static RowScaling byLength(RowBlocks rows, double length) {
    double[] offset = byDifferences(rows.columns()) ? null : RobustCenter.of(rows);
    return of(rows.columns(), offset, Math.scalb(1.0, -Math.getExponent(length)));
  }

  /** {@return a scaling for these rows, whatever their distances; see {@link #byLargest}} */
  public static RowScaling byLargest(RowBlocks rows) {
    return byLargest(RobustCenter.orZero(rows), rows.largest());
  }

  /** {@return a scaling for rows of unknown size that are compared with these centres} */
  public static RowScaling around(RowBlocks centers) {
    return byLargest(
        RobustCenter.orZero(centers), Math.scalb((double) centers.largest(), HEADROOM_EXPONENT));
  }

  /**
   * {@return a scaling for numbers up to {@code largest}} No square overflows and none that matters
   * underflows, so rows may be between 2^-62 and 2^62 times as long as each other. Numbers of an
   * ordinary size keep scale 1, and rows around 0 keep offset 0: scaling them, 9 % of K-means' time
   * at 784 columns and 500 centres, is then not necessary.
   *
   * @param offset a point in the middle of the rows; not used for few columns
   * @param largest absolute value of all numbers
   */
  public static RowScaling byLargest(double[] offset, double largest) {
    // A difference from the offset is at most twice the largest number, and a norm at most the root
    // of the number of columns times that.
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

  /** {@return the exponent of the next power of two} */
  private static int exponent(double value) {
    return Math.getExponent(value) + 1;
  }

  private static boolean byDifferences(int columns) {
    return columns < PRODUCT_COLUMNS;
  }

  public int columns() {
    return offset.length;
  }

  /** {@return whether rows have so few columns that they are compared by differences} */
  public boolean byDifferences() {
    return byDifferences(offset.length);
  }

  /** {@return whether scaling changes nothing} */
  public boolean isPlain() {
    return plain;
  }

  /** {@return the factor on distances} */
  public double scale() {
    return scale;
  }

  /** {@return a number of a column, scaled, in double} */
  public double scaled(double value, int column) {
    return (value - offset[column]) * scale;
  }

  /** {@return what is subtracted from the numbers of a column} */
  public double offset(int column) {
    return offset[column];
  }

  /** {@return the distance between an unscaled row and the offset} */
  public double distanceFromOffset(double[] row) {
    double sum = 0;
    for (int column = 0; column < row.length; column++) {
      double difference = row[column] - offset[column];
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  }

  /**
   * Scales consecutive rows.
   *
   * @param row the number of the first one in {@code rows}
   * @param out receives them at the same positions; may be {@code rows}
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
