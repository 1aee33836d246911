package io.gio4j;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.divergence.AveragedDivergence;
import io.gio4j.divergence.DivergenceAccess;
import io.gio4j.divergence.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.parallel.WorkerPool;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.coverage.CoverageSelection;
import io.gio4j.select.coverage.CoverageSelectionConfig;
import io.gio4j.select.exact.ExactSelection;
import io.gio4j.select.exact.ExactSelectionConfig;
import io.gio4j.select.gradient.GradientSearch;
import io.gio4j.select.gradient.GradientSearchConfig;
import io.gio4j.select.gradient.StartVector;
import io.gio4j.select.nearest.JumpSelection;
import io.gio4j.select.nearest.JumpSelectionConfig;
import io.gio4j.testing.TestRows;
import io.gio4j.testing.WatchedOps;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A cancelled job stops within 100 ms. Time is not for tests; what lies between two looks at the
 * flag is: kernel work, counted in multiply-adds.
 */
class CheckGranularityTest {
  /** Some milliseconds of scalar code: a block's rows for all lanes are the largest piece. */
  private static final long MOST = 4_000_000;

  /** Counts the work of one thread since the last check. */
  private static final class Meter implements Progress {
    private static final int LANES = SimdProvider.scalar().lanes();

    private long sinceCheck;
    private long most;
    private long checks;

    @Override
    public void check() {
      sinceCheck = 0;
      checks++;
    }

    private void call(String name, Object[] arguments) {
      switch (name) {
        case "rows.squaredDistances", "rows.addWeighted" ->
            work((int) arguments[2], (int) arguments[3], 1);
        case "products.multiply", "products.addRows" ->
            work((int) arguments[2], (int) arguments[3], LANES);
        default -> {} // What is left costs a column's worth.
      }
    }

    private void work(int count, int columns, int lanes) {
      // A row costs its setting up and its finish too, as much as 16 columns.
      sinceCheck += (long) count * Math.max(16, columns) * lanes;
      most = Math.max(most, sinceCheck);
    }

    Execution execution() {
      FloatOps metered = WatchedOps.scalar(this::call);
      return new Execution(WorkerPool.of(1), numbers -> metered, this);
    }

    void assertFine() {
      assertTrue(checks > 100, () -> "only " + checks + " checks");
      assertTrue(most <= MOST, () -> most + " multiply-adds without a check");
    }
  }

  @ParameterizedTest
  @CsvSource({"5000, 2", "2000, 64", "300, 3000"})
  void theEstimateLooksOften(int rows, int columns) {
    Meter meter = new Meter();
    FloatMatrix x = TestRows.normal(1, rows, columns);
    DivergenceAccess.estimate(
        new AveragedDivergence(5, 1e-8, false, LengthUnit.ONE),
        x,
        TestRows.normal(2, 300, columns),
        meter.execution());
    meter.assertFine();
  }

  @ParameterizedTest
  @EnumSource(StartVector.class)
  void theSearchLooksOften(StartVector vector) {
    Meter meter = new Meter();
    GradientSearchConfig config =
        GradientSearchConfig.builder().startVector(vector).maxIterations(3).descentSteps(2).build();
    FloatMatrix target = TestRows.normal(1, 3_000, 64);
    new GradientSearch(config)
        .select(
            SelectionRequest.of(TestRows.normal(2, 9_000, 64), target)
                .withExisting(TestRows.normal(3, 2, 64)),
            PythonRandom.seeded(1),
            meter.execution());
    meter.assertFine();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theExactSelectionLooksOften(boolean discardNearest) {
    Meter meter = new Meter();
    FloatMatrix target = TestRows.normal(1, 1_500, 64);
    new ExactSelection(new ExactSelectionConfig(20L, 5, 1e-8, discardNearest))
        .select(
            SelectionRequest.of(TestRows.normal(2, 2_000, 64), target)
                .withExisting(TestRows.normal(3, 2, 64)),
            meter.execution());
    meter.assertFine();
  }

  @ParameterizedTest
  @CsvSource({"1, 300, 64", "3, 20, 64", "1, 50, 2"})
  void theCoverageSelectionLooksOften(int neighbors, long budget, int columns) {
    Meter meter = new Meter();
    FloatMatrix target = TestRows.normal(1, 1_500, columns);
    new CoverageSelection(new CoverageSelectionConfig(budget, neighbors, 1e-8))
        .select(
            SelectionRequest.of(TestRows.normal(2, 2_000, columns), target)
                .withExisting(TestRows.normal(3, 2, columns)),
            meter.execution());
    meter.assertFine();
  }

  @Test
  void theJumpSelectionLooksOften() {
    Meter meter = new Meter();
    new JumpSelection(JumpSelectionConfig.ofBudget(1_000))
        .select(
            SelectionRequest.of(TestRows.normal(2, 2_000, 64), TestRows.normal(1, 1_500, 64)),
            meter.execution());
    meter.assertFine();
  }
}
