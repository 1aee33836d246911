package io.gio4j.select.gradient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gio4j.distance.LengthUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GradientSearchConfigTest {
  private static final String NUMBER = "must be a finite number";

  static Stream<Arguments> outOfBounds() {
    GradientSearchConfig config = new GradientSearchConfig();
    Gradient gradient = new Gradient();
    StopOptions stop = new StopOptions();
    return Stream.of(
        bad("k: is 0; must be at least 1", () -> gradient.withK(0)),
        bad("maxIterations: is -1; must be at least 0", () -> config.withMaxIterations(-1)),
        bad("maxResets: is -1; must be at least 0", () -> stop.withResets(-1)),
        bad(
            "maxSequentialIncreases: is -2; must be at least 0",
            () -> stop.withMaxSequentialIncreases(-2)),
        bad("steps: is -1; must be at least 0", () -> gradient.withSteps(-1)),
        bad(
            "steps: is 715827883; must be at most 715827882",
            () -> gradient.withSteps(715_827_883)),
        bad("minDifference: is NaN; " + NUMBER, () -> stop.withMinDifference(Double.NaN)),
        bad("minKl: is Infinity; " + NUMBER, () -> stop.withMinKl(Double.POSITIVE_INFINITY)),
        bad("maxDataSize: is NaN; " + NUMBER, () -> stop.withMaxDataSize(Double.NaN)),
        bad(
            "maxDataSize: is -0.5; must be at least 0 (1 is the whole pool)",
            () -> stop.withMaxDataSize(-0.5)),
        bad("learningRate: is NaN; " + NUMBER, () -> gradient.withLearningRate(Double.NaN)),
        bad("eps: is NaN; must lie between 0 and 1.0E10", () -> gradient.withEps(Double.NaN)),
        bad("eps: is -1.0; must lie between 0 and 1.0E10", () -> gradient.withEps(-1)),
        bad(
            "randomRestartProbability: is 1.5; must lie between 0 and 1",
            () -> config.withRandomRestartProbability(1.5)),
        bad(
            "randomRestartProbability: is NaN; must lie between 0 and 1",
            () -> config.withRandomRestartProbability(Double.NaN)),
        bad(
            "scaleFactor: is -Infinity; " + NUMBER,
            () -> gradient.withScaleFactor(Double.NEGATIVE_INFINITY)));
  }

  private static Arguments bad(String message, Executable change) {
    return Arguments.of(message, change);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("outOfBounds")
  void aValueOutOfBoundsIsNamedWithItsBound(String message, Executable change) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, change).getMessage());
  }

  @Test
  void theDefaultsAreTheReferences() {
    assertEquals(
        new GradientSearchConfig(
            new Gradient(5, 1e-8, 50, 0.01, null, StartVector.MEAN),
            new StopOptions(StopCriterion.INCREASE, 0, 0, 1, 3, false, 2),
            100,
            0,
            false,
            LengthUnit.ONE),
        new GradientSearchConfig());
  }

  @Test
  void boundsThemselvesAreAllowed() {
    assertEquals(
        new GradientSearchConfig(
            new Gradient(1, 0, 0, 0.01, null, StartVector.MEAN),
            new StopOptions(StopCriterion.INCREASE, 0, 0, 0, 0, true, 0),
            0,
            1,
            false,
            LengthUnit.ONE),
        new GradientSearchConfig()
            .withGradient(new Gradient().withK(1).withSteps(0).withEps(0))
            .withStop(
                new StopOptions().withResets(0).withMaxSequentialIncreases(0).withMaxDataSize(0))
            .withMaxIterations(0)
            .withRandomRestartProbability(1));
  }
}
