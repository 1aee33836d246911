package io.gio4j.internal.simd;

import java.util.Arrays;

/** {@link ProductOps} in plain Java. */
final class ScalarProductOps implements ProductOps {
  private static final int LANES = ScalarFloatOps.LANES;

  @Override
  public void multiply(
      float[] rows, int offset, int count, int columns, float[] points, float[] out) {
    for (int row = 0; row < count; row++) {
      for (int segment = 0; segment < columns; segment += FloatOps.LANE_SEGMENT) {
        int end = Math.min(columns, segment + FloatOps.LANE_SEGMENT);
        for (int lane = 0; lane < LANES; lane += 8) {
          eightLanes(rows, offset + row * columns, segment, end, points, lane, out, row * LANES);
        }
      }
    }
  }

  @Override
  public void squaredDifferencesAt(
      float[] rows, int[] offsets, int count, int columns, float[] points, float[] out) {
    for (int row = 0; row < count; row++) {
      Arrays.fill(out, row * LANES, (row + 1) * LANES, 0);
      for (int column = 0; column < columns; column++) {
        float x = rows[offsets[row] + column];
        for (int lane = 0; lane < LANES; lane++) {
          float difference = x - points[column * LANES + lane];
          out[row * LANES + lane] = Math.fma(difference, difference, out[row * LANES + lane]);
        }
      }
    }
  }

  @Override
  public void multiplyAt(
      float[] rows, int[] offsets, int count, int columns, float[] points, float[] out) {
    for (int row = 0; row < count; row++) {
      for (int segment = 0; segment < columns; segment += FloatOps.LANE_SEGMENT) {
        int end = Math.min(columns, segment + FloatOps.LANE_SEGMENT);
        for (int lane = 0; lane < LANES; lane += 8) {
          eightLanes(rows, offsets[row], segment, end, points, lane, out, row * LANES);
        }
      }
    }
  }

  private static void eightLanes(
      float[] rows,
      int start,
      int from,
      int to,
      float[] points,
      int lane,
      float[] out,
      int outOffset) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    float s4 = 0;
    float s5 = 0;
    float s6 = 0;
    float s7 = 0;
    for (int column = from; column < to; column++) {
      float x = rows[start + column];
      int at = column * LANES + lane;
      s0 = Math.fma(x, points[at + 0], s0);
      s1 = Math.fma(x, points[at + 1], s1);
      s2 = Math.fma(x, points[at + 2], s2);
      s3 = Math.fma(x, points[at + 3], s3);
      s4 = Math.fma(x, points[at + 4], s4);
      s5 = Math.fma(x, points[at + 5], s5);
      s6 = Math.fma(x, points[at + 6], s6);
      s7 = Math.fma(x, points[at + 7], s7);
    }
    int at = outOffset + lane;
    out[at + 0] = from == 0 ? s0 : out[at + 0] + s0;
    out[at + 1] = from == 0 ? s1 : out[at + 1] + s1;
    out[at + 2] = from == 0 ? s2 : out[at + 2] + s2;
    out[at + 3] = from == 0 ? s3 : out[at + 3] + s3;
    out[at + 4] = from == 0 ? s4 : out[at + 4] + s4;
    out[at + 5] = from == 0 ? s5 : out[at + 5] + s5;
    out[at + 6] = from == 0 ? s6 : out[at + 6] + s6;
    out[at + 7] = from == 0 ? s7 : out[at + 7] + s7;
  }

  @Override
  public void addWeights(int count, float[] weights, float[] sums) {
    for (int row = 0; row < count; row++) {
      for (int lane = 0; lane < LANES; lane++) {
        sums[lane] += weights[row * LANES + lane];
      }
    }
  }

  @Override
  public void addRows(
      float[] rows, int offset, int count, int columns, float[] weights, float[] sums) {
    for (int column = 0; column < columns; column++) {
      for (int lane = 0; lane < LANES; lane += 8) {
        eightSums(
            rows, offset + column, count, columns, weights, lane, sums, column * LANES + lane);
      }
    }
  }

  private static void eightSums(
      float[] rows,
      int start,
      int count,
      int columns,
      float[] weights,
      int lane,
      float[] sums,
      int sumOffset) {
    float s0 = sums[sumOffset + 0];
    float s1 = sums[sumOffset + 1];
    float s2 = sums[sumOffset + 2];
    float s3 = sums[sumOffset + 3];
    float s4 = sums[sumOffset + 4];
    float s5 = sums[sumOffset + 5];
    float s6 = sums[sumOffset + 6];
    float s7 = sums[sumOffset + 7];
    for (int row = 0; row < count; row++) {
      float x = rows[start + row * columns];
      int at = row * LANES + lane;
      s0 = Math.fma(x, weights[at + 0], s0);
      s1 = Math.fma(x, weights[at + 1], s1);
      s2 = Math.fma(x, weights[at + 2], s2);
      s3 = Math.fma(x, weights[at + 3], s3);
      s4 = Math.fma(x, weights[at + 4], s4);
      s5 = Math.fma(x, weights[at + 5], s5);
      s6 = Math.fma(x, weights[at + 6], s6);
      s7 = Math.fma(x, weights[at + 7], s7);
    }
    sums[sumOffset + 0] = s0;
    sums[sumOffset + 1] = s1;
    sums[sumOffset + 2] = s2;
    sums[sumOffset + 3] = s3;
    sums[sumOffset + 4] = s4;
    sums[sumOffset + 5] = s5;
    sums[sumOffset + 6] = s6;
    sums[sumOffset + 7] = s7;
  }
}
