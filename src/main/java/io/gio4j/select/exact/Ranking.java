package io.gio4j.select.exact;

/** The rows of a pool, best first, and the divergence of those selected so far. */
interface Ranking {
  /** The divergence of the rows selected so far; NaN if there are none. */
  double divergence();

  /** The best row that is not selected yet, or -1 when none is left. */
  int best();

  /** The divergence with the best row too. */
  double divergenceWithBest();

  /** Selects the best row. */
  void select();
}
