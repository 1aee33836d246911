package io.gio4j.select.balanced;

import io.gio4j.internal.BreakEven;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.energy.CentredRows;
import io.gio4j.internal.energy.EnergySums;
import io.gio4j.internal.energy.TypicalDistances;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.Scored;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.kernel.EnergyKernel;
import io.gio4j.select.SelectionRequest;
import it.unimi.dsi.fastutil.doubles.DoubleArrays;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.Arrays;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The herding score of every pool row, for a selection that grows in batches.
 *
 * <p>For each row g two sums are kept: its mean rho to the target, and its sum of rho to the
 * selected rows. {@link #validate} adds a batch of speculated picks to all of the latter in one
 * pass over the pool, and finds the first pick that another row would have beaten.
 */
final class HerdingScores {
  private static final int ROWS_OF_A_TASK = 1 << 16;

  /** Rows of a task that compares them with the picks. */
  private static final int COMPARED_ROWS = 64;

  /** Cost of rho for one pair, in multiply-adds; each column adds one more. */
  private static final int RHO = 100;

  /** At 8.6e9 multiply-adds of all selections: compiling the vector code takes 3 s of a core. */
  private static final BreakEven VECTOR = new BreakEven(1 << 19);

  /** Target rows that pool rows are grouped by: a group is the rows nearest to one of them. */
  private static final int GROUPS = 128;

  private final CentredRows pool;
  private final Execution execution;
  private final EnergyKernel kernel;
  private final EnergySums sums;
  private final Scratch<EnergySums.Rows> spare;

  /** Mean of rho to the target, each row by its weight, by pool row. */
  private final double[] cross;

  /** Size of the sum of rho to the rows selected, by pool row. */
  private double[] totals;

  /** Receives the totals of {@link #validate}, so that rejected picks need not be subtracted. */
  private double[] nextTotals;

  private final RollbackState rollback;
  private final SelectionEnergy energy;
  private final TypicalDistances typical;

  /** By pool row, the nearest of the target rows that rows are grouped by. */
  private char[] groups = new char[0];

  private final EnergySums.Points centers;
  private final boolean[] taken;

  /** Blocks of the pool; first those whose rows are likeliest to beat the next picks. */
  private final int[] order;

  /** Rho between a row and itself. */
  private final double self;

  /** The mean rho to a target all of whose rows equal the row. */
  private final double crossOfCopies;

  HerdingScores(SelectionRequest request, Balanced method, Execution execution) {
    this.execution = execution;
    FloatOps ops = VECTOR.ops(execution, work(request));
    execution.progress().stage("pool", 0);
    RowBlocks poolRows = RowBlocks.of(request.pool(), execution);
    RowBlocks targetBlocks = RowBlocks.of(request.target(), execution);
    this.typical = TypicalDistances.of(targetBlocks, poolRows, execution);
    this.kernel = method.kernel(typical);
    RowScaling scaling = RowScaling.byLength(poolRows, typical.any());
    this.sums = new EnergySums(kernel, scaling, ops);
    CentredRows[] centred =
        sums.centred(
            execution,
            poolRows,
            targetBlocks,
            request.existing() == null ? null : RowBlocks.of(request.existing(), execution));
    this.pool = centred[0];
    CentredRows targetRows = centred[1];
    CentredRows existing = centred[2];
    this.self = sums.value(sums.self());
    this.spare = new Scratch<>(() -> sums.rows(poolRows.blockRows()));
    this.cross = new double[poolRows.rows()];
    this.totals = new double[cross.length];
    this.nextTotals = new double[cross.length];
    this.taken = new boolean[cross.length];
    this.order = IntStream.range(0, poolRows.blocks()).toArray();
    this.rollback = new RollbackState(poolRows, sums);

    execution.progress().stage("target", poolRows.blocks());
    double[] weights = request.targetWeights();
    EnergySums.Points targetPoints = sums.points(targetRows, weights);
    add(pool, targetPoints, cross);
    double targetCount = targetBlocks.rows();
    for (int row = 0; row < cross.length; row++) {
      cross[row] = sums.value(cross[row]) / targetCount;
    }
    int count = Math.min(GROUPS, targetBlocks.rows());
    int spacing = targetBlocks.rows() / count;
    this.centers = sums.noPoints(targetRows);
    for (int i = 0; i < count; i++) {
      centers.add(i * spacing, 1);
    }
    this.crossOfCopies = weights == null ? self : copies(weights) / targetCount;
    double withinTarget = total(targetRows, targetPoints, weights) / targetCount / targetCount;
    this.energy = new SelectionEnergy(withinTarget, self);
    if (existing != null) {
      execution.progress().stage("existing", poolRows.blocks());
      EnergySums.Points points = sums.points(existing);
      add(pool, points, totals);
      energy.begin(
          existing.rows().rows(),
          total(existing, targetPoints, null) / targetCount,
          total(existing, points, null));
    }
  }

  private static long work(SelectionRequest request) {
    double pool = request.pool().rows();
    Long budget = request.budget();
    double picks = budget == null ? request.target().rows() : Math.min(budget, pool);
    double pairs = pool * (request.target().rows() + picks);
    return (long) (pairs * (request.pool().columns() + RHO));
  }

  /** Adds each row's sum of rho over the points to its total. */
  private void add(CentredRows compared, EnergySums.Points points, double[] rowTotals) {
    RowBlocks rows = compared.rows();
    inBlocks(
        compared,
        (scratch, block) -> {
          double[] added = new double[rows.count(block)];
          for (int panel = 0; panel < points.panels(); panel++) {
            execution.progress().check();
            scratch.add(points, panel, added);
          }
          System.arraycopy(added, 0, rowTotals, rows.firstRow(block), added.length);
          execution.progress().advance(block + 1);
        });
  }

  @FunctionalInterface
  private interface BlockTask {
    void run(EnergySums.Rows rows, int block);
  }

  private void inBlocks(CentredRows compared, BlockTask task) {
    execution.workers().run(compared.rows().blocks(), block -> inBlock(compared, block, task));
  }

  /** Runs a task on some blocks of the pool, roughly in this order. */
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

  /**
   * {@return the sum of rho over all pairs of rows and points}
   *
   * @param weights how much each row counts; null for 1
   */
  private double total(CentredRows rows, EnergySums.Points points, double[] weights) {
    double[] rowTotals = new double[rows.rows().rows()];
    add(rows, points, rowTotals);
    double sum = 0;
    for (int row = 0; row < rowTotals.length; row++) {
      sum += weights == null ? rowTotals[row] : weights[row] * rowTotals[row];
    }
    return sums.value(sum);
  }

  /** {@return the sum of rho to the target of a row that equals each of its rows} */
  private double copies(double[] weights) {
    double sum = 0;
    for (double weight : weights) {
      sum += weight * sums.self(); // in the order of {@link #add}: the same bits
    }
    return sums.value(sum);
  }

  EnergyKernel kernel() {
    return kernel;
  }

  EnergySums sums() {
    return sums;
  }

  /** {@return the pool's rows, scaled} */
  CentredRows pool() {
    return pool;
  }

  /** The mean of rho from a row to the target. */
  double cross(int row) {
    return cross[row];
  }

  /** The sum of rho from a row to all selected rows, over rho's factor. */
  double total(int row) {
    return totals[row];
  }

  /** Whether a row is selected, or pending. */
  boolean isTaken(int row) {
    return taken[row];
  }

  void take(int row) {
    taken[row] = true;
  }

  void release(int row) {
    taken[row] = false;
  }

  /** {@return the energy distance of the rows selected so far} */
  SelectionEnergy energy() {
    return energy;
  }

  /** Selects a validated pick; {@code total} is its sum when it was picked. */
  void select(int row, long weight, double total) {
    energy.add(weight, cross[row], sums.value(total));
  }

  /** {@return the distances that the default scale is derived from} */
  TypicalDistances typical() {
    return typical;
  }

  /** Whether the target has no influence on a row: rho vanishes between them, as floats. */
  boolean isOutOfReach(int row) {
    return kernel.vanishes() && cross[row] == 0;
  }

  /**
   * Whether the scale is far too large: rho to the target is, for most pool rows, what it would be
   * at distance 0, although the rows differ.
   */
  boolean isBlind() {
    int[] same =
        IntStream.range(0, cross.length).filter(row -> cross[row] == crossOfCopies).toArray();
    if (same.length <= cross.length / 2 || same.length < 2) {
      return false;
    }
    float[] first = pool.rows().values(same[0]);
    float[] other = new float[first.length];
    for (int row : same) {
      pool.rows().copyRow(row, other, 0);
      if (!Arrays.equals(first, other)) {
        return true;
      }
    }
    return false;
  }

  /**
   * {@return about {@code wanted} of the best rows, the best of all that limits allow among them}
   * Rows that limits forbid are taken.
   */
  IntArrayList bestAllowed(int wanted, Picks picks) {
    for (int row = 0; row < taken.length; row++) {
      taken[row] |= !picks.isOpen(row);
    }
    IntArrayList listed;
    int found;
    boolean areSomeForbidden = false;
    do {
      listed = best(wanted);
      found = listed.size();
      areSomeForbidden |= takeForbidden(listed, picks);
    } while (2 * listed.size() < found && found < cross.length);
    if (areSomeForbidden) {
      addBest(listed, picks);
    }
    return listed;
  }

  /** Takes listed rows that limits forbid, and keeps the others; returns whether there are any. */
  private boolean takeForbidden(IntArrayList listed, Picks picks) {
    boolean[] isForbidden = new boolean[listed.size()];
    execution
        .workers()
        .run(
            Math.ceilDiv(isForbidden.length, COMPARED_ROWS),
            task -> {
              execution.progress().check();
              int end = Math.min(isForbidden.length, (task + 1) * COMPARED_ROWS);
              for (int i = task * COMPARED_ROWS; i < end; i++) {
                int row = listed.getInt(i);
                isForbidden[i] = !taken[row] && !picks.allows(row);
              }
            });
    int kept = 0;
    boolean areAny = false;
    for (int i = 0; i < isForbidden.length; i++) {
      int row = listed.getInt(i);
      taken[row] |= isForbidden[i];
      areAny |= isForbidden[i];
      if (!taken[row]) {
        listed.set(kept, row);
        kept++;
      }
    }
    listed.size(kept);
    return areAny;
  }

  /** Adds the best of all allowed rows, of which a list without forbidden ones may lack. */
  private void addBest(IntArrayList listed, Picks picks) {
    Scored first = new Scored(Double.POSITIVE_INFINITY, Integer.MAX_VALUE);
    for (int i = 0; i < listed.size(); i++) {
      Scored scored = scored(listed.getInt(i));
      first = scored.compareTo(first) < 0 ? scored : first;
    }
    PriorityQueue<Scored> ahead = new PriorityQueue<>();
    for (int row = 0; row < taken.length; row++) {
      if (!taken[row]) {
        Scored scored = scored(row);
        if (scored.compareTo(first) < 0) {
          ahead.add(scored);
        }
      }
    }
    while (!ahead.isEmpty()) {
      execution.progress().check();
      int row = ahead.remove().row();
      if (picks.allows(row)) {
        int place = IntArrays.binarySearch(listed.elements(), 0, listed.size(), row);
        listed.add(-1 - place, row);
        return;
      }
      taken[row] = true;
    }
  }

  /** A row by its score, the highest first. */
  private Scored scored(int row) {
    return new Scored(-score(row), row);
  }

  private double score(int row) {
    return PendingPicks.score(sums, totals[row], cross[row], energy.rows());
  }

  /**
   * {@return about {@code wanted} of the best rows, the best of all among them} The next {@link
   * #validate} begins with the blocks that hold the best of the other rows.
   */
  IntArrayList best(int wanted) {
    if (wanted >= cross.length) {
      return IntArrayList.toList(IntStream.range(0, cross.length));
    }
    if (groups.length == 0) {
      groups = new char[cross.length];
      inBlocks(pool, (rows, block) -> rows.nearest(centers, groups, pool.rows().firstRow(block)));
    }
    IntToDoubleFunction score = row -> taken[row] ? Double.NEGATIVE_INFINITY : score(row);
    BestRows best = new BestRows(cross.length, wanted, score, row -> groups[row], centers.size());
    RowBlocks rows = pool.rows();
    int together = Math.ceilDiv(ROWS_OF_A_TASK, rows.blockRows());
    double[] others = new double[rows.blocks()];
    BestRows.Chosen[] found = new BestRows.Chosen[Math.ceilDiv(rows.blocks(), together)];
    execution
        .workers()
        .run(
            found.length,
            task -> {
              execution.progress().check();
              found[task] = best.none();
              int end = Math.min(rows.blocks(), (task + 1) * together);
              for (int block = task * together; block < end; block++) {
                int first = rows.firstRow(block);
                others[block] = -found[task].choose(first, first + rows.count(block));
              }
            });
    if (pool.isKept()) {
      DoubleArrays.radixSortIndirect(order, others, false);
    }
    return best.together(found);
  }

  /**
   * Adds picks to all sums, up to the first one that another pool row would have beaten.
   *
   * @return how many were added
   */
  int validate(PendingPicks picks) {
    AtomicInteger valid = new AtomicInteger(picks.size());
    EnergySums.Points points = picks.points();
    PendingPicks.Panel[] panels = picks.panels();
    int[] added = new int[pool.rows().blocks()];
    inBlocks(
        order,
        (rows, block) -> {
          int first = pool.rows().firstRow(block);
          double[] sum = Arrays.copyOfRange(totals, first, first + pool.rows().count(block));
          int limit = valid.get();
          for (int panel = 0; panel < panels.length && panels[panel].begin() < limit; panel++) {
            execution.progress().check();
            rows.compare(points, panel);
            limit = panels[panel].firstBeaten(rows, first, sum, cross, taken, limit);
            added[block] = Math.min(limit, panels[panel].begin() + points.used(panel));
            int adds = added[block] - panels[panel].begin();
            if (adds > 0) {
              rollback.keep(block, sum, rows);
            }
            rows.addFirst(adds, sum);
            limit = valid.accumulateAndGet(limit, Math::min);
          }
          System.arraycopy(sum, 0, nextTotals, first, sum.length);
        });
    rollBack(points, valid.get(), added);
    double[] before = totals;
    totals = nextTotals;
    nextTotals = before;
    return valid.get();
  }

  /**
   * Recomputes the totals of blocks that were updated with picks before another block rejected
   * these picks.
   */
  private void rollBack(EnergySums.Points points, int valid, int[] added) {
    int lanes = points.panelSize();
    inBlocks(
        IntStream.range(0, added.length).filter(block -> added[block] > valid).toArray(),
        (rows, block) -> {
          int first = pool.rows().firstRow(block);
          int last = (added[block] - 1) / lanes;
          double[] sum = last * lanes <= valid ? rollback.restore(block, rows, points, last) : null;
          if (sum != null) {
            rows.addFirst(valid - last * lanes, sum);
          } else {
            sum = Arrays.copyOfRange(totals, first, first + pool.rows().count(block));
            for (int begin = 0; begin < valid; begin += lanes) {
              rows.compare(points, begin / lanes);
              rows.addFirst(Math.min(lanes, valid - begin), sum);
            }
          }
          System.arraycopy(sum, 0, nextTotals, first, sum.length);
        });
  }
}
