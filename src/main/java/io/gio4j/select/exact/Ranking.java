package io.gio4j.select.exact;

import io.gio4j.internal.select.Picks;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;

/** The rows of a pool, best first, and the divergence of those selected so far. */
interface Ranking {
  /** The divergence of the rows selected so far; NaN if there are none. */
  double divergence();

  /** The best row that is not selected yet, or -1 when none is left. */
  int best();

  /** The divergence once the best row is selected too. */
  double divergenceWithBest();

  /** Selects the best row. */
  void select();

  /** Leaves the best row out. */
  void skip();

  /** Picks the best row repeatedly, up to the budget or as long as the divergence falls. */
  default StopReason pickInto(Picks picks, SelectionRequest request) {
    picks.begin(divergence(), request.pool().rows());
    while (!picks.full()) {
      int row = best();
      if (row < 0) {
        return picks.ended();
      }
      if (!picks.allows(row)) {
        skip();
        continue;
      }
      double kl = divergenceWithBest();
      if (request.budget() == null && kl > picks.objective()) {
        picks.rejected(kl);
        return StopReason.INCREASE;
      }
      select();
      picks.add(row, picks.objective() - kl, kl);
    }
    return StopReason.BUDGET;
  }
}
