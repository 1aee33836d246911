package io.gio4j.select.gradient;

import io.gio4j.distance.LengthUnit;
import java.util.Objects;

/**
 * Options of a {@link GradientSearch}; the defaults are those of grad-info-opt 0.1.2. Immutable.
 *
 * <pre>{@code
 * GradientSearchConfig config =
 *     new GradientSearchConfig()
 *         .withGradient(new Gradient().withStartVector(StartVector.JUMP))
 *         .withMaxIterations(300);
 * }</pre>
 *
 * @param gradient the descents; its {@code eps} is in units
 * @param stop what ends the search
 * @param maxIterations iterations after which it ends at the latest; one more row than this can be
 *     picked
 * @param randomRestartProbability probability of a descent of three times the steps
 * @param discardNearest leave out the selected row nearest to each target row
 * @param unit what distances are measured in; the reference's is {@link LengthUnit#ONE}
 */
public record GradientSearchConfig(
    Gradient gradient,
    StopOptions stop,
    int maxIterations,
    double randomRestartProbability,
    boolean discardNearest,
    LengthUnit unit) {

  /**
   * Checks every bound that does not depend on the data.
   *
   * @throws IllegalArgumentException if a number is out of its bounds
   */
  public GradientSearchConfig {
    Objects.requireNonNull(gradient, "gradient");
    Objects.requireNonNull(stop, "stop");
    Objects.requireNonNull(unit, "unit");
    requireAtLeast0("maxIterations", maxIterations);
    if (!(randomRestartProbability >= 0 && randomRestartProbability <= 1)) {
      throw new IllegalArgumentException(
          "randomRestartProbability: is "
              + randomRestartProbability
              + "; must lie between 0 and 1");
    }
  }

  static void requireAtLeast0(String name, int value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + ": is " + value + "; must be at least 0");
    }
  }

  /** The defaults. */
  public GradientSearchConfig() {
    this(new Gradient(), new StopOptions(), 100, 0, false, LengthUnit.ONE);
  }

  /**
   * With other descents.
   *
   * @param value their options
   * @return a changed copy
   */
  public GradientSearchConfig withGradient(Gradient value) {
    return new GradientSearchConfig(
        value, stop, maxIterations, randomRestartProbability, discardNearest, unit);
  }

  /**
   * With another end.
   *
   * @param value its options
   * @return a changed copy
   */
  public GradientSearchConfig withStop(StopOptions value) {
    return new GradientSearchConfig(
        gradient, value, maxIterations, randomRestartProbability, discardNearest, unit);
  }

  /**
   * With another number of iterations.
   *
   * @param value iterations at most
   * @return a changed copy
   */
  public GradientSearchConfig withMaxIterations(int value) {
    return new GradientSearchConfig(
        gradient, stop, value, randomRestartProbability, discardNearest, unit);
  }

  /**
   * With random descents of three times the steps.
   *
   * @param value their probability
   * @return a changed copy
   */
  public GradientSearchConfig withRandomRestartProbability(double value) {
    return new GradientSearchConfig(gradient, stop, maxIterations, value, discardNearest, unit);
  }

  /**
   * With the nearest selected rows left out or not.
   *
   * @param value whether they are left out
   * @return a changed copy
   */
  public GradientSearchConfig withDiscardNearest(boolean value) {
    return new GradientSearchConfig(
        gradient, stop, maxIterations, randomRestartProbability, value, unit);
  }

  /**
   * With another length unit.
   *
   * @param value what distances are measured in
   * @return a changed copy
   */
  public GradientSearchConfig withUnit(LengthUnit value) {
    return new GradientSearchConfig(
        gradient, stop, maxIterations, randomRestartProbability, discardNearest, value);
  }
}
