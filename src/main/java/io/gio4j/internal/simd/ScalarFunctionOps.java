package io.gio4j.internal.simd;

/**
 * {@link FunctionOps} in plain Java, and the chains of roundings that define them.
 *
 * <p>Polynomials are those of the Cephes library's expf and logf (S. Moshier, 1989).
 */
final class ScalarFunctionOps implements FunctionOps {
  /** Added to a float of at most 2^22, it leaves the nearest integer in the lowest bits. */
  static final float ROUNDER = 12_582_912f; // 1.5 * 2^23

  static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);

  /** Below this an exponential counts as 0; e^-87 is the smallest that has all its bits. */
  static final float SMALLEST_EXPONENT = -87.0f;

  static final float LOG2_E = 1.442695f;

  /** ln 2 in two parts; the first has few bits, so that products with small integers fit. */
  static final float LN2_HIGH = 0.6933594f;

  static final float LN2_LOW = -0.00021219444f;

  static final float E5 = 0.00019875691f;
  static final float E4 = 0.0013981999f;
  static final float E3 = 0.008333452f;
  static final float E2 = 0.041665796f;
  static final float E1 = 0.16666666f;
  static final float E0 = 0.5f;

  static final float L8 = 0.070376836f;
  static final float L7 = -0.1151461f;
  static final float L6 = 0.116769984f;
  static final float L5 = -0.12420141f;
  static final float L4 = 0.14249323f;
  static final float L3 = -0.16668057f;
  static final float L2 = 0.20000714f;
  static final float L1 = -0.24999994f;
  static final float L0 = 0.3333333f;

  /** Bits of sqrt(1/2), where the range of mantissas begins. */
  static final int HALF_ROOT_BITS = 0x3f3504f3;

  static final int MANTISSA_BITS = 0x007fffff;
  static final int MANTISSA_LENGTH = 23;

  @Override
  public void squareRoots(int count, float[] values) {
    for (int i = 0; i < count; i++) {
      values[i] = (float) Math.sqrt(values[i]);
    }
  }

  @Override
  public void exponentials(int count, float factor, float[] values) {
    for (int i = 0; i < count; i++) {
      values[i] = exponential(values[i] * factor);
    }
  }

  @Override
  public void logarithms(int count, float factor, float[] values) {
    for (int i = 0; i < count; i++) {
      values[i] = logarithm(Math.fma(factor, values[i], 1f));
    }
  }

  @Override
  public void reciprocals(int count, float factor, float[] values) {
    for (int i = 0; i < count; i++) {
      values[i] = 1f / Math.fma(factor, values[i], 1f);
    }
  }

  static float exponential(float exponent) {
    if (!(exponent >= SMALLEST_EXPONENT)) {
      return 0;
    }
    float rounded = Math.fma(exponent, LOG2_E, ROUNDER);
    int power = Float.floatToRawIntBits(rounded) - ROUNDER_BITS;
    float whole = rounded - ROUNDER;
    float rest = Math.fma(whole, -LN2_LOW, Math.fma(whole, -LN2_HIGH, exponent));
    float sum = Math.fma(E5, rest, E4);
    sum = Math.fma(sum, rest, E3);
    sum = Math.fma(sum, rest, E2);
    sum = Math.fma(sum, rest, E1);
    sum = Math.fma(sum, rest, E0);
    float mantissa = Math.fma(sum, rest * rest, rest) + 1f;
    return Float.intBitsToFloat(Float.floatToRawIntBits(mantissa) + (power << MANTISSA_LENGTH));
  }

  static float logarithm(float value) {
    int bits = Float.floatToRawIntBits(value) - HALF_ROOT_BITS;
    float power = bits >> MANTISSA_LENGTH;
    float rest = Float.intBitsToFloat((bits & MANTISSA_BITS) + HALF_ROOT_BITS) - 1f;
    float square = rest * rest;
    float sum = Math.fma(L8, rest, L7);
    sum = Math.fma(sum, rest, L6);
    sum = Math.fma(sum, rest, L5);
    sum = Math.fma(sum, rest, L4);
    sum = Math.fma(sum, rest, L3);
    sum = Math.fma(sum, rest, L2);
    sum = Math.fma(sum, rest, L1);
    sum = Math.fma(sum, rest, L0);
    float low = Math.fma(power, LN2_LOW, rest * square * sum);
    return Math.fma(power, LN2_HIGH, rest + Math.fma(-0.5f, square, low));
  }
}
