package io.gio4j.select.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.divergence.LengthUnit;
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

class GradientSelectionTest {
  private static final FloatMatrix POOL = TestRows.normal(1, 60, 4, 0.5);
  private static final FloatMatrix TARGET = TestRows.normal(2, 30, 4);
  private static final FloatMatrix START = TestRows.normal(3, 5, 4, 2);
  private static final SelectionRequest REQUEST = SelectionRequest.of(POOL, TARGET);

  private static GradientSelectionConfig config(Long budget, StartVector vector, long seed) {
    return new GradientSelectionConfig(budget, 5, 1e-8, 50, 0.01, null, vector, seed);
  }

  private static Selection select(GradientSelectionConfig config, SelectionRequest request) {
    return new GradientSelection(config).select(request, Progress.NONE);
  }

  @Test
  void withoutABudgetItIsTheSearchThatEndsAtAnIncrease() {
    Selection found = select(config(null, StartVector.JUMP, 7), REQUEST.withExisting(START));
    Selection searched =
        new GradientSearch(
                GradientSearchConfig.builder()
                    .startVector(StartVector.JUMP)
                    .maxIterations(1000)
                    .unit(LengthUnit.TYPICAL)
                    .build())
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
    Selection found = select(config(50L, StartVector.MEAN, 0), REQUEST);
    assertEquals(50, found.indices().length);
    assertEquals(50, Arrays.stream(found.indices()).distinct().count());
    assertEquals(StopReason.BUDGET, found.stopReason());
    assertTrue(Double.isNaN(found.startingObjective()));
    assertTrue(Double.isNaN(found.gains()[0]));
    assertTrue(found.gains()[49] < 0);
    assertEquals(
        StopReason.EXHAUSTED, select(config(61L, StartVector.MEAN, 0), REQUEST).stopReason());
  }

  @Test
  void aWeightCountsInTheBudget() {
    float[] column = new float[60];
    Arrays.fill(column, 8);
    FloatMatrix weights = FloatMatrix.of(column, 60, 1);
    Selection found = select(config(20L, StartVector.MEAN, 0), REQUEST.withWeights(weights));
    assertArrayEquals(select(config(3L, StartVector.MEAN, 0), REQUEST).indices(), found.indices());
  }

  @Test
  void theSeedDrawsTheTargetRows() {
    int[] one = select(config(20L, StartVector.JUMP, 1), REQUEST).indices();
    assertArrayEquals(one, select(config(20L, StartVector.JUMP, 1), REQUEST).indices());
    assertFalse(Arrays.equals(one, select(config(20L, StartVector.JUMP, 2), REQUEST).indices()));
  }

  @Test
  void whoStopsItMayKeepThePicks() {
    Selection whole = select(config(20L, StartVector.MEAN, 0), REQUEST);
    Selection part =
        new GradientSelection(config(20L, StartVector.MEAN, 0))
            .select(REQUEST, watched(new StopAtThree(true)));
    assertArrayEquals(Arrays.copyOf(whole.indices(), 3), part.indices());
    assertArrayEquals(Arrays.copyOf(whole.trace(), 3), part.trace());
    assertEquals(StopReason.INTERRUPTED, part.stopReason());
    GradientSelection method = new GradientSelection(config(20L, StartVector.MEAN, 0));
    assertThrows(
        CancellationException.class, () -> method.select(REQUEST, watched(new StopAtThree(false))));
  }

  private static Execution watched(Progress progress) {
    return new Execution(WorkerPool.of(1), numbers -> SimdProvider.scalar(), progress);
  }

  @Test
  void optionsHaveBounds() {
    for (Runnable bad :
        new Runnable[] {
          () -> config(0L, StartVector.MEAN, 0),
          () -> new GradientSelectionConfig(1L, 0, 1e-8, 50, 0.01, null, StartVector.MEAN, 0),
          () -> new GradientSelectionConfig(1L, 5, -1, 50, 0.01, null, StartVector.MEAN, 0),
          () -> new GradientSelectionConfig(1L, 5, 1e-8, -1, 0.01, null, StartVector.MEAN, 0),
          () -> new GradientSelectionConfig(1L, 5, 1e-8, 50, Double.NaN, null, StartVector.MEAN, 0)
        }) {
      assertThrows(IllegalArgumentException.class, bad::run);
    }
  }
}
