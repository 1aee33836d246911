package io.gio4j.select.less;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.internal.select.GroupProducts;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RequiredBudget;
import io.gio4j.internal.select.ScoreRanking;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.select.TargetGroups;

/**
 * The rows with the largest mean inner product with the target's rows: gradients of examples by how
 * much a step along them lowers the target's loss, to first order.
 *
 * <p><b>Score</b> of a pool row x: {@code max over groups of mean over the group's rows g of <g,
 * x>}, where a target without groups is one; shares of groups mean nothing. LESS divides gradients
 * by their lengths before: {@link io.gio4j.data.FloatMatrix#unitRows}, by which a product is a
 * cosine. Otherwise long gradients, which short and unusual examples have, score most. A row of
 * zeros scores 0 in both cases.
 *
 * <p>Several checkpoints of a model are several matrices beside each other ({@link
 * io.gio4j.data.FloatMatrix#beside}), and a product is the sum of theirs by weights.
 *
 * <p>The rows come by descending score, equal ones by number, or by a draw with a temperature, as
 * the scores of {@link io.gio4j.select.dsdm.Dsdm}. A pick's gain is its score, the trace the sum of
 * the scores so far. Existing rows have no influence. A row of weight q counts as q rows in the
 * budget, which is needed.
 *
 * <p>Costs one pass over the pool, N d multiply-adds in double a group, which is less than reading
 * it from a disk: 50,000 rows of 2 times 8,192 float16. Memory: about 40 bytes a pool row.
 *
 * <p>Do not use it where the picks have to share the target's proportions: it gathers at the rows
 * nearest to its mean, and copies of one row have one score.
 *
 * <p>Source: Xia, Malladi, Gururangan, Arora and Chen 2024 (arXiv 2402.04333), section 4, and its
 * code.
 *
 * @param temperature above 0: how much chance may outweigh a difference of scores; null, the
 *     default, takes the largest scores
 */
public record Less(Double temperature) implements SelectionMethod {
  /**
   * Checks the temperature.
   *
   * @throws IllegalArgumentException if it is not above 0
   */
  public Less {
    ScoreRanking.requireTemperature(temperature);
  }

  /** The defaults. */
  public Less() {
    this(null);
  }

  /**
   * With another temperature.
   *
   * @param value above 0; null for none
   * @return a changed copy
   */
  public Less withTemperature(Double value) {
    return new Less(value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    RequiredBudget.of(request, "less");
    Picks picks = Picks.withGroups(request, execution);
    TargetGroups groups = request.groups();
    if (groups != null && !groups.haveEqualShares()) {
      throw new IllegalArgumentException(
          "target_shares: less takes each row's largest mean over the groups, whose shares then"
              + " mean nothing; leave them out");
    }
    int[] groupOfRow = groups == null ? null : groups.groupOfRow();
    return picks.collect(() -> select(request, groupOfRow, picks, execution));
  }

  private StopReason select(
      SelectionRequest request, int[] groupOfRow, Picks picks, Execution execution) {
    double[][] best =
        new GroupProducts(request.pool(), request.target(), groupOfRow, execution).means(false);
    return ScoreRanking.pick(best[0], temperature, request.seed(), picks, execution);
  }
}
