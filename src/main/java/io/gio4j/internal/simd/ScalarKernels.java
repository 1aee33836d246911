package io.gio4j.internal.simd;

import java.util.Arrays;

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
    if (columns < PARTIAL_SUMS) {
      narrowDistances(rows, offset, count, columns, point, out, outOffset);
      return;
    }
    double[] sums = new double[PARTIAL_SUMS];
    int full = columns - columns % PARTIAL_SUMS;
    for (int row = 0; row < count; row++) {
      int start = offset + row * columns;
      fullColumns(rows, start, full, point, sums);
      out[outOffset + row] = finishDistance(rows, start, full, columns, point, sums);
    }
  }

  /**
   * Distances of fewer columns than there are partial sums. Those that stay zero are left out of
   * the halving, which changes no bit; the 2-D example's fit took 25 ms instead of 47.
   */
  static void narrowDistances(
      float[] rows,
      int offset,
      int count,
      int columns,
      double[] point,
      double[] out,
      int outOffset) {
    int firstHalf = columns == 1 ? 0 : Integer.highestOneBit(columns - 1);
    double[] sums = new double[PARTIAL_SUMS];
    for (int row = 0; row < count; row++) {
      int start = offset + row * columns;
      for (int column = 0; column < columns; column++) {
        double difference = rows[start + column] - point[column];
        sums[column] = difference * difference;
      }
      int above = columns - firstHalf;
      for (int half = firstHalf; half >= 1; half /= 2) {
        for (int j = 0; j < above; j++) {
          sums[j] += sums[j + half];
        }
        above = half / 2;
      }
      out[outOffset + row] = sums[0];
    }
  }

  /** Sixteen named sums: as an array they would be stored and loaded at every step. */
  private static void fullColumns(
      float[] rows, int start, int full, double[] point, double[] sums) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    double s4 = 0;
    double s5 = 0;
    double s6 = 0;
    double s7 = 0;
    double s8 = 0;
    double s9 = 0;
    double s10 = 0;
    double s11 = 0;
    double s12 = 0;
    double s13 = 0;
    double s14 = 0;
    double s15 = 0;
    for (int column = 0; column < full; column += PARTIAL_SUMS) {
      int at = start + column;
      double d0 = rows[at + 0] - point[column + 0];
      s0 = Math.fma(d0, d0, s0);
      double d1 = rows[at + 1] - point[column + 1];
      s1 = Math.fma(d1, d1, s1);
      double d2 = rows[at + 2] - point[column + 2];
      s2 = Math.fma(d2, d2, s2);
      double d3 = rows[at + 3] - point[column + 3];
      s3 = Math.fma(d3, d3, s3);
      double d4 = rows[at + 4] - point[column + 4];
      s4 = Math.fma(d4, d4, s4);
      double d5 = rows[at + 5] - point[column + 5];
      s5 = Math.fma(d5, d5, s5);
      double d6 = rows[at + 6] - point[column + 6];
      s6 = Math.fma(d6, d6, s6);
      double d7 = rows[at + 7] - point[column + 7];
      s7 = Math.fma(d7, d7, s7);
      double d8 = rows[at + 8] - point[column + 8];
      s8 = Math.fma(d8, d8, s8);
      double d9 = rows[at + 9] - point[column + 9];
      s9 = Math.fma(d9, d9, s9);
      double d10 = rows[at + 10] - point[column + 10];
      s10 = Math.fma(d10, d10, s10);
      double d11 = rows[at + 11] - point[column + 11];
      s11 = Math.fma(d11, d11, s11);
      double d12 = rows[at + 12] - point[column + 12];
      s12 = Math.fma(d12, d12, s12);
      double d13 = rows[at + 13] - point[column + 13];
      s13 = Math.fma(d13, d13, s13);
      double d14 = rows[at + 14] - point[column + 14];
      s14 = Math.fma(d14, d14, s14);
      double d15 = rows[at + 15] - point[column + 15];
      s15 = Math.fma(d15, d15, s15);
    }
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
    sums[4] = s4;
    sums[5] = s5;
    sums[6] = s6;
    sums[7] = s7;
    sums[8] = s8;
    sums[9] = s9;
    sums[10] = s10;
    sums[11] = s11;
    sums[12] = s12;
    sums[13] = s13;
    sums[14] = s14;
    sums[15] = s15;
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
    for (int row = 0; row < count; row++) {
      for (int segment = 0; segment < columns; segment += LANE_SEGMENT) {
        int end = Math.min(columns, segment + LANE_SEGMENT);
        for (int lane = 0; lane < LANES; lane += 8) {
          eightLanes(rows, offset + row * columns, segment, end, points, lane, out, row * LANES);
        }
      }
    }
  }

  @Override
  public void laneSquaredDifferencesAt(
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
  public void laneProductsAt(
      float[] rows, int[] offsets, int count, int columns, float[] points, float[] out) {
    for (int row = 0; row < count; row++) {
      for (int segment = 0; segment < columns; segment += LANE_SEGMENT) {
        int end = Math.min(columns, segment + LANE_SEGMENT);
        for (int lane = 0; lane < LANES; lane += 8) {
          eightLanes(rows, offsets[row], segment, end, points, lane, out, row * LANES);
        }
      }
    }
  }

  @Override
  public void laneNearest(
      int count,
      float[] rowNorms,
      float[] pointNorms,
      float[] products,
      float[] smallest,
      int[] lane,
      float[] second) {
    for (int row = 0; row < count; row++) {
      float best = Float.POSITIVE_INFINITY;
      float next = Float.POSITIVE_INFINITY;
      int at = 0;
      for (int i = 0; i < LANES; i++) {
        float squared = Math.fma(-2f, products[row * LANES + i], rowNorms[row] + pointNorms[i]);
        if (squared < best) {
          next = best;
          best = squared;
          at = i;
        } else if (squared < next) {
          next = squared;
        }
      }
      smallest[row] = best;
      lane[row] = at;
      second[row] = next;
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
  public boolean laneDistances(
      int count,
      float[] rowNorms,
      float[] pointNorms,
      float epsilon,
      float[] products,
      float[] losses) {
    boolean lost = false;
    for (int row = 0; row < count; row++) {
      for (int lane = 0; lane < LANES; lane++) {
        int at = row * LANES + lane;
        float norms = rowNorms[row] + pointNorms[lane];
        float squared = Math.fma(-2f, products[at], norms);
        boolean kept = squared >= CANCELLATION * norms && norms < Float.POSITIVE_INFINITY;
        float raised = squared < SMALLEST_SQUARED_DISTANCE ? SMALLEST_SQUARED_DISTANCE : squared;
        float clipped = raised > LARGEST_SQUARED_DISTANCE ? LARGEST_SQUARED_DISTANCE : raised;
        products[at] = kept ? (float) Math.sqrt(clipped) + epsilon : Float.NaN;
        losses[at] += kept ? norms / raised : 0;
        lost |= !kept;
      }
    }
    return lost;
  }

  @Override
  public boolean laneSquares(
      int count, float[] rowNorms, float[] pointNorms, float flatSquare, float[] products) {
    boolean lost = false;
    for (int row = 0; row < count; row++) {
      for (int lane = 0; lane < LANES; lane++) {
        int at = row * LANES + lane;
        float norms = rowNorms[row] + pointNorms[lane];
        float squared = Math.fma(-2f, products[at], norms);
        boolean kept = squared + flatSquare >= CANCELLATION * norms;
        products[at] = !kept ? Float.NaN : squared < 0 ? 0 : squared;
        lost |= !kept;
      }
    }
    return lost;
  }

  @Override
  public void squareRoots(int count, float[] values) {
    for (int i = 0; i < count; i++) {
      values[i] = (float) Math.sqrt(values[i]);
    }
  }

  @Override
  public void exponentials(int count, float factor, float[] values) {
    for (int i = 0; i < count; i++) {
      values[i] = ScalarFunctions.exponential(values[i] * factor);
    }
  }

  @Override
  public void logarithms(int count, float factor, float[] values) {
    for (int i = 0; i < count; i++) {
      values[i] = ScalarFunctions.logarithm(Math.fma(factor, values[i], 1f));
    }
  }

  @Override
  public void reciprocals(int count, float factor, float[] values) {
    for (int i = 0; i < count; i++) {
      values[i] = 1f / Math.fma(factor, values[i], 1f);
    }
  }

  @Override
  public void addLaneTotals(int count, int used, float[] values, double[] totals) {
    addTotals(0, count, LANES, used, values, totals);
  }

  /** The same from some row on. */
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
  public int laneRises(
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
  public void laneHits(
      int count,
      int used,
      float[] rowNorms,
      float[] pointNorms,
      float[] limits,
      float errorShare,
      float[] products,
      int firstPoint,
      int stride,
      int[] points,
      float[] bounds,
      int[] sizes) {
    for (int row = 0; row < count; row++) {
      int entry = row * stride + sizes[row];
      for (int lane = 0; lane < used; lane++) {
        float norms = rowNorms[row] + pointNorms[lane];
        float bound =
            Math.fma(-errorShare, norms, Math.fma(-2f, products[row * LANES + lane], norms));
        if (!(bound > limits[lane])) {
          points[entry] = firstPoint + lane;
          bounds[entry] = bound;
          entry++;
        }
      }
      sizes[row] = entry - row * stride;
    }
  }

  @Override
  public int keepNearer(
      int from,
      int to,
      int kept,
      int[] points,
      float[] distances,
      float[] limits,
      double[] ratios) {
    Arrays.fill(ratios, 1);
    return keepNearer(from, from, to, kept, points, distances, limits, ratios);
  }

  /** The same from some entry of the part on. */
  static int keepNearer(
      int partFrom,
      int from,
      int to,
      int kept,
      int[] points,
      float[] distances,
      float[] limits,
      double[] ratios) {
    int entry = kept;
    for (int e = from; e < to; e++) {
      float limit = limits[points[e]];
      float distance = distances[e];
      if (distance < limit) {
        points[entry] = points[e];
        distances[entry] = distance;
        entry++;
        ratios[(e - partFrom) % PARTIAL_SUMS] *= limit / distance;
      }
    }
    return entry;
  }

  @Override
  public void multiply(int count, float[] factors, double[] products) {
    for (int i = 0; i < count; i++) {
      products[i] *= factors[i];
    }
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
