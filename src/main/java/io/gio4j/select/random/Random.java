package io.gio4j.select.random;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RequiredBudget;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import java.util.Arrays;

/**
 * Rows drawn at random without replacement: what every other method has to be better than.
 *
 * <p><b>Rule.</b> Each pick is one of the rows left, all with the same chance. The request's seed
 * draws them, in the order of Python's {@code random.Random(seed).sample(range(N), N)}, so the
 * picks of a smaller budget are the first ones of a larger.
 *
 * <p><b>Weights.</b> A row of weight q counts as q rows in the budget, and is drawn with the chance
 * of any other row, whatever its weight. Where it is the centre of a cluster of q rows that are all
 * taken with it, each of these has the chance of its cluster, so a row of a large cluster has that
 * of one of a small cluster, as in a uniform draw of rows.
 *
 * <p><b>Cost.</b> A number from the generator for each pick, and one pass over pool and target,
 * whose values decide nothing but have to be finite as for every method. Memory: 4 bytes a pool
 * row.
 *
 * <p>There is no objective, so gains and trace are NaN; target and existing rows have no influence.
 * The request needs a budget. Do not use it where the pool differs from what is wanted: it keeps
 * the pool's proportions, whatever the target's are.
 */
public record Random() implements SelectionMethod {
  /** There are no options. */
  public Random {}

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    RequiredBudget.of(request, "random");
    Picks picks = new Picks(request, execution);
    return picks.collect(() -> select(request, picks, execution));
  }

  private static StopReason select(SelectionRequest request, Picks picks, Execution execution) {
    RowBlocks.of(request.target(), execution);
    int rows = RowBlocks.of(request.pool(), execution).rows();
    picks.begin(Double.NaN, rows);
    PythonRandom random = PythonRandom.seeded(request.seed());
    int[] left = new int[rows];
    Arrays.setAll(left, row -> row);
    picks.forbidden();
    for (int size = rows; size > 0; size--) {
      if (picks.full()) {
        return StopReason.BUDGET;
      }
      int place = random.nextBelow(size);
      if (picks.allows(left[place])) {
        picks.add(left[place], Double.NaN, Double.NaN);
      }
      left[place] = left[size - 1];
    }
    return picks.ended();
  }
}
