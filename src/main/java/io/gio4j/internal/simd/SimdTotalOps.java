package io.gio4j.internal.simd;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** {@link TotalOps} in registers. */
final class SimdTotalOps implements TotalOps {
  private static final VectorSpecies<Float> FLOATS = SimdFloatOps.FLOATS;
  private static final VectorSpecies<Double> DOUBLES = SimdFloatOps.DOUBLES;
  private static final int WIDTH = SimdFloatOps.WIDTH;
  private static final int LANES = SimdFloatOps.LANES;
  private static final int DOUBLE_WIDTH = SimdFloatOps.DOUBLE_WIDTH;

  private static final VectorShuffle<Float> BY_1 = moved(1);
  private static final VectorShuffle<Float> BY_2 = moved(2);
  private static final VectorShuffle<Float> BY_4 = moved(4);
  private static final VectorShuffle<Float> BY_8 = moved(8);
  private static final VectorShuffle<Float> LAST = VectorShuffle.fromOp(FLOATS, lane -> WIDTH - 1);
  private static final VectorMask<Float> FROM_1 = VectorMask.fromLong(FLOATS, -1L << 1);
  private static final VectorMask<Float> FROM_2 = VectorMask.fromLong(FLOATS, -1L << 2);
  private static final VectorMask<Float> FROM_4 = VectorMask.fromLong(FLOATS, -1L << 4);
  private static final VectorMask<Float> FROM_8 = VectorMask.fromLong(FLOATS, -1L << 8);

  /** {@return a shuffle that moves lane {@code i - by} to lane i} */
  private static VectorShuffle<Float> moved(int by) {
    return VectorShuffle.fromOp(FLOATS, lane -> Math.max(0, lane - by));
  }

  /**
   * Widens eight rows to doubles first, which takes half the instructions of a chain over floats.
   */
  @Override
  public void add(int count, int used, float[] values, double[] totals) {
    double[] widened = new double[8 * LANES];
    int row = 0;
    for (; row + 8 <= count; row += 8) {
      for (int i = 0; i < widened.length; i += DOUBLE_WIDTH) {
        SimdRowOps.widen(values, row * LANES + i).intoArray(widened, i);
      }
      addEightTotals(used, widened, row, totals);
    }
    ScalarTotalOps.addTotals(row, count, LANES, used, values, totals);
  }

  private static void addEightTotals(int used, double[] values, int row, double[] totals) {
    double t0 = totals[row];
    double t1 = totals[row + 1];
    double t2 = totals[row + 2];
    double t3 = totals[row + 3];
    double t4 = totals[row + 4];
    double t5 = totals[row + 5];
    double t6 = totals[row + 6];
    double t7 = totals[row + 7];
    for (int lane = 0; lane < used; lane++) {
      t0 += values[lane];
      t1 += values[LANES + lane];
      t2 += values[2 * LANES + lane];
      t3 += values[3 * LANES + lane];
      t4 += values[4 * LANES + lane];
      t5 += values[5 * LANES + lane];
      t6 += values[6 * LANES + lane];
      t7 += values[7 * LANES + lane];
    }
    totals[row] = t0;
    totals[row + 1] = t1;
    totals[row + 2] = t2;
    totals[row + 3] = t3;
    totals[row + 4] = t4;
    totals[row + 5] = t5;
    totals[row + 6] = t6;
    totals[row + 7] = t7;
  }

  @Override
  public void addWeighted(int count, int used, float[] values, double[] weights, double[] totals) {
    ScalarTotalOps.addWeighted(count, LANES, used, values, weights, totals);
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
    VectorMask<Float> first = FLOATS.indexInRange(0, used);
    VectorMask<Float> second = FLOATS.indexInRange(WIDTH, used);
    FloatVector stepsA = FloatVector.fromArray(FLOATS, steps, 0);
    FloatVector stepsB = FloatVector.fromArray(FLOATS, steps, WIDTH);
    FloatVector factorsA = FloatVector.fromArray(FLOATS, factors, 0);
    FloatVector factorsB = FloatVector.fromArray(FLOATS, factors, WIDTH);
    FloatVector limitsA = FloatVector.fromArray(FLOATS, limits, 0);
    FloatVector limitsB = FloatVector.fromArray(FLOATS, limits, WIDTH);
    FloatVector zero = FloatVector.zero(FLOATS);
    int found = 0;
    for (int row = 0; row < count; row++) {
      FloatVector a = FloatVector.fromArray(FLOATS, values, row * LANES);
      FloatVector b = FloatVector.fromArray(FLOATS, values, row * LANES + WIDTH);
      // Sums over the lanes before each one: lanes move by one, then are added at doubling
      // distances.
      FloatVector beforeA = zero.blend(a.rearrange(BY_1), FROM_1);
      FloatVector beforeB = a.rearrange(LAST).blend(b.rearrange(BY_1), FROM_1);
      beforeA = beforeA.add(beforeA.rearrange(BY_1), FROM_1);
      beforeB = beforeB.add(beforeB.rearrange(BY_1), FROM_1);
      beforeA = beforeA.add(beforeA.rearrange(BY_2), FROM_2);
      beforeB = beforeB.add(beforeB.rearrange(BY_2), FROM_2);
      if (WIDTH > 4) {
        beforeA = beforeA.add(beforeA.rearrange(BY_4), FROM_4);
        beforeB = beforeB.add(beforeB.rearrange(BY_4), FROM_4);
      }
      if (WIDTH > 8) {
        beforeA = beforeA.add(beforeA.rearrange(BY_8), FROM_8);
        beforeB = beforeB.add(beforeB.rearrange(BY_8), FROM_8);
      }
      beforeB = beforeB.add(beforeA.rearrange(LAST));
      FloatVector slope = FloatVector.broadcast(FLOATS, slopes[row]);
      FloatVector start = FloatVector.broadcast(FLOATS, starts[row]);
      FloatVector valueA = factorsA.fma(beforeA, slope.fma(stepsA, start));
      FloatVector valueB = factorsB.fma(beforeB, slope.fma(stepsB, start));
      VectorMask<Float> rises =
          valueA
              .compare(VectorOperators.GE, limitsA)
              .and(first)
              .or(valueB.compare(VectorOperators.GE, limitsB).and(second));
      if (rises.anyTrue()) {
        rows[found++] = row;
      }
    }
    return found;
  }

  @Override
  public void multiply(int count, float[] values, double[] products) {
    for (int row = 0; row < count; row++) {
      int at = row * LANES;
      DoubleVector first =
          SimdRowOps.widen(values, at).mul(SimdRowOps.widen(values, at + DOUBLE_WIDTH));
      DoubleVector second =
          SimdRowOps.widen(values, at + 2 * DOUBLE_WIDTH)
              .mul(SimdRowOps.widen(values, at + 3 * DOUBLE_WIDTH));
      DoubleVector.fromArray(DOUBLES, products, row * DOUBLE_WIDTH)
          .mul(first.mul(second))
          .intoArray(products, row * DOUBLE_WIDTH);
    }
  }

  @Override
  public void addExcess(int count, float[] values, double[] levels, int first, double[] sums) {
    int begin = first % FloatOps.PARTIAL_SUMS;
    int end = Math.min(FloatOps.PARTIAL_SUMS, begin + LANES);
    for (int row = 0; row < count; row++) {
      for (int sum = begin; sum < end; sum += DOUBLE_WIDTH) {
        DoubleVector total =
            DoubleVector.fromArray(DOUBLES, sums, row * FloatOps.PARTIAL_SUMS + sum);
        for (int lane = sum - begin; lane < LANES; lane += FloatOps.PARTIAL_SUMS) {
          DoubleVector level = DoubleVector.fromArray(DOUBLES, levels, first + lane);
          total = total.add(SimdRowOps.widen(values, row * LANES + lane).sub(level).max(0));
        }
        total.intoArray(sums, row * FloatOps.PARTIAL_SUMS + sum);
      }
    }
  }

  @Override
  public void span(int count, int used, float[] values, float[] smallest, float[] largest) {
    if (used < LANES) {
      ScalarTotalOps.span(count, LANES, used, values, smallest, largest);
      return;
    }
    for (int row = 0; row < count; row++) {
      FloatVector a = FloatVector.fromArray(FLOATS, values, row * LANES);
      FloatVector b = FloatVector.fromArray(FLOATS, values, row * LANES + WIDTH);
      smallest[row] = Math.min(smallest[row], a.min(b).reduceLanes(VectorOperators.MIN));
      largest[row] = Math.max(largest[row], a.max(b).reduceLanes(VectorOperators.MAX));
    }
  }
}
