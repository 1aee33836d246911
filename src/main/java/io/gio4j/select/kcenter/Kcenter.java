package io.gio4j.select.kcenter;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RobustCenter;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.neighbors.NeighborSearch;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RequiredBudget;
import io.gio4j.internal.select.RowScores;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;

/**
 * Rows near which all rows of the pool lie: farthest-first traversal.
 *
 * <p><b>Idea.</b> Each pick is the pool row that is farthest from its nearest centre, where centres
 * are the existing rows and the picks before it; of equally far rows it is the first. The covering
 * radius, the largest distance of a pool row to its nearest pick,
 *
 * <pre>max_i min_{c in S} |g_i - c|</pre>
 *
 * is after every pick at most twice the smallest that so many rows can have (Gonzalez 1985), and no
 * algorithm in polynomial time has a better factor unless P = NP.
 *
 * <p><b>The pool is covered, not the target.</b> The target has no influence but on the first
 * centre if {@code start} says so, and existing rows none but as centres. Without existing rows the
 * first pick lies at {@code start}.
 *
 * <p>A pick's gain is its distance from the centres before it, NaN for the first of all; the trace
 * is the covering radius after each pick, which is the gain of the next one. The selection ends at
 * the budget, which is needed, or when every row left is a copy of a centre ({@link
 * StopReason#SATURATED}). A pool row of weight q counts as q rows in the budget, and nowhere else:
 * how many rows lie in a place does not change how far they are.
 *
 * <p><b>Cost.</b> s picks of N rows are at most N s d multiply-adds in float, and less where rows
 * come to lie near a centre early ({@code Farthest}); in addition some thousand d in double for
 * each pick. Numbers in the result are in double throughout. Memory: 12 bytes a pool row, 4 MB, the
 * picks twice, and the pool only if it is under 1/32 of the heap.
 *
 * <p>Do not use it for pools with outliers or broken rows, which are the farthest of all and come
 * first, nor for proportions: dense and sparse places get equally many picks.
 *
 * <p><b>With scores</b>, which are margins of uncertainty of at least 0, small where a row is worth
 * more, the selection is one of small margins that still covers the pool: the objective is
 *
 * <pre>max_i min_{c in S} |g_i - c| + margin_weight * sum_{c in S} margin(c)</pre>
 *
 * within a factor of 3.3 of its optimum ({@code MarginCenters}, which has the proof), after the
 * abstract of arXiv 2312.10602; our reconstruction. The trace is that objective after each pick,
 * and a gain by how much it fell, which may be below 0; the picks of a smaller budget are others.
 * It costs up to three products of N s d multiply-adds for each of some twenty radii. Weights are
 * refused with it.
 *
 * <p>Source: Gonzalez, Clustering to minimize the maximum intercluster distance, Theoretical
 * Computer Science 38, 1985; for active learning Sener and Savarese 2018 (arXiv 1708.00489).
 *
 * @param start where the first centre lies without existing rows; {@link Start#POOL} by default;
 *     with scores that of the farthest-first whose radius begins the search
 * @param marginWeight the distance that a margin of 1 weighs as much as; above 0, 1 by default, and
 *     of no meaning without scores
 */
public record Kcenter(Start start, double marginWeight) implements SelectionMethod {
  /**
   * Checks the options.
   *
   * @throws NullPointerException if start is null
   * @throws IllegalArgumentException if the weight of margins is not above 0
   */
  public Kcenter {
    Objects.requireNonNull(start, "start");
    if (!(marginWeight > 0 && marginWeight < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "marginWeight: is " + marginWeight + "; must be a finite number above 0");
    }
  }

  /** The defaults. */
  public Kcenter() {
    this(Start.POOL, 1);
  }

  /**
   * With another first centre.
   *
   * @param value where it lies
   * @return a changed copy
   */
  public Kcenter withStart(Start value) {
    return new Kcenter(value, marginWeight);
  }

  /**
   * With another weight of margins.
   *
   * @param value above 0
   * @return a changed copy
   */
  public Kcenter withMarginWeight(double value) {
    return new Kcenter(start, value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    RequiredBudget.of(request, "kcenter");
    float[] margins = margins(request);
    Picks picks = Picks.withScores(request, execution);
    return picks.collect(() -> select(request, margins, picks, execution));
  }

  private float[] margins(SelectionRequest request) {
    if (request.scores() == null) {
      if (marginWeight != 1) {
        throw new IllegalArgumentException(
            "margin_weight: is %s, and there are no scores that it could weigh; pass scores, or leave it out"
                .formatted(marginWeight));
      }
      return null;
    }
    if (request.limits() != null) {
      throw new IllegalArgumentException(
          "limits: kcenter keeps them without scores only; leave one of them out");
    }
    if (request.weights() != null) {
      throw new IllegalArgumentException(
          "weights: have no meaning beside scores for kcenter; leave one of them out");
    }
    float[] margins = RowScores.of(request.scores());
    for (int row = 0; row < margins.length; row++) {
      if (margins[row] < 0) {
        throw new IllegalArgumentException(
            "%s: row %d is %s; kcenter takes them as margins, which must be at least 0"
                .formatted(request.scores().name(), row, margins[row]));
      }
    }
    return margins;
  }

  private StopReason select(
      SelectionRequest request, float[] margins, Picks picks, Execution execution) {
    RowBlocks target = RowBlocks.of(request.target(), execution);
    RowBlocks pool = RowBlocks.of(request.pool(), execution);
    RowScaling scaling = RowScaling.byLargest(RobustCenter.orZero(pool), pool.largest());
    double[] fromExisting = fromExisting(request, pool, execution);
    BitSet forbidden = picks.forbidden();
    if (forbidden.cardinality() == pool.rows()) {
      return picks.ended();
    }
    Farthest farthest = new Farthest(pool, fromExisting.clone(), scaling, execution);
    if (picks.areLimited()) {
      farthest.leaveOut(forbidden, picks::isOpen);
    }
    execution.progress().stage("distances", pool.rows());
    int row;
    double gain = Double.NaN;
    if (request.existing() == null) {
      row = new FirstCenter(pool, target, forbidden, execution).at(start, request.seed());
    } else {
      farthest.find();
      row = farthest.row();
      gain = Math.sqrt(farthest.squaredDistance());
    }
    if (margins == null) {
      picks.begin(gain, pool.rows());
      return farthestFirst(farthest, row, gain, picks);
    }
    int budget = (int) Math.min(request.budget(), pool.rows());
    execution.progress().stage("radii", 0);
    int[] chosen =
        new MarginCenters(pool, fromExisting, margins, marginWeight, budget, scaling, execution)
            .choose(farthest, row, gain);
    picks.begin(gain, budget);
    Farthest covered = new Farthest(pool, fromExisting, scaling, execution);
    addAll(chosen, margins, gain, covered, picks);
    return picks.full() ? StopReason.BUDGET : StopReason.EXHAUSTED;
  }

  private static StopReason farthestFirst(
      Farthest farthest, int first, double firstGain, Picks picks) {
    int row = first;
    double gain = firstGain;
    while (gain != 0) {
      farthest.pick(row);
      picks.expect(row);
      farthest.find();
      while (farthest.isAny() && !picks.allows(farthest.row())) {
        farthest.leaveOut(farthest.row());
        farthest.find();
      }
      double radius = Math.sqrt(farthest.squaredDistance());
      picks.add(row, gain, radius);
      if (picks.full()) {
        return StopReason.BUDGET;
      }
      row = farthest.row();
      gain = radius;
    }
    return farthest.isAny() ? StopReason.SATURATED : picks.ended();
  }

  private void addAll(int[] chosen, float[] margins, double start, Farthest covered, Picks picks) {
    double before = start;
    double margin = 0;
    for (int row : chosen) {
      covered.pick(row);
      covered.find();
      margin += margins[row];
      double cost = Math.sqrt(covered.squaredDistance()) + marginWeight * margin;
      picks.add(row, before - cost, cost);
      before = cost;
    }
  }

  /** By pool row, the squared distance from the nearest existing row. */
  private static double[] fromExisting(
      SelectionRequest request, RowBlocks pool, Execution execution) {
    if (request.existing() == null) {
      double[] none = new double[pool.rows()];
      Arrays.fill(none, Double.POSITIVE_INFINITY);
      return none;
    }
    RowBlocks existing = RowBlocks.of(request.existing(), execution);
    return NeighborSearch.of(pool, existing, 1, false, new BitSet(), execution).squaredDistances();
  }
}
