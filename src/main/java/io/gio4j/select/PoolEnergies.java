package io.gio4j.select;

import io.gio4j.data.FloatMatrix;
import io.gio4j.divergence.CentredRows;
import io.gio4j.divergence.EnergyKernel;
import io.gio4j.divergence.EnergySums;
import io.gio4j.divergence.TargetModel;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.kernel.Kernels;
import it.unimi.dsi.fastutil.doubles.DoubleArrays;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

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

  private final CentredRows pool;
  private final Execution execution;
  private final EnergyKernel kernel;
  private final EnergySums sums;
  private final Scratch<EnergySums.Rows> spare;

  /** Mean of rho to the target, by pool row. */
  private final double[] cross;

  /** Sum of rho to the rows selected, by pool row. */
  private final long[] totals;

  /** Which of some target rows is the nearest, by pool row. */
  private char[] groups = new char[0];

  private final EnergySums.Points centers;
  private final boolean[] taken;

  /** Blocks of the pool, those first where rows are that may contradict the next picks. */
  private final int[] order;

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
    RowBlocks poolRows = RowBlocks.of(request.pool(), execution);
    this.kernel = target.energyKernel(config.kernel(), config.scale(), poolRows);
    this.pool = new CentredRows(poolRows, origin, kernels, execution);
    CentredRows targetRows = centred(request.target(), origin, kernels);
    CentredRows existing =
        request.existing() == null ? null : centred(request.existing(), origin, kernels);
    float farthest = Math.max(pool.reach(), targetRows.reach());
    if (existing != null) {
      farthest = Math.max(farthest, existing.reach());
    }
    this.sums = new EnergySums(kernel, origin.length, farthest, kernels);
    this.self = sums.self();
    this.spare = new Scratch<>(() -> sums.rows(poolRows.blockRows()));
    this.cross = new double[poolRows.rows()];
    this.totals = new long[cross.length];
    this.taken = new boolean[cross.length];
    this.order = IntStream.range(0, poolRows.blocks()).toArray();

    execution.progress().stage("target", poolRows.blocks());
    EnergySums.Points targetPoints = sums.points(targetRows);
    long[] crossTotals = new long[cross.length];
    add(pool, targetPoints, crossTotals);
    double targetCount = targetRows.rows().rows();
    for (int row = 0; row < cross.length; row++) {
      cross[row] = sums.value(crossTotals[row]) / targetCount;
    }
    int count = Math.min(GROUPS, targetRows.rows().rows());
    int spacing = targetRows.rows().rows() / count;
    this.centers = sums.noPoints(targetRows);
    for (int i = 0; i < count; i++) {
      centers.add(i * spacing, 1);
    }
    this.withinTarget = total(targetRows, targetPoints) / targetCount / targetCount;
    if (existing != null) {
      execution.progress().stage("existing", poolRows.blocks());
      EnergySums.Points points = sums.points(existing);
      add(pool, points, totals);
      mass = existing.rows().rows();
      crossSum = total(existing, targetPoints) / targetCount;
      withinSum = total(existing, points);
    }
  }

  private CentredRows centred(FloatMatrix matrix, double[] origin, Kernels kernels) {
    return new CentredRows(RowBlocks.of(matrix, execution), origin, kernels, execution);
  }

  private static long work(SelectionRequest request, Long budget) {
    double pool = request.pool().rows();
    double picks = budget == null ? request.target().rows() : Math.min(budget, pool);
    double pairs = pool * (request.target().rows() + picks);
    return (long) (pairs * (request.pool().columns() + RHO) / WORK_OF_A_NUMBER);
  }

  /** Adds to each row's total the sum over the points. */
  private void add(CentredRows compared, EnergySums.Points points, long[] rowTotals) {
    RowBlocks rows = compared.rows();
    inBlocks(
        compared,
        (scratch, block) -> {
          long[] added = new long[rows.count(block)];
          for (int panel = 0; panel < points.panels(); panel++) {
            execution.progress().check();
            scratch.add(points, panel, added);
          }
          addTo(rowTotals, rows.firstRow(block), added);
          execution.progress().advance(block + 1);
        });
  }

  private static void addTo(long[] rowTotals, int first, long[] added) {
    for (int row = 0; row < added.length; row++) {
      rowTotals[first + row] += added[row];
    }
  }

  @FunctionalInterface
  private interface BlockTask {
    void run(EnergySums.Rows rows, int block);
  }

  private void inBlocks(CentredRows compared, BlockTask task) {
    execution.workers().run(compared.rows().blocks(), block -> inBlock(compared, block, task));
  }

  /** Some blocks of the pool, in about this order. */
  private void inBlocks(int[] blocks, BlockTask task) {
    execution.workers().run(blocks.length, i -> inBlock(pool, blocks[i], task));
  }

  private void inBlock(CentredRows compared, int block, BlockTask task) {
    execution.progress().check();
    spare.use(scratch -> {
      scratch.load(compared, block);
      task.run(scratch, block);
    });
  }

  private double total(CentredRows rows, EnergySums.Points points) {
    long[] rowTotals = new long[rows.rows().rows()];
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

  /** The pool's rows. */
  CentredRows pool() {
    return pool;
  }

  /** The mean of rho from a row to the target. */
  double cross(int row) {
    return cross[row];
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

  /**
   * About the {@code wanted} best rows, the very best among them. The next {@link #confirm} begins
   * with the blocks where the best of the other rows are.
   */
  IntArrayList best(int wanted) {
    if (wanted >= cross.length) {
      return IntArrayList.toList(IntStream.range(0, cross.length));
    }
    if (groups.length == 0) {
      groups = new char[cross.length];
      inBlocks(pool, (rows, block) -> rows.nearest(centers, groups, pool.rows().firstRow(block)));
    }
    IntToDoubleFunction score =
        row ->
            taken[row]
                ? Double.NEGATIVE_INFINITY
                : PendingPicks.score(sums, totals[row], cross[row], mass);
    BestRows best = new BestRows(cross.length, wanted, score, row -> groups[row], centers.size());
    RowBlocks rows = pool.rows();
    int together = Math.ceilDiv(ROWS_OF_A_TASK, rows.blockRows());
    double[] others = new double[rows.blocks()];
    IntArrayList[] found = new IntArrayList[Math.ceilDiv(rows.blocks(), together)];
    execution
        .workers()
        .run(
            found.length,
            task -> {
              execution.progress().check();
              found[task] = new IntArrayList();
              int end = Math.min(rows.blocks(), (task + 1) * together);
              for (int block = task * together; block < end; block++) {
                int first = rows.firstRow(block);
                others[block] = -best.between(first, first + rows.count(block), found[task]);
              }
            });
    IntArrayList all = new IntArrayList();
    for (IntArrayList part : found) {
      all.addAll(part);
    }
    if (pool.isKept()) {
      DoubleArrays.radixSortIndirect(order, others, false);
    }
    return all;
  }

  /**
   * Adds picks to all sums, up to the first one that some pool row should have come before.
   *
   * @return how many were added
   */
  int confirm(PendingPicks picks) {
    AtomicInteger confirmed = new AtomicInteger(picks.size());
    EnergySums.Points points = picks.points();
    PendingPicks.Panel[] panels = picks.panels();
    int[] told = new int[pool.rows().blocks()];
    inBlocks(
        order,
        (rows, block) -> {
          int first = pool.rows().firstRow(block);
          long[] sum = Arrays.copyOfRange(totals, first, first + pool.rows().count(block));
          int limit = confirmed.get();
          for (int panel = 0; panel < panels.length && panels[panel].begin() < limit; panel++) {
            execution.progress().check();
            rows.compare(points, panel);
            limit = panels[panel].firstOvertaken(rows, first, sum, cross, taken, limit);
            told[block] = Math.min(limit, panels[panel].begin() + points.used(panel));
            rows.addFirst(told[block] - panels[panel].begin(), sum);
            limit = confirmed.accumulateAndGet(limit, Math::min);
          }
          System.arraycopy(sum, 0, totals, first, sum.length);
        });
    takeBack(points, confirmed.get(), told);
    return confirmed.get();
  }

  /** Takes back picks that blocks were told of before another block refused them. */
  private void takeBack(EnergySums.Points points, int confirmed, int[] told) {
    inBlocks(
        IntStream.range(0, told.length).filter(block -> told[block] > confirmed).toArray(),
        (rows, block) -> takeBack(points, confirmed, told[block], rows, block));
  }

  private void takeBack(
      EnergySums.Points points, int confirmed, int told, EnergySums.Rows rows, int block) {
    int lanes = points.panelSize();
    long[] tooMuch = new long[pool.rows().count(block)];
    long[] right = new long[tooMuch.length];
    for (int begin = confirmed / lanes * lanes; begin < told; begin += lanes) {
      rows.compare(points, begin / lanes);
      rows.addFirst(Math.min(lanes, told - begin), tooMuch);
      if (begin < confirmed) {
        rows.addFirst(confirmed - begin, right);
      }
    }
    for (int i = 0; i < tooMuch.length; i++) {
      totals[pool.rows().firstRow(block) + i] += right[i] - tooMuch[i];
    }
  }
}
