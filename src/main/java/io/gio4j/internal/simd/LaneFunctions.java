package io.gio4j.internal.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** The functions of {@link ScalarFunctions} on whole registers, bit for bit the same. */
final class LaneFunctions {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int WIDTH = FLOATS.length();
  private static final int LANES = 2 * WIDTH;

  private static final VectorShuffle<Float> BY_1 = moved(1);
  private static final VectorShuffle<Float> BY_2 = moved(2);
  private static final VectorShuffle<Float> BY_4 = moved(4);
  private static final VectorShuffle<Float> BY_8 = moved(8);
  private static final VectorShuffle<Float> LAST = VectorShuffle.fromOp(FLOATS, lane -> WIDTH - 1);
  private static final VectorMask<Float> FROM_1 = VectorMask.fromLong(FLOATS, -1L << 1);
  private static final VectorMask<Float> FROM_2 = VectorMask.fromLong(FLOATS, -1L << 2);
  private static final VectorMask<Float> FROM_4 = VectorMask.fromLong(FLOATS, -1L << 4);
  private static final VectorMask<Float> FROM_8 = VectorMask.fromLong(FLOATS, -1L << 8);

  private LaneFunctions() {}

  /** Lane i gets what lane {@code i - by} had. */
  private static VectorShuffle<Float> moved(int by) {
    return VectorShuffle.fromOp(FLOATS, lane -> Math.max(0, lane - by));
  }

  static void squareRoots(int count, float[] values) {
    for (int i = 0; i < count; i += WIDTH) {
      FloatVector.fromArray(FLOATS, values, i).sqrt().intoArray(values, i);
    }
  }

  static void exponentials(int count, float factor, float[] values) {
    FloatVector log2e = FloatVector.broadcast(FLOATS, ScalarFunctions.LOG2_E);
    FloatVector rounder = FloatVector.broadcast(FLOATS, ScalarFunctions.ROUNDER);
    FloatVector high = FloatVector.broadcast(FLOATS, -ScalarFunctions.LN2_HIGH);
    FloatVector low = FloatVector.broadcast(FLOATS, -ScalarFunctions.LN2_LOW);
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int i = 0; i < count; i += WIDTH) {
      FloatVector exponent = FloatVector.fromArray(FLOATS, values, i).mul(factor);
      VectorMask<Float> counts =
          exponent.compare(VectorOperators.GE, ScalarFunctions.SMALLEST_EXPONENT);
      FloatVector rounded = exponent.fma(log2e, rounder);
      IntVector power = rounded.reinterpretAsInts().sub(ScalarFunctions.ROUNDER_BITS);
      FloatVector whole = rounded.sub(rounder);
      FloatVector rest = whole.fma(low, whole.fma(high, exponent));
      FloatVector sum =
          FloatVector.broadcast(FLOATS, ScalarFunctions.E5)
              .fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctions.E4));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctions.E3));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctions.E2));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctions.E1));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctions.E0));
      FloatVector mantissa = sum.fma(rest.mul(rest), rest).add(1f);
      FloatVector result =
          mantissa
              .reinterpretAsInts()
              .add(power.lanewise(VectorOperators.LSHL, ScalarFunctions.MANTISSA_LENGTH))
              .reinterpretAsFloats();
      zero.blend(result, counts).intoArray(values, i);
    }
  }

  static void logarithms(int count, float factor, float[] values) {
    FloatVector factors = FloatVector.broadcast(FLOATS, factor);
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    FloatVector high = FloatVector.broadcast(FLOATS, ScalarFunctions.LN2_HIGH);
    FloatVector low = FloatVector.broadcast(FLOATS, ScalarFunctions.LN2_LOW);
    FloatVector minusHalf = FloatVector.broadcast(FLOATS, -0.5f);
    for (int i = 0; i < count; i += WIDTH) {
      FloatVector value = FloatVector.fromArray(FLOATS, values, i).fma(factors, one);
      IntVector bits = value.reinterpretAsInts().sub(ScalarFunctions.HALF_ROOT_BITS);
      FloatVector power =
          (FloatVector)
              bits.lanewise(VectorOperators.ASHR, ScalarFunctions.MANTISSA_LENGTH)
                  .convert(VectorOperators.I2F, 0);
      FloatVector rest =
          bits.and(ScalarFunctions.MANTISSA_BITS)
              .add(ScalarFunctions.HALF_ROOT_BITS)
              .reinterpretAsFloats()
              .sub(1f);
      FloatVector square = rest.mul(rest);
      FloatVector sum =
          FloatVector.broadcast(FLOATS, ScalarFunctions.L8)
              .fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctions.L7));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctions.L6));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctions.L5));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctions.L4));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctions.L3));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctions.L2));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctions.L1));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctions.L0));
      FloatVector small = power.fma(low, rest.mul(square).mul(sum));
      power.fma(high, rest.add(minusHalf.fma(square, small))).intoArray(values, i);
    }
  }

  static void reciprocals(int count, float factor, float[] values) {
    FloatVector factors = FloatVector.broadcast(FLOATS, factor);
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    for (int i = 0; i < count; i += WIDTH) {
      one.div(FloatVector.fromArray(FLOATS, values, i).fma(factors, one)).intoArray(values, i);
    }
  }

  static int laneRises(
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
      // Sums of the lanes before each one: moved by one lane, then added up by doubling distances.
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
}
