package io.gio4j.select;

import io.gio4j.divergence.EnergySums;
import io.gio4j.internal.RowBlocks;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;

/**
 * The shortest list: rows packed as points, so that a pick is told to all of them by one row's
 * product, 8 us for 512 rows of 784 columns.
 */
final class InnerList {
  private final EnergySums sums;
  private final double[] cross;
  private final EnergySums.Rows pick;
  private EnergySums.Points points;
  private int[] rows = new int[0];
  private long[] totals = new long[0];
  private int best;

  InnerList(EnergySums sums, double[] cross) {
    this.sums = sums;
    this.cross = cross;
    this.pick = sums.rows(1);
  }

  /** Takes some rows of a list. */
  void fill(ListedRows list, IntArrayList indices) {
    points = sums.noPoints();
    rows = new int[indices.size()];
    totals = new long[indices.size()];
    for (int i = 0; i < rows.length; i++) {
      int index = indices.getInt(i);
      rows[i] = list.row(index);
      totals[i] = list.total(index);
      RowBlocks.Place place = list.place(index);
      int end = place.offset() + sums.columns();
      points.add(Arrays.copyOfRange(place.values(), place.offset(), end), 1);
    }
  }

  /**
   * Picks the best row, the first of several.
   *
   * @param picks takes it, and says which rows are taken
   * @return whether one was left
   */
  boolean pick(PendingPicks picks, boolean[] taken, RowWeights weights) {
    best = -1;
    double bestScore = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < rows.length; i++) {
      double score = PendingPicks.score(sums, totals[i], cross[rows[i]], picks.mass());
      if (score > bestScore && !taken[rows[i]]) {
        best = i;
        bestScore = score;
      }
    }
    if (best < 0) {
      return false;
    }
    int row = rows[best];
    long weight = weights.of(row);
    float[] values = points.row(best);
    picks.add(row, values, weight, bestScore, totals[best]);
    taken[row] = true;
    tell(values, weight);
    return true;
  }

  private void tell(float[] values, long weight) {
    pick.load(values, 1);
    long[] ignored = new long[1];
    for (int panel = 0; panel < points.panels(); panel++) {
      pick.add(points, panel, ignored);
      int first = panel * points.panelSize();
      for (int lane = 0; lane < points.used(panel); lane++) {
        totals[first + lane] += weight * pick.ofPair(0, lane);
      }
    }
  }
}
