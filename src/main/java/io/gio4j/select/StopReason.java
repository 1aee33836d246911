package io.gio4j.select;

import java.util.Locale;

/** Why a selection ended. */
public enum StopReason {
  /** The next pick would have made the objective worse. */
  INCREASE,
  /** A gradient search: the objective rose after all resets. */
  MAX_RESETS,
  /** A gradient search: the objective fell by less than the least difference. */
  MIN_DIFFERENCE,
  /** A gradient search: the objective rose more often than is tolerated. */
  SEQUENTIAL_INCREASE_TOLERANCE,
  /** A gradient search: the objective is below its bound. */
  MIN_KL,
  /** A gradient search: the share of the pool that may be selected is used up. */
  DATA_SIZE,
  /** The iterations allowed are used up. */
  MAX_ITERATIONS,
  /** The rows allowed are selected. */
  BUDGET,
  /** The best row gains less than the larger selection costs. */
  MIN_GAIN,
  /** Each target row has its pick. */
  COVERED,
  /** Rows are left, but the target has no influence on which of them would be picked. */
  NO_INFLUENCE,
  /** No row that is left gains anything. */
  SATURATED,
  /** The selection was stopped, and has the picks made until then. */
  INTERRUPTED,
  /** Rows are left, and the request's limits allow none of them. */
  LIMITS,
  /** No candidate is left in the pool. */
  EXHAUSTED;

  /** {@return the name in lower case, as requests and results spell it} */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
