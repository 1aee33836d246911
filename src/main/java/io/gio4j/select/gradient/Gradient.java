package io.gio4j.select.gradient;

import io.gio4j.Progress;
import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.select.DivergenceOptions;
import io.gio4j.internal.select.Picks;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import java.util.Objects;

/**
 * The paper's gradient search: descend from a start vector along the gradient of the averaged
 * divergence, pick the pool row nearest to where the descent ends, repeat.
 *
 * <p>With a budget it ends when that is met, without one at the first pick that would raise the
 * divergence; the fact {@code divergence_with_next} is then what it would have become. The fact
 * {@code scale_factor} is the factor that was used. {@link GradientSearch} explains steps and
 * costs. Existing rows are optional; without them the first pick is always accepted. Weights count
 * in the budget and not in the objective, as in the paper where it selects centroids. The request's
 * seed draws the random target rows.
 *
 * <p>Source: Everaert and Potts 2024 (arXiv 2306.11670), algorithm 1.
 *
 * @param k the spacing of the target is the distance to the k-th nearest row; 1 to n - 1, 5 by
 *     default as in the paper
 * @param eps added to distances before their logarithm, as a share of the target's typical distance
 *     ({@link LengthUnit#TYPICAL}); 1e-8 by default
 * @param steps steps of a descent, three times as many in the first one; 50 by default as in
 *     grad-info-opt
 * @param learningRate factor on each step; 0.01 by default as in grad-info-opt
 * @param scaleFactor factor on the gradient; null: |v| / |gradient at v| at the start
 * @param startVector where descents start; the target's mean by default
 */
public record Gradient(
    int k, double eps, int steps, double learningRate, Double scaleFactor, StartVector startVector)
    implements SelectionMethod {
  // The steps of a long descent, three times as many, are an int as well.
  private static final int MOST_STEPS = Integer.MAX_VALUE / GradientSearch.LONG_DESCENT;

  /**
   * Checks every bound that does not depend on the data.
   *
   * @throws IllegalArgumentException if a number is out of its bounds
   */
  public Gradient {
    DivergenceOptions.requireK(k);
    DivergenceOptions.requireEps(eps);
    if (steps < 0) {
      throw new IllegalArgumentException("steps: is " + steps + "; must be at least 0");
    }
    if (steps > MOST_STEPS) {
      throw new IllegalArgumentException("steps: is " + steps + "; must be at most " + MOST_STEPS);
    }
    requireFinite("learningRate", learningRate);
    if (scaleFactor != null) {
      requireFinite("scaleFactor", scaleFactor);
    }
    Objects.requireNonNull(startVector, "startVector");
  }

  static void requireFinite(String name, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(name + ": is " + value + "; must be a finite number");
    }
  }

  /** The defaults. */
  public Gradient() {
    this(DivergenceOptions.K, DivergenceOptions.EPS, 50, 0.01, null, StartVector.MEAN);
  }

  /**
   * With another neighbour for the target's spacing.
   *
   * @param value 1 to n - 1
   * @return a changed copy
   */
  public Gradient withK(int value) {
    return new Gradient(value, eps, steps, learningRate, scaleFactor, startVector);
  }

  /**
   * With another number added to distances.
   *
   * @param value a share of the target's typical distance
   * @return a changed copy
   */
  public Gradient withEps(double value) {
    return new Gradient(k, value, steps, learningRate, scaleFactor, startVector);
  }

  /**
   * With longer or shorter descents.
   *
   * @param value steps of a descent
   * @return a changed copy
   */
  public Gradient withSteps(int value) {
    return new Gradient(k, eps, value, learningRate, scaleFactor, startVector);
  }

  /**
   * With another factor on each step.
   *
   * @param value the factor
   * @return a changed copy
   */
  public Gradient withLearningRate(double value) {
    return new Gradient(k, eps, steps, value, scaleFactor, startVector);
  }

  /**
   * With a factor on the gradient, which otherwise follows the data.
   *
   * @param value the factor
   * @return a changed copy
   */
  public Gradient withScaleFactor(double value) {
    return new Gradient(k, eps, steps, learningRate, value, startVector);
  }

  /**
   * With other starts of descents.
   *
   * @param value where descents start
   * @return a changed copy
   */
  public Gradient withStartVector(StartVector value) {
    return new Gradient(k, eps, steps, learningRate, scaleFactor, value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    // With a budget the rule must never fire: no divergence is below this bound.
    StopOptions stop =
        request.budget() == null
            ? new StopOptions()
            : new StopOptions().withCriterion(StopCriterion.MIN_KL).withMinKl(-Double.MAX_VALUE);
    GradientSearchConfig config =
        new GradientSearchConfig()
            .withGradient(this)
            .withStop(stop)
            .withMaxIterations(Integer.MAX_VALUE - 1)
            .withUnit(LengthUnit.TYPICAL);
    Picks picks = new Picks(request, execution).withoutCounts();
    PythonRandom random = PythonRandom.seeded(request.seed());
    return picks.collect(() -> new GradientSearch(config).run(request, random, execution, picks));
  }
}
