package io.gio4j.select.nearest;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.neighbors.NeighborSearch;
import io.gio4j.internal.neighbors.Neighbors;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RequiredBudget;
import io.gio4j.internal.select.Scored;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.select.TargetGroups;
import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;

/**
 * The pool rows that are nearest to any row of the target.
 *
 * <p><b>Rule.</b> Each pool row is ranked by its distance to its nearest target row, equal ones by
 * number: the largest of its similarities to the target. So a crowd of target rows, or one in a
 * dense part of the pool, can take the whole budget.
 *
 * <p><b>Groups.</b> With a target in groups each group has a ranking of its own, by the distance to
 * its nearest row, and groups take turns by their shares ({@code GroupTurns}): the one whose turn
 * it is gets the first row of its ranking that is not picked yet. So each group has its share of
 * the picks.
 *
 * <p>The trace is the distance of each pick from its nearest target row (in its group); there is no
 * objective, so gains are NaN, and existing rows are ignored. A pool row of weight q counts as q
 * rows in the budget, which is needed. Nothing is drawn.
 *
 * <p><b>Cost.</b> One product of pool and target in float, N n d multiply-adds, and a sort for each
 * group. Memory: 60 bytes a pool row, 12 for each row of the budget and each group, a copy of the
 * rows of one group, and the pool only if it is under 1/32 of the heap.
 *
 * <p>Do not use it where the target's proportions matter; {@link RoundRobin} gives each target row
 * its turn.
 *
 * <p>Source: Ivison et al. 2025 (arXiv 2503.01807), whose script for large pools ranks so, and
 * whose script for several sets gives these turns, each of which is lost where the row is picked
 * already. Others call it doubly greedy.
 */
public record Nearest() implements SelectionMethod {
  /** There are no options. */
  public Nearest {}

  /**
   * The first rows of a group's ranking.
   *
   * @param rows of the pool, nearest first
   */
  private record Ranking(int[] rows, double[] squared) {}

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    RequiredBudget.of(request, "nearest");
    Picks picks = Picks.withGroups(request, execution);
    return picks.collect(() -> select(request, picks, execution));
  }

  private static StopReason select(SelectionRequest request, Picks picks, Execution execution) {
    RowBlocks pool = RowBlocks.of(request.pool(), execution);
    RowBlocks.of(request.target(), execution); // a bad row is named by its number in all of it
    BitSet out = picks.forbidden();
    int most = (int) Math.min(request.budget(), pool.rows());
    int ranked = picks.areLimited() ? pool.rows() : most;
    TargetGroups groups = request.groups();
    Ranking[] rankings =
        groups == null
            ? new Ranking[] {ranking(pool, request.target(), ranked, execution)}
            : rankings(pool, request.target(), groups, ranked, execution);
    GroupTurns turns = new GroupTurns(groups);
    int[] at = new int[rankings.length];
    picks.begin(Double.NaN, most);
    while (!picks.full()) {
      if (picks.count() == pool.rows()) {
        return StopReason.EXHAUSTED;
      }
      int group = turns.next();
      int[] rows = rankings[group].rows();
      while (at[group] < rows.length
          && (out.get(rows[at[group]]) || !picks.allows(rows[at[group]]))) {
        at[group]++;
      }
      if (at[group] == rows.length) {
        return picks.ended();
      }
      int row = rows[at[group]];
      out.set(row);
      picks.add(row, Double.NaN, Math.sqrt(rankings[group].squared()[at[group]]));
    }
    return StopReason.BUDGET;
  }

  private static Ranking[] rankings(
      RowBlocks pool, FloatMatrix target, TargetGroups groups, int most, Execution execution) {
    int[] groupOfRow = groups.groupOfRow();
    Ranking[] rankings = new Ranking[groups.shares().length];
    for (int group = 0; group < rankings.length; group++) {
      int wanted = group;
      int[] members =
          IntStream.range(0, groupOfRow.length).filter(row -> groupOfRow[row] == wanted).toArray();
      float[] values = new float[members.length * target.columns()];
      for (int place = 0; place < members.length; place++) {
        target.copyRows(members[place], 1, values, place * target.columns());
      }
      FloatMatrix rows =
          FloatMatrix.of(values, members.length, target.columns()).named(target.name());
      Execution watched = group == 0 ? execution : execution.withinStage();
      rankings[group] = ranking(pool, rows, most, watched);
    }
    return rankings;
  }

  private static Ranking ranking(
      RowBlocks pool, FloatMatrix target, int most, Execution execution) {
    RowBlocks aims = RowBlocks.of(target, execution);
    Neighbors nearest = NeighborSearch.of(pool, aims, 1, false, new BitSet(), execution);
    Scored[] scored = new Scored[pool.rows()];
    Arrays.setAll(scored, row -> new Scored(nearest.squaredDistances()[row], row));
    execution.progress().check();
    Arrays.sort(scored);
    return new Ranking(
        Arrays.stream(scored, 0, most).mapToInt(Scored::row).toArray(),
        Arrays.stream(scored, 0, most).mapToDouble(Scored::score).toArray());
  }
}
