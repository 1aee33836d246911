package io.gio4j.select.exact;

/**
 * Options of an {@link ExactSelection}. Immutable.
 *
 * @param budget rows to select at most, a row of weight q counting as q; null: as long as the
 *     divergence falls
 * @param neighbors k of the divergence: the spacing of the target is the distance to the k-th
 *     nearest row; 1 to n - 1; the reference's default is 5
 * @param epsilon added to distances before their logarithm, as a share of the target's typical
 *     distance ({@code LengthUnit}); 1e-8 by default
 * @param discardNearest leave out the selected row nearest to each target row; for pools of the
 *     target's own rows
 */
public record ExactSelectionConfig(
    Long budget, int neighbors, double epsilon, boolean discardNearest) {
  /** Beyond the largest distance epsilon would be all there is. */
  private static final double LARGEST_EPSILON = 1e10;

  /** Checks every bound that does not depend on the data. */
  public ExactSelectionConfig {
    if (budget != null && budget < 1) {
      throw new IllegalArgumentException("budget: is " + budget + "; must be at least 1");
    }
    if (neighbors < 1) {
      throw new IllegalArgumentException("neighbors: is " + neighbors + "; must be at least 1");
    }
    if (!(epsilon >= 0 && epsilon <= LARGEST_EPSILON)) {
      throw new IllegalArgumentException(
          "epsilon: is " + epsilon + "; must lie between 0 and " + LARGEST_EPSILON);
    }
  }

  /** The defaults with a budget of rows. */
  public static ExactSelectionConfig ofBudget(long rows) {
    return new ExactSelectionConfig(rows, 5, 1e-8, false);
  }

  /** The defaults without a budget. */
  public static ExactSelectionConfig whileFalling() {
    return new ExactSelectionConfig(null, 5, 1e-8, false);
  }
}
