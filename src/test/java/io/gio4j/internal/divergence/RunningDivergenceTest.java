package io.gio4j.internal.divergence;

import static io.gio4j.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.gio4j.data.FloatMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.divergence.AveragedDivergence;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunningDivergenceTest {
  private static final FloatMatrix TARGET = TestRows.normal(1, 70, 5);
  private static final FloatMatrix ROWS = TestRows.normal(2, 25, 5, 0.5);
  private static final Execution EXECUTION = Execution.of(2, SimdProvider.ops());

  private static RunningDivergence running(boolean discard) {
    return new RunningDivergence(new TargetModel(TARGET, 1e-8, EXECUTION), 5, discard);
  }

  private static double fromScratch(int rows, boolean discard) {
    FloatMatrix selected = TestRows.pick(ROWS, IntStream.range(0, rows).toArray());
    return new AveragedDivergence(5, 1e-8, discard, LengthUnit.ONE).estimate(TARGET, selected);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyAddComesToTheDivergenceFromScratch(boolean discard) {
    RunningDivergence running = running(discard);
    double[][] rows = TestRows.doubles(ROWS);
    for (int row = 0; row < rows.length; row++) {
      double measured = running.measure(rows[row]);
      running.add();
      assertEquals(row + 1, running.selected());
      if (discard && row == 0) {
        continue; // One row less its nearest is none: there is no divergence yet.
      }
      double expected = fromScratch(row + 1, discard);
      assertClose(expected, measured, 1e-12, "measured " + row);
      assertClose(expected, running.value(), 1e-12, "added " + row);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rowsMeasuredButNotAddedLeaveNoTrace(boolean discard) {
    RunningDivergence running = running(discard);
    double[][] rows = TestRows.doubles(ROWS);
    for (int row = 0; row < 10; row++) {
      running.measure(rows[20]);
      running.measure(rows[row]);
      running.add();
      running.measure(rows[24]);
    }
    assertEquals(10, running.selected());
    assertClose(fromScratch(10, discard), running.value(), 1e-12, "value");
  }

  @Test
  void nearestSquaredAreTheMinimaOverTheRowsAdded() {
    RunningDivergence running = running(true);
    double[][] rows = TestRows.doubles(ROWS);
    for (int row = 0; row < 3; row++) {
      running.measure(rows[row]);
      running.add();
    }
    running.measure(rows[3]);
    double[][] target = TestRows.doubles(TARGET);
    for (int i = 0; i < target.length; i++) {
      double[] x = target[i];
      double nearest =
          Arrays.stream(rows, 0, 3)
              .mapToDouble(row -> NaiveDivergence.squaredDistance(x, row))
              .min()
              .orElseThrow();
      assertClose(nearest, running.nearestSquared()[i], 1e-14, "row " + i);
    }
  }

  @Test
  void withoutDiscardThereAreNoMinima() {
    assertNull(running(false).nearestSquared());
  }
}
