package io.gio4j.internal.simd;

/**
 * The operations in plain Java, for a JVM without {@code jdk.incubator.vector} and for problems
 * that are too small to pay for the compilation of vector code.
 */
final class ScalarFloatOps {
  /** As wide as two 256-bit registers, which C2 fills on its own. */
  static final int LANES = 16;

  private ScalarFloatOps() {}

  static FloatOps create() {
    return new FloatOps(
        "scalar",
        LANES,
        new ScalarRowOps(),
        new ScalarProductOps(),
        new ScalarDistanceOps(),
        new ScalarFunctionOps(),
        new ScalarTotalOps(),
        new ScalarNearOps(LANES));
  }
}
