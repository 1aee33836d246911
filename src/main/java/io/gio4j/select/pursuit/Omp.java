package io.gio4j.select.pursuit;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.internal.select.Picks;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import java.util.BitSet;
import java.util.function.Supplier;

/**
 * Rows whose weighted sum is the target's mean, one at a time: non-negative orthogonal matching
 * pursuit.
 *
 * <p><b>Idea.</b> Rows are gradients of training examples, or embeddings, and b is the mean of the
 * target's rows. Wanted are few rows g and weights {@code w >= 0} with the least
 *
 * <pre>|b - sum_g w_g g|^2</pre>
 *
 * Each pick is the row that correlates most with the residual {@code r = b - sum_g w_g g}, the
 * largest {@code g.r / |g|} (of equal ones the first row), which is the row that alone lowers the
 * loss most; rows of any lengths are treated alike. Then all weights are fitted again ({@link
 * Nnls}). A row whose weight becomes 0 leaves the selection, and may be picked again.
 *
 * <p><b>Cost.</b> One pass over the pool a pick, N d multiply-adds in double, and k d + 2 k^2 for
 * the fit of k picks. Memory: 16 bytes a pool row, 4 k^2 and 4 k d, and the pool only if it is
 * under 1/32 of the heap; a larger one is read again for each pick.
 *
 * <p>The trace is the loss over |b|^2 after each pick, so 1 without any, and gains are its
 * decreases; the result's weights are those of the fit of all. The selection ends with {@link
 * StopReason#SATURATED} when no row that is left correlates with the residual by more than 2^-24 of
 * |b|, the rounding of floats. That may be long before the budget: a fit has at most d rows, and
 * one of clustered rows far fewer. Of equal rows only one is picked.
 *
 * <p>With a target in groups b is the mean in which each group has its share.
 *
 * <p>A pool row of weight q counts as q rows in the budget; it is no more of the fit, whose weights
 * are free. Existing rows are ignored, nothing is drawn, and without a budget it goes on until it
 * is saturated. Rows are used as they are, so their origin means something.
 *
 * <p>Do not use it where rows have no common origin, such as coordinates, or where the training
 * that follows ignores weights: it fits weights, and their rows alone may match worse.
 *
 * <p>Sources: Pati, Rezaiifar and Krishnaprasad 1993; Nguyen, Soussen, Idier and Djermoune 2019,
 * Non-negative orthogonal greedy algorithms, for non-negative weights; Killamsetty et al. 2021,
 * GRAD-MATCH (arXiv 2103.00123), for gradients. GRAD-MATCH's code instead drops negative weights of
 * an unconstrained fit and fills up with random rows; that form is not offered.
 *
 * @param ridge how much weights cost: {@code ridge w_g^2 |g|^2} is added to what the fit minimises,
 *     not to the trace; 0 by default. With a ridge above 0 copies of a row share its weight, so
 *     they are picked too
 */
public record Omp(double ridge) implements SelectionMethod {
  /** Passes for each row of the budget: more than one only where rows leave again. */
  private static final int PASSES_A_PICK = 3;

  /** Rows that a pass finds where the best one is too near to a pick. */
  private static final int FORBIDDEN_AT_ONCE = 4096;

  /**
   * Checks the ridge.
   *
   * @throws IllegalArgumentException if it is below 0 or no finite number
   */
  public Omp {
    PursuitOptions.requireRidge(ridge);
  }

  /** The defaults. */
  public Omp() {
    this(PursuitOptions.RIDGE);
  }

  /**
   * With another cost of weights.
   *
   * @param value at least 0
   * @return a changed copy
   */
  public Omp withRidge(double value) {
    return new Omp(value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    return select(
        request, () -> Goal.of(request.target(), request.targetWeights(), execution), execution);
  }

  /** Fits rows to any goal. */
  Selection select(SelectionRequest request, Supplier<Goal> wanted, Execution execution) {
    Picks picks = Picks.withGroups(request, execution);
    return picks.collect(() -> {
      Goal goal = wanted.get();
      PoolRows pool = new PoolRows(request.pool(), execution);
      Nnls fit = new Nnls(goal, ridge, execution);
      picks.weigh(fit::weight);
      picks.begin(Double.NaN, Math.min(pool.count(), goal.values().length));
      return select(pool, goal, fit, picks);
    });
  }

  private static StopReason select(PoolRows pool, Goal goal, Nnls fit, Picks picks) {
    BitSet out = picks.forbidden();
    long most = PASSES_A_PICK * Math.min(picks.left(), pool.count()) + PASSES_A_PICK;
    while (!picks.full()) {
      leaveForbiddenOut(out, pool, picks);
      if (out.cardinality() == pool.count()) {
        return picks.ended();
      }
      if (pool.passes() == most) {
        return StopReason.MAX_ITERATIONS;
      }
      int row = pool.best(fit.residual(), goal.leastCorrelation(), out);
      while (row >= 0 && !picks.allows(row)) {
        row = nextBest(pool, goal, fit, out, picks);
        most++;
      }
      if (row < 0) {
        return StopReason.SATURATED;
      }
      out.set(row);
      fit.add(row, pool.values(row), pool.length(row));
      fit.solve();
      boolean enters = true;
      for (int left : fit.removeWithoutWeight()) {
        if (left == row) {
          enters = false; // It depends on those picked, and stays out.
        } else {
          picks.remove(left);
          out.clear(left);
        }
      }
      if (enters) {
        double before = picks.count() == 0 ? 1 : picks.objective();
        picks.add(row, before - fit.loss(), fit.loss());
      }
    }
    return StopReason.BUDGET;
  }

  private static void leaveForbiddenOut(BitSet out, PoolRows pool, Picks picks) {
    for (int row = out.nextClearBit(0);
        picks.areLimited() && row < pool.count();
        row = out.nextClearBit(row + 1)) {
      if (!picks.isOpen(row)) {
        out.set(row);
      }
    }
  }

  /** The first allowed row of the next best ones, by one pass; the last of them if none is. */
  private static int nextBest(PoolRows pool, Goal goal, Nnls fit, BitSet out, Picks picks) {
    int last = -1;
    for (int row : pool.best(fit.residual(), goal.leastCorrelation(), out, FORBIDDEN_AT_ONCE)) {
      if (picks.allows(row)) {
        return row;
      }
      out.set(row);
      last = row;
    }
    return last;
  }
}
