package io.gio4j.select.balanced;

import io.gio4j.internal.Execution;
import io.gio4j.internal.energy.EnergySums;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RowWeights;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.ArrayList;
import java.util.List;

/**
 * The pool rows among which the next picks are speculated, one at a time.
 *
 * <p>Rows are packed as points, so that the product with one row updates all of them after a pick.
 * It takes as long as reading them: under 1 ms for 16,384 rows of 384 columns. (Products with 32
 * likely picks at a time took longer in all, since only one in ten of them was picked in the end.)
 * Rows are in the pool's order, so the first of several best ones is the pool's first.
 */
final class Shortlist {
  /** Rows of a part, which one thread updates. */
  private static final int PART = 1024;

  private final HerdingScores scores;
  private final RowWeights weights;
  private final Execution execution;

  /** Reused for the next list, since they take up to 25 MB; the first {@link #used} are in use. */
  private final List<Part> parts = new ArrayList<>();

  private int used;

  /** Listed rows that limits forbid, and the number of pending picks after which they do. */
  private final IntArrayList forbidden = new IntArrayList();

  private final IntArrayList forbiddenAfter = new IntArrayList();

  private final class Part {
    private final EnergySums.Points points = scores.sums().noPoints(scores.pool());
    private final EnergySums.Rows pick = scores.sums().rows(1);
    private final int[] rows = new int[PART];
    private final double[] totals = new double[PART];
    private final double[] cross = new double[PART];
    private int best;
    private double bestScore;

    void fill(IntArrayList listed, int from) {
      points.clear();
      for (int i = from; i < Math.min(listed.size(), from + PART); i++) {
        int row = listed.getInt(i);
        rows[i - from] = row;
        totals[i - from] = scores.total(row);
        cross[i - from] = scores.cross(row);
        points.add(row, 1);
      }
    }

    void findBest(long selected) {
      best = -1;
      bestScore = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < points.size(); i++) {
        double score = PendingPicks.score(scores.sums(), totals[i], cross[i], selected);
        if (score > bestScore && !scores.isTaken(rows[i])) {
          best = i;
          bestScore = score;
        }
      }
    }

    void update(int row, long weight) {
      pick.loadRow(scores.pool(), row);
      for (int panel = 0; panel < points.panels(); panel++) {
        pick.compare(points, panel);
        int first = panel * points.panelSize();
        for (int lane = 0; lane < points.used(panel); lane++) {
          totals[first + lane] += weight * pick.ofPair(0, lane);
        }
      }
    }
  }

  Shortlist(HerdingScores scores, Picks selected, Execution execution) {
    this.scores = scores;
    this.weights = selected.weights();
    this.execution = execution;
  }

  /** Replaces the rows listed. */
  void fill(IntArrayList listed) {
    forbidden.clear();
    forbiddenAfter.clear();
    used = Math.ceilDiv(listed.size(), PART);
    while (parts.size() < used) {
      parts.add(new Part());
    }
    execution
        .workers()
        .run(
            used,
            part -> {
              execution.progress().check();
              parts.get(part).fill(listed, part * PART);
              parts.get(part).findBest(scores.energy().rows());
            });
  }

  private Part bestPart() {
    Part found = null;
    for (Part part : parts.subList(0, used)) {
      if (part.best >= 0 && (found == null || part.bestScore > found.bestScore)) {
        found = part;
      }
    }
    return found;
  }

  /** Releases rows that were forbidden after more picks than turned out to be valid. */
  void forgetForbidden(int valid) {
    for (int i = 0; i < forbidden.size(); i++) {
      if (forbiddenAfter.getInt(i) > valid) {
        scores.release(forbidden.getInt(i));
      }
    }
  }

  /**
   * Picks the best row that is not taken and updates the others' sums. Better rows that limits
   * forbid are taken as well.
   *
   * @return false if there was no such row
   */
  boolean pick(PendingPicks picks) {
    Part found = bestPart();
    while (found != null && !picks.allows(found.rows[found.best])) {
      int row = found.rows[found.best];
      scores.take(row);
      forbidden.add(row);
      forbiddenAfter.add(picks.size());
      found.findBest(picks.selected());
      found = bestPart();
    }
    if (found == null) {
      return false;
    }
    int row = found.rows[found.best];
    picks.add(row, weights.of(row), found.bestScore, found.totals[found.best]);
    scores.take(row);
    execution
        .workers()
        .run(
            used,
            part -> {
              parts.get(part).update(row, weights.of(row));
              parts.get(part).findBest(picks.selected());
            });
    return true;
  }
}
