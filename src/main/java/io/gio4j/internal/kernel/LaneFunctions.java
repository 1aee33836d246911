package io.gio4j.internal.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The functions of {@link ScalarFunctions} on whole registers, bit for bit the same. */
final class LaneFunctions {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final int WIDTH = FLOATS.length();
  private static final int LANES = 2 * WIDTH;

  private LaneFunctions() {}

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

  static void logarithms(int count, float offset, float[] values) {
    FloatVector high = FloatVector.broadcast(FLOATS, ScalarFunctions.LN2_HIGH);
    FloatVector low = FloatVector.broadcast(FLOATS, ScalarFunctions.LN2_LOW);
    FloatVector minusHalf = FloatVector.broadcast(FLOATS, -0.5f);
    for (int i = 0; i < count; i += WIDTH) {
      FloatVector value = FloatVector.fromArray(FLOATS, values, i).add(offset);
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

  static void addLaneTotals(
      int count, int used, float unit, float[] values, long[] totals, int[] largest) {
    FloatVector rounder = FloatVector.broadcast(FLOATS, ScalarFunctions.ROUNDER);
    FloatVector units = FloatVector.broadcast(FLOATS, unit);
    IntVector zero = IntVector.zero(INTS);
    IntVector least = IntVector.broadcast(INTS, Integer.MIN_VALUE);
    VectorMask<Integer> first = INTS.indexInRange(0, used);
    VectorMask<Integer> second = INTS.indexInRange(WIDTH, used);
    for (int row = 0; row < count; row++) {
      IntVector a =
          FloatVector.fromArray(FLOATS, values, row * LANES)
              .fma(units, rounder)
              .reinterpretAsInts()
              .sub(ScalarFunctions.ROUNDER_BITS);
      IntVector b =
          FloatVector.fromArray(FLOATS, values, row * LANES + WIDTH)
              .fma(units, rounder)
              .reinterpretAsInts()
              .sub(ScalarFunctions.ROUNDER_BITS);
      totals[row] +=
          zero.blend(a, first).add(zero.blend(b, second)).reduceLanes(VectorOperators.ADD);
      largest[row] =
          least.blend(a, first).max(least.blend(b, second)).reduceLanes(VectorOperators.MAX);
    }
  }
}
