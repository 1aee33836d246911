package io.gio4j.select.kcenter;

/** Where the first centre lies, if there are no existing rows. */
public enum Start {
  /** At the pool row nearest to the mean of the pool. */
  POOL,
  /** At the pool row nearest to the mean of the target. */
  TARGET,
  /** At a pool row that the request's seed draws. */
  RANDOM
}
