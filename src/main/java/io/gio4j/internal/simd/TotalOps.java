package io.gio4j.internal.simd;

/** Totals of each row over the lanes, one lane after another in double. */
public interface TotalOps {
  /**
   * Adds to {@code totals[row]} the row's values in the first {@code used} lanes, one after another
   * in double. A chain, so that it does not matter which points share a panel.
   *
   * @param values {@code count x lanes}
   */
  void add(int count, int used, float[] values, double[] totals);

  /** As {@link #add}, with lane {@code l} counting {@code weights[l]} times. */
  void addWeighted(int count, int used, float[] values, long[] weights, double[] totals);

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
  int rises(
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
}
