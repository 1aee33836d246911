package io.gio4j.select.dsdm;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RequiredBudget;
import io.gio4j.internal.select.RowScores;
import io.gio4j.internal.select.ScoreRanking;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import java.util.Arrays;

/**
 * The rows with the largest scores, which are estimates of how much each row helps: datamodel
 * weights, influences, or any other number of which more is better.
 *
 * <p><b>Rule.</b> The request's scores are given, and the rows come by descending score, equal ones
 * by number. If a datamodel predicts a target loss as a sum over training rows, its minimum over
 * sets of s rows is the s rows with the largest estimated benefit, which is all that the last step
 * of DsDm does.
 *
 * <p><b>With a temperature</b> the scores are standardised (less their mean, over their standard
 * deviation), divided by it, and a number drawn from the Gumbel distribution is added to each; the
 * rows come by that sum. It is a draw without replacement in which each pick is one of the rows
 * left with a chance in proportion to {@code exp(standardised score / temperature)} (Gumbel top-k).
 * That gives up some of the score for variety: near-copies of the best rows have near-equal scores.
 * The request's seed draws. Where all scores are equal, so are the chances.
 *
 * <p>A pick's gain is its score, the trace the sum of the scores so far. Target and existing rows
 * have no influence. A row of weight q counts as q rows in the budget, which is needed; its chance
 * is that of any other. Costs a sort, and one pass over pool and target, whose numbers have to be
 * finite as for every method. Memory: about 32 bytes a pool row.
 *
 * <p>Do not use it with scores of single rows that say nothing of their sum: a hundred copies of
 * the best row have the hundred best scores.
 *
 * <p>Sources: Engstrom, Feldmann and Madry 2024 (arXiv 2401.12926); Gumbel top-k: Kool, van Hoof
 * and Welling 2019 (arXiv 1903.06059), with standardised scores as DATE-LM has it.
 *
 * @param temperature above 0: how much chance may outweigh a difference of scores; null, the
 *     default, takes the largest scores
 */
public record Dsdm(Double temperature) implements SelectionMethod {
  /**
   * Checks the temperature.
   *
   * @throws IllegalArgumentException if it is not above 0
   */
  public Dsdm {
    ScoreRanking.requireTemperature(temperature);
  }

  /** The defaults. */
  public Dsdm() {
    this(null);
  }

  /**
   * With another temperature.
   *
   * @param value above 0; null for none
   * @return a changed copy
   */
  public Dsdm withTemperature(Double value) {
    return new Dsdm(value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    RequiredBudget.of(request, "dsdm");
    if (request.scores() == null) {
      throw new IllegalArgumentException(
          "scores: are missing; dsdm picks the rows with the largest, so pass a number for each pool row");
    }
    float[] given = RowScores.of(request.scores());
    double[] scores = new double[given.length];
    Arrays.setAll(scores, row -> given[row]);
    Picks picks = Picks.withScores(request, execution);
    return picks.collect(() -> select(request, scores, picks, execution));
  }

  private StopReason select(
      SelectionRequest request, double[] scores, Picks picks, Execution execution) {
    RowBlocks.of(request.target(), execution);
    RowBlocks.of(request.pool(), execution);
    return ScoreRanking.pick(scores, temperature, request.seed(), picks, execution);
  }
}
