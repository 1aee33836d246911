package io.gio4j.select;

/**
 * Options of a {@link JumpSelection}. Immutable.
 *
 * @param budget rows to select at most, a row of weight q counting as q; null: one row for each
 *     target row
 * @param seed of the order in which target rows take their turns; 0 to 2^32 - 1
 */
public record JumpSelectionConfig(Long budget, long seed) {
  private static final long LARGEST_SEED = 0xffffffffL;

  /** Checks every bound that does not depend on the data. */
  public JumpSelectionConfig {
    if (budget != null && budget < 1) {
      throw new IllegalArgumentException("budget: is " + budget + "; must be at least 1");
    }
    if (seed < 0 || seed > LARGEST_SEED) {
      throw new IllegalArgumentException(
          "seed: is " + seed + "; must lie between 0 and " + LARGEST_SEED);
    }
  }

  /** A budget of rows, seed 0. */
  public static JumpSelectionConfig ofBudget(long rows) {
    return new JumpSelectionConfig(rows, 0);
  }

  /** One row for each target row, seed 0. */
  public static JumpSelectionConfig oneEach() {
    return new JumpSelectionConfig(null, 0);
  }
}
