package io.gio4j.select;

import io.gio4j.divergence.EnergyKernel;
import io.gio4j.divergence.EnergySums;
import io.gio4j.divergence.TargetModel;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.kernel.Kernels;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntToDoubleFunction;

/**
 * What each pool row would do to the energy distance of a selection that grows in batches.
 *
 * <p>Of each row g two sums are kept, towards the target and towards the rows selected. {@link
 * #confirm} adds a batch of picks to all of them by one pass over the pool, and finds out whether
 * some row should have come before one of them.
 */
final class PoolEnergies {
  private static final int ROWS_OF_A_TASK = 1 << 16;

  /** Instructions for rho of a pair, beside one multiply-add for each column. */
  private static final int RHO = 100;

  /**
   * Multiply-adds that count as one of the numbers by which {@link Execution#kernels} chooses:
   * below 1.1e9 in all scalar code does it. Vector code of these loops takes 3 s of a core until it
   * is compiled: a first call with 1,000 x 64, 100 targets and 50 picks (25e6) took 0.4 s of
   * processor time scalar and 2.7 s vector, with 5,000 x 64, 200 and 100 (250e6) 1.3 and 3.9 s,
   * each further one 0.9 and 0.25 s.
   */
  private static final long WORK_OF_A_NUMBER = 1 << 16;

  /** Target rows around which the pool's rows are grouped. */
  private static final int GROUPS = 128;

  private final RowBlocks pool;
  private final Execution execution;
  private final EnergyKernel kernel;
  private final EnergySums sums;
  private final Scratch<EnergySums.Rows> spare;

  /** Mean of rho to the target, by pool row. */
  private final double[] cross;

  /** Sum of rho to the rows selected, by pool row. */
  private final long[] totals;

  /** Which of some target rows is the nearest, by pool row. */
  private final char[] groups;

  private final int groupCount;
  private final boolean[] taken;
  private final double withinTarget;
  private final double self;

  /** Rows selected, each as often as it counts, and the sums of rho over them. */
  private long mass;

  private double crossSum;
  private double withinSum;

  PoolEnergies(
      SelectionRequest request,
      TargetModel target,
      BalancedSelectionConfig config,
      Execution execution) {
    this.execution = execution;
    double[] origin = target.mean();
    Kernels kernels = execution.kernels().apply(work(request, config.budget()));
    execution.progress().stage("pool", 0);
    this.pool = RowBlocks.of(request.pool(), execution);
    this.kernel = target.energyKernel(config.kernel(), config.scale(), pool);
    RowBlocks targetRows = RowBlocks.readOften(request.target(), execution);
    RowBlocks existing =
        request.existing() == null ? null : RowBlocks.of(request.existing(), execution);
    float farthest = 0;
    for (RowBlocks rows : new RowBlocks[] {pool, targetRows, existing}) {
      if (rows != null) {
        farthest = Math.max(farthest, EnergySums.reach(rows, origin, kernels, execution));
      }
    }
    this.sums = new EnergySums(kernel, origin, farthest, kernels);
    this.self = sums.self();
    this.spare = new Scratch<>(() -> sums.rows(pool.blockRows()));
    this.cross = new double[pool.rows()];
    this.totals = new long[pool.rows()];
    this.taken = new boolean[pool.rows()];

    execution.progress().stage("target", pool.blocks());
    EnergySums.Points targetPoints = sums.points(targetRows.rows(), targetRows::values);
    long[] crossTotals = new long[pool.rows()];
    add(pool, targetPoints, crossTotals);
    this.groups = new char[pool.rows()];
    this.groupCount = Math.min(GROUPS, targetRows.rows());
    int spacing = targetRows.rows() / groupCount;
    EnergySums.Points centers = sums.points(groupCount, i -> targetRows.values(i * spacing));
    inBlocks(pool, (scratch, first, added) -> scratch.nearest(centers, groups, first));
    for (int row = 0; row < cross.length; row++) {
      cross[row] = sums.value(crossTotals[row]) / targetRows.rows();
    }
    double targetCount = targetRows.rows();
    this.withinTarget = total(targetRows, targetPoints) / targetCount / targetCount;
    if (existing != null) {
      execution.progress().stage("existing", pool.blocks());
      EnergySums.Points points = sums.points(existing.rows(), existing::values);
      add(pool, points, totals);
      mass = existing.rows();
      crossSum = total(existing, targetPoints) / targetCount;
      withinSum = total(existing, points);
    }
  }

  private static long work(SelectionRequest request, Long budget) {
    double pool = request.pool().rows();
    double picks = budget == null ? request.target().rows() : Math.min(budget, pool);
    double pairs = pool * (request.target().rows() + picks);
    return (long) (pairs * (request.pool().columns() + RHO) / WORK_OF_A_NUMBER);
  }

  /** Adds to each row's total the sum over the points. */
  private void add(RowBlocks rows, EnergySums.Points points, long[] rowTotals) {
    inBlocks(
        rows,
        (scratch, first, added) -> {
          for (int panel = 0; panel < points.panels(); panel++) {
            execution.progress().check();
            scratch.add(points, panel, added);
          }
          for (int row = 0; row < added.length; row++) {
            rowTotals[first + row] += added[row];
          }
          execution.progress().advance((first + added.length) / rows.blockRows());
        });
  }

  @FunctionalInterface
  private interface BlockTask {
    void run(EnergySums.Rows scratch, int first, long[] added);
  }

  private void inBlocks(RowBlocks rows, BlockTask task) {
    execution
        .workers()
        .run(
            rows.blocks(),
            block -> {
              execution.progress().check();
              long[] added = new long[rows.count(block)];
              spare.use(scratch ->
                  rows.read(
                      block,
                      values -> {
                        scratch.load(values, added.length);
                        task.run(scratch, rows.firstRow(block), added);
                      }));
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

  EnergyKernel kernel() {
    return kernel;
  }

  EnergySums sums() {
    return sums;
  }

  /** The score of a row with a sum of {@code total}, with so many rows selected. */
  double score(long total, int row, long selected) {
    return PendingPicks.score(sums, total, cross[row], selected);
  }

  /** The sum of rho from a row to all that are selected. */
  long total(int row) {
    return totals[row];
  }

  /** Whether a row is selected, or pending. */
  boolean isTaken(int row) {
    return taken[row];
  }

  void take(int row) {
    taken[row] = true;
  }

  void giveBack(int row) {
    taken[row] = false;
  }

  float[] values(int row) {
    return pool.values(row);
  }

  /** Rows selected, each as often as it counts. */
  long mass() {
    return mass;
  }

  /** The energy distance of the rows selected; NaN without any. */
  double distance() {
    double rows = mass;
    return mass == 0 ? Double.NaN : 2 * crossSum / rows - withinTarget - withinSum / (rows * rows);
  }

  /** Selects a row that was confirmed, {@code total} being its sum at its turn. */
  void select(int row, long weight, long total) {
    withinSum += 2.0 * weight * sums.value(total) + (double) weight * weight * self;
    crossSum += weight * cross[row];
    mass += weight;
  }

  /** About the {@code wanted} best rows, the very best among them. */
  IntArrayList best(int wanted) {
    IntToDoubleFunction score =
        row -> taken[row] ? Double.NEGATIVE_INFINITY : score(totals[row], row, mass);
    BestRows best = new BestRows(cross.length, wanted, score, row -> groups[row], groupCount);
    IntArrayList[] found = new IntArrayList[Math.ceilDiv(cross.length, ROWS_OF_A_TASK)];
    execution
        .workers()
        .run(
            found.length,
            task -> {
              execution.progress().check();
              int from = task * ROWS_OF_A_TASK;
              found[task] =
                  best.between(from, (int) Math.min(cross.length, (long) from + ROWS_OF_A_TASK));
            });
    IntArrayList all = new IntArrayList();
    for (IntArrayList part : found) {
      all.addAll(part);
    }
    return all;
  }

  /** Adds picks to all sums; answers how many of them no pool row should have come before. */
  int confirm(PendingPicks picks) {
    AtomicInteger confirmed = new AtomicInteger(picks.size());
    EnergySums.Points points = picks.points();
    inBlocks(
        pool,
        (scratch, first, added) -> {
          int limit = picks.size();
          for (int panel = 0; panel < points.panels(); panel++) {
            execution.progress().check();
            long[] before = added.clone();
            scratch.add(points, panel, added);
            for (int i = 0; i < added.length; i++) {
              int row = first + i;
              if (!taken[row]) {
                long total = totals[row] + before[i];
                limit = picks.firstOvertaken(scratch, panel, i, row, total, cross[row], limit);
              }
            }
          }
          for (int i = 0; i < added.length; i++) {
            totals[first + i] += added[i];
          }
          confirmed.accumulateAndGet(limit, Math::min);
        });
    int count = confirmed.get();
    if (count < picks.size()) {
      EnergySums.Points refused = points.from(count);
      inBlocks(
          pool,
          (scratch, first, added) -> {
            scratch.add(refused, added);
            for (int i = 0; i < added.length; i++) {
              totals[first + i] -= added[i];
            }
          });
    }
    return count;
  }
}
