package io.gio4j.select.cover;

import io.gio4j.internal.Execution;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RowWeights;
import io.gio4j.internal.select.Scored;
import io.gio4j.select.StopReason;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.PriorityQueue;

/**
 * The lazy greedy of {@link Facility}, {@link Flqmi} and {@link Flmi}: the best similarity of each
 * target row, up to its cap if it has one, and {@code eta} times that of each selected row.
 *
 * <p>What a row would add only falls as others are selected, so what it added before is an upper
 * bound (Minoux 1978). Rows are ordered by their bounds, the earlier of equal ones first; those
 * ahead of the first row with a current value are computed again, in batches that double as long as
 * none of them stays ahead.
 */
final class BestSearch {
  /** Rows computed at first for a pick: more than half of the picks need no more. */
  private static final int FIRST_BATCH = 8;

  private static final int LARGEST_BATCH = 512;

  /** The error of a sum of 2^31 numbers, generously, as a share of it. */
  private static final double SLACK = 1e-11;

  private final Comparison comparison;
  private final double eta;
  private final Picks picks;
  private final RowWeights weights;
  private final BestGains gains;

  /** By pool row, its largest number with a target row; null where eta is 0. */
  private final float[] nearest;

  /** The number that counts as 0: the largest squared distance, negative, or 0. */
  private final double floor;

  private final double startingObjective;

  /** By pool row, what it would add to the best similarities, at the time of its stamp. */
  private final double[] excess;

  /** By pool row, how many rows were selected when it was computed; -1 for a bound. */
  private final int[] stamps;

  private final PriorityQueue<Scored> queue;
  private int selected;

  /**
   * Compares all rows once.
   *
   * @param caps of the target rows; null for none
   */
  BestSearch(Comparison comparison, double eta, RowCaps caps, Picks picks, long listBytes) {
    this.comparison = comparison;
    this.eta = eta;
    this.picks = picks;
    this.weights = picks.weights();
    Execution execution = comparison.execution();
    Points targets = Points.targets(comparison);
    boolean isDistance = comparison.similarity().isDistance();
    boolean floorIsKnown = !isDistance || (comparison.existing() != null && caps == null);
    double[] levels =
        FullPass.levels(targets, comparison.ops(), isDistance ? Double.NEGATIVE_INFINITY : 0);
    this.gains = new BestGains(comparison, targets, levels, listBytes);
    if (caps != null && !isDistance) {
      targets.cap(caps.numbers(0, comparison.withTarget()));
    }
    if (floorIsKnown) {
      takeExisting();
    }
    FullPass ofExisting = ofExisting(targets);
    FullPass ofPool =
        floorIsKnown
            ? FullPass.above(levels, comparison, comparison.pool(), targets, execution)
            : FullPass.plain(comparison, comparison.pool(), targets, execution);
    this.excess = ofPool.sums;
    this.stamps = new int[excess.length];
    this.nearest = eta == 0 ? null : ofPool.largest;
    if (!isDistance) {
      floor = 0;
    } else if (floorIsKnown) {
      floor = Math.min(least(ofPool.smallest), -ofExisting.largestOfAll());
    } else {
      float ofOthers = ofExisting == null ? 0 : ofExisting.largestOfAll();
      double ofCaps = caps == null ? 0 : caps.largestSquare() / comparison.withTarget();
      floor = -Math.max(ofCaps, Math.max(ofPool.largestOfAll(), ofOthers));
      double most = 0;
      for (int i = 0; i < targets.size(); i++) {
        levels[i] = targets.weighed(i, floor);
        most -= levels[i];
      }
      boundByDistances(ofPool, most);
      if (caps != null) {
        targets.cap(caps.numbers(-floor * comparison.withTarget(), comparison.withTarget()));
        takeExisting();
      }
    }
    this.startingObjective =
        ofExisting == null ? Double.NaN : objective(levels, ofExisting, targets);
    List<Scored> scored = new ArrayList<>(excess.length);
    BitSet forbidden = picks.forbidden();
    for (int row = forbidden.nextClearBit(0);
        row < excess.length;
        row = forbidden.nextClearBit(row + 1)) {
      scored.add(new Scored(-gain(row), row));
    }
    this.queue = new PriorityQueue<>(scored);
  }

  /** {@return the numbers of existing rows, distances as distances; null without any} */
  private FullPass ofExisting(Points targets) {
    return comparison.existing() == null
        ? null
        : FullPass.plain(
            comparison, comparison.existing(), targets, comparison.execution().withinStage());
  }

  /** Raises the levels to the existing rows, if there are any. */
  private void takeExisting() {
    ComparedRows existing = comparison.existing();
    if (existing == null) {
      return;
    }
    RowBatch batch = new RowBatch(existing, existing.rows().blockRows());
    for (int block = 0; block < existing.rows().blocks(); block++) {
      batch.load(block);
      gains.raise(batch);
    }
  }

  private static double least(float[] values) {
    double least = Double.POSITIVE_INFINITY;
    for (float value : values) {
      least = Math.min(least, value);
    }
    return least;
  }

  /**
   * From sums of squared distances, and the smallest ones, to bounds of what rows would add.
   *
   * @param most what a row would add that is at distance 0 from all targets
   */
  private void boundByDistances(FullPass ofPool, double most) {
    for (int row = 0; row < excess.length; row++) {
      excess[row] = Math.max(0, most - excess[row] + SLACK * most);
      stamps[row] = -1;
      if (nearest != null) {
        nearest[row] = -ofPool.smallest[row];
      }
    }
  }

  private double objective(double[] levels, FullPass ofExisting, Points targets) {
    boolean isDistance = comparison.similarity().isDistance();
    double sum = 0;
    for (int i = 0; i < targets.size(); i++) {
      sum += levels[i] - targets.weighed(i, floor);
    }
    for (int row = 0; eta != 0 && row < ofExisting.sums.length; row++) {
      double best = isDistance ? -ofExisting.smallest[row] : ofExisting.largest[row];
      sum += eta * Math.max(0, best - floor);
    }
    return sum * comparison.withTarget();
  }

  private double gain(int row) {
    double own = nearest == null ? 0 : eta * weights.of(row) * Math.max(0, nearest[row] - floor);
    return (excess[row] + own) * comparison.withTarget();
  }

  /** Selects rows until there is a reason to end. */
  StopReason select() {
    if (comparison.similarity().isDistance()) {
      picks.fact("largest_squared_distance", -floor * comparison.withTarget());
    }
    picks.begin(startingObjective, excess.length);
    double objective = Double.isNaN(startingObjective) ? 0 : startingObjective;
    while (!picks.full()) {
      Scored best = best();
      if (best == null) {
        return picks.ended();
      }
      double gain = -best.score();
      if (!(gain > 0)) {
        return StopReason.SATURATED;
      }
      queue.remove();
      gains.select(best.row());
      selected++;
      objective += gain;
      picks.add(best.row(), gain, objective);
    }
    return StopReason.BUDGET;
  }

  /** {@return the allowed row that gains most, the first of several, with a current value} */
  private Scored best() {
    int batch = FIRST_BATCH;
    IntArrayList stale = new IntArrayList();
    while (true) {
      stale.clear();
      while (stale.size() < batch && !queue.isEmpty() && isStale(queue.peek().row())) {
        int row = queue.remove().row();
        if (picks.isOpen(row)) {
          stale.add(row);
        }
      }
      if (stale.isEmpty()) {
        Scored best = queue.peek();
        if (best == null || picks.allows(best.row())) {
          return best;
        }
        queue.remove();
        continue;
      }
      comparison.execution().progress().check();
      gains.compute(stale, excess);
      for (int row : stale) {
        stamps[row] = selected;
        queue.add(new Scored(-gain(row), row));
      }
      batch = Math.min(2 * batch, LARGEST_BATCH);
    }
  }

  private boolean isStale(int row) {
    return stamps[row] != selected;
  }
}
