package io.gio4j.internal.simd;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link RowOps} in registers. */
final class SimdRowOps implements RowOps {
  private static final VectorSpecies<Double> DOUBLES = SimdFloatOps.DOUBLES;
  private static final VectorSpecies<Float> HALF = SimdFloatOps.HALF;
  private static final int DOUBLE_WIDTH = SimdFloatOps.DOUBLE_WIDTH;
  private static final VectorSpecies<Float> FLOATS = SimdFloatOps.FLOATS;
  private static final VectorSpecies<Integer> INTS = SimdFloatOps.INTS;
  private static final int WIDTH = SimdFloatOps.WIDTH;
  private static final int LANES = SimdFloatOps.LANES;

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
      ScalarRowOps.narrowDistances(rows, offset, count, columns, point, out, outOffset);
      return;
    }
    double[] sums = new double[FloatOps.PARTIAL_SUMS];
    int full = columns - columns % FloatOps.PARTIAL_SUMS;
    int row = 0;
    if (DOUBLE_WIDTH == 8) {
      double[] others = new double[FloatOps.PARTIAL_SUMS];
      for (; row + 2 <= count; row += 2) {
        int start = offset + row * columns;
        twoRowsOf8(rows, start, columns, full, point, sums, others);
        out[outOffset + row] = ScalarRowOps.finishDistance(rows, start, full, columns, point, sums);
        out[outOffset + row + 1] =
            ScalarRowOps.finishDistance(rows, start + columns, full, columns, point, others);
      }
    }
    for (; row < count; row++) {
      int start = offset + row * columns;
      if (DOUBLE_WIDTH == 8) {
        oneRowOf8(rows, start, full, point, sums);
      } else if (DOUBLE_WIDTH == 4) {
        oneRowOf4(rows, start, full, point, sums);
      } else {
        oneRowOf2(rows, start, full, point, sums);
      }
      out[outOffset + row] = ScalarRowOps.finishDistance(rows, start, full, columns, point, sums);
    }
  }

  private static void twoRowsOf8(
      float[] rows,
      int start,
      int columns,
      int full,
      double[] point,
      double[] sums,
      double[] others) {
    int second = start + columns;
    DoubleVector a0 = DoubleVector.zero(DOUBLES);
    DoubleVector a1 = a0;
    DoubleVector b0 = a0;
    DoubleVector b1 = a0;
    for (int column = 0; column < full; column += FloatOps.PARTIAL_SUMS) {
      DoubleVector p0 = DoubleVector.fromArray(DOUBLES, point, column);
      DoubleVector p1 = DoubleVector.fromArray(DOUBLES, point, column + 8);
      DoubleVector x0 = widen(rows, start + column).sub(p0);
      DoubleVector x1 = widen(rows, start + column + 8).sub(p1);
      DoubleVector y0 = widen(rows, second + column).sub(p0);
      DoubleVector y1 = widen(rows, second + column + 8).sub(p1);
      a0 = x0.fma(x0, a0);
      a1 = x1.fma(x1, a1);
      b0 = y0.fma(y0, b0);
      b1 = y1.fma(y1, b1);
    }
    a0.intoArray(sums, 0);
    a1.intoArray(sums, 8);
    b0.intoArray(others, 0);
    b1.intoArray(others, 8);
  }

  private static void oneRowOf8(float[] rows, int start, int full, double[] point, double[] sums) {
    DoubleVector a0 = DoubleVector.zero(DOUBLES);
    DoubleVector a1 = a0;
    for (int column = 0; column < full; column += FloatOps.PARTIAL_SUMS) {
      DoubleVector x0 =
          widen(rows, start + column).sub(DoubleVector.fromArray(DOUBLES, point, column));
      DoubleVector x1 =
          widen(rows, start + column + 8).sub(DoubleVector.fromArray(DOUBLES, point, column + 8));
      a0 = x0.fma(x0, a0);
      a1 = x1.fma(x1, a1);
    }
    a0.intoArray(sums, 0);
    a1.intoArray(sums, 8);
  }

  private static void oneRowOf4(float[] rows, int start, int full, double[] point, double[] sums) {
    DoubleVector a0 = DoubleVector.zero(DOUBLES);
    DoubleVector a1 = a0;
    DoubleVector a2 = a0;
    DoubleVector a3 = a0;
    for (int column = 0; column < full; column += FloatOps.PARTIAL_SUMS) {
      DoubleVector x0 =
          widen(rows, start + column).sub(DoubleVector.fromArray(DOUBLES, point, column));
      DoubleVector x1 =
          widen(rows, start + column + 4).sub(DoubleVector.fromArray(DOUBLES, point, column + 4));
      DoubleVector x2 =
          widen(rows, start + column + 8).sub(DoubleVector.fromArray(DOUBLES, point, column + 8));
      DoubleVector x3 =
          widen(rows, start + column + 12).sub(DoubleVector.fromArray(DOUBLES, point, column + 12));
      a0 = x0.fma(x0, a0);
      a1 = x1.fma(x1, a1);
      a2 = x2.fma(x2, a2);
      a3 = x3.fma(x3, a3);
    }
    a0.intoArray(sums, 0);
    a1.intoArray(sums, 4);
    a2.intoArray(sums, 8);
    a3.intoArray(sums, 12);
  }

  private static void oneRowOf2(float[] rows, int start, int full, double[] point, double[] sums) {
    DoubleVector a0 = DoubleVector.zero(DOUBLES);
    DoubleVector a1 = a0;
    DoubleVector a2 = a0;
    DoubleVector a3 = a0;
    DoubleVector a4 = a0;
    DoubleVector a5 = a0;
    DoubleVector a6 = a0;
    DoubleVector a7 = a0;
    for (int column = 0; column < full; column += FloatOps.PARTIAL_SUMS) {
      DoubleVector x0 =
          widen(rows, start + column).sub(DoubleVector.fromArray(DOUBLES, point, column));
      DoubleVector x1 =
          widen(rows, start + column + 2).sub(DoubleVector.fromArray(DOUBLES, point, column + 2));
      DoubleVector x2 =
          widen(rows, start + column + 4).sub(DoubleVector.fromArray(DOUBLES, point, column + 4));
      DoubleVector x3 =
          widen(rows, start + column + 6).sub(DoubleVector.fromArray(DOUBLES, point, column + 6));
      DoubleVector x4 =
          widen(rows, start + column + 8).sub(DoubleVector.fromArray(DOUBLES, point, column + 8));
      DoubleVector x5 =
          widen(rows, start + column + 10).sub(DoubleVector.fromArray(DOUBLES, point, column + 10));
      DoubleVector x6 =
          widen(rows, start + column + 12).sub(DoubleVector.fromArray(DOUBLES, point, column + 12));
      DoubleVector x7 =
          widen(rows, start + column + 14).sub(DoubleVector.fromArray(DOUBLES, point, column + 14));
      a0 = x0.fma(x0, a0);
      a1 = x1.fma(x1, a1);
      a2 = x2.fma(x2, a2);
      a3 = x3.fma(x3, a3);
      a4 = x4.fma(x4, a4);
      a5 = x5.fma(x5, a5);
      a6 = x6.fma(x6, a6);
      a7 = x7.fma(x7, a7);
    }
    a0.intoArray(sums, 0);
    a1.intoArray(sums, 2);
    a2.intoArray(sums, 4);
    a3.intoArray(sums, 6);
    a4.intoArray(sums, 8);
    a5.intoArray(sums, 10);
    a6.intoArray(sums, 12);
    a7.intoArray(sums, 14);
  }

  @Override
  public void innerProducts(
      float[] rows, int offset, int count, int columns, double[] point, double[] out) {
    double[] sums = new double[FloatOps.PARTIAL_SUMS];
    double[] others = new double[FloatOps.PARTIAL_SUMS];
    int full = columns - columns % FloatOps.PARTIAL_SUMS;
    for (int row = 0; row < count; row += 2) {
      int start = offset + row * columns;
      int next = row + 1 < count ? start + columns : start;
      for (int part = 0; part < FloatOps.PARTIAL_SUMS; part += 2 * DOUBLE_WIDTH) {
        multiplyTwoRows(rows, start, next, full, part, point, sums, others);
      }
      out[row] = ScalarRowOps.finishProduct(rows, start, full, columns, point, sums);
      if (row + 1 < count) {
        out[row + 1] = ScalarRowOps.finishProduct(rows, next, full, columns, point, others);
      }
    }
  }

  /** Two registers of partial sums of two rows: all 16 of them with 512 bits. */
  private static void multiplyTwoRows(
      float[] rows,
      int start,
      int next,
      int full,
      int part,
      double[] point,
      double[] sums,
      double[] others) {
    DoubleVector a0 = DoubleVector.zero(DOUBLES);
    DoubleVector a1 = a0;
    DoubleVector b0 = a0;
    DoubleVector b1 = a0;
    for (int column = part; column < full; column += FloatOps.PARTIAL_SUMS) {
      DoubleVector p0 = DoubleVector.fromArray(DOUBLES, point, column);
      DoubleVector p1 = DoubleVector.fromArray(DOUBLES, point, column + DOUBLE_WIDTH);
      a0 = widen(rows, start + column).fma(p0, a0);
      a1 = widen(rows, start + column + DOUBLE_WIDTH).fma(p1, a1);
      b0 = widen(rows, next + column).fma(p0, b0);
      b1 = widen(rows, next + column + DOUBLE_WIDTH).fma(p1, b1);
    }
    a0.intoArray(sums, part);
    a1.intoArray(sums, part + DOUBLE_WIDTH);
    b0.intoArray(others, part);
    b1.intoArray(others, part + DOUBLE_WIDTH);
  }

  @Override
  public void addWeighted(
      float[] rows, int offset, int count, int columns, double[] weights, double[] sum) {
    int column = 0;
    for (; column + 4 * DOUBLE_WIDTH <= columns; column += 4 * DOUBLE_WIDTH) {
      DoubleVector s0 = DoubleVector.fromArray(DOUBLES, sum, column);
      DoubleVector s1 = DoubleVector.fromArray(DOUBLES, sum, column + DOUBLE_WIDTH);
      DoubleVector s2 = DoubleVector.fromArray(DOUBLES, sum, column + 2 * DOUBLE_WIDTH);
      DoubleVector s3 = DoubleVector.fromArray(DOUBLES, sum, column + 3 * DOUBLE_WIDTH);
      for (int row = 0; row < count; row++) {
        int at = offset + row * columns + column;
        DoubleVector weight = DoubleVector.broadcast(DOUBLES, weights[row]);
        s0 = weight.fma(widen(rows, at), s0);
        s1 = weight.fma(widen(rows, at + DOUBLE_WIDTH), s1);
        s2 = weight.fma(widen(rows, at + 2 * DOUBLE_WIDTH), s2);
        s3 = weight.fma(widen(rows, at + 3 * DOUBLE_WIDTH), s3);
      }
      s0.intoArray(sum, column);
      s1.intoArray(sum, column + DOUBLE_WIDTH);
      s2.intoArray(sum, column + 2 * DOUBLE_WIDTH);
      s3.intoArray(sum, column + 3 * DOUBLE_WIDTH);
    }
    for (; column < columns; column++) {
      double s = sum[column];
      for (int row = 0; row < count; row++) {
        s = Math.fma(weights[row], rows[offset + row * columns + column], s);
      }
      sum[column] = s;
    }
  }

  @Override
  public float largest(float[] values, int count) {
    IntVector first = IntVector.zero(INTS);
    IntVector second = first;
    int i = 0;
    for (; i + LANES <= count; i += LANES) {
      first =
          FloatVector.fromArray(FLOATS, values, i)
              .reinterpretAsInts()
              .and(Integer.MAX_VALUE)
              .max(first);
      second =
          FloatVector.fromArray(FLOATS, values, i + WIDTH)
              .reinterpretAsInts()
              .and(Integer.MAX_VALUE)
              .max(second);
    }
    int largest = first.max(second).reduceLanes(VectorOperators.MAX);
    return ScalarRowOps.largestOf(values, i, count, largest);
  }

  @Override
  public long hash(float[] rows, int start, int[] high, int[] low) {
    IntVector highSum = IntVector.zero(INTS);
    IntVector lowSum = highSum;
    int column = 0;
    for (; column + WIDTH <= high.length; column += WIDTH) {
      IntVector bits =
          FloatVector.fromArray(FLOATS, rows, start + column).add(0f).reinterpretAsInts();
      bits = bits.lanewise(VectorOperators.XOR, bits.lanewise(VectorOperators.LSHR, 16));
      highSum = bits.mul(IntVector.fromArray(INTS, high, column)).add(highSum);
      lowSum = bits.mul(IntVector.fromArray(INTS, low, column)).add(lowSum);
    }
    int highBefore = highSum.reduceLanes(VectorOperators.ADD);
    int lowBefore = lowSum.reduceLanes(VectorOperators.ADD);
    return ScalarRowOps.hashOf(rows, start, high, low, column, highBefore, lowBefore);
  }

  /** As many floats as a register holds doubles. */
  static DoubleVector widen(float[] rows, int at) {
    return (DoubleVector)
        FloatVector.fromArray(HALF, rows, at).convertShape(VectorOperators.F2D, DOUBLES, 0);
  }
}
