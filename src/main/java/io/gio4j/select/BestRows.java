package io.gio4j.select;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/** About so many rows of the highest scores, by a threshold from every so many-th row. */
final class BestRows {
  private static final int SAMPLE = 4096;

  private BestRows() {}

  /**
   * The score that about {@code wanted} of {@code count} rows reach, and the best one for sure.
   *
   * @param score of a row; negative infinity for one that is taken
   */
  static double threshold(int count, int wanted, IntToDoubleFunction score) {
    if (wanted >= count) {
      return -Double.MAX_VALUE;
    }
    int stride = Math.max(1, count / SAMPLE);
    double[] sample = new double[Math.ceilDiv(count, stride)];
    for (int i = 0; i < sample.length; i++) {
      sample[i] = score.applyAsDouble(i * stride);
    }
    Arrays.sort(sample);
    int above = (int) Math.min(sample.length - 1, (long) wanted * sample.length / count);
    return Math.max(-Double.MAX_VALUE, sample[sample.length - 1 - above]);
  }

  /** Rows of a range that reach a threshold. */
  static IntArrayList reaching(double threshold, int from, int to, IntToDoubleFunction score) {
    IntArrayList rows = new IntArrayList();
    for (int row = from; row < to; row++) {
      if (score.applyAsDouble(row) >= threshold) {
        rows.add(row);
      }
    }
    return rows;
  }
}
