package io.gio4j.divergence;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;

/** The divergence with threads and inner loops of a test's choice. */
public final class DivergenceAccess {
  private DivergenceAccess() {}

  public static double estimate(
      AveragedDivergence divergence, FloatMatrix x, FloatMatrix y, Execution execution) {
    return divergence.estimate(x, y, execution);
  }

  public static double[] terms(
      AveragedDivergence divergence, FloatMatrix x, FloatMatrix y, Execution execution) {
    return divergence.terms(x, y, execution);
  }
}
