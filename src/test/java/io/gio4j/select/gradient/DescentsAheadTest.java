package io.gio4j.select.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.internal.divergence.TargetModel;
import io.gio4j.internal.parallel.WorkerPool;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.random.PythonRandom;
import io.gio4j.testing.TestRows;
import io.gio4j.testing.WatchedOps;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** That descents are computed ahead, which results alone do not show. */
class DescentsAheadTest {
  private static final int STEPS = 3;

  private final AtomicInteger passes = new AtomicInteger();

  /** 300 rows of 64 columns are one block: one product is one pass over the target. */
  private TargetModel target() {
    FloatOps counted =
        WatchedOps.scalar(
            (call, arguments) -> passes.addAndGet(call.equals("products.multiply") ? 1 : 0));
    return new TargetModel(
        TestRows.normal(1, 300, 64),
        1e-8,
        new Execution(WorkerPool.of(1), numbers -> counted, Progress.NONE));
  }

  private static GradientSearchConfig options(StartVector vector) {
    return new GradientSearchConfig()
        .withGradient(new Gradient().withStartVector(vector).withSteps(STEPS));
  }

  private static DescentsAhead ahead(GradientSearchConfig config, TargetModel target) {
    return DescentsAhead.of(config, target, () -> 0.5);
  }

  /** As the search draws: the next start, then whether its descent is long. */
  private static double[] next(
      DescentsAhead ahead,
      GradientSearchConfig config,
      PythonRandom random,
      int selected,
      long left) {
    DescentStart start = DescentStart.next(config.gradient().startVector(), 300, random);
    random.nextDouble();
    return ahead.end(start, STEPS, selected, random, left);
  }

  @ParameterizedTest
  @EnumSource(names = {"MEAN", "JUMP"})
  void oneRoundOfPassesServesAsManyIterationsAsThereAreLanes(StartVector vector) {
    GradientSearchConfig config = options(vector);
    DescentsAhead ahead = ahead(config, target());
    PythonRandom random = PythonRandom.seeded(1);
    int lanes = SimdProvider.scalar().lanes();
    for (int iteration = 0; iteration < lanes; iteration++) {
      next(ahead, config, random, 10 + iteration, 1_000);
      assertEquals(STEPS, passes.get(), "at iteration " + iteration);
    }
    // Then twice as many at once, which take the lanes one after another.
    for (int iteration = lanes; iteration < 3 * lanes; iteration++) {
      next(ahead, config, random, 10 + iteration, 1_000);
      assertEquals(3 * STEPS, passes.get(), "at iteration " + iteration);
    }
  }

  @Test
  void nothingIsComputedForIterationsThatCannotCome() {
    GradientSearchConfig config = options(StartVector.JUMP);
    DescentsAhead ahead = ahead(config, target());
    PythonRandom random = PythonRandom.seeded(1);
    double[] first = next(ahead, config, random, 10, 1);
    assertNotNull(first);
    assertEquals(STEPS, passes.get());
    next(ahead, config, random, 11, 1);
    assertEquals(2 * STEPS, passes.get(), "the one before was the last that could come");
  }

  /** A rule fired: the selection did not grow, and the generator drew something else. */
  @Test
  void whatDoesNotFitIsDroppedAndComputedAgain() {
    GradientSearchConfig config = options(StartVector.JUMP);
    TargetModel target = target();
    DescentsAhead ahead = ahead(config, target);
    PythonRandom random = PythonRandom.seeded(1);
    next(ahead, config, random, 10, 1_000);
    random.nextDouble();
    PythonRandom copy = random.copy();
    double[] end = next(ahead, config, random, 10, 1_000);
    assertEquals(2 * STEPS, passes.get());
    assertArrayEquals(next(ahead(config, target), config, copy, 10, 1_000), end);
    assertEquals(random, copy);
  }

  @Test
  void descentsThatDependOnThoseBeforeAreNotComputedAhead() {
    assertNull(ahead(options(StartVector.PREV_OPT), target()));
    assertNull(ahead(options(StartVector.JUMP).withDiscardNearest(true), target()));
    assertNotNull(ahead(options(StartVector.JUMP), target()));
    assertEquals(0, passes.get(), "before anything is asked for");
  }
}
