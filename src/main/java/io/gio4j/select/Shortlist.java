package io.gio4j.select;

import io.gio4j.divergence.CentredRows;
import io.gio4j.divergence.EnergySums;
import io.gio4j.internal.Execution;
import io.gio4j.internal.Scratch;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Some pool rows on which the next picks are foreseen, one at a time.
 *
 * <p>A pick must be told to all others: one row's product with the list, which only reads memory.
 * So likely picks are compared with the list together, a panel at a time: the best row and the next
 * best ones, of which about one in ten comes to be picked.
 *
 * <p>Rows are in the pool's order, so the first of several best ones is the pool's first.
 */
final class Shortlist {
  private final PoolEnergies energies;
  private final RowWeights weights;
  private final Execution execution;
  private final Scratch<EnergySums.Rows> spare;

  /** Rows side by side, a block in each part; kept for the next list. */
  private final List<CentredRows.Gathered> parts = new ArrayList<>();

  private int[] rows = new int[0];
  private long[] totals = new long[0];
  private double[] cross = new double[0];
  private double[] scores = new double[0];

  /** By row where its pairs are: {@code panel * lanes + lane}, or -1; and those that are taken. */
  private int[] compared = new int[0];

  private boolean[] taken = new boolean[0];

  /**
   * rho of rows and candidates, a panel of candidates each; arrays serve one list after another.
   */
  private final List<float[]> panels = new ArrayList<>();

  private int panelsUsed;
  private final int lanes;

  Shortlist(PoolEnergies energies, RowWeights weights, Execution execution) {
    this.energies = energies;
    this.weights = weights;
    this.execution = execution;
    this.lanes = energies.sums().noPoints().panelSize();
    int blockRows = energies.pool().rows().blockRows();
    this.spare = new Scratch<>(() -> energies.sums().rows(blockRows));
  }

  /** Lists rows anew. */
  void fill(IntArrayList listed) {
    rows = listed.toIntArray();
    totals = new long[rows.length];
    cross = new double[rows.length];
    scores = new double[rows.length];
    compared = new int[rows.length];
    taken = new boolean[rows.length];
    panelsUsed = 0;
    Arrays.fill(compared, -1);
    for (int i = 0; i < rows.length; i++) {
      totals[i] = energies.total(rows[i]);
      cross[i] = energies.cross(rows[i]);
      taken[i] = energies.isTaken(rows[i]);
    }
    while (parts.size() < parts()) {
      parts.add(energies.pool().gathered());
    }
    execution
        .workers()
        .run(
            parts(),
            part -> {
              execution.progress().check();
              int to = Math.min(rows.length, (part + 1) * partRows());
              parts.get(part).gather(Arrays.copyOfRange(rows, part * partRows(), to));
            });
  }

  private int partRows() {
    return energies.pool().rows().blockRows();
  }

  private int parts() {
    return Math.ceilDiv(rows.length, partRows());
  }

  /**
   * Picks the best row that is not taken and tells the others.
   *
   * @return whether one was left
   */
  boolean pick(PendingPicks picks) {
    int best = -1;
    for (int i = 0; i < rows.length; i++) {
      scores[i] =
          taken[i]
              ? Double.NEGATIVE_INFINITY
              : PendingPicks.score(energies.sums(), totals[i], cross[i], picks.mass());
      if (scores[i] > (best < 0 ? Double.NEGATIVE_INFINITY : scores[best])) {
        best = i;
      }
    }
    if (best < 0) {
      return false;
    }
    if (compared[best] < 0) {
      compare(best);
    }
    int row = rows[best];
    picks.add(row, energies.pool().rows().values(row), weights.of(row), scores[best], totals[best]);
    energies.take(row);
    taken[best] = true;
    long weight = weights.of(row);
    float[] pairs = panels.get(compared[best] / lanes);
    int lane = compared[best] % lanes;
    for (int i = 0; i < totals.length; i++) {
      totals[i] += weight * energies.sums().whole(pairs[i * lanes + lane]);
    }
    return true;
  }

  /** Compares the best row and the next best ones with the list. */
  private void compare(int best) {
    EnergySums.Points points = energies.sums().noPoints();
    for (int candidate : candidates(best, lanes)) {
      compared[candidate] = panelsUsed * lanes + points.size();
      points.add(energies.pool().rows().values(rows[candidate]), 1);
    }
    float[] pairs = nextPanel();
    execution
        .workers()
        .run(
            parts(),
            part -> {
              execution.progress().check();
              spare.use(scratch -> {
                scratch.load(parts.get(part));
                scratch.compare(points, 0);
                scratch.copyPairs(pairs, part * partRows());
              });
            });
  }

  private float[] nextPanel() {
    int needed = rows.length * lanes;
    if (panelsUsed == panels.size()) {
      panels.add(new float[needed]);
    } else if (panels.get(panelsUsed).length < needed) {
      panels.set(panelsUsed, new float[needed + needed / 4]);
    }
    return panels.get(panelsUsed++);
  }

  /** The best row, and the best of the others that were not compared yet, up to so many in all. */
  private int[] candidates(int best, int most) {
    int[] chosen = new int[most];
    int count = 0;
    chosen[count++] = best;
    for (int i = 0; i < rows.length; i++) {
      if (compared[i] >= 0 || taken[i] || i == best) {
        continue;
      }
      if (count == most && scores[i] <= scores[chosen[most - 1]]) {
        continue;
      }
      int at = count == most ? most - 1 : count++;
      while (at > 1 && scores[chosen[at - 1]] < scores[i]) {
        chosen[at] = chosen[at - 1];
        at--;
      }
      chosen[at] = i;
    }
    return Arrays.copyOf(chosen, count);
  }
}
