package io.gio4j.select.cover;

/** The weight of one part of a function beside the other. */
final class Factors {
  /** A part that weighs more leaves no digits of the other in a double. */
  private static final double LARGEST = 1e10;

  private Factors() {}

  /** Checks a weight that is an option. */
  static void require(String name, double value) {
    if (!(value >= 0 && value <= LARGEST)) {
      throw new IllegalArgumentException(
          "%s: is %s; must lie between 0 and %s".formatted(name, value, LARGEST));
    }
  }
}
