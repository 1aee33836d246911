package io.gio4j.internal.simd;

import java.util.Arrays;

/** {@link RowOps} in plain Java. */
final class ScalarRowOps implements RowOps {
  @Override
  public void squaredDistances(
      float[] rows,
      int offset,
      int count,
      int columns,
      double[] point,
      double[] out,
      int outOffset) {
    if (columns < FloatOps.PARTIAL_SUMS) {
      narrowDistances(rows, offset, count, columns, point, out, outOffset);
      return;
    }
    double[] sums = new double[FloatOps.PARTIAL_SUMS];
    int full = columns - columns % FloatOps.PARTIAL_SUMS;
    for (int row = 0; row < count; row++) {
      int start = offset + row * columns;
      fullColumns(rows, start, full, point, sums);
      out[outOffset + row] = finishDistance(rows, start, full, columns, point, sums);
    }
  }

  /**
   * Distances for fewer columns than partial sums. Partial sums that stay zero are left out of the
   * halving, which changes no bit; the fit of the 2-D example took 25 ms instead of 47.
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
    double[] sums = new double[FloatOps.PARTIAL_SUMS];
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

  /** Sixteen named sums, since an array would be stored and loaded at every step. */
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
    for (int column = 0; column < full; column += FloatOps.PARTIAL_SUMS) {
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

  /** Adds the columns after the last full 16, then halves the partial sums. */
  static double finishDistance(
      float[] rows, int start, int firstLeft, int columns, double[] point, double[] sums) {
    for (int column = firstLeft; column < columns; column++) {
      double difference = rows[start + column] - point[column];
      int j = column - firstLeft;
      sums[j] = Math.fma(difference, difference, sums[j]);
    }
    return halved(sums);
  }

  private static double halved(double[] sums) {
    // Not a loop: with it halving took a twentieth of coverage's first pass.
    double s0 = sums[0] + sums[8];
    double s1 = sums[1] + sums[9];
    double s2 = sums[2] + sums[10];
    double s3 = sums[3] + sums[11];
    double s4 = sums[4] + sums[12];
    double s5 = sums[5] + sums[13];
    double s6 = sums[6] + sums[14];
    double s7 = sums[7] + sums[15];
    return ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7));
  }

  @Override
  public void innerProducts(
      float[] rows, int offset, int count, int columns, double[] point, double[] out) {
    double[] sums = new double[FloatOps.PARTIAL_SUMS];
    int full = columns - columns % FloatOps.PARTIAL_SUMS;
    for (int row = 0; row < count; row++) {
      int start = offset + row * columns;
      Arrays.fill(sums, 0);
      for (int column = 0; column < full; column += FloatOps.PARTIAL_SUMS) {
        for (int j = 0; j < FloatOps.PARTIAL_SUMS; j++) {
          sums[j] = Math.fma(rows[start + column + j], point[column + j], sums[j]);
        }
      }
      out[row] = finishProduct(rows, start, full, columns, point, sums);
    }
  }

  /** Adds the columns after the last full 16, then halves the partial sums. */
  static double finishProduct(
      float[] rows, int start, int firstLeft, int columns, double[] point, double[] sums) {
    for (int column = firstLeft; column < columns; column++) {
      int j = column - firstLeft;
      sums[j] = Math.fma(rows[start + column], point[column], sums[j]);
    }
    return halved(sums);
  }

  @Override
  public void addWeighted(
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
  public float largest(float[] values, int count) {
    return largestOf(values, 0, count, 0);
  }

  /** Continues from the largest so far; bits without the sign sort as the absolute values do. */
  static float largestOf(float[] values, int from, int count, int before) {
    int largest = before;
    for (int i = from; i < count; i++) {
      largest = Math.max(largest, Float.floatToRawIntBits(values[i]) & Integer.MAX_VALUE);
    }
    return Float.intBitsToFloat(largest);
  }

  @Override
  public long hash(float[] rows, int start, int[] high, int[] low) {
    return hashOf(rows, start, high, low, 0, 0, 0);
  }

  /** Continues from the sums over the columns before {@code from}. */
  static long hashOf(
      float[] rows, int start, int[] high, int[] low, int from, int highBefore, int lowBefore) {
    int highSum = highBefore;
    int lowSum = lowBefore;
    for (int column = from; column < high.length; column++) {
      // Adding 0 makes -0.0 the same as 0.0.
      int bits = Float.floatToRawIntBits(rows[start + column] + 0f);
      // Round numbers differ only in their upper bits, which a product does not move down.
      bits ^= bits >>> 16;
      highSum += high[column] * bits;
      lowSum += low[column] * bits;
    }
    return (long) highSum << 32 | Integer.toUnsignedLong(lowSum);
  }
}
