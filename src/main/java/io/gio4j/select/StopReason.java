package io.gio4j.select;

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
  /** No candidate is left in the pool. */
  EXHAUSTED;

  static StopReason of(StopCriterion criterion) {
    return valueOf(criterion.name());
  }

  /** The name in lower case, as requests and results spell it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
