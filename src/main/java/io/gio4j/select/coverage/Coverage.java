package io.gio4j.select.coverage;

import io.gio4j.Progress;
import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.HeapShare;
import io.gio4j.internal.select.DivergenceOptions;
import io.gio4j.internal.select.Picks;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.select.balanced.Balanced;

/**
 * Rows that together cover the target: each target row has selected rows near to it.
 *
 * <p><b>Idea.</b> The objective takes the k selected rows nearest to each target row, where the
 * averaged divergence takes all of them,
 *
 * <pre>f(W) = mean_i of the sum of the k largest -log(max(|x_i - w|, 1e-5) + eps) over w in W</pre>
 *
 * so a row only counts where it is near, and modes of the target are covered one after another.
 * With k = 1 this is facility location. f is monotone and submodular: the greedy choice, row by
 * row, is within 1 - 1/e of the best. As long as a target row has fewer than k selected rows, each
 * one missing counts as a floor, {@code -log(2 (D + eps))}, where D bounds all distances: the
 * largest distance of a target row from the target's mean and the largest of any other row, added.
 * So f has a value from the first pick on, and with a free place any row gains at least log 2.
 *
 * <p><b>Picks</b> are those of the greedy rule with every gain computed in double; of equal gains
 * the earlier row is picked. When no row gains anything before the budget is met (each target row
 * has its k nearest), k is raised to the next number with which some row does: picks are never
 * arbitrary. Trace and gains refer to the k in force.
 *
 * <p><b>Cost.</b> A product of the pool with the target, N n d multiply-adds in float, or two where
 * the first picks were not predicted ({@code SampleRanking}), and little more for any budget: gains
 * are computed lazily, from lists of the target rows that a pool row would gain from ({@code
 * CoverageLists}). Raising k costs two more products. Memory: three copies of the target, 40 bytes
 * a pool row, 12 bytes for each of a target row's k places, lists in up to a quarter of the heap,
 * and the pool only if it is under 1/32 of it. A target above a sixth of the heap is read in parts
 * and gains are then computed in double, which is too slow for more than a few picks.
 *
 * <p>With a target in groups the mean over target rows is the one in which each group has its
 * share. It takes the least time where rows of a group follow each other: one logarithm then serves
 * several of them.
 *
 * <p>Existing rows are members of W from the start. A pool row of weight q counts as q copies, in f
 * and in the budget. Without a budget the selection ends where {@code d gain / k < log((m + q) /
 * m)}, with m rows selected before: the gain in the estimate of the divergence from the k nearest
 * (Wang, Kulkarni and Verdu 2009) is then less than what the larger selection costs.
 *
 * <p>Use it for small budgets where every mode has to be represented. For a subset with the
 * target's proportions take {@link Balanced}.
 *
 * <p>Sources: Minoux 1978 for the lazy greedy, Nemhauser, Wolsey and Fisher 1978 for its guarantee.
 * It is not in the paper of GIO.
 *
 * @param k how many of the nearest selected rows count for each target row; null: as many as the
 *     budget gives each, rounded up, and 1 without a budget. The fact {@code k} is the one in force
 *     at the end
 * @param eps added to distances before their logarithm, as a share of the target's typical distance
 *     ({@link LengthUnit#TYPICAL}); 1e-8 by default
 */
public record Coverage(Integer k, double eps) implements SelectionMethod {
  /**
   * Checks every bound that does not depend on the data.
   *
   * @throws IllegalArgumentException if k is below 1 or eps is not between 0 and 1e10
   */
  public Coverage {
    if (k != null) {
      DivergenceOptions.requireK(k);
    }
    DivergenceOptions.requireEps(eps);
  }

  /** The defaults. */
  public Coverage() {
    this(null, DivergenceOptions.EPS);
  }

  /**
   * With a number of nearest rows that count, which otherwise follows the budget.
   *
   * @param value at least 1
   * @return a changed copy
   */
  public Coverage withK(int value) {
    return new Coverage(value, eps);
  }

  /**
   * With another number added to distances.
   *
   * @param value a share of the target's typical distance
   * @return a changed copy
   */
  public Coverage withEps(double value) {
    return new Coverage(k, value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    return select(request, execution, HeapShare.COVERAGE_LISTS.bytes());
  }

  /** Runs with other room for lists, which tests choose and which does not affect the picks. */
  Selection select(SelectionRequest request, Execution execution, long listBytes) {
    Picks picks = Picks.withGroups(request, execution);
    return picks.collect(() -> {
      int startingK = kOf(request, picks);
      picks.fact("k", (double) startingK);
      CoverageSearch search =
          new CoverageSearch(request, eps, startingK, picks, listBytes, execution);
      picks.begin(
          request.existing() == null ? Double.NaN : search.objective(), request.pool().rows());
      return select(search, request, picks);
    });
  }

  private static StopReason select(CoverageSearch search, SelectionRequest request, Picks picks) {
    int columns = request.target().columns();
    while (!picks.full()) {
      int row = search.best();
      if (row < 0) {
        return picks.ended();
      }
      double gain = search.gain();
      long copies = picks.weights().of(row);
      if (request.budget() == null
          && !isWorthwhile(gain, search.members(), copies, search.k(), columns)) {
        return StopReason.MIN_GAIN;
      }
      if (gain == 0) {
        search.leaveForbiddenOut();
        if (search.best() >= 0) {
          picks.fact("k", (double) search.raiseK());
        }
        continue;
      }
      search.select();
      picks.add(row, gain, search.objective());
    }
    return StopReason.BUDGET;
  }

  /** Whether a row gains as much as the selection's growth costs. */
  private static boolean isWorthwhile(double gain, long members, long copies, int k, int columns) {
    return members == 0 || columns * gain / k >= Math.log((members + copies) / (double) members);
  }

  /**
   * {@return the k of a request}
   *
   * @throws IllegalArgumentException if k places for each target row do not fit an array
   */
  private int kOf(SelectionRequest request, Picks picks) {
    // No budget can exceed the total weight of the pool.
    long poolRows = picks.weights().total(request.pool().rows());
    int targetRows = request.target().rows();
    long wanted = 1;
    if (k != null) {
      wanted = k;
    } else if (request.budget() != null) {
      wanted = Math.ceilDiv(Math.min(picks.expected(), poolRows), (long) targetRows);
    }
    long most = CoveragePlaces.MOST / targetRows;
    if (wanted > most) {
      throw new IllegalArgumentException(
          "k: is %d%s; with %d target rows at most %d are possible"
              .formatted(wanted, k == null ? " by the budget" : "", targetRows, most));
    }
    return (int) wanted;
  }
}
