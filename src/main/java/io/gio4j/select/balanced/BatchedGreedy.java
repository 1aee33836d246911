package io.gio4j.select.balanced;

import io.gio4j.internal.Execution;
import io.gio4j.internal.select.Picks;

/**
 * Greedy picks in batches: the picks that a search over all pool rows would make one at a time.
 *
 * <p><b>Idea.</b> Every pick changes every row's score, but by little: the next picks mostly lie
 * among the few thousand rows that score best now. So picks are speculated on a shortlist and then
 * validated: the product that updates every row's score also finds the first pick that another row
 * would have beaten, and the batch is cut there. A batch's first pick always stands, since the list
 * holds the best row of all.
 *
 * <p>Batches begin small and grow with the selection, as each pick weighs less: with 300 targets
 * over Fashion-MNIST (60,000 x 784) from 2 to 70 picks in the first 1,500, with 1,000 targets over
 * 1,000,000 x 384 to 230 in 10,000. Mostly a row from far down the ranking ends a batch, since the
 * scores of most rows differ by less than a few picks change them. The lengths of list and batch do
 * not affect the picks, only how many are validated at once.
 *
 * <p><b>Limits.</b> A row that the request's limits forbid is passed over, be it for pending picks
 * alone, and cannot beat a pick. When a batch is cut, rows that were forbidden after more picks
 * than are valid are considered again. All rows of the list are compared with the picks when it is
 * made, so that rows too near to one do not crowd it.
 */
final class BatchedGreedy {
  /** A batch is a multiple of this, the lanes of a panel. */
  static final int PANEL = 32;

  /** Most picks of a batch: their product then takes longer than reading the pool. */
  static final int BATCH = 256;

  /**
   * Fewest rows of the list, which doubles when a batch ends early, up to a share of the pool.
   * Updating the list after a pick must stay cheap beside the pool's product: 3,000 picks of
   * 400,000 x 384 took 124 batches and 11.2 s with up to 16,384 rows, 109 batches and 11.7 s with
   * 25,000; 1,500 picks of 60,000 x 784 took 73 batches and 1.9 s with 4,096 rows, 58 and 2.4 s
   * with 8,192.
   */
  private static final int LIST = 4096;

  private static final int LONGEST_LIST = 16_384;
  private static final int SHARE = 16;

  private final HerdingScores scores;
  private final Picks selected;
  private final Shortlist list;
  private final int longestList;
  private int listed = LIST;
  private int batch = PANEL;

  BatchedGreedy(HerdingScores scores, Picks selected, Execution execution) {
    this.scores = scores;
    this.selected = selected;
    this.list = new Shortlist(scores, selected, execution);
    this.longestList = Math.clamp(scores.pool().rows().rows() / SHARE, LIST, LONGEST_LIST);
  }

  /**
   * The next picks, validated and added to every row's score, but not selected yet; none when the
   * pool is used up.
   *
   * @param most rows wanted, each of weight 1
   */
  PendingPicks next(long most) {
    list.fill(selected.areLimited() ? scores.bestAllowed(listed, selected) : scores.best(listed));
    int wanted = (int) Math.min(batch, most);
    PendingPicks picks =
        new PendingPicks(scores.sums(), scores.pool(), wanted, scores.energy().rows(), selected);
    boolean more = true;
    while (more && picks.size() < wanted) {
      more = list.pick(picks);
    }
    int valid = scores.validate(picks);
    if (valid == picks.size()) {
      batch = Math.min(2 * batch, BATCH);
      listed = Math.max(LIST, listed - listed / 4);
      return picks;
    }
    batch = Math.clamp(Math.ceilDiv(valid, PANEL) * (long) PANEL, PANEL, BATCH);
    listed = Math.min(2 * listed, longestList);
    for (int pick = valid; pick < picks.size(); pick++) {
      scores.release(picks.row(pick));
    }
    picks.cut(valid);
    list.forgetForbidden(valid);
    return picks;
  }
}
