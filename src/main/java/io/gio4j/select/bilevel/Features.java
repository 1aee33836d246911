package io.gio4j.select.bilevel;

import io.gio4j.internal.RobustCenter;
import io.gio4j.internal.RowBlocks;
import java.util.Arrays;

/**
 * Pool rows as models see them: less the columns' medians, over one length for all columns, and a
 * constant 1 behind. The length is such that a typical row has a mean square of 1 a column, so a
 * ridge means the same for data of any unit and place, and an outlier moves neither.
 */
final class Features {
  /** Evenly spaced rows whose median distance from the centre is the length. */
  private static final int SAMPLE = 1000;

  private final RowBlocks pool;
  private final double[] center;
  private final double scale;

  Features(RowBlocks pool) {
    this.pool = pool;
    this.center = RobustCenter.of(pool);
    int count = Math.min(SAMPLE, pool.rows());
    double[] squared = new double[count];
    for (int i = 0; i < count; i++) {
      double[] row = pool.row((int) ((long) i * pool.rows() / count));
      for (int column = 0; column < row.length; column++) {
        double difference = row[column] - center[column];
        squared[i] += difference * difference;
      }
    }
    Arrays.sort(squared);
    double typical = squared[count / 2] > 0 ? squared[count / 2] : squared[count - 1];
    this.scale = typical > 0 ? Math.sqrt(pool.columns() / typical) : 1;
  }

  /** {@return the numbers of a row, the constant among them} */
  int count() {
    return center.length + 1;
  }

  /** Copies rows of a list, one after another. */
  void gather(int[] rows, int from, int size, float[] out) {
    int count = count();
    for (int i = 0; i < size; i++) {
      pool.copyRow(rows[from + i], out, i * count);
      for (int column = 0; column < center.length; column++) {
        int at = i * count + column;
        out[at] = (float) ((out[at] - center[column]) * scale);
      }
      out[i * count + center.length] = 1;
    }
  }

  /** Turns coefficients into those of the rows as they are, the constant behind them. */
  void unscale(double[] coefficients) {
    double constant = coefficients[center.length];
    for (int column = 0; column < center.length; column++) {
      coefficients[column] *= scale;
      constant -= coefficients[column] * center[column];
    }
    coefficients[center.length] = constant;
  }
}
