package io.gio4j.internal.divergence;

import java.util.Arrays;

/**
 * The averaged divergence of a selection that grows row by row, at one pass over the target a row.
 *
 * <p>A row is first measured ({@link #measure}), which returns the divergence with it, and then
 * added ({@link #add}) or dropped. With {@code discardNearest} the nearest selected row of each
 * target row is left out of the mean, for which a minimum is kept for each target row.
 */
public final class RunningDivergence {
  private final TargetModel target;
  private final int k;
  private final boolean discardNearest;
  private final double spacing;

  private final double[] squared;
  private final double[] nearest;
  private double sum;
  private double logFactorial;
  private int selected;

  private double measured;
  private double measuredNearestLogs;
  private double nearestLogs;

  /** Starts with nothing selected, and finds the target's spacing: n^2 d multiply-adds. */
  public RunningDivergence(TargetModel target, int k, boolean discardNearest) {
    this.target = target;
    this.k = k;
    this.discardNearest = discardNearest;
    this.spacing = target.meanLogSpacing(k);
    this.squared = new double[target.rows()];
    this.nearest = discardNearest ? new double[target.rows()] : null;
    if (discardNearest) {
      Arrays.fill(nearest, Double.POSITIVE_INFINITY);
    }
  }

  /** Rows selected so far. */
  public int selected() {
    return selected;
  }

  /**
   * Squared distance of each target row to its nearest selected row, or null without {@code
   * discardNearest}. Read only.
   */
  public double[] nearestSquared() {
    return nearest;
  }

  /** The divergence if {@code row} were selected too. */
  public double measure(double[] row) {
    measured = target.meanLogDistance(row, squared);
    if (discardNearest) {
      measuredNearestLogs = 0;
      for (int i = 0; i < squared.length; i++) {
        measuredNearestLogs += target.logDistance(Math.min(nearest[i], squared[i]));
      }
    }
    return value(
        sum + measured, selected + 1, logFactorial + Math.log(selected + 1.0), measuredNearestLogs);
  }

  /** Selects the row measured last. */
  public void add() {
    sum += measured;
    selected++;
    logFactorial += Math.log(selected);
    nearestLogs = measuredNearestLogs;
    if (discardNearest) {
      TargetModel.keepMinima(squared, nearest, 0, nearest.length);
    }
  }

  /** The divergence of the rows selected so far. */
  public double value() {
    return value(sum, selected, logFactorial, nearestLogs);
  }

  private double value(double sum, int rows, double logFactorial, double nearestLogs) {
    double mean = discardNearest ? (sum - nearestLogs / target.rows()) / (rows - 1) : sum / rows;
    return target.columns() * (mean - spacing)
        + TargetModel.sizeTerm(k, target.rows(), rows, logFactorial);
  }
}
