package io.gio4j.select;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gio4j.divergence.LengthUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GradientSearchConfigTest {
  private static final String NUMBER = "must be a finite number";

  static Stream<Arguments> outOfBounds() {
    return Stream.of(
        bad("neighbors: is 0; must be at least 1", options -> options.neighbors(0)),
        bad("maxIterations: is -1; must be at least 0", options -> options.maxIterations(-1)),
        bad("maxResets: is -1; must be at least 0", options -> options.resets(-1)),
        bad(
            "maxSequentialIncreases: is -2; must be at least 0",
            options -> options.maxSequentialIncreases(-2)),
        bad("descentSteps: is -1; must be at least 0", options -> options.descentSteps(-1)),
        bad(
            "descentSteps: is 715827883; must be at most 715827882",
            options -> options.descentSteps(715_827_883)),
        bad("minDifference: is NaN; " + NUMBER, options -> options.minDifference(Double.NaN)),
        bad("minKl: is Infinity; " + NUMBER, options -> options.minKl(Double.POSITIVE_INFINITY)),
        bad("maxDataSize: is NaN; " + NUMBER, options -> options.maxDataSize(Double.NaN)),
        bad(
            "maxDataSize: is -0.5; must be at least 0 (1 is the whole pool)",
            options -> options.maxDataSize(-0.5)),
        bad("learningRate: is NaN; " + NUMBER, options -> options.learningRate(Double.NaN)),
        bad("epsilon: is NaN; " + NUMBER, options -> options.epsilon(Double.NaN)),
        bad("epsilon: is -1.0; must be at least 0", options -> options.epsilon(-1)),
        bad(
            "randomRestartProbability: is 1.5; must lie between 0 and 1",
            options -> options.randomRestartProbability(1.5)),
        bad(
            "randomRestartProbability: is NaN; must lie between 0 and 1",
            options -> options.randomRestartProbability(Double.NaN)),
        bad(
            "scaleFactor: is -Infinity; " + NUMBER,
            options -> options.scaleFactor(Double.NEGATIVE_INFINITY)));
  }

  private static Arguments bad(String message, UnaryOperator<GradientSearchConfig.Builder> change) {
    return Arguments.of(message, change);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("outOfBounds")
  void aValueOutOfBoundsIsNamedWithItsBound(
      String message, UnaryOperator<GradientSearchConfig.Builder> change) {
    GradientSearchConfig.Builder builder = change.apply(GradientSearchConfig.builder());
    assertEquals(
        message, assertThrows(IllegalArgumentException.class, builder::build).getMessage());
  }

  @Test
  void theDefaultsAreTheReferences() {
    assertEquals(
        new GradientSearchConfig(
            5,
            100,
            StopCriterion.INCREASE,
            0,
            false,
            2,
            1,
            0,
            3,
            0,
            null,
            StartVector.MEAN,
            50,
            false,
            0.01,
            1e-8,
            LengthUnit.ONE),
        GradientSearchConfig.builder().build());
  }

  @Test
  void boundsThemselvesAreAllowed() {
    GradientSearchConfig config =
        GradientSearchConfig.builder()
            .neighbors(1)
            .maxIterations(0)
            .resets(0)
            .maxSequentialIncreases(0)
            .descentSteps(0)
            .maxDataSize(0)
            .epsilon(0)
            .randomRestartProbability(1)
            .build();
    assertEquals(0, config.maxIterations());
  }
}
