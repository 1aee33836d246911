package io.gio4j.select.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.parallel.WorkerPool;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.StopAtThree;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

class GradientTest {
  private static final FloatMatrix POOL = TestRows.normal(1, 60, 4, 0.5);
  private static final FloatMatrix TARGET = TestRows.normal(2, 30, 4);
  private static final FloatMatrix START = TestRows.normal(3, 5, 4, 2);
  private static final SelectionRequest REQUEST = SelectionRequest.of(POOL, TARGET);

  private static Gradient from(StartVector vector) {
    return new Gradient().withStartVector(vector);
  }

  @Test
  void withoutABudgetItIsTheSearchThatEndsAtAnIncrease() {
    Selection found = from(StartVector.JUMP).select(REQUEST.withExisting(START).withSeed(7));
    Selection searched =
        new GradientSearch(
                new GradientSearchConfig()
                    .withGradient(from(StartVector.JUMP))
                    .withMaxIterations(1000)
                    .withUnit(LengthUnit.TYPICAL))
            .select(REQUEST.withExisting(START), PythonRandom.seeded(7), Progress.NONE)
            .selection();
    assertArrayEquals(searched.indices(), found.indices());
    assertArrayEquals(searched.trace(), found.trace());
    assertEquals(StopReason.INCREASE, found.stopReason());
    assertTrue(found.indices().length > 2);
    double previous = found.startingObjective();
    for (int i = 0; i < found.indices().length; i++) {
      assertEquals(previous - found.trace()[i], found.gains()[i]);
      previous = found.trace()[i];
    }
  }

  @Test
  void aBudgetIsMetWhateverTheDivergenceDoes() {
    Selection found = new Gradient().select(REQUEST.withBudget(50));
    assertEquals(50, found.indices().length);
    assertEquals(50, Arrays.stream(found.indices()).distinct().count());
    assertEquals(StopReason.BUDGET, found.stopReason());
    assertTrue(Double.isNaN(found.startingObjective()));
    assertTrue(Double.isNaN(found.gains()[0]));
    assertTrue(found.gains()[49] < 0);
    assertEquals(StopReason.EXHAUSTED, new Gradient().select(REQUEST.withBudget(61)).stopReason());
  }

  @Test
  void aWeightCountsInTheBudget() {
    float[] column = new float[60];
    Arrays.fill(column, 8);
    FloatMatrix weights = FloatMatrix.of(column, 60, 1);
    Selection found = new Gradient().select(REQUEST.withWeights(weights).withBudget(20));
    assertArrayEquals(new Gradient().select(REQUEST.withBudget(3)).indices(), found.indices());
  }

  @Test
  void theSeedDrawsTheTargetRows() {
    Gradient jump = from(StartVector.JUMP);
    int[] one = jump.select(REQUEST.withBudget(20).withSeed(1)).indices();
    assertArrayEquals(one, jump.select(REQUEST.withBudget(20).withSeed(1)).indices());
    assertFalse(Arrays.equals(one, jump.select(REQUEST.withBudget(20).withSeed(2)).indices()));
  }

  @Test
  void whoStopsItMayKeepThePicks() {
    Selection whole = new Gradient().select(REQUEST.withBudget(20));
    Selection part = new Gradient().select(REQUEST.withBudget(20), watched(new StopAtThree(true)));
    assertArrayEquals(Arrays.copyOf(whole.indices(), 3), part.indices());
    assertArrayEquals(Arrays.copyOf(whole.trace(), 3), part.trace());
    assertEquals(StopReason.INTERRUPTED, part.stopReason());
    SelectionRequest request = REQUEST.withBudget(20);
    assertThrows(
        CancellationException.class,
        () -> new Gradient().select(request, watched(new StopAtThree(false))));
  }

  private static Execution watched(Progress progress) {
    return new Execution(WorkerPool.of(1), numbers -> SimdProvider.scalar(), progress);
  }

  @Test
  void optionsHaveBounds() {
    for (Runnable bad :
        new Runnable[] {
          () -> REQUEST.withBudget(0),
          () -> new Gradient().withK(0),
          () -> new Gradient().withEps(-1),
          () -> new Gradient().withSteps(-1),
          () -> new Gradient().withLearningRate(Double.NaN)
        }) {
      assertThrows(IllegalArgumentException.class, bad::run);
    }
  }
}
