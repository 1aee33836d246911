package io.gio4j.select.coverage;

import io.gio4j.internal.Execution;
import io.gio4j.internal.HeapShare;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RowWeights;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.select.balanced.BalancedSelection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

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
 * one missing counts as a floor, {@code -log(2 D + eps)}, where D bounds all distances: the largest
 * distance of a target row from the target's mean and the largest of any other row, added. So f has
 * a value from the first pick on.
 *
 * <p><b>Picks</b> are those of greedy with every gain computed in double, of equal gains the
 * earlier row. When no row gains anything before the budget is met (each target row has its k
 * nearest), k is raised to the next number with which some row does: picks are never arbitrary.
 * Trace and gains are by the k in force.
 *
 * <p><b>Cost.</b> A product of the pool with the target, N n d multiply-adds in float, or two where
 * the first picks were not guessed ({@link CoverageForesight}), and little more whatever the budget
 * is: gains are looked up lazily in lists of the target rows that a pool row is of use to ({@link
 * CoverageLists}). k raised: two products more. Memory: the target three times, 40 bytes a pool
 * row, 12 bytes for each of a target row's k places, lists in up to a quarter of the heap, and the
 * pool only if it is under 1/32 of it. A target above a sixth of the heap is read in parts and
 * gains are then computed in double: slow, not for more than a few picks.
 *
 * <p>Existing rows are members of W from the start. A pool row of weight q counts as q copies, in f
 * and in the budget. Without a budget it ends where {@code d gain / k < log((m + q) / m)}, with m
 * rows selected before: the gain in the estimate of the divergence from the k nearest (Wang,
 * Kulkarni and Verdu 2009) is then less than what the larger selection costs.
 *
 * <p>Use it for small budgets where every mode is to come in. For a subset with the target's
 * proportions take {@link BalancedSelection}.
 *
 * <p>Sources: Minoux 1978 for the lazy greedy, Nemhauser, Wolsey and Fisher 1978 for its guarantee.
 * It is not in the paper of GIO.
 */
public final class CoverageSelection implements SelectionMethod {
  private final CoverageSelectionConfig config;
  private final long listBytes;

  public CoverageSelection(CoverageSelectionConfig config) {
    this(config, HeapShare.COVERAGE_LISTS.bytes());
  }

  /** With room for lists of the caller's choice, which has no part in the answer. */
  CoverageSelection(CoverageSelectionConfig config, long listBytes) {
    this.config = Objects.requireNonNull(config);
    this.listBytes = listBytes;
  }

  @Override
  public Selection select(SelectionRequest request, Execution execution) {
    RowWeights weights = new RowWeights(request);
    Picks picks = new Picks(config.budget(), weights, execution.progress());
    int neighbors =
        config.neighborsOf(request.target().rows(), weights.total(request.pool().rows()));
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("neighbors", (double) neighbors);
    return picks.collect(
        () -> {
          CoverageSearch search =
              new CoverageSearch(
                  request, config.epsilon(), neighbors, weights, listBytes, execution);
          picks.begin(
              request.existing() == null ? Double.NaN : search.objective(), request.pool().rows());
          return select(search, weights, request.target().columns(), picks, facts);
        },
        () -> facts);
  }

  private StopReason select(
      CoverageSearch search,
      RowWeights weights,
      int columns,
      Picks picks,
      Map<String, Object> facts) {
    while (!picks.full()) {
      int row = search.best();
      if (row < 0) {
        return StopReason.EXHAUSTED;
      }
      double gain = search.gain();
      if (config.budget() == null
          && !isWorthwhile(gain, search.members(), weights.of(row), search.neighbors(), columns)) {
        return StopReason.MIN_GAIN;
      }
      if (gain == 0) {
        facts.put("neighbors", (double) search.raiseNeighbors());
        continue;
      }
      search.select();
      picks.add(row, gain, search.objective());
    }
    return StopReason.BUDGET;
  }

  /** Whether a row gains as much as the selection's growth costs. */
  private static boolean isWorthwhile(
      double gain, long members, long copies, int neighbors, int columns) {
    return members == 0
        || columns * gain / neighbors >= Math.log((members + copies) / (double) members);
  }
}
