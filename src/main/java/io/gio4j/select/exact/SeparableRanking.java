package io.gio4j.select.exact;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.divergence.MeanLogBounds;
import io.gio4j.internal.divergence.TargetModel;
import io.gio4j.internal.divergence.WeightedDivergence;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RowWeights;
import io.gio4j.internal.select.Scored;
import io.gio4j.select.SelectionRequest;
import java.util.Arrays;
import java.util.PriorityQueue;
import java.util.function.IntUnaryOperator;

/**
 * Pool rows by ascending a(g), equal ones by index.
 *
 * <p>Filter and refine: lower bounds of all a(g) come from one product in float, and rows are
 * evaluated exactly in the order of their bounds, until the smallest exact value lies below all
 * remaining bounds. The order is that of the exact values; bounds only decide how many rows are
 * evaluated beyond those selected, a few hundred of a million. Equal rows have equal bounds, so
 * they are consecutive and only the first is evaluated.
 */
final class SeparableRanking implements Ranking {
  /** Rows evaluated before bounds are compared again: 15 ms for a target of 1,000 x 384. */
  private static final int REFINED_AT_ONCE = 256;

  /** Rows of a task: enough that a block of the target is read from cache by most of them. */
  private static final int ROWS_OF_A_TASK = 8;

  private static final int SIGN_FREE = 0x7fffffff;

  /** In place of the number of an evaluation: the row is forbidden. */
  private static final int FORBIDDEN = Integer.MIN_VALUE;

  private final TargetModel target;
  private final WeightedDivergence divergence;
  private final Picks picks;
  private final RowWeights weights;
  private final Execution execution;
  private final RowBlocks pool;

  /** Upper half: the bound as an integer that sorts as it does; lower half: the row. */
  private final long[] bounds;

  private final PriorityQueue<Scored> exact = new PriorityQueue<>();
  private int refined;

  /** The row evaluated last, with its bound, and its a(g). */
  private long lastEvaluated;

  private double lastMeanLog;
  private boolean isAnyEvaluated;

  SeparableRanking(
      TargetModel target,
      WeightedDivergence divergence,
      SelectionRequest request,
      Picks picks,
      Execution execution) {
    this.target = target;
    this.divergence = divergence;
    this.picks = picks;
    this.weights = picks.weights();
    picks.forbidden();
    this.execution = execution;
    if (request.existing() != null) {
      RowBlocks existing = RowBlocks.of(request.existing(), execution);
      execution.progress().stage("start rows", existing.rows());
      for (double meanLog : evaluate(existing, row -> row, existing.rows())) {
        divergence.add(meanLog, 1);
      }
    }
    this.bounds = new long[request.pool().rows()];
    execution.progress().stage("distances", bounds.length);
    MeanLogBounds filter = MeanLogBounds.suits(target) ? new MeanLogBounds(target) : null;
    this.pool =
        RowBlocks.of(
            request.pool(), execution, (blocks, block, rows) -> bound(filter, blocks, block, rows));
    Arrays.sort(bounds);
  }

  private void bound(MeanLogBounds filter, RowBlocks blocks, int block, float[] rows) {
    int first = blocks.firstRow(block);
    int count = blocks.count(block);
    double[] lower = new double[count];
    if (filter == null) {
      Arrays.fill(lower, Double.NEGATIVE_INFINITY);
    } else {
      filter.bound(rows, count, lower);
    }
    for (int row = 0; row < count; row++) {
      int bits = Float.floatToRawIntBits(Math.nextDown((float) lower[row]));
      bounds[first + row] = (long) (bits ^ (bits >> 31 & SIGN_FREE)) << 32 | (first + row);
    }
    execution.progress().advance(first + (long) count);
  }

  private static float boundOf(long key) {
    int bits = (int) (key >> 32);
    return Float.intBitsToFloat(bits ^ (bits >> 31 & SIGN_FREE));
  }

  @Override
  public double divergence() {
    return divergence.value();
  }

  @Override
  public int best() {
    while (refined < bounds.length
        && (exact.isEmpty() || boundOf(bounds[refined]) <= exact.peek().score())) {
      int to = Math.min(bounds.length, refined + REFINED_AT_ONCE);
      refine(to);
    }
    return exact.isEmpty() ? -1 : exact.peek().row();
  }

  /** Evaluates rows in the order of their bounds; of consecutive equal rows only the first. */
  private void refine(int to) {
    int[] firsts = new int[to - refined];
    int[] firstOf = new int[firsts.length];
    int count = 0;
    for (int i = refined; i < to; i++) {
      firstOf[i - refined] = FORBIDDEN;
      if (picks.isOpen((int) bounds[i])) {
        if (!isAnyEvaluated || !areEqual(lastEvaluated, bounds[i])) {
          firsts[count] = (int) bounds[i];
          count++;
        }
        firstOf[i - refined] = count - 1;
        lastEvaluated = bounds[i];
        isAnyEvaluated = true;
      }
    }
    double[] meanLogs = evaluate(pool, row -> firsts[row], count);
    for (int i = refined; i < to; i++) {
      int first = firstOf[i - refined];
      if (first != FORBIDDEN) {
        lastMeanLog = first < 0 ? lastMeanLog : meanLogs[first];
        exact.add(new Scored(lastMeanLog, (int) bounds[i]));
      }
    }
    refined = to;
  }

  private boolean areEqual(long one, long other) {
    return one >> 32 == other >> 32
        && Arrays.equals(pool.values((int) one), pool.values((int) other));
  }

  @Override
  public double divergenceWithBest() {
    Scored best = exact.element();
    return divergence.with(best.score(), weights.of(best.row()));
  }

  @Override
  public void skip() {
    exact.remove();
  }

  @Override
  public void select() {
    Scored best = exact.remove();
    divergence.add(best.score(), weights.of(best.row()));
  }

  /** a(g) of some rows, by their numbers. */
  private double[] evaluate(RowBlocks rows, IntUnaryOperator numbers, int count) {
    double[] meanLogs = new double[count];
    execution
        .workers()
        .run(
            Math.ceilDiv(count, ROWS_OF_A_TASK),
            task -> {
              int first = task * ROWS_OF_A_TASK;
              double[][] points = new double[Math.min(ROWS_OF_A_TASK, count - first)][];
              Arrays.setAll(points, i -> rows.row(numbers.applyAsInt(first + i)));
              double[] results = target.meanLogDistances(points);
              System.arraycopy(results, 0, meanLogs, first, results.length);
            });
    return meanLogs;
  }
}
