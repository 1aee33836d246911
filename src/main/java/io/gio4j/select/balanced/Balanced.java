package io.gio4j.select.balanced;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.internal.energy.TypicalDistances;
import io.gio4j.internal.select.Picks;
import io.gio4j.kernel.EnergyKernel;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import java.util.Objects;

/**
 * Rows that together look like the target: the greedy descent of an energy distance.
 *
 * <p><b>Idea.</b> {@code E(X, W) = 2 mean rho(x, w) - mean rho(x, x') - mean rho(w, w')} is 0 only
 * where the selection W is distributed as the target X. Its first term draws picks towards the
 * target, as the averaged divergence does (with rho = log it is the same term); its last one keeps
 * them apart, so modes are picked in the target's proportions and duplicates are not picked. Each
 * pick is the row g with the largest
 *
 * <pre>-mean_i rho(x_i, g) + 1/(m+1) sum_{w in W} rho(g, w)</pre>
 *
 * (of equal scores the first row): the row that lowers E most. For RATIONAL, LAPLACE and GAUSS this
 * is kernel herding.
 *
 * <p><b>Cost.</b> One product of the pool with the target and one with the picks, N (n + budget) d
 * multiply-adds in float. Picking row by row would pass over the pool once a pick, bound by memory.
 * Instead a batch of picks is speculated on a shortlist, and the product that updates every row's
 * score also finds the first pick that another row would have beaten: the same picks, in as many
 * passes as there are batches ({@code BatchedGreedy}). Memory: 35 bytes a pool row, two copies of
 * the target and of a batch, the shortlist, and the pool if it takes up to a third of the heap; a
 * larger pool is read again for every batch.
 *
 * <p><b>Scale of the data.</b> Picks are those of the greedy rule in double wherever more than 1e-5
 * of a score decides, and exactly the same for data times a power of two. A row on which the target
 * has no influence, because rho is 0 as a float or the same for unlike rows, is never picked: the
 * selection ends with {@link StopReason#NO_INFLUENCE}.
 *
 * <p>With a target in groups the means over the target are those in which each group has its share.
 * The default scale is that of the rows as they are, each once.
 *
 * <p>Existing rows are members of W from the start. A pool row of weight q counts as q rows in W,
 * and is ranked by what the first of them would gain.
 *
 * <p>Sources: Chen, Welling and Smola 2010, Super-samples from kernel herding, equation 8; Szekely
 * and Rizzo 2013 for the energy distance. It is not in the paper of GIO.
 *
 * @param kernel the function of distances; {@link #DEFAULT_KERNEL} by default
 * @param scale the distance at which the kernel begins to distinguish rows, without meaning for
 *     EUCLIDEAN; null: follows the data, and the selection's facts {@code scale} and {@code
 *     scale_from} say what it is and from which rows. It is half the median distance m between two
 *     target rows, or of m + 3 (g - m) where their distance g to the nearest pool rows is more than
 *     m (RATIONAL: by sqrt(2 alpha) less; LOG: a fiftieth)
 * @param alpha how fast RATIONAL falls; only for RATIONAL; null: {@link EnergyKernel#DEFAULT_ALPHA}
 */
public record Balanced(EnergyKernel.Kind kernel, Double scale, Double alpha)
    implements SelectionMethod {
  /** At least as good as the others on every task of docs/quality.md, and never without effect. */
  public static final EnergyKernel.Kind DEFAULT_KERNEL = EnergyKernel.Kind.RATIONAL;

  /**
   * Checks every bound that does not depend on the data.
   *
   * @throws IllegalArgumentException if the scale or alpha is not above 0, or alpha is given for
   *     another kernel than RATIONAL
   */
  public Balanced {
    Objects.requireNonNull(kernel, "kernel");
    if (alpha != null && kernel != EnergyKernel.Kind.RATIONAL) {
      throw new IllegalArgumentException(
          "alpha: is " + alpha + "; only RATIONAL has one, and the kernel is " + kernel);
    }
    kernel(kernel, scale == null ? 1 : scale, alpha);
  }

  /** The defaults. */
  public Balanced() {
    this(DEFAULT_KERNEL, null, null);
  }

  /**
   * With another function of distances.
   *
   * @param value the function
   * @return a changed copy
   */
  public Balanced withKernel(EnergyKernel.Kind value) {
    return new Balanced(value, scale, alpha);
  }

  /**
   * With a scale, which otherwise follows the data.
   *
   * @param value a length above 0
   * @return a changed copy
   */
  public Balanced withScale(double value) {
    return new Balanced(kernel, value, alpha);
  }

  /**
   * With another exponent of RATIONAL.
   *
   * @param value a number above 0
   * @return a changed copy
   */
  public Balanced withAlpha(double value) {
    return new Balanced(kernel, scale, value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    Picks picks = Picks.withGroups(request, execution);
    return picks.collect(() -> {
      HerdingScores scores = new HerdingScores(request, this, execution);
      if (kernel != EnergyKernel.Kind.EUCLIDEAN) {
        picks.fact("scale", scores.kernel().scale());
        picks.fact("scale_from", scaleFrom(scores.typical()));
      }
      picks.begin(scores.energy().distance(), request.pool().rows());
      if (scores.isBlind()) {
        return StopReason.NO_INFLUENCE;
      }
      return select(scores, new BatchedGreedy(scores, picks, execution), request, picks);
    });
  }

  /** What the scale was derived from, as the fact {@code scale_from}. */
  private String scaleFrom(TypicalDistances typical) {
    if (scale != null) {
      return "given";
    }
    return typical.targetDecides() ? "target" : "pool";
  }

  private static StopReason select(
      HerdingScores scores, BatchedGreedy greedy, SelectionRequest request, Picks picks) {
    while (!picks.full()) {
      PendingPicks next = greedy.next(picks.left());
      if (next.size() == 0) {
        return picks.ended();
      }
      for (int pick = 0; pick < next.size() && !picks.full(); pick++) {
        int row = next.row(pick);
        if (scores.isOutOfReach(row)) {
          return StopReason.NO_INFLUENCE;
        }
        scores.select(row, picks.weights().of(row), next.total(pick));
        double distance = scores.energy().distance();
        if (request.budget() == null && distance >= picks.objective()) {
          return StopReason.INCREASE;
        }
        picks.add(row, picks.objective() - distance, distance);
      }
    }
    return StopReason.BUDGET;
  }

  /** The function of distances, with a scale that suits the rows unless one was given. */
  EnergyKernel kernel(TypicalDistances typical) {
    double shape = alpha == null ? EnergyKernel.DEFAULT_ALPHA : alpha;
    return kernel(kernel, scale == null ? typical.scale(kernel, shape) : scale, alpha);
  }

  private static EnergyKernel kernel(EnergyKernel.Kind kind, double scale, Double alpha) {
    return new EnergyKernel(kind, scale, alpha == null ? EnergyKernel.DEFAULT_ALPHA : alpha);
  }
}
