package io.gio4j.select.pursuit;

/** The option that both pursuits have: default and bound. */
final class PursuitOptions {
  /** None: dependent rows do not enter a fit, and copies of a row are left out. */
  static final double RIDGE = 0;

  private PursuitOptions() {}

  static void requireRidge(double ridge) {
    if (!(ridge >= 0 && ridge < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("ridge: is " + ridge + "; must be at least 0 and finite");
    }
  }
}
