package io.gio4j.select.nearest;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.select.Picks;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Target rows take turns in picking their nearest pool row.
 *
 * <p><b>Idea.</b> Target rows take turns in rounds, each round in a new random order and each
 * target row once in it; the one whose turn it is gets the nearest pool row that is not picked yet,
 * the first of equally near ones. So every target row has the same share of the picks. The gradient
 * search with start vectors drawn from the target (the reference's {@code v_init='jump'}) amounts
 * to the same, but takes a search for each pick and leaves the shares to chance.
 *
 * <p><b>Cost.</b> One product of pool and target in float, N n d multiply-adds ({@code NextRows}):
 * it finds each target row's nearest rows in advance, somewhat more than its turns, since near
 * target rows compete for the same rows. Where they are used up, more are found among the remaining
 * rows, by another product with the few target rows that need it. Memory: 12 bytes for each row
 * found, two copies of the target, and the pool only if it is under 1/32 of the heap.
 *
 * <p>The trace is the distance of each pick from its target row; there is no objective, so gains
 * are NaN, and existing rows are ignored. A pool row of weight q counts as q rows in the budget.
 * The selection ends at the budget, or without one after the first round. The request's seed draws
 * the order of the turns.
 *
 * <p>Use it for a fast, plain baseline. It follows the target's proportions, outliers included, and
 * ignores what is picked already.
 */
public record Nearest() implements SelectionMethod {
  /** There are no options. */
  public Nearest {}

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    Picks picks = new Picks(request, execution);
    return picks.collect(() -> select(request, picks, execution));
  }

  private static StopReason select(SelectionRequest request, Picks picks, Execution execution) {
    RowBlocks target = RowBlocks.of(request.target(), execution);
    RowBlocks pool = RowBlocks.of(request.pool(), execution);
    long most = request.budget() == null ? target.rows() : request.budget();
    long turns = Math.ceilDiv(Math.min(most, pool.rows()), (long) target.rows());
    BitSet forbidden = picks.forbidden();
    if (forbidden.cardinality() == pool.rows()) {
      return picks.ended();
    }
    NextRows next = new NextRows(target, pool, turns, forbidden, picks, execution);
    picks.begin(Double.NaN, Math.min(most, pool.rows()));
    PythonRandom random = PythonRandom.seeded(request.seed());
    int[] order = new int[target.rows()];
    Arrays.setAll(order, i -> i);
    do {
      random.shuffle(order);
      for (int turn : order) {
        if (picks.full()) {
          return StopReason.BUDGET;
        }
        if (!next.advance(turn)) {
          return picks.ended();
        }
        picks.add(next.take(turn), Double.NaN, next.distance(turn));
      }
    } while (request.budget() != null);
    return StopReason.COVERED;
  }
}
