package io.gio4j.select.kcenter;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.select.Scored;
import io.gio4j.internal.simd.FloatOps;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.function.IntPredicate;

/**
 * The pool row that is farthest from its nearest centre, while centres are added.
 *
 * <p><b>Lazy.</b> The distance to the nearest centre only falls as centres are added, so one that
 * is out of date is an upper bound. The rows with the largest bounds are the shortlist, which is
 * kept up to date, in double, with every centre. As long as its farthest row is not below the bound
 * of any other row, it is the farthest of all. Otherwise the rows that have the largest bounds by
 * now are compared with the centres that they missed, all at once by products ({@link CenterScan}),
 * and make the next shortlist. A row that came to lie near a centre is not looked at again.
 *
 * <p><b>Exact.</b> Every distance that decides is a sum of squares in double; of equally far rows
 * the first is taken. Neither the size of the shortlist nor threads nor registers change a bit.
 *
 * <p><b>Memory.</b> 12 bytes a pool row, 4 MB for the shortlist, the centres twice.
 */
final class Farthest {
  /**
   * 4 MB, which are read for each centre, from a cache. 200 centres of 100,000 clustered rows of
   * 384 columns took 2.0 s with them, 2.8 s with 16 MB and 2.1 s with 2 MB, on a busy machine.
   */
  private static final int SHORTLIST_FLOATS = 1 << 20;

  private static final int FEWEST = 1_024;
  private static final int MOST = 16_384;

  /** Rows of a task, at most; of many columns as many as a block has. */
  static final int ROWS_OF_A_TASK = 256;

  /** Rows looked through before the progress is asked: 8 MB of bounds. */
  private static final int LOOK = 1 << 20;

  /** Rows whose bounds decide how many others are listed. */
  private static final int SAMPLE = 4_096;

  /** The squared distance of a row that is picked, below that of all others. */
  private static final double PICKED = -1;

  private static final Scored NONE = new Scored(PICKED, Integer.MAX_VALUE);

  /** The nearest rows come first, of equally near ones the last. */
  private static final Comparator<Scored> LEAST_FIRST =
      Comparator.comparingDouble(Scored::score)
          .thenComparing(Comparator.comparingInt(Scored::row).reversed());

  private final RowBlocks pool;
  private final Execution execution;
  private final FloatOps ops;
  private final int columns;
  private final Centers centers;
  private final Scratch<CenterScan> scans;
  private final int taskRows;
  private final Scratch<double[]> distances = new Scratch<>(() -> new double[ROWS_OF_A_TASK]);

  /** By row, the squared distance to the nearest of the centres that it was compared with. */
  private final double[] squared;

  /** By row, how many these are; -1 at first. */
  private final int[] seen;

  private boolean isMeasured;

  /** Whether a row may still be picked, asked before a shortlist is made; null without limits. */
  private IntPredicate isOpen;

  /** The shortlist: numbers of rows, their values and their squared distances. */
  private final int[] listed;

  private final float[] values;
  private final double[] near;
  private int size;

  /** The best of the other rows, by their bounds. */
  private Scored limit = NONE;

  private Scored farthest = NONE;

  /**
   * Starts without centres but those that are known by their distances.
   *
   * @param squared by pool row, the squared distance from the nearest centre that is known already,
   *     infinite without any; it is changed
   */
  Farthest(RowBlocks pool, double[] squared, RowScaling scaling, Execution execution) {
    this.pool = pool;
    this.execution = execution;
    this.columns = pool.columns();
    this.ops = execution.opsFor((long) pool.rows() * columns);
    this.centers = new Centers(scaling, ops);
    this.taskRows = Math.min(ROWS_OF_A_TASK, pool.blockRows());
    this.scans = new Scratch<>(() -> new CenterScan(centers, pool.blockRows(), ops));
    this.squared = squared;
    this.seen = new int[pool.rows()];
    int length = Math.min(pool.rows(), Math.clamp(SHORTLIST_FLOATS / columns, FEWEST, MOST));
    this.listed = new int[length];
    this.values = new float[Math.multiplyExact(length, columns)];
    this.near = new double[length];
  }

  /**
   * Leaves out rows that may not be picked; they need not be covered either.
   *
   * @param rows that are left out from the start
   * @param stillOpen whether a row may still be picked
   */
  void leaveOut(BitSet rows, IntPredicate stillOpen) {
    rows.stream().forEach(this::leaveOut);
    isOpen = stillOpen;
  }

  /** Leaves out a row, as if it was picked but no centre. */
  void leaveOut(int row) {
    squared[row] = PICKED;
    for (int i = 0; i < size; i++) {
      if (listed[i] == row) {
        near[i] = PICKED;
      }
    }
  }

  /** Makes a pool row a centre that is not found again. */
  void pick(int row) {
    leaveOut(row);
    centers.add(pool.values(row));
    double[] point = pool.row(row);
    execution.workers().run(Math.ceilDiv(size, taskRows), task -> update(task * taskRows, point));
  }

  /** Compares some rows of the shortlist with a new centre. */
  private void update(int first, double[] point) {
    execution.progress().check();
    int count = Math.min(taskRows, size - first);
    distances.use(out -> {
      ops.rows().squaredDistances(values, first * columns, count, columns, point, out, 0);
      for (int i = 0; i < count; i++) {
        near[first + i] = Math.min(near[first + i], out[i]);
      }
    });
  }

  /** Finds the farthest row of those that are not picked, the first of several. */
  void find() {
    if (!isMeasured) {
      measureAll();
      isMeasured = true;
    }
    farthest = farthestListed();
    while (LEAST_FIRST.compare(farthest, limit) < 0) {
      execution.progress().check();
      refill();
      farthest = farthestListed();
    }
  }

  /** Whether {@link #find} found a row: not all are picked. */
  boolean isAny() {
    return farthest.score() != PICKED;
  }

  /** {@return the row found; the largest int if all are picked} */
  int row() {
    return farthest.row();
  }

  /** {@return its squared distance from the nearest centre; 0 if all rows are picked} */
  double squaredDistance() {
    return Math.max(0, farthest.score());
  }

  private Scored farthestListed() {
    int best = -1;
    for (int i = 0; i < size; i++) {
      boolean isFarther = best < 0 || near[i] > near[best];
      if (near[i] != PICKED && (isFarther || (near[i] == near[best] && listed[i] < listed[best]))) {
        best = i;
      }
    }
    return best < 0 ? NONE : new Scored(near[best], listed[best]);
  }

  private void measureAll() {
    execution
        .workers()
        .run(
            pool.blocks(),
            block -> {
              int first = pool.firstRow(block);
              int count = pool.count(block);
              pool.read(block, rows -> lower(rows, count, 0, squared, first));
              Arrays.fill(seen, first, first + count, centers.count());
              execution.progress().advance(first + count);
            });
    limit = new Scored(Double.POSITIVE_INFINITY, 0); // The shortlist is empty.
  }

  private void lower(float[] rows, int count, int panel, double[] out, int offset) {
    execution.progress().check();
    scans.use(
        scan -> scan.lower(rows, count, panel, out, null, offset, execution.progress()::check));
  }

  /** Makes a shortlist of the rows that have the largest bounds, and brings it up to date. */
  private void refill() {
    for (int i = 0; i < size; i++) {
      squared[listed[i]] = near[i];
      seen[listed[i]] = centers.count();
    }
    for (int row = 0; isOpen != null && row < squared.length; row++) {
      if (squared[row] != PICKED && !isOpen.test(row)) {
        squared[row] = PICKED;
      }
    }
    long[] bySeen = chooseRows();
    size = bySeen.length;
    execution.workers().run(Math.ceilDiv(size, taskRows), task -> load(task * taskRows, bySeen));
  }

  /** Chooses rows with the largest bounds, the best of all among them; see {@link #load}. */
  private long[] chooseRows() {
    double threshold = threshold();
    int best = best();
    IntArrayList chosen = new IntArrayList(listed.length);
    IntArrayList level = new IntArrayList();
    chosen.add(best);
    limit = NONE;
    for (int row = 0; row < squared.length; row++) {
      if (row % LOOK == 0) {
        execution.progress().check();
      }
      if (squared[row] > threshold && chosen.size() < listed.length && row != best) {
        chosen.add(row);
      } else if (squared[row] == threshold && level.size() < listed.length && row != best) {
        level.add(row);
      } else if (squared[row] > limit.score() && row != best) {
        limit = new Scored(squared[row], row); // Rows ascend, so it is the first.
      }
    }
    int more = threshold == 0 ? 0 : Math.min(level.size(), listed.length - chosen.size());
    chosen.addElements(chosen.size(), level.elements(), 0, more);
    if (more < level.size()) {
      Scored first = new Scored(threshold, level.getInt(more));
      limit = LEAST_FIRST.compare(first, limit) > 0 ? first : limit;
    }
    return chosen.intStream().mapToLong(row -> (long) seen[row] << 32 | row).sorted().toArray();
  }

  /** The first row with the largest bound. */
  private int best() {
    int best = 0;
    for (int row = 1; row < squared.length; row++) {
      best = squared[row] > squared[best] ? row : best;
    }
    return best;
  }

  /** A bound above which about half a shortlist of rows lies, or as many as there are. */
  private double threshold() {
    int stride = Math.ceilDiv(squared.length, SAMPLE);
    double[] sample = new double[Math.ceilDiv(squared.length, stride)];
    Arrays.setAll(sample, i -> squared[i * stride]);
    Arrays.sort(sample);
    int above = (int) ((long) sample.length * listed.length / 2 / squared.length);
    return Math.max(0, sample[Math.max(0, sample.length - 1 - above)]);
  }

  /** Reads some rows of the shortlist, and compares them with the centres that they missed. */
  private void load(int first, long[] bySeen) {
    int count = Math.min(taskRows, size - first);
    float[] rows = new float[count * columns];
    for (int i = 0; i < count; i++) {
      int row = (int) bySeen[first + i];
      listed[first + i] = row;
      near[first + i] = squared[row];
      pool.copyRow(row, rows, i * columns);
    }
    int panel = (int) (bySeen[first] >>> 32) / ops.lanes();
    lower(rows, count, panel, near, first);
    System.arraycopy(rows, 0, values, first * columns, rows.length);
  }
}
