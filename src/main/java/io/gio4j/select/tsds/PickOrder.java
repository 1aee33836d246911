package io.gio4j.select.tsds;

/** In which order {@link Tsds} picks the rows that have a probability. */
public enum PickOrder {
  /** By probability, the largest first; of equal ones the earlier row. Nothing is random. */
  PROBABILITY,
  /**
   * Drawn one after another without replacement, each draw in proportion to the probabilities of
   * the rows that are left. The request's seed decides.
   */
  SAMPLE
}
