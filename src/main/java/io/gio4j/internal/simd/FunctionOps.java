package io.gio4j.internal.simd;

/**
 * Elementary functions of floats, in place. Errors stay below 3e-7 of the result (square roots are
 * exact), and each is defined to the last bit by its chain of roundings.
 */
public interface FunctionOps {
  /** Square roots of {@code count} numbers, a multiple of the lanes, in place. */
  void squareRoots(int count, float[] values);

  /**
   * {@code exp(factor * value)} of {@code count} numbers, a multiple of the lanes, in place.
   * Exponents are at most 0; below -87 the result is 0.
   */
  void exponentials(int count, float factor, float[] values);

  /**
   * {@code log(1 + factor * value)} of {@code count} numbers, a multiple of the lanes, in place.
   * Factor and values are at least 0.
   */
  void logarithms(int count, float factor, float[] values);

  /**
   * {@code 1 / (1 + factor * value)} of {@code count} numbers, a multiple of the lanes, in place.
   * Factor and values are at least 0.
   */
  void reciprocals(int count, float factor, float[] values);
}
