package io.gio4j.select.gradient;

import static io.gio4j.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.NaiveGradientSearch;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Against the search written down line by line, for every option and the mixes that meet. */
class GradientSearchTest {
  private static final FloatMatrix POOL = TestRows.normal(11, 90, 6, 0.3);
  private static final FloatMatrix TARGET = TestRows.normal(12, 50, 6);
  private static final FloatMatrix START = TestRows.normal(13, 8, 6, 1);

  private static final SelectionRequest NARROW =
      SelectionRequest.of(POOL, TARGET).withExisting(START);

  /** As large as a target must be for its descents to be computed side by side and ahead. */
  private static final SelectionRequest WIDE =
      SelectionRequest.of(TestRows.normal(14, 90, 64, 0.1), TestRows.normal(15, 256, 64))
          .withExisting(TestRows.normal(16, 8, 64, 0.4));

  /** A search that has picked for a while without an end of its own. */
  private static GradientSearchConfig.Builder usual() {
    return GradientSearchConfig.builder()
        .descentSteps(5)
        .maxIterations(15)
        .stopCriterion(StopCriterion.MIN_KL)
        .minKl(-1e9);
  }

  private static GradientSearchConfig.Builder untilItRises() {
    return usual().stopCriterion(StopCriterion.INCREASE).maxIterations(60);
  }

  static Stream<Arguments> everyOption() {
    return Stream.of(
        option("neighbors", usual(), b -> b.neighbors(2)),
        option("maxIterations", usual(), b -> b.maxIterations(7)),
        option(
            "stopCriterion",
            usual(),
            b -> b.stopCriterion(StopCriterion.DATA_SIZE).maxDataSize(0.05)),
        option(
            "minDifference",
            usual().stopCriterion(StopCriterion.MIN_DIFFERENCE).minDifference(-9),
            b -> b.minDifference(0.2)),
        option("resetsAllowed", untilItRises(), b -> b.resets(2)),
        option("maxResets", untilItRises().resets(1), b -> b.resets(3)),
        option(
            "maxDataSize",
            usual().stopCriterion(StopCriterion.DATA_SIZE),
            b -> b.maxDataSize(0.05)),
        option("minKl", usual(), b -> b.minKl(3)),
        option(
            "maxSequentialIncreases",
            untilItRises().stopCriterion(StopCriterion.SEQUENTIAL_INCREASE_TOLERANCE),
            b -> b.maxSequentialIncreases(0)),
        option(
            "randomRestartProbability",
            usual().startVector(StartVector.JUMP).scaleFactor(200),
            b -> b.randomRestartProbability(0.5)),
        option("scaleFactor", usual().startVector(StartVector.JUMP), b -> b.scaleFactor(2)),
        option("startVector jump", usual(), b -> b.startVector(StartVector.JUMP)),
        option(
            "startVector prev_opt",
            usual().scaleFactor(3).descentSteps(1),
            b -> b.startVector(StartVector.PREV_OPT)),
        option(
            "descentSteps",
            usual().startVector(StartVector.JUMP).scaleFactor(20),
            b -> b.descentSteps(20)),
        option(
            "discardNearest", usual().startVector(StartVector.JUMP), b -> b.discardNearest(true)),
        option(
            "learningRate",
            usual().startVector(StartVector.JUMP).scaleFactor(20),
            b -> b.learningRate(0.05)),
        option("epsilon", usual(), b -> b.epsilon(0.5)));
  }

  private static Arguments option(
      String name,
      GradientSearchConfig.Builder without,
      UnaryOperator<GradientSearchConfig.Builder> with) {
    GradientSearchConfig before = without.build();
    return Arguments.of(name, before, with.apply(without).build());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("everyOption")
  void everyOptionTakesPart(String name, GradientSearchConfig without, GradientSearchConfig with) {
    NaiveGradientSearch one = assertSame(without, NARROW, 3);
    NaiveGradientSearch other = assertSame(with, NARROW, 3);
    assertNotEquals(outcome(one), outcome(other), "the test is blind");
  }

  static Stream<Arguments> mixes() {
    return Stream.of(
        mix("jump, restarts, resets", StartVector.JUMP, 0.4, 20),
        mix("jump, always restarts, resets", StartVector.JUMP, 1, 20),
        mix("mean, restarts, resets", StartVector.MEAN, 0.3, 20),
        mix("previous, restarts, resets", StartVector.PREV_OPT, 0.3, 20),
        mix("jump, restarts, never a reset", StartVector.JUMP, 0.2, 0));
  }

  private static Arguments mix(String name, StartVector vector, double restart, int resets) {
    return Arguments.of(
        name,
        usual()
            .maxIterations(70)
            .scaleFactor(25)
            .learningRate(0.02)
            .epsilon(1e-3)
            .startVector(vector)
            .randomRestartProbability(restart)
            .stopCriterion(StopCriterion.MIN_DIFFERENCE)
            .minDifference(resets == 0 ? -9 : 0.1)
            .resets(resets)
            .build());
  }

  /** What is computed ahead fits until a rule fires, is then dropped, and nobody can tell. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("mixes")
  void descentsComputedAheadComeToTheSameAsOneAfterAnother(
      String name, GradientSearchConfig config) {
    int picks = 0;
    for (int seed = 1; seed <= 3; seed++) {
      NaiveGradientSearch naive = assertSame(config, WIDE, seed);
      picks += naive.usualPicksAfterAReset;
    }
    // Those that need what was computed ahead to be dropped.
    assertEquals(config.maxResets() > 0, picks > 3, "the test is blind");
  }

  private static NaiveGradientSearch assertSame(
      GradientSearchConfig config, SelectionRequest request, int seed) {
    NaiveGradientSearch naive = naive(config, request, seed);
    for (int threads : new int[] {1, 3}) {
      PythonRandom random = PythonRandom.seeded(seed);
      GradientSearch.Result result =
          new GradientSearch(config)
              .select(request, random, Execution.of(threads, SimdProvider.ops()));
      assertEquals(naive.picks, Arrays.stream(result.selection().indices()).boxed().toList());
      for (int i = 0; i < naive.trace.size(); i++) {
        assertClose(naive.trace.get(i), result.selection().trace()[i], 1e-12, "kl " + i);
      }
      assertClose(naive.scale, result.scaleFactor(), 1e-12, "scale");
      assertClose(naive.point, result.point(), 2e-6, "point");
      assertEquals(naive.justReset, result.justReset());
      assertEquals(naive.resets, result.resets());
      assertEquals(naive.increases, result.increases());
      assertEquals(naive.exhausted, result.selection().stopReason() == StopReason.EXHAUSTED);
      assertEquals(naive.candidates, remaining(request.pool(), result.removed()));
      assertEquals(naive.random(), random, "the generator's state");
    }
    return naive;
  }

  private static List<Integer> remaining(FloatMatrix pool, int[] removed) {
    return Stream.iterate(0, row -> row + 1)
        .limit(pool.rows())
        .filter(row -> Arrays.stream(removed).noneMatch(gone -> gone == row))
        .toList();
  }

  private static NaiveGradientSearch naive(
      GradientSearchConfig config, SelectionRequest request, int seed) {
    return new NaiveGradientSearch(
            config,
            TestRows.doubles(request.pool()),
            TestRows.doubles(request.target()),
            TestRows.doubles(request.existing()),
            PythonRandom.seeded(seed))
        .run();
  }

  private static List<Object> outcome(NaiveGradientSearch naive) {
    return List.of(naive.picks, naive.trace, naive.justReset, naive.resets);
  }

  @Test
  void leavingOutTheNearestNeedsTwoRows() {
    assertRefused(
        "existing: has 1 rows; leaving out the nearest needs at least 2",
        usual().discardNearest(true),
        TestRows.normal(1, 1, 6).named("start"));
  }

  @Test
  void neighborsMustBeFewerThanTheTargetsRows() {
    assertRefused(
        "neighbors: is 50; must lie between 1 and 49, the rows of matrix less one",
        usual().neighbors(50),
        START);
  }

  private static void assertRefused(
      String message, GradientSearchConfig.Builder options, FloatMatrix start) {
    GradientSearch search = new GradientSearch(options.build());
    SelectionRequest request = SelectionRequest.of(POOL, TARGET).withExisting(start);
    PythonRandom random = PythonRandom.seeded(1);
    assertEquals(
        message,
        assertThrows(
                IllegalArgumentException.class, () -> search.select(request, random, Progress.NONE))
            .getMessage());
  }

  @Test
  void columnsMustAgree() {
    FloatMatrix narrow = TestRows.normal(1, 9, 5);
    for (var rows : List.of(new FloatMatrix[] {narrow, null}, new FloatMatrix[] {POOL, narrow})) {
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> SelectionRequest.of(rows[0], TARGET.named("target")).withExisting(rows[1]))
              .getMessage();
      assertTrue(message.startsWith("matrix: has 5 columns but target has 6;"), message);
    }
  }
}
