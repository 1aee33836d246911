package io.gio4j.select;

import io.gio4j.divergence.EnergySums;
import io.gio4j.internal.Execution;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;

/**
 * Some pool rows on which the next picks are foreseen, one at a time.
 *
 * <p>Rows are packed as points, so that a pick is told to all of them by one row's product: 0.1 ms
 * for 4,096 rows of 784 columns. They are in the pool's order, so the first of several best ones is
 * the pool's first.
 */
final class Shortlist {
  /** Rows of a part, which one thread serves. */
  private static final int PART = 1024;

  private final PoolEnergies energies;
  private final RowWeights weights;
  private final Execution execution;
  private Part[] parts = new Part[0];

  private static final class Part {
    private final EnergySums.Points points;
    private final EnergySums.Rows pick;
    private final int[] rows;
    private final long[] totals;

    Part(EnergySums sums, int[] rows) {
      this.points = sums.noPoints();
      this.pick = sums.rows(1);
      this.rows = rows;
      this.totals = new long[rows.length];
    }
  }

  Shortlist(PoolEnergies energies, RowWeights weights, Execution execution) {
    this.energies = energies;
    this.weights = weights;
    this.execution = execution;
  }

  /** Lists rows anew. */
  void fill(IntArrayList listed) {
    int[] rows = listed.toIntArray();
    parts = new Part[Math.ceilDiv(rows.length, PART)];
    execution
        .workers()
        .run(
            parts.length,
            part -> {
              execution.progress().check();
              int from = part * PART;
              int to = Math.min(rows.length, from + PART);
              Part filled = new Part(energies.sums(), Arrays.copyOfRange(rows, from, to));
              for (int i = 0; i < filled.rows.length; i++) {
                filled.points.add(energies.values(filled.rows[i]), 1);
                filled.totals[i] = energies.total(filled.rows[i]);
              }
              parts[part] = filled;
            });
  }

  /**
   * Picks the best row that is not taken and tells the others.
   *
   * @return whether one was left
   */
  boolean pick(PendingPicks picks) {
    Part best = null;
    int at = -1;
    double bestScore = Double.NEGATIVE_INFINITY;
    for (Part part : parts) {
      for (int i = 0; i < part.rows.length; i++) {
        int row = part.rows[i];
        double score = energies.score(part.totals[i], row, picks.mass());
        if (score > bestScore && !energies.isTaken(row)) {
          best = part;
          at = i;
          bestScore = score;
        }
      }
    }
    if (best == null) {
      return false;
    }
    int row = best.rows[at];
    float[] values = best.points.row(at);
    picks.add(row, values, weights.of(row), bestScore, best.totals[at]);
    energies.take(row);
    execution.workers().run(parts.length, part -> tell(parts[part], values, weights.of(row)));
    return true;
  }

  private static void tell(Part part, float[] values, long weight) {
    part.pick.load(values, 1);
    long[] ignored = new long[1];
    for (int panel = 0; panel < part.points.panels(); panel++) {
      part.pick.add(part.points, panel, ignored);
      int first = panel * part.points.panelSize();
      for (int lane = 0; lane < part.points.used(panel); lane++) {
        part.totals[first + lane] += weight * part.pick.ofPair(0, lane);
      }
    }
  }
}
