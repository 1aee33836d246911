package io.gio4j.select.exact;

import io.gio4j.divergence.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.divergence.RunningDivergence;
import io.gio4j.internal.divergence.TargetModel;
import io.gio4j.internal.divergence.WeightedDivergence;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RowWeights;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

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
 * <p>With existing rows W starts from them. With weights a pool row counts as so many rows in the
 * mean, in m and in the budget; rows are still taken in the order of a(g), and a budget ends with
 * the row that reaches it. With {@code discardNearest} rows are no longer independent: the answer
 * is the greedy one, row by row, at N n d in double (see {@code DiscardingRanking}).
 *
 * <p>Use it to reproduce what GIO aims at. The objective has no term that keeps picks apart: it
 * takes the rows nearest to the middle of the target's largest mode.
 *
 * <p>Source: Everaert and Potts 2024 (arXiv 2306.11670), equation 1.
 */
public final class ExactSelection implements SelectionMethod {
  /** The fact that says what the divergence would have been with the row that ended it. */
  public static final String WITH_NEXT = "divergenceWithNext";

  private final ExactSelectionConfig config;

  public ExactSelection(ExactSelectionConfig config) {
    this.config = Objects.requireNonNull(config);
  }

  @Override
  public Selection select(SelectionRequest request, Execution execution) {
    RowWeights weights = new RowWeights(request);
    Picks picks = new Picks(config.budget(), weights, execution.progress());
    Map<String, Object> facts = new LinkedHashMap<>();
    return picks.collect(
        () -> select(ranking(request, weights, execution), request, picks, facts), () -> facts);
  }

  private Ranking ranking(SelectionRequest request, RowWeights weights, Execution execution) {
    if (config.discardNearest()) {
      if (request.weights() != null) {
        throw new IllegalArgumentException(
            request.weights().name() + ": cannot be used together with discardNearest");
      }
      if (request.existing() == null || request.existing().rows() < 2) {
        throw new IllegalArgumentException(
            "existing: has %d rows; leaving out the nearest needs at least 2"
                .formatted(request.existing() == null ? 0 : request.existing().rows()));
      }
    }
    double unit = LengthUnit.TYPICAL.of(request.target(), request.pool());
    TargetModel target = new TargetModel(request.target(), config.epsilon(), unit, execution);
    if (config.discardNearest()) {
      RunningDivergence divergence = new RunningDivergence(target, config.neighbors(), true);
      return new DiscardingRanking(target, divergence, request, execution);
    }
    WeightedDivergence divergence = new WeightedDivergence(target, config.neighbors());
    return new SeparableRanking(target, divergence, request, weights, execution);
  }

  private StopReason select(
      Ranking ranking, SelectionRequest request, Picks picks, Map<String, Object> facts) {
    picks.begin(ranking.divergence(), request.pool().rows());
    while (!picks.full()) {
      int row = ranking.best();
      if (row < 0) {
        return StopReason.EXHAUSTED;
      }
      double kl = ranking.divergenceWithBest();
      if (config.budget() == null && kl > picks.objective()) {
        facts.put(WITH_NEXT, kl);
        return StopReason.INCREASE;
      }
      ranking.select();
      picks.add(row, picks.objective() - kl, kl);
    }
    return StopReason.BUDGET;
  }
}
