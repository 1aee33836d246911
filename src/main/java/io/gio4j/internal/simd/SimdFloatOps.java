package io.gio4j.internal.simd;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The operations by the Vector API, at the machine's preferred width: 128, 256 or 512 bits. Its
 * constants are here; what else depends on it is listed in the package's comment.
 *
 * <p><b>Layout.</b> Rows are row-major, read by scalar loads that the multiply-add broadcasts;
 * points are in lanes, {@code columns x lanes} with two registers of lanes a column.
 *
 * <p><b>Pitfalls avoided.</b> Species are constants, sums are named locals, and loops call nothing:
 * a vector that is passed to a call which is not inlined is boxed.
 */
final class SimdFloatOps {
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;

  /** Floats that convert to one register of doubles. */
  static final VectorSpecies<Float> HALF =
      VectorSpecies.of(
          float.class, VectorShape.forBitSize(Math.max(64, FLOATS.vectorBitSize() / 2)));

  static final int WIDTH = FLOATS.length();
  static final int LANES = 2 * WIDTH;
  static final int DOUBLE_WIDTH = DOUBLES.length();

  private SimdFloatOps() {}

  static int bits() {
    return FLOATS.vectorBitSize();
  }

  static FloatOps create() {
    return new FloatOps(
        "vector" + bits(),
        LANES,
        new SimdRowOps(),
        new SimdProductOps(),
        new SimdDistanceOps(),
        new SimdFunctionOps(),
        new SimdTotalOps(),
        WIDTH > 4 ? new SimdNearOps() : new ScalarNearOps(LANES));
  }
}
