package io.gio4j.internal.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link FunctionOps} in registers, with the bits of {@link ScalarFunctionOps}. */
final class SimdFunctionOps implements FunctionOps {
  private static final VectorSpecies<Float> FLOATS = SimdFloatOps.FLOATS;
  private static final int WIDTH = SimdFloatOps.WIDTH;

  @Override
  public void squareRoots(int count, float[] values) {
    for (int i = 0; i < count; i += WIDTH) {
      FloatVector.fromArray(FLOATS, values, i).sqrt().intoArray(values, i);
    }
  }

  @Override
  public void exponentials(int count, float factor, float[] values) {
    FloatVector log2e = FloatVector.broadcast(FLOATS, ScalarFunctionOps.LOG2_E);
    FloatVector rounder = FloatVector.broadcast(FLOATS, ScalarFunctionOps.ROUNDER);
    FloatVector high = FloatVector.broadcast(FLOATS, -ScalarFunctionOps.LN2_HIGH);
    FloatVector low = FloatVector.broadcast(FLOATS, -ScalarFunctionOps.LN2_LOW);
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int i = 0; i < count; i += WIDTH) {
      FloatVector exponent = FloatVector.fromArray(FLOATS, values, i).mul(factor);
      VectorMask<Float> counts =
          exponent.compare(VectorOperators.GE, ScalarFunctionOps.SMALLEST_EXPONENT);
      FloatVector rounded = exponent.fma(log2e, rounder);
      IntVector power = rounded.reinterpretAsInts().sub(ScalarFunctionOps.ROUNDER_BITS);
      FloatVector whole = rounded.sub(rounder);
      FloatVector rest = whole.fma(low, whole.fma(high, exponent));
      FloatVector sum =
          FloatVector.broadcast(FLOATS, ScalarFunctionOps.E5)
              .fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctionOps.E4));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctionOps.E3));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctionOps.E2));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctionOps.E1));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctionOps.E0));
      FloatVector mantissa = sum.fma(rest.mul(rest), rest).add(1f);
      FloatVector result =
          mantissa
              .reinterpretAsInts()
              .add(power.lanewise(VectorOperators.LSHL, ScalarFunctionOps.MANTISSA_LENGTH))
              .reinterpretAsFloats();
      zero.blend(result, counts).intoArray(values, i);
    }
  }

  @Override
  public void logarithms(int count, float factor, float[] values) {
    FloatVector factors = FloatVector.broadcast(FLOATS, factor);
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    FloatVector high = FloatVector.broadcast(FLOATS, ScalarFunctionOps.LN2_HIGH);
    FloatVector low = FloatVector.broadcast(FLOATS, ScalarFunctionOps.LN2_LOW);
    FloatVector minusHalf = FloatVector.broadcast(FLOATS, -0.5f);
    for (int i = 0; i < count; i += WIDTH) {
      FloatVector value = FloatVector.fromArray(FLOATS, values, i).fma(factors, one);
      IntVector bits = value.reinterpretAsInts().sub(ScalarFunctionOps.HALF_ROOT_BITS);
      FloatVector power =
          (FloatVector)
              bits.lanewise(VectorOperators.ASHR, ScalarFunctionOps.MANTISSA_LENGTH)
                  .convert(VectorOperators.I2F, 0);
      FloatVector rest =
          bits.and(ScalarFunctionOps.MANTISSA_BITS)
              .add(ScalarFunctionOps.HALF_ROOT_BITS)
              .reinterpretAsFloats()
              .sub(1f);
      FloatVector square = rest.mul(rest);
      FloatVector sum =
          FloatVector.broadcast(FLOATS, ScalarFunctionOps.L8)
              .fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctionOps.L7));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctionOps.L6));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctionOps.L5));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctionOps.L4));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctionOps.L3));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctionOps.L2));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctionOps.L1));
      sum = sum.fma(rest, FloatVector.broadcast(FLOATS, ScalarFunctionOps.L0));
      FloatVector small = power.fma(low, rest.mul(square).mul(sum));
      power.fma(high, rest.add(minusHalf.fma(square, small))).intoArray(values, i);
    }
  }

  @Override
  public void reciprocals(int count, float factor, float[] values) {
    FloatVector factors = FloatVector.broadcast(FLOATS, factor);
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    for (int i = 0; i < count; i += WIDTH) {
      one.div(FloatVector.fromArray(FLOATS, values, i).fma(factors, one)).intoArray(values, i);
    }
  }
}
