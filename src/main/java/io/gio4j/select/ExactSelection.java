package io.gio4j.select;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.divergence.RunningDivergence;
import io.gio4j.divergence.TargetModel;
import io.gio4j.divergence.WeightedDivergence;
import io.gio4j.internal.Execution;
import it.unimi.dsi.fastutil.doubles.DoubleArrayList;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Objects;

/**
 * The exact optimum of the averaged divergence, without a gradient and without quantisation.
 *
 * <p>The divergence of a selection W depends on its rows only through the mean of
 *
 * <pre>a(g) = mean_i log(max(|x_i - g|, 1e-5) + eps)</pre>
 *
 * so the best m rows are those with the smallest a(g): the pool sorted once, every prefix is the
 * optimum of its size. Adding v moves the mean from A to {@code (m A + a(v)) / (m + 1)}; the
 * divergence rises at the first v with {@code a(v) > A - (m + 1) (c(m+1) - c(m)) / d}, where a
 * search without a budget ends.
 *
 * <p>Costs one product in float, N n d multiply-adds, streamed over the pool ({@code
 * MeanLogBounds}), then n d in double for each row selected and a few hundred more. Memory: the
 * target twice, 8 bytes a pool row, and the pool only if it is under 1/32 of the heap. Numbers in
 * the result are in double throughout.
 *
 * <p>With existing rows W starts from them. With weights a pool row counts as so many rows in the
 * mean, in m and in the budget; rows are still taken in the order of a(g), and a budget ends before
 * the first row that would exceed it. With {@code discardNearest} rows are no longer independent:
 * the answer is the greedy one, row by row, at N n d in double (see {@code DiscardingRanking}).
 *
 * <p>Use it to reproduce what GIO aims at. The objective has no term that keeps picks apart: it
 * takes the rows nearest to the middle of the target's largest mode.
 *
 * <p>Source: Everaert and Potts 2024 (arXiv 2306.11670), equation 1.
 */
public final class ExactSelection {
  private final ExactSelectionConfig config;

  public ExactSelection(ExactSelectionConfig config) {
    this.config = Objects.requireNonNull(config);
  }

  /**
   * A selection and where it started.
   *
   * @param selection rows picked, divergences, stop reason
   * @param startingKl the divergence of the existing rows; NaN without any
   * @param gains by how much each pick lowered the divergence; NaN for the first of all rows
   */
  public record Result(Selection selection, double startingKl, double[] gains) {}

  /**
   * Selects rows of the pool.
   *
   * @param weights a column with the rows that each pool row counts as; null for 1
   * @throws IllegalArgumentException if k, the rows or the weights do not fit
   */
  public Result select(SelectionRequest request, FloatMatrix weights, Progress progress) {
    return select(request, weights, Execution.watchedBy(progress));
  }

  /** The same with threads and kernels of the caller's choice. */
  public Result select(SelectionRequest request, FloatMatrix weights, Execution execution) {
    RowWeights rowWeights = new RowWeights(weights, request.pool());
    Ranking ranking = ranking(request, weights, rowWeights, execution);
    return select(ranking, rowWeights, request.pool().rows(), execution.progress());
  }

  private Ranking ranking(
      SelectionRequest request, FloatMatrix weights, RowWeights rowWeights, Execution execution) {
    if (config.discardNearest()) {
      if (weights != null) {
        throw new IllegalArgumentException(
            weights.name() + ": cannot be used together with discardNearest");
      }
      if (request.existing() == null || request.existing().rows() < 2) {
        throw new IllegalArgumentException(
            "existing: has %d rows; leaving out the nearest needs at least 2"
                .formatted(request.existing() == null ? 0 : request.existing().rows()));
      }
    }
    TargetModel target = new TargetModel(request.target(), config.epsilon(), execution);
    if (config.discardNearest()) {
      RunningDivergence divergence = new RunningDivergence(target, config.neighbors(), true);
      return new DiscardingRanking(target, divergence, request, execution);
    }
    WeightedDivergence divergence = new WeightedDivergence(target, config.neighbors());
    return new SeparableRanking(target, divergence, request, rowWeights, execution);
  }

  private Result select(Ranking ranking, RowWeights weights, int poolRows, Progress progress) {
    double startingKl = ranking.divergence();
    if (!Double.isNaN(startingKl)) {
      progress.started(startingKl);
    }
    long left = config.budget() == null ? Long.MAX_VALUE : config.budget();
    progress.stage("select", Math.min(left, poolRows));
    IntArrayList picks = new IntArrayList();
    DoubleArrayList trace = new DoubleArrayList();
    DoubleArrayList gains = new DoubleArrayList();
    double previous = startingKl;
    StopReason reason = null;
    while (reason == null) {
      progress.check();
      if (left == 0) {
        reason = StopReason.BUDGET;
        break;
      }
      int row = ranking.best();
      if (row < 0) {
        reason = StopReason.EXHAUSTED;
        break;
      }
      double kl = ranking.divergenceWithBest();
      if (config.budget() == null ? kl > previous : weights.of(row) > left) {
        reason = config.budget() == null ? StopReason.INCREASE : StopReason.BUDGET;
      } else {
        ranking.select();
        left -= weights.of(row);
        picks.add(row);
        trace.add(kl);
        gains.add(previous - kl);
        previous = kl;
        progress.advance(picks.size());
      }
    }
    Selection selection = new Selection(picks.toIntArray(), trace.toDoubleArray(), reason);
    return new Result(selection, startingKl, gains.toDoubleArray());
  }
}
