package io.gio4j.internal.kernel;

/**
 * The kernels in plain Java: what runs without {@code jdk.incubator.vector}, and for problems too
 * small to be worth compiled vector code.
 */
final class ScalarKernels implements Kernels {
  /** As wide as two 256-bit registers, which C2 fills on its own. */
  private static final int LANES = 16;

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public void squaredDistances(
      float[] rows,
      int offset,
      int count,
      int columns,
      double[] point,
      double[] out,
      int outOffset) {
    double[] sums = new double[PARTIAL_SUMS];
    for (int row = 0; row < count; row++) {
      int start = offset + row * columns;
      java.util.Arrays.fill(sums, 0);
      int column = 0;
      for (; column + PARTIAL_SUMS <= columns; column += PARTIAL_SUMS) {
        for (int j = 0; j < PARTIAL_SUMS; j++) {
          double difference = rows[start + column + j] - point[column + j];
          sums[j] = Math.fma(difference, difference, sums[j]);
        }
      }
      out[outOffset + row] = finishDistance(rows, start, column, columns, point, sums);
    }
  }

  /** The columns after the last full 16, then the halving of the partial sums. */
  static double finishDistance(
      float[] rows, int start, int firstLeft, int columns, double[] point, double[] sums) {
    for (int column = firstLeft; column < columns; column++) {
      double difference = rows[start + column] - point[column];
      int j = column - firstLeft;
      sums[j] = Math.fma(difference, difference, sums[j]);
    }
    for (int half = PARTIAL_SUMS / 2; half >= 1; half /= 2) {
      for (int j = 0; j < half; j++) {
        sums[j] += sums[j + half];
      }
    }
    return sums[0];
  }

  @Override
  public void addWeightedRows(
      float[] rows, int offset, int count, int columns, double[] weights, double[] sum) {
    for (int row = 0; row < count; row++) {
      int start = offset + row * columns;
      double weight = weights[row];
      for (int column = 0; column < columns; column++) {
        sum[column] = Math.fma(weight, rows[start + column], sum[column]);
      }
    }
  }

  @Override
  public void laneProducts(
      float[] rows, int offset, int count, int columns, float[] points, float[] out) {
    float[] partial = new float[LANES];
    for (int row = 0; row < count; row++) {
      int start = offset + row * columns;
      for (int segment = 0; segment < columns; segment += LANE_SEGMENT) {
        java.util.Arrays.fill(partial, 0);
        for (int column = segment; column < Math.min(columns, segment + LANE_SEGMENT); column++) {
          float x = rows[start + column];
          for (int lane = 0; lane < LANES; lane++) {
            partial[lane] = Math.fma(x, points[column * LANES + lane], partial[lane]);
          }
        }
        for (int lane = 0; lane < LANES; lane++) {
          int at = row * LANES + lane;
          out[at] = segment == 0 ? partial[lane] : out[at] + partial[lane];
        }
      }
    }
  }

  @Override
  public boolean laneWeights(
      float[] rowNorms,
      int normOffset,
      int count,
      float[] pointNorms,
      float epsilon,
      float[] products,
      float[] weights) {
    boolean cancelled = false;
    for (int row = 0; row < count; row++) {
      for (int lane = 0; lane < LANES; lane++) {
        float norms = rowNorms[normOffset + row] + pointNorms[lane];
        float squared = Math.fma(-2f, products[row * LANES + lane], norms);
        float distance = (float) Math.sqrt(squared);
        boolean inside = squared > SMALLEST_SQUARED_DISTANCE && squared < LARGEST_SQUARED_DISTANCE;
        weights[row * LANES + lane] = inside ? 1f / (distance * (distance + epsilon)) : 0f;
        cancelled |= squared < CANCELLATION * norms;
      }
    }
    return cancelled;
  }

  @Override
  public void addLaneWeights(int count, float[] weights, float[] sums) {
    for (int row = 0; row < count; row++) {
      for (int lane = 0; lane < LANES; lane++) {
        sums[lane] += weights[row * LANES + lane];
      }
    }
  }

  @Override
  public void addLaneRows(
      float[] rows, int offset, int count, int columns, float[] weights, float[] sums) {
    for (int row = 0; row < count; row++) {
      int start = offset + row * columns;
      for (int column = 0; column < columns; column++) {
        float x = rows[start + column];
        for (int lane = 0; lane < LANES; lane++) {
          int at = column * LANES + lane;
          sums[at] = Math.fma(x, weights[row * LANES + lane], sums[at]);
        }
      }
    }
  }
}
