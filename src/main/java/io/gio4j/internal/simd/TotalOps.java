package io.gio4j.internal.simd;

/** Totals of each row over the lanes, one lane after another in double. */
public interface TotalOps {
  /**
   * Adds to {@code totals[row]} the row's values in the first {@code used} lanes, one after another
   * in double. It is one chain, so that the total does not depend on which points share a panel.
   *
   * @param values {@code count x lanes}
   */
  void add(int count, int used, float[] values, double[] totals);

  /** As {@link #add}, with lane {@code l} counting {@code weights[l]} times. */
  void addWeighted(int count, int used, float[] values, double[] weights, double[] totals);

  /**
   * Finds rows whose value reaches a limit in some lane while lanes are added one after another:
   * {@code factors[lane] * before + (slope * steps[lane] + start)}, in float, where {@code before}
   * is the sum of the row's values in the lanes before. Values are at least 0. The implementation
   * chooses the order of their sum, whose error is at most {@code lanes * 2^-24} of itself; callers
   * must allow for it, since the rows found may differ by as much.
   *
   * @param used lanes that count
   * @param values {@code count x lanes}
   * @param starts one a row
   * @param slopes one a row
   * @param steps one a lane
   * @param factors one a lane
   * @param limits one a lane
   * @param rows receives the rows, ascending
   * @return how many rows were found
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

  /**
   * Multiplies the products of rows by their values, four values into each: product {@code i} of a
   * row takes lanes {@code i}, {@code i + lanes / 4}, {@code i + lanes / 2} and {@code i + 3 lanes
   * / 4}.
   *
   * @param count rows
   * @param values {@code count x lanes}
   * @param products {@code count x lanes / 4}
   */
  void multiply(int count, float[] values, double[] products);

  /**
   * Adds to each row's {@link FloatOps#PARTIAL_SUMS} partial sums by how much its values exceed
   * levels, in double, lanes ascending: lane {@code l} to number {@code (first + l) mod 16}, so
   * that a sum over panels has the same bits however many lanes each of them has.
   *
   * @param values {@code count x lanes}, finite
   * @param levels those of the lanes from {@code first} on; infinite for an empty lane
   * @param first number of the point in the first lane, a multiple of the lanes
   * @param sums {@code count x 16}
   */
  void addExcess(int count, float[] values, double[] levels, int first, double[] sums);

  /**
   * Lowers {@code smallest[row]} and raises {@code largest[row]} to the row's values in the first
   * {@code used} lanes.
   *
   * @param values {@code count x lanes}
   */
  void span(int count, int used, float[] values, float[] smallest, float[] largest);
}
