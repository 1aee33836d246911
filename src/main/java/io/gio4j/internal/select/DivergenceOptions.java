package io.gio4j.internal.select;

/** The two options that every method on the averaged divergence has: defaults and bounds. */
public final class DivergenceOptions {
  /** As in the paper and in grad-info-opt. */
  public static final int K = 5;

  /** As in grad-info-opt. */
  public static final double EPS = 1e-8;

  /** Distances are clipped to this: a larger epsilon would outweigh all of them. */
  private static final double LARGEST_EPS = 1e10;

  private DivergenceOptions() {}

  /**
   * Checks {@code k}; its upper bound depends on the data.
   *
   * @param k the number
   */
  public static void requireK(int k) {
    if (k < 1) {
      throw new IllegalArgumentException("k: is " + k + "; must be at least 1");
    }
  }

  /**
   * Checks {@code eps}.
   *
   * @param eps the number
   */
  public static void requireEps(double eps) {
    if (!(eps >= 0 && eps <= LARGEST_EPS)) {
      throw new IllegalArgumentException(
          "eps: is " + eps + "; must lie between 0 and " + LARGEST_EPS);
    }
  }
}
