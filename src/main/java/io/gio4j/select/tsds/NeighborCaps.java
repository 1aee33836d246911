package io.gio4j.select.tsds;

/** What bounds the numbers of neighbours of {@link Tsds} beside its options. */
public enum NeighborCaps {
  /** The rows that there are. */
  POOL,
  /**
   * As in the paper's script: a tenth of the pool, rounded down but at least 1, bounds both
   * numbers, and a target row fills one row less than it retrieves.
   */
  SCRIPT
}
