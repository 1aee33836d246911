package io.gio4j.internal.energy;

import io.gio4j.internal.RobustCenter;
import io.gio4j.internal.RowBlocks;
import java.util.Arrays;

/**
 * Where rows are measured from and in which unit, before they are multiplied in float.
 *
 * <p>With the origin in the middle of the rows and a unit of the size of their distances, squares
 * of rows of any scale fit a float: distances may be 1e18 times the unit. The unit is a power of
 * two, so data times a power of two give the same numbers bit for bit.
 *
 * @param origin one number a column
 * @param factor a power of two by which rows, less the origin, are multiplied
 */
public record Frame(double[] origin, double factor) {
  /**
   * Rows of fewer columns are compared by differences instead of products: that takes twice the
   * work a column, but near pairs keep their digits. In 2 columns 1 pair in 30 would lose them.
   */
  private static final int DIFFERENCE_COLUMNS = 16;

  /**
   * The frame of some rows.
   *
   * @param length a typical distance between rows that matter, above 0
   */
  public static Frame of(RowBlocks rows, double length) {
    boolean byDifferences = rows.columns() < DIFFERENCE_COLUMNS;
    double[] origin = byDifferences ? new double[rows.columns()] : RobustCenter.of(rows);
    return new Frame(origin, Math.scalb(1.0, -Math.getExponent(length)));
  }

  public int columns() {
    return origin.length;
  }

  /** Whether distances are taken by differences; the origin is then 0. */
  boolean byDifferences() {
    return origin.length < DIFFERENCE_COLUMNS;
  }

  /** Converts rows, one after another from the array's beginning, in place. */
  void apply(float[] rows, int count) {
    int columns = origin.length;
    for (int start = 0; start < count * columns; start += columns) {
      for (int column = 0; column < columns; column++) {
        rows[start + column] = (float) ((rows[start + column] - origin[column]) * factor);
      }
    }
  }

  @Override
  public String toString() {
    return "Frame[origin=" + Arrays.toString(origin) + ", factor=" + factor + "]";
  }
}
