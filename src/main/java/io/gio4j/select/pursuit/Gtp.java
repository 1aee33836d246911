package io.gio4j.select.pursuit;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.internal.select.Picks;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import java.util.Objects;

/**
 * Rows whose weighted sum is the target's mean, many at a time: gradient pursuit by compressive
 * sampling.
 *
 * <p><b>Idea.</b> As {@link Omp}, few rows and weights {@code w >= 0} with the least {@code |b -
 * sum_g w_g g|^2}, for the mean b of the target's rows; but a round takes as many rows as the
 * budget s at once:
 *
 * <pre>
 * S = {}, r = b
 * repeat: c = g.r / |g| for all rows g        one pass over the pool
 *         M = S and the s rows with the largest positive c
 *         u = the fit of M with weights >= 0
 *         S = the s rows that contribute most to u, the largest w_g |g|
 *         r = b - the fit of S with weights >= 0
 * </pre>
 *
 * A round that does not lower the loss is undone, and the next takes half as many rows. It ends
 * when a single row does not lower the loss, no row that is left correlates with r, or the rounds
 * are used up. For 5 to 25 rows of 1,500 x 64 that was after 6 to 14 passes, at a loss like that of
 * {@link Omp} (5 rows: a sixth above), which takes a pass for each row; for 50 of 50,000 x 256
 * after 17 to 20 passes, at 1.6 to 2.3 times its loss. Where the fit fills up below the budget, it
 * is that of the whole pool.
 *
 * <p>Source: Deng, Li and Li 2024 (arXiv 2410.16710), after the abstract: our reconstruction. There
 * is no public code; the halving, the fit with weights of at least 0 and what follows are ours.
 *
 * <p><b>Saturation.</b> A fit has at most d rows, and one of clustered rows far fewer; of equal
 * rows only one. So it often ends below the budget ({@link StopReason#SATURATED}). {@link Refill}
 * says what then: nothing; or the pursuit starts again on the rows that are left, less those near
 * to a pick; or rows of equal weight fill up the budget.
 *
 * <p><b>Cost.</b> A pass is N d multiply-adds in double, and the fit of a round with k rows of
 * weight 2 s k d + k^3; k is at most s and d. Each pass of EXCLUDE_NEAR over the pool costs N d a
 * pick, each pick of EQUAL N d. Memory: 32 bytes a pool row, 8 s d for the rows of a round, 4 k^2,
 * and the pool only if it is under 1/32 of the heap.
 *
 * <p>Picks come by what they contribute, the largest first. The trace is the loss over |b|^2 of the
 * picks up to each one with their weights in the result, and gains are its decreases, which can be
 * below 0. With EQUAL the loss is that of the picks' plain sum times the factor that fits best.
 * Facts: {@code rounds}; {@code passes} over the pool; {@code support}, the rows that the first
 * pursuit found; {@code weighted_loss}, the trace's last number; {@code unweighted_loss}, that of
 * the plain sum of all picks times the factor that fits best, which is what counts where training
 * ignores weights.
 *
 * <p>With a target in groups b is the mean in which each group has its share.
 *
 * <p>A pool row of weight q counts as q rows in the budget; it is no more of the fit, whose weights
 * are free. Existing rows are ignored, and nothing is drawn. Without a budget s is d, and there is
 * no refill. Picks are known only at the end: a selection that is stopped before has none.
 *
 * <p>Do not use it where rows have no common origin, such as coordinates.
 *
 * @param ridge how much weights cost, as in {@link Omp}; 0 by default
 * @param maxRounds rounds of a pursuit at most; 50 by default
 * @param refill what happens where the fit needs fewer rows than the budget; STOP by default
 * @param near only for EXCLUDE_NEAR: rows whose cosine to a pick is at least this are left out;
 *     null: {@link #DEFAULT_NEAR}
 */
public record Gtp(double ridge, int maxRounds, Refill refill, Double near)
    implements SelectionMethod {
  /** About where SemDeDup and others call embeddings near copies. */
  public static final double DEFAULT_NEAR = 0.95;

  /** Several times what was ever seen to be needed. */
  private static final int MAX_ROUNDS = 50;

  /** What happens where the fit needs fewer rows than the budget. */
  public enum Refill {
    /** The selection ends. */
    STOP,
    /**
     * Rows near to a pick are left out, and the pursuit starts again on the rest, for the same b.
     * The weights are those of the mean of all these fits.
     */
    EXCLUDE_NEAR,
    /**
     * Row by row, the one with which the plain sum of all picks points most nearly where b does.
     * All picks have the same weight.
     */
    EQUAL
  }

  /**
   * Checks every bound.
   *
   * @throws IllegalArgumentException if the ridge is below 0 or no finite number, there are no
   *     rounds, near is not between 0 and 1, or given for another refill than EXCLUDE_NEAR
   */
  public Gtp {
    Objects.requireNonNull(refill, "refill");
    PursuitOptions.requireRidge(ridge);
    if (maxRounds < 1) {
      throw new IllegalArgumentException("maxRounds: is " + maxRounds + "; must be at least 1");
    }
    if (near != null && refill != Refill.EXCLUDE_NEAR) {
      throw new IllegalArgumentException(
          "near: is " + near + "; only EXCLUDE_NEAR has one, and the refill is " + refill);
    }
    if (near != null && !(near >= 0 && near <= 1)) {
      throw new IllegalArgumentException("near: is " + near + "; must lie between 0 and 1");
    }
  }

  /** The defaults. */
  public Gtp() {
    this(PursuitOptions.RIDGE, MAX_ROUNDS, Refill.STOP, null);
  }

  /**
   * With another cost of weights.
   *
   * @param value at least 0
   * @return a changed copy
   */
  public Gtp withRidge(double value) {
    return new Gtp(value, maxRounds, refill, near);
  }

  /**
   * With another number of rounds.
   *
   * @param value at least 1
   * @return a changed copy
   */
  public Gtp withMaxRounds(int value) {
    return new Gtp(ridge, value, refill, near);
  }

  /**
   * With something else for what the fit leaves of the budget.
   *
   * @param value what happens then
   * @return a changed copy
   */
  public Gtp withRefill(Refill value) {
    return new Gtp(ridge, maxRounds, value, near);
  }

  /**
   * With another threshold of EXCLUDE_NEAR.
   *
   * @param value a cosine, 0 to 1
   * @return a changed copy
   */
  public Gtp withNear(double value) {
    return new Gtp(ridge, maxRounds, refill, value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    Picks picks = Picks.withGroups(request, execution).withoutCounts();
    return picks.collect(() -> new GtpSelection(this, request, picks, execution).pick());
  }
}
