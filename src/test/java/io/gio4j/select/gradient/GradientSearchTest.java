package io.gio4j.select.gradient;

import static io.gio4j.select.gradient.SearchOptions.gradient;
import static io.gio4j.select.gradient.SearchOptions.stop;
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
import org.junit.jupiter.api.Tag;
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
  private static GradientSearchConfig usual() {
    return new GradientSearchConfig()
        .withGradient(new Gradient().withSteps(5))
        .withMaxIterations(15)
        .withStop(new StopOptions().withCriterion(StopCriterion.MIN_KL).withMinKl(-1e9));
  }

  private static GradientSearchConfig jumping() {
    return gradient(usual(), g -> g.withStartVector(StartVector.JUMP));
  }

  private static GradientSearchConfig untilItRises() {
    return stop(usual(), s -> s.withCriterion(StopCriterion.INCREASE)).withMaxIterations(60);
  }

  static Stream<Arguments> everyOption() {
    return Stream.of(
        option("k", usual(), c -> gradient(c, g -> g.withK(2))),
        option("maxIterations", usual(), c -> c.withMaxIterations(7)),
        option(
            "criterion",
            usual(),
            c -> stop(c, s -> s.withCriterion(StopCriterion.DATA_SIZE).withMaxDataSize(0.05))),
        option(
            "minDifference",
            stop(usual(), s -> s.withCriterion(StopCriterion.MIN_DIFFERENCE).withMinDifference(-9)),
            c -> stop(c, s -> s.withMinDifference(0.2))),
        option("resetsAllowed", untilItRises(), c -> stop(c, s -> s.withResets(2))),
        option(
            "maxResets",
            stop(untilItRises(), s -> s.withResets(1)),
            c -> stop(c, s -> s.withResets(3))),
        option(
            "maxDataSize",
            stop(usual(), s -> s.withCriterion(StopCriterion.DATA_SIZE)),
            c -> stop(c, s -> s.withMaxDataSize(0.05))),
        option("minKl", usual(), c -> stop(c, s -> s.withMinKl(3))),
        option(
            "maxSequentialIncreases",
            stop(untilItRises(), s -> s.withCriterion(StopCriterion.SEQUENTIAL_INCREASE_TOLERANCE)),
            c -> stop(c, s -> s.withMaxSequentialIncreases(0))),
        option(
            "randomRestartProbability",
            gradient(jumping(), g -> g.withScaleFactor(200)),
            c -> c.withRandomRestartProbability(0.5)),
        option("scaleFactor", jumping(), c -> gradient(c, g -> g.withScaleFactor(2))),
        option(
            "startVector jump",
            usual(),
            c -> gradient(c, g -> g.withStartVector(StartVector.JUMP))),
        option(
            "startVector prev_opt",
            gradient(usual(), g -> g.withScaleFactor(3).withSteps(1)),
            c -> gradient(c, g -> g.withStartVector(StartVector.PREV_OPT))),
        option(
            "steps",
            gradient(jumping(), g -> g.withScaleFactor(20)),
            c -> gradient(c, g -> g.withSteps(20))),
        option("discardNearest", jumping(), c -> c.withDiscardNearest(true)),
        option(
            "learningRate",
            gradient(jumping(), g -> g.withScaleFactor(20)),
            c -> gradient(c, g -> g.withLearningRate(0.05))),
        option("eps", usual(), c -> gradient(c, g -> g.withEps(0.5))));
  }

  private static Arguments option(
      String name, GradientSearchConfig without, UnaryOperator<GradientSearchConfig> with) {
    return Arguments.of(name, without, with.apply(without));
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
    GradientSearchConfig config =
        usual()
            .withMaxIterations(70)
            .withRandomRestartProbability(restart)
            .withStop(
                new StopOptions()
                    .withMinKl(-1e9)
                    .withCriterion(StopCriterion.MIN_DIFFERENCE)
                    .withMinDifference(resets == 0 ? -9 : 0.1)
                    .withResets(resets));
    return Arguments.of(
        name,
        gradient(
            config,
            g ->
                g.withScaleFactor(25)
                    .withLearningRate(0.02)
                    .withEps(1e-3)
                    .withStartVector(vector)));
  }

  /**
   * What is computed ahead fits until a rule fires, is then dropped, and the answer is the same.
   */
  @Tag("slow")
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
    assertEquals(config.stop().maxResets() > 0, picks > 3, "the test is blind");
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
        usual().withDiscardNearest(true),
        TestRows.normal(1, 1, 6).named("start"));
  }

  @Test
  void neighborsMustBeFewerThanTheTargetsRows() {
    assertRefused(
        "k: is 50; must lie between 1 and 49, the rows of matrix less one",
        gradient(usual(), g -> g.withK(50)),
        START);
  }

  private static void assertRefused(
      String message, GradientSearchConfig options, FloatMatrix start) {
    GradientSearch search = new GradientSearch(options);
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
