package io.gio4j.testing;

import java.util.Arrays;

/**
 * The averaged divergence as the contract words it: every distance, sorted where it must be, in
 * double. Slow and plain, so that a reader can check it against the formula.
 */
public final class NaiveDivergence {
  private NaiveDivergence() {}

  /** {@code |a - b|^2}, without the clip. */
  public static double squaredDistance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sum;
  }

  /** The distance, from a squared one clipped to [1e-10, 1e20]. */
  public static double distance(double[] a, double[] b) {
    return Math.sqrt(Math.max(1e-10, Math.min(1e20, squaredDistance(a, b))));
  }

  /**
   * The k-th nearest other row of each row: sorted position k, where position 0 is the row itself.
   */
  public static double[] spacing(double[][] x, int k) {
    double[] spacing = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      double[] row = x[i];
      spacing[i] =
          Arrays.stream(x).mapToDouble(other -> distance(row, other)).sorted().toArray()[k];
    }
    return spacing;
  }

  /** The estimate. */
  public static double estimate(
      double[][] x, double[][] y, int k, double epsilon, boolean discardNearest) {
    return estimate(x, spacing(x, k), y, k, epsilon, discardNearest);
  }

  /** The estimate, with the spacing at hand. */
  static double estimate(
      double[][] x, double[] spacing, double[][] y, int k, double epsilon, boolean discardNearest) {
    int columns = x[0].length;
    double logs = 0;
    double terms = 0;
    for (int i = 0; i < x.length; i++) {
      double[] row = x[i];
      double[] distances =
          Arrays.stream(y).mapToDouble(other -> distance(row, other)).sorted().toArray();
      for (int l = discardNearest ? 1 : 0; l < y.length; l++) {
        logs += columns * (Math.log(distances[l] + epsilon) - Math.log(spacing[i] + epsilon));
        terms++;
      }
    }
    double sizes = 0;
    for (int l = 1; l <= y.length; l++) {
      sizes += Math.log((double) k * y.length / (l * (x.length - 1.0)));
    }
    return logs / terms + sizes / y.length;
  }

  /**
   * The gradient of the estimate of x from {@code selected} and {@code point} together, in the
   * point. With the nearest left out a target row to which the point itself is nearest adds
   * nothing.
   */
  public static double[] gradient(
      double[][] x, double[][] selected, double[] point, double epsilon, boolean discardNearest) {
    int columns = point.length;
    double terms = (double) x.length * (selected.length + (discardNearest ? 0 : 1));
    double[] gradient = new double[columns];
    for (double[] row : x) {
      double squared = squaredDistance(row, point);
      boolean clipped = squared <= 1e-10 || squared >= 1e20;
      boolean left =
          discardNearest
              && Arrays.stream(selected).allMatch(other -> squaredDistance(row, other) >= squared);
      if (!clipped && !left) {
        double distance = Math.sqrt(squared);
        for (int c = 0; c < columns; c++) {
          gradient[c] += columns / terms * (point[c] - row[c]) / (distance * (distance + epsilon));
        }
      }
    }
    return gradient;
  }
}
