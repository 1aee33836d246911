package io.gio4j.kernel;

import java.util.Objects;

/**
 * A function rho of the distance between two rows, of which an energy distance takes means.
 *
 * <p>Each is conditionally negative definite, so that {@code E(X, W) = 2 mean rho(x, w) - mean
 * rho(x, x') - mean rho(w, w')} is never negative, and 0 only for equal distributions (Szekely and
 * Rizzo 2013; Sejdinovic et al. 2013). With RATIONAL, LAPLACE and GAUSS it is the squared maximum
 * mean discrepancy of the kernel {@code -rho}.
 *
 * <p>RATIONAL is a mixture of Gauss kernels of all scales (Rasmussen and Williams 2006, equation
 * 4.19): it falls as a power of the distance, so a target has influence on rows however far they
 * are. LAPLACE is 0 as a float beyond 87 scales, GAUSS beyond 13.
 *
 * @param kind the function
 * @param scale a distance above 0: where rho begins to distinguish rows; without meaning for
 *     EUCLIDEAN
 * @param alpha how fast RATIONAL falls, above 0; without meaning for the others
 */
public record EnergyKernel(Kind kind, double scale, double alpha) {
  /**
   * The functions; r is the Euclidean distance, s the scale and a alpha.
   *
   * <p>To add one: its cases in the switches of this class, of {@code
   * internal.energy.KernelSizes#apply}, which computes it for a panel, and of {@code
   * internal.energy.TypicalDistances#share}, which finds its scale; then its name in Python's
   * {@code _methods/built_in.py}.
   */
  public enum Kind {
    /** {@code -1 / (1 + r^2 / (2 a s^2))^a}: scikit-learn's RationalQuadratic, negated. */
    RATIONAL,
    /** {@code -exp(-r / s)}. */
    LAPLACE,
    /** {@code -exp(-r^2 / (2 s^2))}. */
    GAUSS,
    /** {@code log(1 + r^2 / s^2) / 2}: the cross term is that of the averaged divergence. */
    LOG,
    /** {@code r}: the energy distance, which has no scale. */
    EUCLIDEAN
  }

  /** 1: RATIONAL then costs a division, and neither a root nor an exponential. */
  public static final double DEFAULT_ALPHA = 1;

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if the scale or alpha is not a finite number above 0
   */
  public EnergyKernel {
    Objects.requireNonNull(kind, "kind");
    requirePositive("scale", scale);
    requirePositive("alpha", alpha);
  }

  /**
   * A kernel with {@link #DEFAULT_ALPHA}.
   *
   * @param kind the function
   * @param scale a distance above 0
   * @throws IllegalArgumentException if the scale is not a finite number above 0
   */
  public EnergyKernel(Kind kind, double scale) {
    this(kind, scale, DEFAULT_ALPHA);
  }

  private static void requirePositive(String name, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          name + ": is " + value + "; must be a finite number above 0");
    }
  }

  /**
   * {@return rho at a distance}
   *
   * @param distance at least 0
   */
  public double at(double distance) {
    return factor() * size(distance);
  }

  private double size(double distance) {
    double scaled = distance / scale;
    return switch (kind) {
      case RATIONAL -> Math.pow(1 + scaled * scaled / (2 * alpha), -alpha);
      case LAPLACE -> Math.exp(-scaled);
      case GAUSS -> Math.exp(-scaled * scaled / 2);
      case LOG -> Math.log1p(scaled * scaled);
      case EUCLIDEAN -> distance;
    };
  }

  /**
   * {@return this function for distances that are {@code factor} times as large} Its scale grows as
   * they do, within the normal numbers.
   *
   * @param factor above 0
   */
  public EnergyKernel scaledBy(double factor) {
    double scaled = Math.clamp(scale * factor, Double.MIN_NORMAL, Double.MAX_VALUE);
    return new EnergyKernel(kind, scaled, alpha);
  }

  /**
   * {@return the constant factor of rho} Sums are formed of rho over this factor, which is at least
   * 0 for every distance, and multiplied by it once.
   */
  public double factor() {
    return switch (kind) {
      case RATIONAL, LAPLACE, GAUSS -> -1;
      case LOG -> 0.5;
      case EUCLIDEAN -> 1;
    };
  }

  /**
   * {@return a squared distance below which rho is flat} An error of {@code e} times this number in
   * a squared distance changes rho by at most {@code e} times its largest value or itself. 0 for
   * functions with a kink at distance 0.
   */
  public float flatSquare() {
    double square =
        switch (kind) {
          case RATIONAL -> 2 * alpha * scale * scale;
          case GAUSS -> 2 * scale * scale;
          case LOG -> scale * scale;
          case LAPLACE, EUCLIDEAN -> 0;
        };
    return (float) Math.min(Float.MAX_VALUE, square);
  }

  /** {@return whether rho tends to 0 far away, and so can be too small for a float} */
  public boolean vanishes() {
    return factor() < 0;
  }
}
