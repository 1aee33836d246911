package io.gio4j.select.tsds;

import io.gio4j.internal.Execution;
import io.gio4j.internal.select.Scored;
import java.util.Arrays;
import java.util.PriorityQueue;

/**
 * The level to which target rows spread their mass over their neighbours, see {@link Tsds}.
 *
 * <p>Each target row fills its neighbours one after another: neighbour k is full when the level
 * reaches the sum of the shares up to k. A queue has the next such level of each target row. At
 * each one the transport that a little more level would cost grows by {@code (d_{k+1} - d_k)} times
 * the level, which is never negative, so the first level that costs too much is the one sought.
 *
 * <p>A target row of weight w is one of w equal rows: each spreads as far, and together they cost
 * and hold w times as much.
 */
final class Spreading {
  /** Neighbours whose densities are computed at first; each time after that twice as many. */
  private static final int FIRST_NEIGHBORS = 64;

  /** Levels this near, as a share of them, are the same: sums of equal shares differ by less. */
  private static final double ROUNDING = 1e-12;

  /** Steps (0.1 ms) between two questions whether to go on. */
  private static final int CHECKED_AFTER = 1024;

  private final RetrievedRows near;
  private final Densities densities;
  private final int most;
  private final Execution execution;

  /** By target row, how much it counts; they add up to the number of rows. */
  private final double[] weights;

  /** By target row, how many neighbours are full, and the level at which the last one was. */
  private final int[] full;

  private final double[] taken;

  /** Neighbours whose densities are known. */
  private int known;

  private double level = 1;

  /**
   * Starts with nothing spread.
   *
   * @param most neighbours that a target row may fill, 0 to all that are retrieved
   * @param weights how much each target row counts; null for 1
   */
  Spreading(
      RetrievedRows near, Densities densities, int most, double[] weights, Execution execution) {
    this.near = near;
    this.densities = densities;
    this.most = most;
    this.execution = execution;
    this.full = new int[near.targets()];
    this.weights = weights == null ? new double[full.length] : weights;
    if (weights == null) {
      Arrays.fill(this.weights, 1);
    }
    this.taken = new double[near.targets()];
  }

  /** {@return the level found; 1 where no neighbour may be filled} */
  double level() {
    return level;
  }

  /** Raises the level until more of it costs more than it is worth, or all is full. */
  void raise(double alpha, double worth) {
    double limit = (1 - alpha) * worth * near.targets();
    PriorityQueue<Scored> next = new PriorityQueue<>();
    for (int target = 0; target < full.length && most > 0; target++) {
      next.add(new Scored(share(target, 0), target));
    }
    double cost = 0;
    boolean reached = false;
    for (int step = 0; !next.isEmpty(); step++) {
      if (step % CHECKED_AFTER == 0) {
        execution.progress().check();
      }
      if (reached && next.peek().score() > level * (1 + ROUNDING)) {
        return;
      }
      Scored first = next.remove();
      int target = first.row();
      int neighbor = full[target];
      level = reached ? level : first.score();
      taken[target] = first.score();
      full[target]++;
      double farther = near.distance(target, following(target)) - near.distance(target, neighbor);
      cost += weights[target] * farther * level;
      reached |= alpha * cost >= limit;
      if (full[target] < most) {
        next.add(new Scored(first.score() + share(target, full[target]), target));
      }
    }
  }

  /** The neighbour that gets what the full ones leave: the last one where all are full. */
  private int following(int target) {
    return Math.min(full[target], near.count() - 1);
  }

  private double share(int target, int neighbor) {
    if (neighbor >= known) {
      known = Math.min(near.count(), Math.max(FIRST_NEIGHBORS, 2 * known));
      densities.compute(near.nearest(known));
    }
    return densities.share(near.row(target, neighbor));
  }

  /** {@return the probability of each pool row} */
  double[] masses(int poolRows) {
    double[] masses = new double[poolRows];
    for (int target = 0; target < full.length; target++) {
      for (int neighbor = 0; neighbor < full[target]; neighbor++) {
        masses[near.row(target, neighbor)] += weights[target] * share(target, neighbor);
      }
      double rest = level - taken[target];
      if (rest > ROUNDING * level) {
        masses[near.row(target, following(target))] += weights[target] * rest;
      }
    }
    double all = level * full.length;
    for (int row = 0; row < poolRows; row++) {
      masses[row] /= all;
    }
    return masses;
  }
}
