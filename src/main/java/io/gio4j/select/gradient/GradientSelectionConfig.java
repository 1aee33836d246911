package io.gio4j.select.gradient;

import io.gio4j.divergence.LengthUnit;

/**
 * Options of a {@link GradientSelection}. Immutable.
 *
 * @param budget rows to select at most, a row of weight q counting as q; null: as long as the
 *     divergence falls
 * @param neighbors k of the divergence; 1 to n - 1; the reference's default is 5
 * @param epsilon added to distances before their logarithm, as a share of the target's typical
 *     distance ({@code LengthUnit}); 1e-8 by default
 * @param steps steps of a descent, three times as many in the first one; the reference's default is
 *     50
 * @param learningRate factor on each step; the reference's default is 0.01
 * @param scaleFactor factor on the gradient, or null: |v| / |gradient at v| at the start
 * @param startVector where descents start: the target's mean, the last end, or random target rows
 * @param seed of the random target rows
 */
public record GradientSelectionConfig(
    Long budget,
    int neighbors,
    double epsilon,
    int steps,
    double learningRate,
    Double scaleFactor,
    StartVector startVector,
    long seed) {
  /** Checks every bound that does not depend on the data. */
  public GradientSelectionConfig {
    if (budget != null && budget < 1) {
      throw new IllegalArgumentException("budget: is " + budget + "; must be at least 1");
    }
    searchOf(budget, neighbors, epsilon, steps, learningRate, scaleFactor, startVector);
  }

  /** The defaults with a budget of rows. */
  public static GradientSelectionConfig ofBudget(long rows) {
    return new GradientSelectionConfig(rows, 5, 1e-8, 50, 0.01, null, StartVector.MEAN, 0);
  }

  GradientSearchConfig search() {
    return searchOf(budget, neighbors, epsilon, steps, learningRate, scaleFactor, startVector);
  }

  private static GradientSearchConfig searchOf(
      Long budget,
      int neighbors,
      double epsilon,
      int steps,
      double learningRate,
      Double scaleFactor,
      StartVector startVector) {
    GradientSearchConfig.Builder builder =
        GradientSearchConfig.builder()
            .neighbors(neighbors)
            .maxIterations(Integer.MAX_VALUE - 1)
            .epsilon(epsilon)
            .unit(LengthUnit.TYPICAL)
            .descentSteps(steps)
            .learningRate(learningRate)
            .startVector(startVector);
    if (scaleFactor != null) {
      builder.scaleFactor(scaleFactor);
    }
    if (budget != null) {
      // A rule that never fires: the budget ends it.
      builder.stopCriterion(StopCriterion.MIN_KL).minKl(-Double.MAX_VALUE);
    }
    return builder.build();
  }
}
