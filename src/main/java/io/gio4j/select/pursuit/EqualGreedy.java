package io.gio4j.select.pursuit;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import java.util.BitSet;
import java.util.List;

/**
 * Rows of equal weight whose sum points where the goal does: each pick is the row with which the
 * cosine of sum and goal is largest, of equal ones the first. The loss of a sum v times the factor
 * that fits best is {@code 1 - cos^2}, as a share of the goal's.
 *
 * <p>A pick costs one pass over the pool, N d multiply-adds, and 16 bytes a pool row are kept.
 */
final class EqualGreedy {
  private final PoolRows pool;
  private final Goal goal;
  private final Execution execution;

  /** Rows that are picked or forbidden. */
  private final BitSet out;

  /** Of every row: its product with the goal, and with the sum. */
  private final double[] withGoal;

  private final double[] withSum;
  private final EqualSum sum;

  EqualGreedy(
      PoolRows pool, Goal goal, List<Pursuit.Fitted> picks, BitSet forbidden, Execution execution) {
    this.pool = pool;
    this.goal = goal;
    this.execution = execution;
    this.out = (BitSet) forbidden.clone();
    this.sum = new EqualSum(goal);
    for (Pursuit.Fitted pick : picks) {
      sum.add(pick.row());
      out.set(pick.number());
    }
    this.withGoal = pool.products(goal.values());
    this.withSum = pool.products(sum.values());
  }

  /** {@return the next row, or null where none that is not 0 is left} */
  Pursuit.Fitted next() {
    execution.progress().check();
    double goalOfSum = Goal.product(sum.values(), goal.values());
    double square = Goal.square(sum.values());
    int best = -1;
    double most = Double.NEGATIVE_INFINITY;
    for (int row = out.nextClearBit(0); row < pool.count(); row = out.nextClearBit(row + 1)) {
      double length = pool.length(row);
      if (length == 0) {
        continue;
      }
      double lengthOfSum = square + 2 * withSum[row] + length * length;
      double cosine =
          lengthOfSum <= 0 ? -goal.length() : (goalOfSum + withGoal[row]) / Math.sqrt(lengthOfSum);
      if (cosine > most) {
        best = row;
        most = cosine;
      }
    }
    if (best < 0) {
      return null;
    }
    float[] values = pool.values(best);
    double[] point = new double[values.length];
    RowBlocks.widen(values, 0, point);
    double[] products = pool.products(point);
    for (int row = 0; row < products.length; row++) {
      withSum[row] += products[row];
    }
    sum.add(values);
    out.set(best);
    return new Pursuit.Fitted(best, values, pool.length(best), 1);
  }
}
