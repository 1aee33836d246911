package io.gio4j.select.exact;

import io.gio4j.Progress;
import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.divergence.TargetModel;
import io.gio4j.internal.divergence.WeightedDivergence;
import io.gio4j.internal.select.DivergenceOptions;
import io.gio4j.internal.select.Picks;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;

/**
 * The exact optimum of the averaged divergence, without a gradient and without quantisation.
 *
 * <p>The divergence of a selection W depends on its rows only through the mean of
 *
 * <pre>a(g) = mean_i log(max(|x_i - g|, 1e-5) + eps)</pre>
 *
 * with distances over a {@link LengthUnit}, so the best m rows are those with the smallest a(g):
 * the pool sorted once, every prefix is the optimum of its size. Adding v moves the mean from A to
 * {@code (m A + a(v)) / (m + 1)}; the divergence rises at the first v with {@code a(v) > A - (m +
 * 1) (c(m+1) - c(m)) / d}, where a search without a budget ends. As rows come by ascending a(g),
 * without existing rows that is always after the first one.
 *
 * <p>Costs one product in float, N n d multiply-adds, streamed over the pool ({@code
 * MeanLogBounds}), then n d in double for each row selected and a few hundred more. Memory: the
 * target twice, 8 bytes a pool row, and the pool only if it is under 1/32 of the heap. Numbers in
 * the result are in double throughout.
 *
 * <p>With existing rows W starts from them. A pool row of weight q counts as q rows in the mean, in
 * m and in the budget; rows are still taken in the order of a(g), and a budget ends with the row
 * that reaches it. Without a budget the fact {@code divergence_with_next} is the divergence that
 * the first rejected row would have led to.
 *
 * <p>Use it to reproduce what GIO aims at. The objective has no term that keeps picks apart: it
 * takes the rows nearest to the middle of the target's largest mode.
 *
 * <p>Source: Everaert and Potts 2024 (arXiv 2306.11670), equation 1.
 *
 * @param k the spacing of the target is the distance to the k-th nearest row; 1 to n - 1, 5 by
 *     default as in the paper
 * @param eps added to distances before their logarithm, as a share of the target's typical distance
 *     ({@link LengthUnit#TYPICAL}); 1e-8 by default
 */
public record Exact(int k, double eps) implements SelectionMethod {
  /**
   * Checks every bound that does not depend on the data.
   *
   * @throws IllegalArgumentException if k is below 1 or eps is not between 0 and 1e10
   */
  public Exact {
    DivergenceOptions.requireK(k);
    DivergenceOptions.requireEps(eps);
  }

  /** The defaults. */
  public Exact() {
    this(DivergenceOptions.K, DivergenceOptions.EPS);
  }

  /**
   * With another neighbour for the target's spacing.
   *
   * @param value 1 to n - 1
   * @return a changed copy
   */
  public Exact withK(int value) {
    return new Exact(value, eps);
  }

  /**
   * With another number added to distances.
   *
   * @param value a share of the target's typical distance
   * @return a changed copy
   */
  public Exact withEps(double value) {
    return new Exact(k, value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    Picks picks = new Picks(request, execution);
    return picks.collect(() -> {
      double unit = LengthUnit.TYPICAL.of(request.target(), request.pool());
      TargetModel target = new TargetModel(request.target(), eps, unit, execution);
      WeightedDivergence divergence = new WeightedDivergence(target, k);
      return new SeparableRanking(target, divergence, request, picks, execution)
          .pickInto(picks, request);
    });
  }
}
