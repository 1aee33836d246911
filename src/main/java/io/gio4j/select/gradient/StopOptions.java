package io.gio4j.select.gradient;

import java.util.Objects;

/**
 * When a {@link GradientSearch} ends; the defaults are those of grad-info-opt 0.1.2. Immutable.
 *
 * @param criterion which rule ends the search
 * @param minDifference least decrease for {@link StopCriterion#MIN_DIFFERENCE}
 * @param minKl divergence for {@link StopCriterion#MIN_KL}
 * @param maxDataSize share of the pool's rows for {@link StopCriterion#DATA_SIZE}
 * @param maxSequentialIncreases increases tolerated by {@link
 *     StopCriterion#SEQUENTIAL_INCREASE_TOLERANCE}
 * @param resetsAllowed whether a rule that fires first makes all pool rows candidates again, up to
 *     {@code maxResets} times; rows can then be picked again
 * @param maxResets resets at most
 */
public record StopOptions(
    StopCriterion criterion,
    double minDifference,
    double minKl,
    double maxDataSize,
    int maxSequentialIncreases,
    boolean resetsAllowed,
    int maxResets) {

  /**
   * Checks every bound that does not depend on the data.
   *
   * @throws IllegalArgumentException if a number is out of its bounds
   */
  public StopOptions {
    Objects.requireNonNull(criterion, "criterion");
    Gradient.requireFinite("minDifference", minDifference);
    Gradient.requireFinite("minKl", minKl);
    Gradient.requireFinite("maxDataSize", maxDataSize);
    if (maxDataSize < 0) {
      throw new IllegalArgumentException(
          "maxDataSize: is " + maxDataSize + "; must be at least 0 (1 is the whole pool)");
    }
    GradientSearchConfig.requireAtLeast0("maxSequentialIncreases", maxSequentialIncreases);
    GradientSearchConfig.requireAtLeast0("maxResets", maxResets);
  }

  /** The defaults: end at the first increase, without a reset. */
  public StopOptions() {
    this(StopCriterion.INCREASE, 0, 0, 1, 3, false, 2);
  }

  /**
   * With another rule.
   *
   * @param value the rule
   * @return a changed copy
   */
  public StopOptions withCriterion(StopCriterion value) {
    return new StopOptions(
        value, minDifference, minKl, maxDataSize, maxSequentialIncreases, resetsAllowed, maxResets);
  }

  /**
   * With another least decrease.
   *
   * @param value for {@link StopCriterion#MIN_DIFFERENCE}
   * @return a changed copy
   */
  public StopOptions withMinDifference(double value) {
    return new StopOptions(
        criterion, value, minKl, maxDataSize, maxSequentialIncreases, resetsAllowed, maxResets);
  }

  /**
   * With another bound of the divergence.
   *
   * @param value for {@link StopCriterion#MIN_KL}
   * @return a changed copy
   */
  public StopOptions withMinKl(double value) {
    return new StopOptions(
        criterion,
        minDifference,
        value,
        maxDataSize,
        maxSequentialIncreases,
        resetsAllowed,
        maxResets);
  }

  /**
   * With another share of the pool.
   *
   * @param value for {@link StopCriterion#DATA_SIZE}
   * @return a changed copy
   */
  public StopOptions withMaxDataSize(double value) {
    return new StopOptions(
        criterion, minDifference, minKl, value, maxSequentialIncreases, resetsAllowed, maxResets);
  }

  /**
   * With another number of increases tolerated.
   *
   * @param value for {@link StopCriterion#SEQUENTIAL_INCREASE_TOLERANCE}
   * @return a changed copy
   */
  public StopOptions withMaxSequentialIncreases(int value) {
    return new StopOptions(
        criterion, minDifference, minKl, maxDataSize, value, resetsAllowed, maxResets);
  }

  /**
   * With resets allowed.
   *
   * @param value resets at most
   * @return a changed copy
   */
  public StopOptions withResets(int value) {
    return new StopOptions(
        criterion, minDifference, minKl, maxDataSize, maxSequentialIncreases, true, value);
  }
}
