package io.gio4j.select.bilevel;

/** What is fitted to the rows of a coreset. */
public enum InnerModel {
  /**
   * Multinomial logistic regression; labels are classes. Ten steps from zero, each with the bound
   * of its curvature by Boehning (1992), {@code X'X / 2}, so that none raises the loss and one
   * Cholesky factor serves all; near the optimum for the ridges that make sense here.
   */
  LOGISTIC(10, 0.5),

  /** Least squares; labels are numbers, which are standardised. One step, exact. */
  RIDGE(1, 1);

  private final int steps;
  private final double curvature;

  InnerModel(int steps, double curvature) {
    this.steps = steps;
    this.curvature = curvature;
  }

  /** {@return the steps of a fit} */
  int steps() {
    return steps;
  }

  /** {@return the factor of X'X in a step} */
  double curvature() {
    return curvature;
  }
}
