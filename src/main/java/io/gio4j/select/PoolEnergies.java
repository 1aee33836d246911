package io.gio4j.select;

import io.gio4j.divergence.EnergyKernel;
import io.gio4j.divergence.EnergySums;
import io.gio4j.divergence.TargetModel;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.kernel.Kernels;

/**
 * What each pool row would do to the energy distance of a selection that grows in batches.
 *
 * <p>Of each row g two sums are kept, towards the target and towards the rows selected before this
 * batch. Within a batch a {@link Shortlist} knows more; {@link #applyBatch} brings all rows up to
 * date, by one pass over the pool.
 */
final class PoolEnergies {
  private final RowBlocks pool;
  private final RowWeights weights;
  private final Execution execution;
  private final EnergySums sums;
  private final Scratch<EnergySums.Rows> spare;
  private final float[] reaches;

  /** Mean of rho to the target, by pool row. */
  private final double[] cross;

  /** Sum of rho to the rows selected before this batch, by pool row. */
  private final long[] totals;

  private final boolean[] taken;
  private final double withinTarget;
  private final double self;

  /** Rows selected, each as often as it counts, and the sums of rho over them. */
  private long mass;

  private double crossSum;
  private double withinSum;

  private final Shortlist shortlist;
  private EnergySums.Points batch;

  PoolEnergies(
      SelectionRequest request,
      TargetModel target,
      EnergyKernel kernel,
      RowWeights weights,
      Execution execution) {
    this.weights = weights;
    this.execution = execution;
    double[] origin = target.mean();
    Kernels kernels =
        execution.kernels().apply((long) request.pool().rows() * request.pool().columns());
    execution.progress().stage("pool", 0);
    this.pool = RowBlocks.of(request.pool(), execution);
    RowBlocks targetRows = RowBlocks.readOften(request.target(), execution);
    this.reaches = EnergySums.reaches(pool, origin, kernels, execution);
    float[] targetReaches = EnergySums.reaches(targetRows, origin, kernels, execution);
    RowBlocks existing =
        request.existing() == null ? null : RowBlocks.of(request.existing(), execution);
    float[] existingReaches =
        existing == null ? new float[0] : EnergySums.reaches(existing, origin, kernels, execution);
    float farthest = Math.max(largest(reaches), largest(existingReaches));
    float targetReach = largest(targetReaches);
    this.sums = new EnergySums(kernel, origin, Math.max(farthest, targetReach), kernels);
    this.self = sums.self();
    this.spare = new Scratch<>(() -> sums.rows(pool.blockRows()));

    EnergySums.Points targetPoints = sums.points(targetRows.rows(), targetRows::values);
    this.cross = new double[pool.rows()];
    this.totals = new long[pool.rows()];
    this.taken = new boolean[pool.rows()];
    execution.progress().stage("target", pool.blocks());
    long[] crossTotals = new long[pool.rows()];
    add(pool, targetPoints, crossTotals);
    for (int row = 0; row < cross.length; row++) {
      cross[row] = sums.value(crossTotals[row]) / targetRows.rows();
    }
    this.withinTarget =
        total(targetRows, targetPoints) / targetRows.rows() / (double) targetRows.rows();
    if (existing != null) {
      EnergySums.Points points = sums.points(existing.rows(), existing::values);
      add(pool, points, totals);
      mass = existing.rows();
      crossSum = total(existing, targetPoints) / targetRows.rows();
      withinSum = total(existing, points);
    }
    this.shortlist =
        new Shortlist(pool, weights, sums, cross, totals, reaches, taken, targetReach, execution);
  }

  private static float largest(float[] values) {
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, value);
    }
    return largest;
  }

  /** Adds to each row's total the sum over the points. */
  private void add(RowBlocks rows, EnergySums.Points points, long[] rowTotals) {
    execution
        .workers()
        .run(
            rows.blocks(),
            block -> {
              execution.progress().check();
              long[] sumsOfBlock = new long[rows.count(block)];
              spare.use(scratch ->
                  rows.read(
                      block,
                      values -> {
                        scratch.load(values, sumsOfBlock.length);
                        scratch.add(points, sumsOfBlock);
                      }));
              int first = rows.firstRow(block);
              for (int row = 0; row < sumsOfBlock.length; row++) {
                rowTotals[first + row] += sumsOfBlock[row];
              }
            });
  }

  private double total(RowBlocks rows, EnergySums.Points points) {
    long[] rowTotals = new long[rows.rows()];
    add(rows, points, rowTotals);
    double sum = 0;
    for (long rowTotal : rowTotals) {
      sum += sums.value(rowTotal);
    }
    return sum;
  }

  /** The energy distance of the rows selected; NaN without any. */
  double distance() {
    return distance(mass, crossSum, withinSum);
  }

  private double distance(double rows, double crossTotal, double withinTotal) {
    return rows == 0
        ? Double.NaN
        : 2 * crossTotal / rows - withinTarget - withinTotal / (rows * rows);
  }

  /** Begins a batch of at most so many rows. */
  void beginBatch(long most) {
    batch = sums.noPoints();
    shortlist.fill(mass, most);
  }

  /** The best row that is not selected, or -1 when the batch, or the pool, is at its end. */
  int next() {
    return shortlist.best(batch);
  }

  /** Whether the pool has rows that are not selected. */
  boolean anyLeft() {
    return !shortlist.isPoolUsedUp();
  }

  /** The energy distance with the row that {@link #next} answered. */
  double distanceWith(int row) {
    long count = weights.of(row);
    return distance(
        (double) mass + count, crossSum + count * cross[row], withinSum + withinGain(row, count));
  }

  private double withinGain(int row, long count) {
    return 2.0 * count * sums.value(shortlist.bestTotal()) + (double) count * count * self;
  }

  /** Selects the row that {@link #next} answered. */
  void select(int row) {
    long count = weights.of(row);
    withinSum += withinGain(row, count);
    crossSum += count * cross[row];
    mass += count;
    taken[row] = true;
    shortlist.take();
    batch.add(pool.values(row), count);
  }

  /** Tells all pool rows of the batch's picks. */
  void applyBatch() {
    add(pool, batch, totals);
  }
}
