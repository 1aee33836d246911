package io.gio4j.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Comparison of numbers that went through different orders of rounding. */
public final class Close {
  private Close() {}

  /** Asserts that a number agrees up to a share of its size, or of 1 where it is smaller. */
  public static void assertClose(double expected, double actual, double tolerance, String what) {
    if (Double.isFinite(expected)) {
      assertEquals(expected, actual, tolerance * Math.max(1, Math.abs(expected)), what);
    } else {
      assertEquals(expected, actual, what);
    }
  }

  /**
   * The length of the difference as a share of the expected vector's length; 0 where both are NaN
   * in the same places.
   */
  public static double relativeError(double[] expected, double[] actual) {
    assertEquals(expected.length, actual.length, "length");
    double difference = 0;
    double size = 0;
    for (int i = 0; i < expected.length; i++) {
      if (Double.isNaN(expected[i]) && Double.isNaN(actual[i])) {
        continue;
      }
      difference += (expected[i] - actual[i]) * (expected[i] - actual[i]);
      size += expected[i] * expected[i];
    }
    return difference == 0 ? 0 : Math.sqrt(difference / size);
  }

  /** Asserts that vectors agree up to a share of the expected one's length. */
  public static void assertClose(
      double[] expected, double[] actual, double tolerance, String what) {
    double error = relativeError(expected, actual);
    assertTrue(error <= tolerance, () -> what + ": relative error " + error);
  }
}
