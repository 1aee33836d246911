package io.gio4j.internal.divergence;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import java.util.Arrays;

/**
 * Gradient descent of one point on the averaged divergence of a target from a selection and that
 * point; see {@link DivergenceGradient} for the gradient.
 *
 * @param steps how many steps
 * @param rate learning rate times scale
 * @param epsilon added to distances before their logarithm
 * @param discardNearest leave out the selected row nearest to each target row
 */
public record Descent(int steps, double rate, double epsilon, boolean discardNearest) {
  /** Checks the number of steps. */
  public Descent {
    if (steps < 0) {
      throw new IllegalArgumentException("steps: is " + steps + "; must be at least 0");
    }
    if (Double.isNaN(rate)) {
      throw new IllegalArgumentException("rate: is NaN; must be a number");
    }
  }

  /**
   * {@return the point where the descent ends, d numbers} Costs 2 n d multiply-adds a step.
   *
   * @param start one row
   */
  public double[] from(
      FloatMatrix start, FloatMatrix target, FloatMatrix selected, Progress progress) {
    start.requireColumnsOf(target);
    selected.requireColumnsOf(target);
    if (start.rows() != 1) {
      throw new IllegalArgumentException(
          start.name() + ": has " + start.rows() + " rows; a descent starts from one");
    }
    Execution execution = Execution.watchedBy(progress);
    TargetModel model = new TargetModel(target, epsilon, execution);
    double[] point = RowBlocks.of(start, execution).row(0);
    RowBlocks rows = RowBlocks.of(selected, execution);
    double[] nearest = discardNearest ? nearestSquared(model, rows) : null;
    new DivergenceGradient(model).descend(point, steps, rate, selected.rows(), nearest);
    return point;
  }

  private static double[] nearestSquared(TargetModel model, RowBlocks selected) {
    double[] nearest = new double[model.rows()];
    double[] squared = new double[model.rows()];
    Arrays.fill(nearest, Double.POSITIVE_INFINITY);
    for (int row = 0; row < selected.rows(); row++) {
      model.meanLogDistance(selected.row(row), squared);
      TargetModel.keepMinima(squared, nearest, 0, nearest.length);
    }
    return nearest;
  }
}
