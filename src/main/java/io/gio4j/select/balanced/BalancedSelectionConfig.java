package io.gio4j.select.balanced;

import io.gio4j.internal.energy.TypicalDistances;
import io.gio4j.kernel.EnergyKernel;
import java.util.Objects;

/**
 * Options of a {@link BalancedSelection}. Immutable.
 *
 * @param budget rows to select, a row of weight q counting as q; null: as long as the energy
 *     distance falls
 * @param kernel the function of distances
 * @param scale of the function; null: what {@link TypicalDistances#scale} finds
 * @param alpha how fast RATIONAL falls; null: {@link EnergyKernel#DEFAULT_ALPHA}, as for all others
 */
public record BalancedSelectionConfig(
    Long budget, EnergyKernel.Kind kernel, Double scale, Double alpha) {
  /** At least level with the others on every task of docs/quality.md, and never without effect. */
  public static final EnergyKernel.Kind DEFAULT_KERNEL = EnergyKernel.Kind.RATIONAL;

  /** Checks every bound that does not depend on the data. */
  public BalancedSelectionConfig {
    Objects.requireNonNull(kernel, "kernel");
    if (budget != null && budget < 1) {
      throw new IllegalArgumentException("budget: is " + budget + "; must be at least 1");
    }
    if (alpha != null && kernel != EnergyKernel.Kind.RATIONAL) {
      throw new IllegalArgumentException(
          "alpha: is " + alpha + "; only RATIONAL has one, and the kernel is " + kernel);
    }
    kernel(kernel, scale == null ? 1 : scale, alpha);
  }

  /** The defaults with a budget of rows. */
  public static BalancedSelectionConfig ofBudget(long rows) {
    return new BalancedSelectionConfig(rows, DEFAULT_KERNEL, null, null);
  }

  /** The defaults without a budget. */
  public static BalancedSelectionConfig whileFalling() {
    return new BalancedSelectionConfig(null, DEFAULT_KERNEL, null, null);
  }

  /** The function of distances, with a scale that suits the rows unless one was given. */
  EnergyKernel kernel(TypicalDistances typical) {
    double shape = alpha == null ? EnergyKernel.DEFAULT_ALPHA : alpha;
    return kernel(kernel, scale == null ? typical.scale(kernel, shape) : scale, alpha);
  }

  private static EnergyKernel kernel(EnergyKernel.Kind kind, double scale, Double alpha) {
    return new EnergyKernel(kind, scale, alpha == null ? EnergyKernel.DEFAULT_ALPHA : alpha);
  }
}
