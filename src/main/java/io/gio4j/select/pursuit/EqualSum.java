package io.gio4j.select.pursuit;

/** The sum of rows that all weigh the same, and how well it fits the goal. */
final class EqualSum {
  private final Goal goal;
  private final double[] values;

  EqualSum(Goal goal) {
    this.goal = goal;
    this.values = new double[goal.values().length];
  }

  void add(float[] row) {
    for (int column = 0; column < values.length; column++) {
      values[column] += row[column];
    }
  }

  /** {@return the sum; not to be changed} */
  double[] values() {
    return values;
  }

  /** {@return the weight of every row with which the sum fits best, 0 if it points elsewhere} */
  double weight() {
    double square = Goal.square(values);
    return square == 0 ? 0 : Math.max(0, Goal.product(values, goal.values()) / square);
  }

  /** {@return the loss with that weight, as a share of the goal's square} */
  double loss() {
    double weight = weight();
    double[] residual = goal.values().clone();
    for (int column = 0; column < residual.length; column++) {
      residual[column] -= weight * values[column];
    }
    return goal.loss(residual);
  }
}
