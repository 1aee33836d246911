package io.gio4j.internal.divergence;

import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.simd.DistanceClip;
import io.gio4j.internal.simd.FloatOps;

/**
 * The gradient of the averaged divergence with respect to one more row v of the selection, and
 * descents along it.
 *
 * <pre>
 * d/(n (m+1)) sum_i (v - x_i) / (r_i (r_i + eps)),   r_i = |v - x_i|
 * </pre>
 *
 * for m rows selected; target rows with {@code r_i^2} outside (1e-10, 1e20), in the target's {@link
 * LengthUnit}, add nothing. The selection enters only through m. Where the nearest row of each x_i
 * is left out, the mean has one row less and those x_i to which v itself is nearest add nothing.
 *
 * <p>One step is one pass over X: the weights of a block of rows are computed and the rows summed
 * with them while the block lies in cache (2 n d multiply-adds, all in double). Many descents from
 * known starts are several times faster with {@link LaneDescents}, in float.
 */
public final class DivergenceGradient {
  /**
   * Consecutive blocks whose sums are kept together: enough groups for 64 threads, few enough that
   * the time to add them up is negligible.
   */
  private static final int MAX_GROUPS = 64;

  private final TargetModel target;
  private final RowBlocks blocks;
  private final FloatOps ops;
  private final int groups;
  private final double[][] groupSums;
  private final double[] groupWeights;

  /** For descents on the divergence of {@code target}. */
  public DivergenceGradient(TargetModel target) {
    this.target = target;
    this.blocks = target.blocks();
    this.ops = target.ops();
    this.groups = Math.min(MAX_GROUPS, blocks.blocks());
    this.groupSums = new double[groups][target.columns()];
    this.groupWeights = new double[groups];
  }

  /**
   * The gradient at {@code point} with {@code selected} rows in the selection.
   *
   * @param nearestSquared squared distance of each target row to its nearest selected row if the
   *     nearest is left out; else null
   * @param gradient receives d numbers
   */
  public void gradient(double[] point, int selected, double[] nearestSquared, double[] gradient) {
    target.execution().workers().run(groups, group -> sumGroup(group, point, nearestSquared));
    double weight = 0;
    java.util.Arrays.fill(gradient, 0);
    for (int group = 0; group < groups; group++) {
      weight += groupWeights[group];
      double[] sums = groupSums[group];
      for (int column = 0; column < gradient.length; column++) {
        gradient[column] += sums[column];
      }
    }
    double factor = factor(target, selected, nearestSquared != null);
    for (int column = 0; column < gradient.length; column++) {
      gradient[column] = factor * (weight * point[column] - gradient[column]);
    }
  }

  /** {@code d / (n (m+1))}, or {@code d / (n m)} if the nearest is left out. */
  static double factor(TargetModel target, int selected, boolean discardNearest) {
    double terms = (double) target.rows() * (discardNearest ? selected : selected + 1);
    return target.columns() / terms;
  }

  private void sumGroup(int group, double[] point, double[] nearestSquared) {
    target.execution().progress().check();
    double[] sums = groupSums[group];
    java.util.Arrays.fill(sums, 0);
    double[] weights = new double[blocks.blockRows()];
    int from = (int) ((long) blocks.blocks() * group / groups);
    int to = (int) ((long) blocks.blocks() * (group + 1) / groups);
    groupWeights[group] = 0;
    for (int block = from; block < to; block++) {
      int first = blocks.firstRow(block);
      int count = blocks.count(block);
      blocks.read(
          block,
          rows -> {
            ops.rows().squaredDistances(rows, 0, count, point.length, point, weights, 0);
            double total = 0;
            for (int i = 0; i < count; i++) {
              boolean left = nearestSquared != null && weights[i] <= nearestSquared[first + i];
              weights[i] =
                  left
                      ? 0
                      : target.perSquare()
                          * weight(weights[i] * target.perSquare(), target.epsilon());
              total += weights[i];
            }
            ops.rows().addWeighted(rows, 0, count, point.length, weights, sums);
            groupWeights[group] += total;
          });
    }
  }

  /** {@code 1 / (r (r + eps))} of a squared distance, in units; 0 where the reference clips. */
  static double weight(double squared, double epsilon) {
    if (DistanceClip.isInside(squared)) {
      double distance = Math.sqrt(squared);
      return 1 / (distance * (distance + epsilon));
    }
    return 0;
  }

  /**
   * Moves {@code point} by {@code steps} steps of {@code rate} against the gradient, in place.
   *
   * @param rate learning rate times scale; an infinite one makes the point NaN, as in the reference
   */
  public void descend(
      double[] point, int steps, double rate, int selected, double[] nearestSquared) {
    double[] gradient = new double[point.length];
    for (int step = 0; step < steps; step++) {
      gradient(point, selected, nearestSquared, gradient);
      for (int column = 0; column < point.length; column++) {
        point[column] -= rate * gradient[column];
      }
    }
  }
}
