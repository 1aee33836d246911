package io.gio4j.select.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.parallel.WorkerPool;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.TestRows;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The same bits whatever runs it; and an end within it when asked to stop. */
@Tag("slow")
class GradientSearchDeterminismTest {
  /** Three blocks of 512 rows, the last one not full. */
  private static final FloatMatrix POOL = TestRows.normal(21, 1_303, 64, 0.1);

  private static final FloatMatrix TARGET = TestRows.normal(22, 1_101, 64);
  private static final FloatMatrix START = TestRows.normal(23, 5, 64, 1);

  private static GradientSearch.Result search(StartVector vector, Execution execution) {
    GradientSearchConfig config =
        new GradientSearchConfig()
            .withGradient(new Gradient().withStartVector(vector).withSteps(4))
            .withMaxIterations(6)
            .withRandomRestartProbability(0.5);
    return new GradientSearch(config)
        .select(
            SelectionRequest.of(POOL, TARGET).withExisting(START),
            PythonRandom.seeded(9),
            execution);
  }

  private static void assertSameBits(GradientSearch.Result one, GradientSearch.Result other) {
    assertArrayEquals(one.selection().indices(), other.selection().indices());
    assertArrayEquals(one.selection().trace(), other.selection().trace());
    assertArrayEquals(one.point(), other.point());
    assertEquals(one.selection().startingObjective(), other.selection().startingObjective());
    assertEquals(one.scaleFactor(), other.scaleFactor());
  }

  @ParameterizedTest
  @EnumSource(StartVector.class)
  void threadsHaveNoPartInTheResult(StartVector vector) {
    FloatOps ops = SimdProvider.ops();
    GradientSearch.Result one = search(vector, Execution.of(1, ops));
    assertTrue(one.selection().indices().length > 1);
    assertSameBits(one, search(vector, Execution.of(2, ops)));
    assertSameBits(one, search(vector, Execution.of(5, ops)));
  }

  @Tag("simd")
  @ParameterizedTest
  @EnumSource(StartVector.class)
  void kernelsHaveNoPartInTheResult(StartVector vector) {
    assertSameBits(
        search(vector, Execution.of(2, SimdProvider.scalar())),
        search(vector, Execution.of(2, SimdProvider.vector())));
  }

  /** The first runs are interpreted; by the last ones the loops are compiled. */
  @Test
  void compilationHasNoPartInTheResult() {
    Execution execution = Execution.of(2, SimdProvider.ops());
    GradientSearch.Result cold = search(StartVector.JUMP, execution);
    for (int run = 0; run < 8; run++) {
      assertSameBits(cold, search(StartVector.JUMP, execution));
    }
  }

  /** Stops at its n-th check, counted over all threads. */
  private static final class StopAt implements Progress {
    private final AtomicInteger checksLeft;

    StopAt(int checks) {
      checksLeft = new AtomicInteger(checks);
    }

    @Override
    public void check() {
      if (checksLeft.decrementAndGet() < 0) {
        throw new CancellationException();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "0, 3", "10, 1", "10, 3", "40, 3", "120, 1", "120, 3"})
  void aCheckThatThrowsEndsTheSearch(int checks, int threads) {
    Execution execution = watched(new StopAt(checks), threads);
    assertThrows(CancellationException.class, () -> search(StartVector.JUMP, execution));
    assertThrows(CancellationException.class, () -> search(StartVector.PREV_OPT, execution));
  }

  private static Execution watched(Progress progress, int threads) {
    return new Execution(WorkerPool.of(threads), numbers -> SimdProvider.ops(), progress);
  }

  @Test
  void progressHearsEveryIterationInOrder() {
    List<String> heard = new ArrayList<>();
    Progress listener =
        new Progress() {
          @Override
          public void started(double objective) {
            heard.add("start " + objective);
          }

          @Override
          public void iteration(int iteration, double objective) {
            heard.add(iteration + " " + objective);
          }
        };
    GradientSearch.Result result = search(StartVector.MEAN, watched(listener, 2));

    List<String> expected = new ArrayList<>();
    expected.add("start " + result.selection().startingObjective());
    double[] trace = result.selection().trace();
    for (int i = 0; i < trace.length; i++) {
      expected.add(i + " " + trace[i]);
    }
    assertEquals(expected, heard.subList(0, expected.size()));
    assertEquals(expected.size() + 1, heard.size(), "and the candidate that is not accepted");
  }

  @Test
  void progressHearsResets() {
    List<Integer> resets = new ArrayList<>();
    Progress listener =
        new Progress() {
          @Override
          public void reset(int iteration) {
            resets.add(iteration);
          }
        };
    GradientSearchConfig config =
        new GradientSearchConfig()
            .withStop(
                new StopOptions().withCriterion(StopCriterion.MIN_KL).withMinKl(1e9).withResets(3))
            .withGradient(new Gradient().withSteps(1));
    GradientSearch.Result result =
        new GradientSearch(config)
            .select(
                SelectionRequest.of(POOL, TARGET).withExisting(START),
                PythonRandom.seeded(1),
                watched(listener, 1));
    // Each reset takes the iteration's number back, below zero too, as in the reference.
    assertEquals(List.of(0, -1, -2), resets);
    assertEquals(StopReason.MIN_KL, result.selection().stopReason());
    assertEquals(3, result.increases());
  }
}
