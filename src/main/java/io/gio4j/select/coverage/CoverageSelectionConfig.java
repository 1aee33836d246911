package io.gio4j.select.coverage;

/**
 * Options of a {@link CoverageSelection}. Immutable.
 *
 * @param budget rows to select at most, a row of weight q counting as q; null: until the best row
 *     gains less than a row of its own kind would
 * @param neighbors k, how many of the nearest selected rows count for each target row; null: as
 *     many as the budget gives each, rounded up, and 1 without a budget
 * @param epsilon added to distances before their logarithm, as a share of the target's typical
 *     distance ({@code LengthUnit}); 1e-8 by default
 */
public record CoverageSelectionConfig(Long budget, Integer neighbors, double epsilon) {
  /** Beyond the largest distance epsilon would be all there is. */
  private static final double LARGEST_EPSILON = 1e10;

  /** Checks every bound that does not depend on the data. */
  public CoverageSelectionConfig {
    if (budget != null && budget < 1) {
      throw new IllegalArgumentException("budget: is " + budget + "; must be at least 1");
    }
    if (neighbors != null && neighbors < 1) {
      throw new IllegalArgumentException("neighbors: is " + neighbors + "; must be at least 1");
    }
    if (!(epsilon >= 0 && epsilon <= LARGEST_EPSILON)) {
      throw new IllegalArgumentException(
          "epsilon: is " + epsilon + "; must lie between 0 and " + LARGEST_EPSILON);
    }
  }

  /** The defaults with a budget of rows. */
  public static CoverageSelectionConfig ofBudget(long rows) {
    return new CoverageSelectionConfig(rows, null, 1e-8);
  }

  /** The defaults without a budget. */
  public static CoverageSelectionConfig whileWorthwhile() {
    return new CoverageSelectionConfig(null, null, 1e-8);
  }

  /**
   * The k of a request.
   *
   * @param poolRows rows of the pool, each as often as it counts: more than these no budget gives
   * @throws IllegalArgumentException if so many neighbours of so many rows do not fit an array
   */
  int neighborsOf(int targetRows, long poolRows) {
    long k = 1;
    if (neighbors != null) {
      k = neighbors;
    } else if (budget != null) {
      k = Math.ceilDiv(Math.min(budget, poolRows), (long) targetRows);
    }
    long most = CoveragePlaces.MOST / targetRows;
    if (k > most) {
      throw new IllegalArgumentException(
          "neighbors: is %d%s; with %d target rows at most %d are possible"
              .formatted(k, neighbors == null ? " by the budget" : "", targetRows, most));
    }
    return (int) k;
  }
}
