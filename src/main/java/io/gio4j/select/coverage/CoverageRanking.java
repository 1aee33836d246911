package io.gio4j.select.coverage;

import io.gio4j.internal.Execution;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntHeapPriorityQueue;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;

/**
 * Pool rows by descending gain, equal ones by index, found lazily.
 *
 * <p>Gains never rise as rows are selected, so a gain or a bound that was computed earlier is still
 * an upper bound (lazy greedy, Minoux 1978). The row with the largest one is brought up to date,
 * first by its list and only then exactly, and is the best once its exact gain is still the
 * largest. Rounding is monotone in the exact gains, so picks are those of evaluating every row each
 * time in double.
 *
 * <p>Rows are brought up to date in batches, twice as many each time until one is the best. Batches
 * do not depend on threads.
 */
final class CoverageRanking {
  /** Rows of the first batch of bounds: enough for several threads, and few if they are in vain. */
  private static final int FIRST_BOUNDS = 16;

  private static final int MOST_AT_ONCE = 4096;

  /** Marks a bound that was never updated. */
  private static final int NEVER = -1;

  private final CoverageGains gains;
  private final IntPredicate isOpen;
  private final IntUnaryOperator takeOut;
  private final Execution execution;
  private final double[] bounds;
  private final int[] boundAt;
  private final int[] exactAt;
  private IntHeapPriorityQueue queue;
  private int selections;

  /**
   * Starts with no row ranked.
   *
   * @param bounds upper bounds of gains by pool row; kept and changed
   * @param isOpen whether a row may be picked
   * @param takeOut receives a row that may not; returns an equal row that is ranked instead, -1 for
   *     none
   */
  CoverageRanking(
      CoverageGains gains,
      double[] bounds,
      IntPredicate isOpen,
      IntUnaryOperator takeOut,
      Execution execution) {
    this.gains = gains;
    this.isOpen = isOpen;
    this.takeOut = takeOut;
    this.execution = execution;
    this.bounds = bounds;
    this.boundAt = new int[bounds.length];
    this.exactAt = new int[bounds.length];
  }

  /** Ranks some rows and no others, by bounds that are valid now. */
  void start(int[] rows) {
    for (int row : rows) {
      boundAt[row] = gains.areListed() ? selections : NEVER;
      exactAt[row] = NEVER;
    }
    queue = new IntHeapPriorityQueue(rows, rows.length, this::compare);
  }

  private int compare(int one, int other) {
    int order = Double.compare(bounds[other], bounds[one]);
    return order == 0 ? Integer.compare(one, other) : order;
  }

  /** The row of the largest gain, or -1 when none is left. */
  int best() {
    int boundsAtOnce = FIRST_BOUNDS;
    int exactAtOnce = 1;
    while (!queue.isEmpty()) {
      execution.progress().check();
      int top = queue.firstInt();
      if (!isOpen.test(top)) {
        skip();
        continue;
      }
      if (exactAt[top] == selections) {
        return top;
      }
      if (isBoundStale(top)) {
        int[] rows = take(boundsAtOnce, true);
        gains.bound(rows, bounds);
        put(rows, boundAt);
        boundsAtOnce = Math.min(2 * boundsAtOnce, MOST_AT_ONCE);
      } else {
        int[] rows = take(exactAtOnce, false);
        gains.exact(rows, bounds);
        put(rows, exactAt);
        exactAtOnce = Math.min(2 * exactAtOnce, MOST_AT_ONCE);
      }
    }
    return -1;
  }

  private boolean isBoundStale(int row) {
    return gains.areListed() && boundAt[row] != selections;
  }

  /** Takes rows from the top as long as they need the same kind of evaluation. */
  private int[] take(int most, boolean staleBounds) {
    IntArrayList rows = new IntArrayList();
    while (rows.size() < most && !queue.isEmpty()) {
      int top = queue.firstInt();
      if (exactAt[top] == selections || isBoundStale(top) != staleBounds) {
        break;
      }
      rows.add(queue.dequeueInt());
    }
    return rows.toIntArray();
  }

  private void put(int[] rows, int[] upToDateAt) {
    for (int row : rows) {
      upToDateAt[row] = selections;
      boundAt[row] = selections;
      queue.enqueue(row);
    }
  }

  /** Leaves the first row out. */
  void skip() {
    int row = queue.dequeueInt();
    int copy = takeOut.applyAsInt(row);
    if (copy >= 0) {
      bounds[copy] = bounds[row];
      boundAt[copy] = boundAt[row];
      exactAt[copy] = NEVER;
      queue.enqueue(copy);
    }
  }

  /** The gain of the best row. */
  double gain() {
    return bounds[queue.firstInt()];
  }

  /**
   * Selects the best row.
   *
   * @param copy an equal row, which is ranked from now on; -1 for none. It gains no more than the
   *     selected one did
   */
  void select(int copy) {
    int row = queue.dequeueInt();
    gains.select(row);
    if (copy >= 0) {
      bounds[copy] = bounds[row];
      boundAt[copy] = selections;
      queue.enqueue(copy);
    }
    selections++;
  }
}
