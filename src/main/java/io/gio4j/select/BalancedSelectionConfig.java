package io.gio4j.select;

import io.gio4j.divergence.EnergyKernel;
import java.util.Objects;

/**
 * Options of a {@link BalancedSelection}. Immutable.
 *
 * @param budget rows to select, a row of weight q counting as q; null: as long as the energy
 *     distance falls
 * @param kernel the function of distances
 * @param scale of the function; null: half the median distance between two target rows, for LOG a
 *     hundredth of it
 */
public record BalancedSelectionConfig(Long budget, EnergyKernel.Kind kernel, Double scale) {
  /** Checks every bound that does not depend on the data. */
  public BalancedSelectionConfig {
    Objects.requireNonNull(kernel, "kernel");
    if (budget != null && budget < 1) {
      throw new IllegalArgumentException("budget: is " + budget + "; must be at least 1");
    }
    if (scale != null) {
      new EnergyKernel(kernel, scale);
    }
  }

  /** The defaults with a budget of rows. */
  public static BalancedSelectionConfig ofBudget(long rows) {
    return new BalancedSelectionConfig(rows, EnergyKernel.Kind.LAPLACE, null);
  }

  /** The defaults without a budget. */
  public static BalancedSelectionConfig whileFalling() {
    return new BalancedSelectionConfig(null, EnergyKernel.Kind.LAPLACE, null);
  }
}
