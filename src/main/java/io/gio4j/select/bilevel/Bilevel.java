package io.gio4j.select.bilevel;

import io.gio4j.Progress;
import io.gio4j.internal.BreakEven;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RequiredBudget;
import io.gio4j.internal.select.RowScores;
import io.gio4j.internal.simd.RowOps;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import java.util.Objects;

/**
 * Probabilistic bilevel coresets: the rows from which a simple model learns best to predict the
 * labels of the whole pool.
 *
 * <p><b>Idea.</b> Row i is in a mask with probability {@code s_i}; the probabilities add up to the
 * budget. They minimise the expected loss on the whole pool of the model fitted to the mask's rows
 * alone. In each outer iteration K masks are drawn and fitted, with losses {@code L_j}, and the
 * policy gradient
 *
 * <pre>1/(K-1) sum_j (L_j - mean L) (m_j - s) / (s (1 - s))</pre>
 *
 * moves s by Adam, whose rate falls along a cosine, and a shift found by bisection brings it back
 * to the budget. No derivative of the inner fit is needed.
 *
 * <p><b>Labels</b> are the request's scores: numbers for {@link InnerModel#RIDGE}, classes for
 * {@link InnerModel#LOGISTIC}, for which any distinct numbers do. Features are the rows less the
 * columns' medians, in units of their typical length, and a constant. Rows with wrong labels make
 * models worse, so they are left out: what this method is good at.
 *
 * <p><b>Picks.</b> The rows with the largest probabilities are fitted too in each iteration. Of
 * these sets, and the masks of as many rows as the budget, the one with the lowest loss is the
 * answer, most probable first; a gain is the probability when the set was tried. There is no
 * objective of single picks, so the trace is NaN; facts: {@code loss} of the picks' model on the
 * pool (mean squared error of standardised labels, or cross-entropy) and {@code start_loss}, the
 * mean of the first masks, which are random rows.
 *
 * <p><b>Bounds.</b> The start has equal probabilities, but at least one expected row of each class
 * where the budget is that large. A mask without rows, or with one class, is drawn again up to ten
 * times; then the most probable row that it lacks is added. A model that cannot be computed counts
 * as the worst of its iteration.
 *
 * <p><b>Cost.</b> {@code (K + 1) iterations} fits of s rows in {@code s d min(s, d) / 2 + min(s,
 * d)^3 / 6} multiply-adds in double, and a pass over the pool per iteration with {@code N d C (K +
 * 1)} for C outputs. A row's share in one mask's loss is small, so masks in all should be several
 * times the pool's rows: it suits pools of thousands of rows, not of millions. Memory: 70 bytes a
 * pool row and {@code 8 d^2} a thread.
 *
 * <p>Target and existing rows have no influence; weights are refused, since labels belong to single
 * rows. The request needs a budget.
 *
 * <p>Sources: Zhou, Pi, Zhang, Lin, Chen and Zhang 2022 (arXiv 2301.09880), whose public code ends
 * with a random number of rows; Boehning 1992 for the steps of the logistic model.
 *
 * @param model what is fitted; LOGISTIC by default
 * @param ridge the penalty of a coefficient's square, for each row of the fit, 1e-6 to 1e6; 1 by
 *     default: with less, models of few rows profit from wrong labels that hold them back (200 rows
 *     of 6 columns, 30 % wrong, 30 picks: 12 % of these are wrong at 0.5, 3 % at 1, none at 2)
 * @param masks drawn in each iteration, at least 2; 10 by default
 * @param outerIterations at least 1; 300 by default
 * @param learningRate of Adam, above 0 and at most 1; 0.05 by default, as in the public code
 */
public record Bilevel(
    InnerModel model, double ridge, int masks, int outerIterations, double learningRate)
    implements SelectionMethod {
  private static final double RIDGE = 1;
  private static final int MASKS = 10;
  private static final int OUTER_ITERATIONS = 300;
  private static final double LEARNING_RATE = 0.05;

  /** Below it the products of few rows are singular in double. */
  private static final double LEAST_RIDGE = 1e-6;

  private static final double LARGEST_RIDGE = 1e6;

  /** At 5e7 multiply-adds, which the scalar code does in 50 ms. */
  private static final BreakEven VECTOR = new BreakEven(1 << 12);

  /**
   * Checks the options.
   *
   * @throws IllegalArgumentException if a number is out of its bounds
   */
  public Bilevel {
    Objects.requireNonNull(model, "model");
    if (!(ridge >= LEAST_RIDGE && ridge <= LARGEST_RIDGE)) {
      throw new IllegalArgumentException(
          "ridge: is %s; must lie between %s and %s".formatted(ridge, LEAST_RIDGE, LARGEST_RIDGE));
    }
    if (masks < 2) {
      throw new IllegalArgumentException(
          "masks: is " + masks + "; must be at least 2, since their losses are compared");
    }
    if (outerIterations < 1) {
      throw new IllegalArgumentException(
          "outer_iterations: is " + outerIterations + "; must be at least 1");
    }
    if (!(learningRate > 0 && learningRate <= 1)) {
      throw new IllegalArgumentException(
          "learning_rate: is " + learningRate + "; must be above 0 and at most 1");
    }
  }

  /** The defaults. */
  public Bilevel() {
    this(InnerModel.LOGISTIC, RIDGE, MASKS, OUTER_ITERATIONS, LEARNING_RATE);
  }

  /**
   * With another model.
   *
   * @param value what is fitted
   * @return a changed copy
   */
  public Bilevel withModel(InnerModel value) {
    return new Bilevel(value, ridge, masks, outerIterations, learningRate);
  }

  /**
   * With another penalty of coefficients.
   *
   * @param value 1e-6 to 1e6
   * @return a changed copy
   */
  public Bilevel withRidge(double value) {
    return new Bilevel(model, value, masks, outerIterations, learningRate);
  }

  /**
   * With another number of masks in each iteration.
   *
   * @param value at least 2
   * @return a changed copy
   */
  public Bilevel withMasks(int value) {
    return new Bilevel(model, ridge, value, outerIterations, learningRate);
  }

  /**
   * With another number of iterations.
   *
   * @param value at least 1
   * @return a changed copy
   */
  public Bilevel withOuterIterations(int value) {
    return new Bilevel(model, ridge, masks, value, learningRate);
  }

  /**
   * With another rate of Adam.
   *
   * @param value above 0 and at most 1
   * @return a changed copy
   */
  public Bilevel withLearningRate(double value) {
    return new Bilevel(model, ridge, masks, outerIterations, value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    long budget = RequiredBudget.of(request, "bilevel");
    if (request.scores() == null) {
      throw new IllegalArgumentException(
          "scores: are missing; bilevel takes them as the labels of the pool's rows, so pass a number for each");
    }
    if (request.weights() != null) {
      throw new IllegalArgumentException(
          "weights: have no meaning for bilevel, whose labels belong to single rows; leave them out");
    }
    if (request.limits() != null) {
      throw new IllegalArgumentException(
          "limits: bilevel keeps none, as its rows are picked together; leave them out, and the rows"
              + " that must not be picked out of the pool");
    }
    Labels labels = new Labels(model, request.scores().name(), RowScores.of(request.scores()));
    Picks picks = Picks.withScores(request, execution);
    return picks.collect(() -> {
      RowBlocks.of(request.target(), execution);
      RowBlocks pool = RowBlocks.readOften(request.pool(), execution);
      if (budget >= pool.rows()) {
        picks.begin(Double.NaN, pool.rows());
        for (int row = 0; row < pool.rows(); row++) {
          picks.add(row, 1, Double.NaN);
        }
        return picks.full() ? StopReason.BUDGET : StopReason.EXHAUSTED;
      }
      search(pool, (int) budget, labels, picks, request.seed(), execution);
      return StopReason.BUDGET;
    });
  }

  private void search(
      RowBlocks pool, int budget, Labels labels, Picks picks, long seed, Execution execution) {
    long numbers = (long) pool.rows() * pool.columns() * labels.outputs();
    RowOps ops = VECTOR.ops(execution, numbers * masks).rows();
    InnerFit fit = new InnerFit(new Features(pool), labels, ridge, ops, execution);
    OuterLoss outer = new OuterLoss(pool, labels, ops, execution);
    BilevelSearch search =
        new BilevelSearch(pool.rows(), budget, labels, fit, outer, execution, seed);
    search.run(masks, outerIterations, learningRate);
    picks.fact("loss", search.bestLoss());
    picks.fact("start_loss", search.startLoss());
    picks.begin(Double.NaN, budget);
    for (int i = 0; i < budget; i++) {
      picks.add(search.best()[i], search.bestProbabilities()[i], Double.NaN);
    }
  }
}
