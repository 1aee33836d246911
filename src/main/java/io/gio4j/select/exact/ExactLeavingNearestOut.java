package io.gio4j.select.exact;

import io.gio4j.Progress;
import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.divergence.RunningDivergence;
import io.gio4j.internal.divergence.TargetModel;
import io.gio4j.internal.select.DivergenceOptions;
import io.gio4j.internal.select.Picks;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;

/**
 * The greedy descent of the averaged divergence that leaves out the selected row nearest to each
 * target row; for pools of the target's own rows.
 *
 * <p>Rows are no longer independent as they are for {@link Exact}: the answer is the greedy one,
 * row by row, at N n d in double (see {@code DiscardingRanking}). Needs at least two existing rows
 * and takes no weights.
 *
 * @param k the spacing of the target is the distance to the k-th nearest row; 1 to n - 1, 5 by
 *     default as in the paper
 * @param eps added to distances before their logarithm, as a share of the target's typical distance
 *     ({@link LengthUnit#TYPICAL}); 1e-8 by default
 */
public record ExactLeavingNearestOut(int k, double eps) implements SelectionMethod {
  /**
   * Checks every bound that does not depend on the data.
   *
   * @throws IllegalArgumentException if k is below 1 or eps is not between 0 and 1e10
   */
  public ExactLeavingNearestOut {
    DivergenceOptions.requireK(k);
    DivergenceOptions.requireEps(eps);
  }

  /** The defaults. */
  public ExactLeavingNearestOut() {
    this(DivergenceOptions.K, DivergenceOptions.EPS);
  }

  /**
   * With another neighbour for the target's spacing.
   *
   * @param value 1 to n - 1
   * @return a changed copy
   */
  public ExactLeavingNearestOut withK(int value) {
    return new ExactLeavingNearestOut(value, eps);
  }

  /**
   * With another number added to distances.
   *
   * @param value a share of the target's typical distance
   * @return a changed copy
   */
  public ExactLeavingNearestOut withEps(double value) {
    return new ExactLeavingNearestOut(k, value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    Picks picks = new Picks(request, execution);
    return picks.collect(() -> {
      requireFitting(request);
      double unit = LengthUnit.TYPICAL.of(request.target(), request.pool());
      TargetModel target = new TargetModel(request.target(), eps, unit, execution);
      RunningDivergence divergence = new RunningDivergence(target, k, true);
      return new DiscardingRanking(target, divergence, request, picks, execution)
          .pickInto(picks, request);
    });
  }

  private static void requireFitting(SelectionRequest request) {
    if (request.weights() != null) {
      throw new IllegalArgumentException(
          request.weights().name() + ": cannot be used where the nearest is left out");
    }
    int existing = request.existing() == null ? 0 : request.existing().rows();
    if (existing < 2) {
      throw new IllegalArgumentException(
          "existing: has %d rows; leaving out the nearest needs at least 2".formatted(existing));
    }
  }
}
