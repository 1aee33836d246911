package io.gio4j.internal.energy;

import io.gio4j.internal.simd.FloatOps;
import io.gio4j.kernel.EnergyKernel;

/** Sizes of rho for many distances at once; a size times {@link EnergyKernel#factor} is rho. */
final class KernelSizes {
  private KernelSizes() {}

  /** Replaces squared distances by sizes of rho, which are at least 0. */
  static void apply(EnergyKernel kernel, FloatOps ops, int count, float[] squares) {
    double alpha = kernel.alpha();
    double scale = kernel.scale();
    switch (kernel.kind()) {
      case RATIONAL -> {
        if (alpha == 1) {
          ops.functions().reciprocals(count, perSquare(2 * alpha, scale), squares);
        } else if (alpha == 0.5) {
          ops.functions().reciprocals(count, perSquare(2 * alpha, scale), squares);
          ops.functions().squareRoots(count, squares);
        } else {
          ops.functions().logarithms(count, perSquare(2 * alpha, scale), squares);
          ops.functions().exponentials(count, (float) -alpha, squares);
        }
      }
      case LAPLACE -> {
        ops.functions().squareRoots(count, squares);
        ops.functions().exponentials(count, (float) -Math.min(Float.MAX_VALUE, 1 / scale), squares);
      }
      case GAUSS -> ops.functions().exponentials(count, -perSquare(2, scale), squares);
      case LOG -> ops.functions().logarithms(count, perSquare(1, scale), squares);
      case EUCLIDEAN -> ops.functions().squareRoots(count, squares);
    }
  }

  /** {@code 1 / (multiple s^2)} as a finite float. */
  private static float perSquare(double multiple, double scale) {
    return (float) Math.min(Float.MAX_VALUE, 1 / (multiple * scale * scale));
  }
}
