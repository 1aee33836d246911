package io.gio4j.select;

import io.gio4j.internal.Execution;

/**
 * Greedy picks in batches, the same as one at a time over the whole pool.
 *
 * <p><b>Idea.</b> Every pick changes every row's score, but by little: the next hundred picks
 * nearly always lie among the few thousand rows that score best now. So picks are foreseen on a
 * shortlist and confirmed by the pool: the product that tells all rows of a batch's picks also
 * tells, pick by pick, whether a row outside should have come before. The first such pick ends the
 * batch; it and those after it are taken back. A batch's first pick is always right, since the list
 * holds the best row of all.
 *
 * <p>The same again inside: among the thousands a still shorter list of hundreds foresees the next
 * {@link #INNER_BATCH} picks, one at a time, and the longer list confirms them by one product.
 * Lists double when they proved too short. They have no part in the picks, only in how many are
 * confirmed at once.
 */
final class BatchedGreedy {
  /** Picks that the pool confirms at once, at most: twice as many as it did the time before. */
  private static final int BATCH = 128;

  /** Picks that the list confirms at once: one panel of 32 lanes. */
  private static final int INNER_BATCH = 32;

  private static final int LIST = 8192;
  private static final int INNER_LIST = 512;

  /** Up to so many rows the shortest list holds the whole pool, and foresees every pick. */
  private static final int SMALL_POOL = 2048;

  /** One over the largest share of the pool in the list. */
  private static final int SHARE = 4;

  /** One over the largest share of the heap for the list's rows. */
  private static final int HEAP_SHARE = 16;

  private final PoolEnergies energies;
  private final RowWeights weights;
  private final ListedRows list;
  private final InnerList innerList;
  private final int longestList;
  private int listed = LIST;
  private int innerListed;
  private int batch = INNER_BATCH;

  BatchedGreedy(PoolEnergies energies, RowWeights weights, Execution execution) {
    this.energies = energies;
    this.weights = weights;
    this.list =
        new ListedRows(
            energies.sums(), energies.columns(), energies.cross(), energies.taken(), execution);
    this.innerList = new InnerList(energies.sums(), energies.cross());
    this.innerListed = energies.rows() <= SMALL_POOL ? energies.rows() : INNER_LIST;
    long fit = Runtime.getRuntime().maxMemory() / HEAP_SHARE / (4L * energies.columns());
    this.longestList = (int) Math.clamp(energies.rows() / SHARE, LIST, Math.max(LIST, fit));
  }

  /**
   * The next picks, confirmed and told to all rows, but not selected yet; none when the pool is
   * used up.
   *
   * @param most rows wanted, each of weight 1
   */
  PendingPicks next(long most) {
    energies.list(listed, list);
    PendingPicks picks = new PendingPicks(energies.sums(), energies.mass());
    int wanted = (int) Math.min(batch, most);
    boolean isWholePool = energies.rows() <= listed;
    if (isWholePool) {
      PendingPicks foreseen = foresee(picks, wanted);
      addForeseen(foreseen, foreseen.size(), picks);
    } else {
      while (picks.size() < wanted && confirmForeseen(picks, wanted - picks.size())) {}
    }
    int confirmed = energies.confirm(picks);
    if (confirmed == picks.size()) {
      listed = Math.max(LIST, listed - listed / 4);
    } else if (isWholePool) {
      innerListed = Math.min(2 * innerListed, LIST);
    } else {
      listed = Math.min(2 * listed, longestList);
    }
    batch = Math.clamp(2L * confirmed / INNER_BATCH * INNER_BATCH, INNER_BATCH, BATCH);
    return firstOf(picks, confirmed);
  }

  private PendingPicks firstOf(PendingPicks picks, int count) {
    if (count == picks.size()) {
      return picks;
    }
    for (int pick = count; pick < picks.size(); pick++) {
      energies.taken()[picks.row(pick)] = false;
    }
    PendingPicks first = new PendingPicks(energies.sums(), energies.mass());
    first.addAll(picks, count, energies::values);
    return first;
  }

  /** Adds picks that the list confirms; answers whether there were any. */
  private boolean confirmForeseen(PendingPicks picks, int most) {
    PendingPicks foreseen = foresee(picks, Math.min(INNER_BATCH, most));
    int confirmed = list.confirm(foreseen);
    if (confirmed < foreseen.size()) {
      innerListed = Math.min(2 * innerListed, LIST / 2);
    }
    addForeseen(foreseen, confirmed, picks);
    return confirmed > 0;
  }

  /** What the shortest list would pick next. */
  private PendingPicks foresee(PendingPicks picks, int most) {
    innerList.fill(list, list.bestOf(innerListed, picks.mass()));
    PendingPicks foreseen = new PendingPicks(energies.sums(), picks.mass());
    boolean more = true;
    while (more && foreseen.size() < most) {
      more = innerList.pick(foreseen, energies.taken(), weights);
    }
    return foreseen;
  }

  private void addForeseen(PendingPicks foreseen, int confirmed, PendingPicks picks) {
    for (int pick = confirmed; pick < foreseen.size(); pick++) {
      energies.taken()[foreseen.row(pick)] = false;
    }
    picks.addAll(foreseen, confirmed, energies::values);
  }
}
