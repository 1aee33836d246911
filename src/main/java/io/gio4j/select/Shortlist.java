package io.gio4j.select;

import io.gio4j.divergence.EnergySums;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.Scratch;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;

/**
 * The pool rows among which a batch's picks are settled, exactly as over the whole pool.
 *
 * <p><b>Bounds.</b> With m rows selected before the batch and Q since, row g scores
 *
 * <pre>(S(g) + sum of rho(g, w) over the batch) / (m + 1 + Q) - a(g)</pre>
 *
 * where rho(g, w) is at most {@code room(g)}, by the triangle inequality over the origin: picks of
 * a batch lie within a reach of it. So a score that is some picks old is bounded by adding room for
 * each; a row of the list is evaluated anew only if its bound exceeds the best score known. Rows
 * outside the list have a largest bound, which as a function of {@code 1 / (m + 1 + Q)} is convex
 * and lies below the chord between the batch's begin and its end. A batch ends when the best row of
 * the list no longer exceeds it. The first pick is the best of all rows, found while the list is
 * made, so a batch always has one.
 *
 * <p>The list holds the rows of the largest scores and of the largest bounds at the batch's end, by
 * thresholds from a sample of the pool. It has no part in the picks, only in how many a batch gets.
 */
final class Shortlist {
  /**
   * Rows of a batch at most, in panels of 32 lanes four of them: over a pool of 1,000,000 x 384 a
   * pass takes as long for one panel as for two, and 128 picks share it.
   */
  private static final int BATCH = 128;

  /**
   * Rows of the list at the start; it doubles when batches end early, up to a share of the pool.
   */
  private static final int FEWEST = 8192;

  /** One over the largest share of the pool in the list: copying it costs that much of a pass. */
  private static final int SHARE = 16;

  /** One over the largest share of the heap for the list's rows. */
  private static final int HEAP_SHARE = 16;

  private static final int SAMPLE = 16_384;
  private static final int ROWS_OF_A_TASK = 1 << 16;
  private static final int EVALUATED_AT_ONCE = 64;

  /** Evaluated before the threshold for the others is known. */
  private static final int FIRST_GUESSES = 16;

  /** How much farther than the farthest target row, or the farthest pick, picks may lie. */
  private static final double MARGIN = 1.25;

  private final RowBlocks pool;
  private final RowWeights weights;
  private final EnergySums sums;
  private final double[] cross;
  private final long[] totals;
  private final float[] reaches;
  private final boolean[] taken;
  private final Execution execution;
  private final Scratch<EnergySums.Rows> spare;
  private final float[] rooms;
  private double reachLimit;
  private final int largestSize;
  private int size;

  private long mass;
  private long batchMass;
  private long plannedMass;
  private int batchLeft;
  private double outsideFirst;
  private double outsideLast;
  private int firstRow;

  private int[] rows = new int[0];
  private float[] values = new float[0];
  private long[] rowTotals = new long[0];
  private long[] massThen = new long[0];
  private double[] bounds = new double[0];
  private int count;
  private int best;

  Shortlist(
      RowBlocks pool,
      RowWeights weights,
      EnergySums sums,
      double[] cross,
      long[] totals,
      float[] reaches,
      boolean[] taken,
      float targetReach,
      Execution execution) {
    this.pool = pool;
    this.weights = weights;
    this.sums = sums;
    this.cross = cross;
    this.totals = totals;
    this.reaches = reaches;
    this.taken = taken;
    this.execution = execution;
    this.spare = new Scratch<>(() -> sums.rows(EVALUATED_AT_ONCE));
    this.rooms = new float[reaches.length];
    long fit = Runtime.getRuntime().maxMemory() / HEAP_SHARE / (4L * pool.columns());
    this.largestSize = (int) Math.min(Math.max(FEWEST, cross.length / SHARE), Math.max(1, fit));
    this.size = Math.min(FEWEST, largestSize);
    limitReach(targetReach);
  }

  /** Picks may lie as far out as {@code reach}, and somewhat farther. */
  private void limitReach(double reach) {
    reachLimit = MARGIN * reach;
    inTasks((task, from, to) -> {
      for (int row = from; row < to; row++) {
        rooms[row] = Math.nextUp((float) sums.bound(reaches[row], reachLimit));
      }
    });
  }

  @FunctionalInterface
  private interface Part {
    void of(int task, int from, int to);
  }

  private int inTasks(Part part) {
    int tasks = Math.ceilDiv(cross.length, ROWS_OF_A_TASK);
    execution
        .workers()
        .run(
            tasks,
            task -> {
              execution.progress().check();
              int from = task * ROWS_OF_A_TASK;
              part.of(task, from, Math.min(cross.length, from + ROWS_OF_A_TASK));
            });
    return tasks;
  }

  /** The bound of a pool row's score after {@code more} rows of the batch. */
  private double bound(int row, long more) {
    return (sums.value(totals[row]) + more * (double) rooms[row]) / (mass + 1.0 + more)
        - cross[row];
  }

  /** Makes the list anew, for a batch of at most {@code most} rows. */
  void fill(long selectedMass, long most) {
    mass = selectedMass;
    batchMass = 0;
    batchLeft = (int) Math.min(BATCH, most);
    plannedMass = batchLeft * weights.typical();
    collect(threshold(0), threshold(plannedMass));
    if (firstRow >= 0 && reaches[firstRow] > reachLimit) {
      // No bound holds for others once this one is picked: a batch of one, and a wider limit.
      limitReach(reaches[firstRow]);
      take(new IntArrayList(new int[] {firstRow}));
      batchLeft = 1;
    }
  }

  /** The score that about as many rows as the list shall have exceed after so many picks. */
  private double threshold(long more) {
    if (cross.length <= size) {
      return Double.NEGATIVE_INFINITY;
    }
    int stride = Math.max(1, cross.length / SAMPLE);
    double[] sample = new double[Math.ceilDiv(cross.length, stride)];
    int sampled = 0;
    for (int row = 0; row < cross.length; row += stride) {
      if (!taken[row]) {
        sample[sampled++] = bound(row, more);
      }
    }
    Arrays.sort(sample, 0, sampled);
    int above = (int) ((long) size * sample.length / cross.length);
    return sample[Math.max(0, sampled - 1 - above)];
  }

  /** What one task found: rows for the list, the best row, and the bounds of those left out. */
  private static final class Found {
    private final IntArrayList rows = new IntArrayList();
    private int first = -1;
    private double firstScore = Double.NEGATIVE_INFINITY;
    private double outsideFirst = Double.NEGATIVE_INFINITY;
    private double outsideLast = Double.NEGATIVE_INFINITY;
  }

  private void collect(double firstThreshold, double lastThreshold) {
    Found[] found = new Found[Math.ceilDiv(cross.length, ROWS_OF_A_TASK)];
    inTasks((task, from, to) -> found[task] = look(from, to, firstThreshold, lastThreshold));
    IntArrayList listed = new IntArrayList();
    firstRow = -1;
    double firstScore = Double.NEGATIVE_INFINITY;
    outsideFirst = Double.NEGATIVE_INFINITY;
    outsideLast = Double.NEGATIVE_INFINITY;
    for (Found part : found) {
      listed.addAll(part.rows);
      if (part.firstScore > firstScore) {
        firstRow = part.first;
        firstScore = part.firstScore;
      }
      outsideFirst = Math.max(outsideFirst, part.outsideFirst);
      outsideLast = Math.max(outsideLast, part.outsideLast);
    }
    take(listed);
  }

  private Found look(int from, int to, double firstThreshold, double lastThreshold) {
    Found found = new Found();
    for (int row = from; row < to; row++) {
      if (taken[row]) {
        continue;
      }
      double score = bound(row, 0);
      double last = bound(row, plannedMass);
      if (score > found.firstScore) {
        found.first = row;
        found.firstScore = score;
      }
      boolean high = score >= firstThreshold || last >= lastThreshold;
      if (high && reaches[row] <= reachLimit) {
        found.rows.add(row);
      } else {
        found.outsideFirst = Math.max(found.outsideFirst, score);
        found.outsideLast = Math.max(found.outsideLast, last);
      }
    }
    return found;
  }

  private void take(IntArrayList listed) {
    count = listed.size();
    if (rows.length < count) {
      rows = new int[count];
      values = new float[count * pool.columns()];
      rowTotals = new long[count];
      massThen = new long[count];
      bounds = new double[count];
    }
    listed.getElements(0, rows, 0, count);
    Arrays.fill(massThen, 0, count, 0);
    execution
        .workers()
        .run(
            Math.ceilDiv(count, EVALUATED_AT_ONCE),
            task -> {
              execution.progress().check();
              int to = Math.min(count, (task + 1) * EVALUATED_AT_ONCE);
              for (int i = task * EVALUATED_AT_ONCE; i < to; i++) {
                pool.copyRow(rows[i], values, i * pool.columns());
                rowTotals[i] = totals[rows[i]];
              }
            });
  }

  boolean isPoolUsedUp() {
    return firstRow < 0;
  }

  /**
   * The best pool row, its score up to date, or -1 if it may lie outside the list.
   *
   * @param batch the picks since the list was made
   */
  int best(EnergySums.Points batch) {
    if (batchLeft == 0 || firstRow < 0) {
      return -1;
    }
    best = freshBest(batch);
    boolean proven = best >= 0 && (batch.size() == 0 || bounds[best] > outsideBound());
    if (!proven) {
      // Twice as many rows next time: bounds that end a batch early are those left out.
      size = Math.min(2 * size, largestSize);
      return -1;
    }
    return rows[best];
  }

  /** The largest bound outside the list: below the chord between the batch's two ends. */
  private double outsideBound() {
    if (batchMass > plannedMass) {
      return Double.POSITIVE_INFINITY;
    }
    double begin = 1 / (mass + 1.0);
    double end = 1 / (mass + 1.0 + plannedMass);
    double way = (begin - 1 / (mass + 1.0 + batchMass)) / (begin - end);
    return outsideFirst == Double.NEGATIVE_INFINITY
        ? outsideFirst
        : outsideFirst + (outsideLast - outsideFirst) * way;
  }

  private int freshBest(EnergySums.Points batch) {
    double[] guesses = new double[FIRST_GUESSES];
    Arrays.fill(guesses, Double.NEGATIVE_INFINITY);
    boolean stale = false;
    for (int i = 0; i < count; i++) {
      bounds[i] = taken[rows[i]] ? Double.NEGATIVE_INFINITY : boundNow(i);
      stale |= massThen[i] != batchMass;
      if (bounds[i] > guesses[0]) {
        insert(guesses, bounds[i]);
      }
    }
    if (stale) {
      evaluate(guesses[0], batch);
      double known = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < count; i++) {
        if (massThen[i] == batchMass) {
          known = Math.max(known, bounds[i]);
        }
      }
      evaluate(known, batch);
    }
    int first = -1;
    for (int i = 0; i < count; i++) {
      if (massThen[i] == batchMass
          && bounds[i] > (first < 0 ? Double.NEGATIVE_INFINITY : bounds[first])) {
        first = i;
      }
    }
    return first;
  }

  /** Keeps the largest numbers, the smallest of them first. */
  private static void insert(double[] largest, double value) {
    int at = 0;
    while (at + 1 < largest.length && largest[at + 1] < value) {
      largest[at] = largest[at + 1];
      at++;
    }
    largest[at] = value;
  }

  private double boundNow(int i) {
    return (sums.value(rowTotals[i]) + (batchMass - massThen[i]) * (double) rooms[rows[i]])
            / (mass + 1.0 + batchMass)
        - cross[rows[i]];
  }

  /** Brings rows of at least a bound up to date. */
  private void evaluate(double least, EnergySums.Points batch) {
    IntArrayList chosen = new IntArrayList();
    for (int i = 0; i < count; i++) {
      if (massThen[i] != batchMass && bounds[i] >= least && !taken[rows[i]]) {
        chosen.add(i);
      }
    }
    int[] indices = chosen.toIntArray();
    execution
        .workers()
        .run(
            Math.ceilDiv(indices.length, EVALUATED_AT_ONCE),
            task -> {
              int from = task * EVALUATED_AT_ONCE;
              spare.use(scratch ->
                  evaluate(
                      indices,
                      from,
                      Math.min(indices.length, from + EVALUATED_AT_ONCE),
                      batch,
                      scratch));
            });
  }

  private void evaluate(
      int[] indices, int from, int to, EnergySums.Points batch, EnergySums.Rows scratch) {
    int columns = pool.columns();
    float[] gathered = new float[(to - from) * columns];
    for (int i = from; i < to; i++) {
      System.arraycopy(values, indices[i] * columns, gathered, (i - from) * columns, columns);
    }
    long[] added = new long[to - from];
    scratch.load(gathered, added.length);
    scratch.add(batch, added);
    for (int i = from; i < to; i++) {
      int at = indices[i];
      rowTotals[at] = totals[rows[at]] + added[i - from];
      massThen[at] = batchMass;
      bounds[at] = boundNow(at);
    }
  }

  /** The sum of rho from the best row to all that are selected. */
  long bestTotal() {
    return rowTotals[best];
  }

  /** The best row is selected. */
  void take() {
    batchMass += weights.of(rows[best]);
    batchLeft--;
  }
}
