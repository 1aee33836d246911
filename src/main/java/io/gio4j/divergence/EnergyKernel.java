package io.gio4j.divergence;

import io.gio4j.internal.kernel.Kernels;
import java.util.Objects;

/**
 * A function rho of the distance of two rows with which an energy distance is taken.
 *
 * <p>Each is conditionally negative definite, so that {@code E(X, W) = 2 mean rho(x, w) - mean
 * rho(x, x') - mean rho(w, w')} is never negative, and 0 only for equal distributions (for LOG with
 * a scale above 0; Szekely and Rizzo 2013; Sejdinovic et al. 2013). With LAPLACE and GAUSS it is
 * the squared maximum mean discrepancy of the kernel {@code -rho}.
 *
 * @param kind the function
 * @param scale a distance: where rho begins to tell rows apart; without meaning for EUCLIDEAN
 */
public record EnergyKernel(Kind kind, double scale) {
  /** The functions; r is the Euclidean distance and s the scale. */
  public enum Kind {
    /** {@code log(r^2 + s^2) / 2}: the cross term is that of the averaged divergence. */
    LOG,
    /** {@code r}: the energy distance, which has no scale. */
    EUCLIDEAN,
    /** {@code -exp(-r / s)}. */
    LAPLACE,
    /** {@code -exp(-r^2 / (2 s^2))}. */
    GAUSS
  }

  /** Squares of scales up to this are finite floats, and so are those down to its inverse. */
  private static final double LARGEST_SCALE = 1e15;

  /** Checks the scale. */
  public EnergyKernel {
    Objects.requireNonNull(kind, "kind");
    if (!(scale >= 1 / LARGEST_SCALE && scale <= LARGEST_SCALE)) {
      throw new IllegalArgumentException(
          "scale: is %s; must lie between %s and %s"
              .formatted(scale, 1 / LARGEST_SCALE, LARGEST_SCALE));
    }
  }

  /** rho at a distance. */
  public double at(double distance) {
    return factor()
        * switch (kind) {
          case LOG -> Math.log(distance * distance + scale * scale);
          case EUCLIDEAN -> distance;
          case LAPLACE -> Math.exp(-distance / scale);
          case GAUSS -> Math.exp(-distance * distance / (2 * scale * scale));
        };
  }

  /** Replaces squared distances by what {@link #factor} makes rho of. */
  void apply(Kernels kernels, int count, float[] squares) {
    switch (kind) {
      case LOG -> kernels.logarithms(count, (float) (scale * scale), squares);
      case EUCLIDEAN -> kernels.squareRoots(count, squares);
      case LAPLACE -> {
        kernels.squareRoots(count, squares);
        kernels.exponentials(count, (float) (-1 / scale), squares);
      }
      case GAUSS -> kernels.exponentials(count, (float) (-0.5 / (scale * scale)), squares);
    }
  }

  /** rho over what {@link #apply} leaves. */
  double factor() {
    return switch (kind) {
      case LOG -> 0.5;
      case EUCLIDEAN -> 1;
      case LAPLACE, GAUSS -> -1;
    };
  }

  /** A bound on what {@link #apply} leaves, in size, for distances up to one. */
  double largest(double distance) {
    return switch (kind) {
      case LOG ->
          Math.max(
              1,
              Math.max(
                  Math.abs(Math.log(scale * scale)),
                  Math.abs(Math.log(distance * distance + scale * scale))));
      case EUCLIDEAN -> Math.max(distance, Float.MIN_NORMAL);
      case LAPLACE, GAUSS -> 1;
    };
  }
}
