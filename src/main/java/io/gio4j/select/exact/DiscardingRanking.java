package io.gio4j.select.exact;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.divergence.RunningDivergence;
import io.gio4j.internal.divergence.TargetModel;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.Scored;
import io.gio4j.select.SelectionRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Pool rows in greedy order when each target row's nearest selected row is left out of the mean.
 *
 * <p>A row's score then depends on the other selected rows: with {@code near_i} the distance of x_i
 * to its nearest selected row, adding g changes the sum by {@code mean_i max(0, log(r_i + eps) -
 * log(near_i + eps))}. As distances to the nearest selected row only fall, this score only rises,
 * so a score that was computed earlier is a lower bound (lazy greedy, Minoux 1978): the row with
 * the smallest one is evaluated again, and is the best once its score is up to date. Rounding is
 * monotone, so picks are those of evaluating every row each time.
 *
 * <p>At first all N rows are evaluated, in double: N n d multiply-adds and N n logarithms, 43 us a
 * row and core for 1,000 target rows of 384 columns, 25 s for a million rows on two cores. Do not
 * use it for larger pools.
 */
final class DiscardingRanking implements Ranking {
  /**
   * Rows evaluated at once; fixed, so that the evaluations do not depend on the number of threads.
   */
  private static final int AT_ONCE = 64;

  private static final int ROWS_OF_A_TASK = 8;

  private final TargetModel target;
  private final RunningDivergence divergence;
  private final Picks picks;
  private final Execution execution;
  private final RowBlocks pool;
  private final PriorityQueue<Scored> scores = new PriorityQueue<>();

  /** Selections made when a row was evaluated last. */
  private final int[] evaluatedAt;

  private double[] nearestLogs;
  private int selections;

  DiscardingRanking(
      TargetModel target,
      RunningDivergence divergence,
      SelectionRequest request,
      Picks picks,
      Execution execution) {
    this.target = target;
    this.divergence = divergence;
    this.picks = picks;
    this.execution = execution;
    this.pool = RowBlocks.of(request.pool(), execution);
    this.evaluatedAt = new int[pool.rows()];
    RowBlocks existing = RowBlocks.of(request.existing(), execution);
    execution.progress().stage("start rows", existing.rows());
    for (int row = 0; row < existing.rows(); row++) {
      divergence.measure(existing.row(row));
      divergence.add();
    }
    nearestLogs = target.logDistances(divergence.nearestSquared());
    execution.progress().stage("distances", pool.rows());
    BitSet forbidden = picks.forbidden();
    for (int first = 0; first < pool.rows(); first += AT_ONCE) {
      int[] rows = new int[Math.min(AT_ONCE, pool.rows() - first)];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = first + i;
      }
      evaluate(Arrays.stream(rows).filter(row -> !forbidden.get(row)).toArray());
      execution.progress().advance(first + (long) rows.length);
    }
  }

  private void evaluate(int[] rows) {
    double[] results = new double[rows.length];
    execution
        .workers()
        .run(
            Math.ceilDiv(rows.length, ROWS_OF_A_TASK),
            task -> {
              int first = task * ROWS_OF_A_TASK;
              double[][] points = new double[Math.min(ROWS_OF_A_TASK, rows.length - first)][];
              for (int i = 0; i < points.length; i++) {
                points[i] = pool.row(rows[first + i]);
              }
              double[] scored = target.meanLogExcess(points, nearestLogs);
              System.arraycopy(scored, 0, results, first, scored.length);
            });
    for (int i = 0; i < rows.length; i++) {
      evaluatedAt[rows[i]] = selections;
      scores.add(new Scored(results[i], rows[i]));
    }
  }

  @Override
  public double divergence() {
    return divergence.value();
  }

  @Override
  public int best() {
    while (!scores.isEmpty() && evaluatedAt[scores.peek().row()] < selections) {
      List<Integer> stale = new ArrayList<>();
      while (!scores.isEmpty()
          && stale.size() < AT_ONCE
          && evaluatedAt[scores.peek().row()] < selections) {
        int row = scores.remove().row();
        if (picks.isOpen(row)) {
          stale.add(row);
        }
      }
      evaluate(stale.stream().mapToInt(Integer::intValue).toArray());
    }
    return scores.isEmpty() ? -1 : scores.peek().row();
  }

  @Override
  public double divergenceWithBest() {
    return divergence.measure(pool.row(scores.element().row()));
  }

  @Override
  public void skip() {
    scores.remove();
  }

  @Override
  public void select() {
    divergence.measure(pool.row(scores.remove().row()));
    divergence.add();
    nearestLogs = target.logDistances(divergence.nearestSquared());
    selections++;
  }
}
