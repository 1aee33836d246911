package io.gio4j.select.gradient;

import io.gio4j.divergence.LengthUnit;
import java.util.Objects;

/**
 * Options of a {@link GradientSearch}; the defaults are those of grad-info-opt 0.1.2. Immutable.
 *
 * <pre>{@code
 * GradientSearchConfig config =
 *     GradientSearchConfig.builder().startVector(StartVector.JUMP).maxIterations(300).build();
 * }</pre>
 *
 * @param neighbors k of the divergence: the spacing of the target is the distance to the k-th
 *     nearest row; 1 to n - 1
 * @param maxIterations iterations after which the search ends; one more row than this can be picked
 * @param stopCriterion which rule ends the search earlier
 * @param minDifference least decrease for {@link StopCriterion#MIN_DIFFERENCE}
 * @param resetsAllowed whether a firing rule first gives all candidates back, up to {@code
 *     maxResets} times; rows can then be picked again
 * @param maxResets resets at most
 * @param maxDataSize share of the pool's rows for {@link StopCriterion#DATA_SIZE}
 * @param minKl divergence for {@link StopCriterion#MIN_KL}
 * @param maxSequentialIncreases increases tolerated by {@link
 *     StopCriterion#SEQUENTIAL_INCREASE_TOLERANCE}
 * @param randomRestartProbability probability of a descent of three times the steps
 * @param scaleFactor factor on the gradient, or null: |v| / |gradient at v| at the start
 * @param startVector where descents start
 * @param descentSteps steps of a descent; three times as many in the first one and after a reset
 * @param discardNearest leave out the selected row nearest to each target row
 * @param learningRate factor on each step
 * @param epsilon added to distances before their logarithm, in units
 * @param unit what distances are measured in; the reference's is {@link LengthUnit#ONE}
 */
public record GradientSearchConfig(
    int neighbors,
    int maxIterations,
    StopCriterion stopCriterion,
    double minDifference,
    boolean resetsAllowed,
    int maxResets,
    double maxDataSize,
    double minKl,
    int maxSequentialIncreases,
    double randomRestartProbability,
    Double scaleFactor,
    StartVector startVector,
    int descentSteps,
    boolean discardNearest,
    double learningRate,
    double epsilon,
    LengthUnit unit) {

  // A long descent's steps are counted in 31 bits as well.
  private static final int MOST_STEPS = Integer.MAX_VALUE / GradientSearch.LONG_DESCENT;

  /** Checks every bound that does not depend on the data. */
  public GradientSearchConfig {
    Objects.requireNonNull(stopCriterion, "stopCriterion");
    Objects.requireNonNull(startVector, "startVector");
    Objects.requireNonNull(unit, "unit");
    atLeast("neighbors", neighbors, 1);
    atLeast("maxIterations", maxIterations, 0);
    atLeast("maxResets", maxResets, 0);
    atLeast("maxSequentialIncreases", maxSequentialIncreases, 0);
    atLeast("descentSteps", descentSteps, 0);
    if (descentSteps > MOST_STEPS) {
      throw new IllegalArgumentException(
          "descentSteps: is " + descentSteps + "; must be at most " + MOST_STEPS);
    }
    number("minDifference", minDifference);
    number("minKl", minKl);
    number("maxDataSize", maxDataSize);
    number("learningRate", learningRate);
    number("epsilon", epsilon);
    if (maxDataSize < 0) {
      throw new IllegalArgumentException(
          "maxDataSize: is " + maxDataSize + "; must be at least 0 (1 is the whole pool)");
    }
    if (epsilon < 0) {
      throw new IllegalArgumentException("epsilon: is " + epsilon + "; must be at least 0");
    }
    if (!(randomRestartProbability >= 0 && randomRestartProbability <= 1)) {
      throw new IllegalArgumentException(
          "randomRestartProbability: is "
              + randomRestartProbability
              + "; must lie between 0 and 1");
    }
    if (scaleFactor != null) {
      number("scaleFactor", scaleFactor);
    }
  }

  private static void atLeast(String name, int value, int bound) {
    if (value < bound) {
      throw new IllegalArgumentException(name + ": is " + value + "; must be at least " + bound);
    }
  }

  private static void number(String name, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(name + ": is " + value + "; must be a finite number");
    }
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects options; see the record's parameters. */
  public static final class Builder {
    private int neighbors = 5;
    private int maxIterations = 100;
    private StopCriterion stopCriterion = StopCriterion.INCREASE;
    private double minDifference;
    private boolean resetsAllowed;
    private int maxResets = 2;
    private double maxDataSize = 1;
    private double minKl;
    private int maxSequentialIncreases = 3;
    private double randomRestartProbability;
    private Double scaleFactor;
    private StartVector startVector = StartVector.MEAN;
    private int descentSteps = 50;
    private boolean discardNearest;
    private double learningRate = 0.01;
    private double epsilon = 1e-8;
    private LengthUnit unit = LengthUnit.ONE;

    private Builder() {}

    public Builder neighbors(int value) {
      neighbors = value;
      return this;
    }

    public Builder maxIterations(int value) {
      maxIterations = value;
      return this;
    }

    public Builder stopCriterion(StopCriterion value) {
      stopCriterion = value;
      return this;
    }

    public Builder minDifference(double value) {
      minDifference = value;
      return this;
    }

    /** Allows up to {@code value} resets. */
    public Builder resets(int value) {
      resetsAllowed = true;
      maxResets = value;
      return this;
    }

    public Builder maxDataSize(double value) {
      maxDataSize = value;
      return this;
    }

    public Builder minKl(double value) {
      minKl = value;
      return this;
    }

    public Builder maxSequentialIncreases(int value) {
      maxSequentialIncreases = value;
      return this;
    }

    public Builder randomRestartProbability(double value) {
      randomRestartProbability = value;
      return this;
    }

    public Builder scaleFactor(double value) {
      scaleFactor = value;
      return this;
    }

    public Builder startVector(StartVector value) {
      startVector = value;
      return this;
    }

    public Builder descentSteps(int value) {
      descentSteps = value;
      return this;
    }

    public Builder discardNearest(boolean value) {
      discardNearest = value;
      return this;
    }

    public Builder learningRate(double value) {
      learningRate = value;
      return this;
    }

    public Builder epsilon(double value) {
      epsilon = value;
      return this;
    }

    public Builder unit(LengthUnit value) {
      unit = value;
      return this;
    }

    /** The options, checked. */
    public GradientSearchConfig build() {
      return new GradientSearchConfig(
          neighbors,
          maxIterations,
          stopCriterion,
          minDifference,
          resetsAllowed,
          maxResets,
          maxDataSize,
          minKl,
          maxSequentialIncreases,
          randomRestartProbability,
          scaleFactor,
          startVector,
          descentSteps,
          discardNearest,
          learningRate,
          epsilon,
          unit);
    }
  }
}
