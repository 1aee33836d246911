package io.gio4j.select;

import io.gio4j.select.gradient.StopCriterion;
import java.util.Locale;

/** Why a selection ended. */
public enum StopReason {
  INCREASE,
  MAX_RESETS,
  MIN_DIFFERENCE,
  SEQUENTIAL_INCREASE_TOLERANCE,
  MIN_KL,
  DATA_SIZE,
  /** The iterations allowed are used up. */
  MAX_ITERATIONS,
  /** The rows allowed are selected. */
  BUDGET,
  /** The best row gains less than chance would. */
  MIN_GAIN,
  /** Each target row has its pick. */
  COVERED,
  /** Rows are left, but the target has no influence on which of them would be picked. */
  NO_INFLUENCE,
  /** It was stopped, and these are the picks made until then. */
  INTERRUPTED,
  /** No candidate is left in the pool. */
  EXHAUSTED;

  public static StopReason of(StopCriterion criterion) {
    return valueOf(criterion.name());
  }

  /** The name in lower case, as requests and results spell it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
