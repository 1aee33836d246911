package io.gio4j.select.balanced;

/** The energy distance between the target and the rows selected so far. */
final class SelectionEnergy {
  private final double withinTarget;
  private final double self;
  private long rows;
  private double crossSum;
  private double withinSum;

  /**
   * Starts without rows.
   *
   * @param withinTarget mean of rho between two target rows
   * @param self rho between a row and itself
   */
  SelectionEnergy(double withinTarget, double self) {
    this.withinTarget = withinTarget;
    this.self = self;
  }

  /**
   * Starts with the existing rows.
   *
   * @param count how many
   * @param cross sum over them of the mean of rho to the target
   * @param within sum of rho over all pairs of them
   */
  void begin(long count, double cross, double within) {
    rows = count;
    crossSum = cross;
    withinSum = within;
  }

  /**
   * Adds a row.
   *
   * @param weight how often it counts
   * @param cross its mean of rho to the target
   * @param total its sum of rho to the rows so far
   */
  void add(long weight, double cross, double total) {
    withinSum += 2.0 * weight * total + (double) weight * weight * self;
    crossSum += weight * cross;
    rows += weight;
  }

  /** Rows so far, each as often as it counts. */
  long rows() {
    return rows;
  }

  /** The energy distance; NaN without rows. */
  double distance() {
    double count = rows;
    return rows == 0
        ? Double.NaN
        : 2 * crossSum / count - withinTarget - withinSum / (count * count);
  }
}
