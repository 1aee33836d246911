package io.gio4j.select.nearest;

/**
 * Options of a {@link JumpSelection}. Immutable.
 *
 * @param budget rows to select at most, a row of weight q counting as q; null: one row for each
 *     target row
 * @param seed of the order in which target rows take their turns
 */
public record JumpSelectionConfig(Long budget, long seed) {
  /** Checks every bound that does not depend on the data. */
  public JumpSelectionConfig {
    if (budget != null && budget < 1) {
      throw new IllegalArgumentException("budget: is " + budget + "; must be at least 1");
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
