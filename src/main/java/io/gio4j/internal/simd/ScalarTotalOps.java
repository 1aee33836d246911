package io.gio4j.internal.simd;

/** {@link TotalOps} in plain Java. */
final class ScalarTotalOps implements TotalOps {
  private static final int LANES = ScalarFloatOps.LANES;

  @Override
  public void add(int count, int used, float[] values, double[] totals) {
    addTotals(0, count, LANES, used, values, totals);
  }

  /** {@link #add} for the rows from {@code from} on. */
  static void addTotals(int from, int count, int lanes, int used, float[] values, double[] totals) {
    for (int row = from; row < count; row++) {
      double total = totals[row];
      for (int lane = 0; lane < used; lane++) {
        total += values[row * lanes + lane];
      }
      totals[row] = total;
    }
  }

  @Override
  public int rises(
      int count,
      int used,
      float[] values,
      float[] starts,
      float[] slopes,
      float[] steps,
      float[] factors,
      float[] limits,
      int[] rows) {
    int found = 0;
    for (int row = 0; row < count; row++) {
      float before = 0;
      boolean rises = false;
      for (int lane = 0; lane < used; lane++) {
        float value =
            Math.fma(factors[lane], before, Math.fma(slopes[row], steps[lane], starts[row]));
        rises |= value >= limits[lane];
        before += values[row * LANES + lane];
      }
      if (rises) {
        rows[found++] = row;
      }
    }
    return found;
  }

  @Override
  public void multiply(int count, float[] values, double[] products) {
    int quarter = LANES / 4;
    for (int i = 0; i < count * quarter; i++) {
      int at = i / quarter * LANES + i % quarter;
      double first = (double) values[at] * values[at + quarter];
      double second = (double) values[at + 2 * quarter] * values[at + 3 * quarter];
      products[i] *= first * second;
    }
  }

  @Override
  public void addWeighted(int count, int used, float[] values, double[] weights, double[] totals) {
    addWeighted(count, LANES, used, values, weights, totals);
  }

  /** As {@link #addWeighted}, for any number of lanes. */
  static void addWeighted(
      int count, int lanes, int used, float[] values, double[] weights, double[] totals) {
    for (int row = 0; row < count; row++) {
      double total = totals[row];
      for (int lane = 0; lane < used; lane++) {
        total += weights[lane] * (double) values[row * lanes + lane];
      }
      totals[row] = total;
    }
  }

  @Override
  public void addExcess(int count, float[] values, double[] levels, int first, double[] sums) {
    for (int row = 0; row < count; row++) {
      for (int lane = 0; lane < LANES; lane++) {
        int at = row * FloatOps.PARTIAL_SUMS + (first + lane) % FloatOps.PARTIAL_SUMS;
        sums[at] += Math.max(0, values[row * LANES + lane] - levels[first + lane]);
      }
    }
  }

  @Override
  public void span(int count, int used, float[] values, float[] smallest, float[] largest) {
    span(count, LANES, used, values, smallest, largest);
  }

  /** As {@link #span}, for any number of lanes. */
  static void span(
      int count, int lanes, int used, float[] values, float[] smallest, float[] largest) {
    for (int row = 0; row < count; row++) {
      for (int at = row * lanes; at < row * lanes + used; at++) {
        smallest[row] = Math.min(smallest[row], values[at]);
        largest[row] = Math.max(largest[row], values[at]);
      }
    }
  }
}
