package io.gio4j;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.divergence.AveragedDivergence;
import io.gio4j.divergence.DivergenceAccess;
import io.gio4j.internal.Execution;
import io.gio4j.internal.parallel.WorkerPool;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.cover.Facility;
import io.gio4j.select.cover.Flqmi;
import io.gio4j.select.cover.Graphcut;
import io.gio4j.select.cover.Similarity;
import io.gio4j.select.coverage.Coverage;
import io.gio4j.select.exact.Exact;
import io.gio4j.select.exact.ExactLeavingNearestOut;
import io.gio4j.select.gradient.Gradient;
import io.gio4j.select.gradient.StartVector;
import io.gio4j.select.kcenter.Kcenter;
import io.gio4j.select.less.Less;
import io.gio4j.select.nearest.Nearest;
import io.gio4j.select.nearest.RoundRobin;
import io.gio4j.testing.Executions;
import io.gio4j.testing.TestRows;
import io.gio4j.testing.WatchedOps;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A cancelled job stops within 100 ms. Time is not for tests; what lies between two looks at the
 * flag is: kernel work, counted in multiply-adds.
 */
@Tag("slow")
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
        case "rows.squaredDistances", "rows.innerProducts", "rows.addWeighted" ->
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

  private static void assertLooksOften(SelectionMethod method, SelectionRequest request) {
    Meter meter = new Meter();
    Executions.select(method, request, meter.execution());
    meter.assertFine();
  }

  private static SelectionRequest request(int poolRows, int targetRows, int columns) {
    return SelectionRequest.of(
        TestRows.normal(2, poolRows, columns), TestRows.normal(1, targetRows, columns));
  }

  @ParameterizedTest
  @EnumSource(StartVector.class)
  void theGradientSearchLooksOften(StartVector vector) {
    assertLooksOften(
        new Gradient().withStartVector(vector).withSteps(2),
        request(9_000, 3_000, 64).withExisting(TestRows.normal(3, 2, 64)).withBudget(4));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theExactSelectionLooksOften(boolean discardNearest) {
    assertLooksOften(
        discardNearest ? new ExactLeavingNearestOut() : new Exact(),
        request(2_000, 1_500, 64).withExisting(TestRows.normal(3, 2, 64)).withBudget(20));
  }

  @ParameterizedTest
  @CsvSource({"1, 300, 64", "3, 20, 64", "1, 50, 2"})
  void theCoverageSelectionLooksOften(int k, long budget, int columns) {
    assertLooksOften(
        new Coverage().withK(k),
        request(2_000, 1_500, columns)
            .withExisting(TestRows.normal(3, 2, columns))
            .withBudget(budget));
  }

  @ParameterizedTest
  @EnumSource(Similarity.class)
  void theCoverFamilyLooksOften(Similarity similarity) {
    SelectionRequest request =
        request(2_000, 1_500, 64).withExisting(TestRows.normal(3, 2, 64)).withBudget(100);
    assertLooksOften(new Facility(similarity), request);
    assertLooksOften(new Flqmi().withSimilarity(similarity), request);
    assertLooksOften(new Graphcut().withSimilarity(similarity), request);
  }

  @Test
  void theNearestSelectionLooksOften() {
    assertLooksOften(new Nearest(), request(2_000, 1_500, 64).withBudget(1_000));
    assertLooksOften(new RoundRobin(), request(2_000, 1_500, 64).withBudget(1_000));
    assertLooksOften(
        new RoundRobin().withLoseTurn(true), request(2_000, 1_500, 64).withBudget(1_000));
  }

  @ParameterizedTest
  @CsvSource({"100000, 64", "2000, 9000", "9000, 2"})
  void theLessSelectionLooksOften(int rows, int columns) {
    assertLooksOften(new Less(), request(rows, 300, columns).withBudget(200));
  }

  @ParameterizedTest
  @CsvSource({"3000, 64, false", "400, 3000, false", "2000, 2, true", "300, 3000, true"})
  void theKcenterSelectionLooksOften(int rows, int columns, boolean hasScores) {
    SelectionRequest plain =
        request(rows, 5, columns).withExisting(TestRows.normal(3, 40, columns)).withBudget(40);
    FloatMatrix margins = FloatMatrix.of(new float[rows], rows, 1);
    assertLooksOften(new Kcenter(), hasScores ? plain.withScores(margins) : plain);
  }
}
