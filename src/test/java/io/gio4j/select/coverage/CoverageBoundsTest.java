package io.gio4j.select.coverage;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.divergence.TargetModel;
import io.gio4j.internal.select.RowWeights;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.select.SelectionRequest;
import io.gio4j.testing.TestRows;
import java.util.BitSet;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bounds of gains are never below the gains, by lists of the product and by corrected ones. With
 * few target rows, so that one rounding is not made good by others.
 */
@Tag("slow")
@Tag("simd")
class CoverageBoundsTest {
  /** Returns the widest gap of a bound by a corrected list. */
  private static double check(
      FloatMatrix pool, FloatMatrix target, int k, double epsilon, boolean weighted, int... first) {
    double widest = 0;
    for (FloatOps ops : new FloatOps[] {SimdProvider.scalar(), SimdProvider.ops()}) {
      Execution execution = Execution.of(1, ops);
      SelectionRequest request = SelectionRequest.of(pool, target);
      if (weighted) {
        float[] column = new float[pool.rows()];
        IntStream.range(0, column.length).forEach(row -> column[row] = 1 + row % 3);
        request = request.withWeights(FloatMatrix.of(column, column.length, 1));
      }
      RowWeights weights = new RowWeights(request);
      TargetModel model = new TargetModel(target, epsilon, execution);
      RowBlocks rows = RowBlocks.of(pool, execution);
      double[] counts = null;
      if (weighted) {
        counts = IntStream.range(0, target.rows()).mapToDouble(i -> 0.4 + i).toArray();
      }
      CoverageGains gains =
          new CoverageGains(
              model, counts, epsilon, rows, weights, 1 << 20, new BitSet(), execution);
      CoveragePlaces places = new CoveragePlaces(model, counts, epsilon, k, 100);
      gains.use(places);
      for (int row : first) {
        gains.take(row, places);
      }
      assertTrue(places.areTaken());
      int[] all = IntStream.range(0, pool.rows()).toArray();
      double[] bounds = new double[pool.rows()];
      double[] exact = new double[pool.rows()];
      gains.lists().makeAll(places, bounds, null);
      gains.useListed(places);
      gains.exact(all, exact);
      assertAbove(exact, bounds);
      double[] corrected = new double[pool.rows()];
      java.util.Arrays.fill(corrected, Double.POSITIVE_INFINITY);
      gains.bound(all, corrected);
      assertAbove(exact, corrected);
      for (int row : all) {
        widest = Math.max(widest, corrected[row] - exact[row]);
      }
    }
    return widest;
  }

  private static void assertAbove(double[] exact, double[] bounds) {
    for (int row = 0; row < exact.length; row++) {
      assertTrue(bounds[row] >= exact[row], row + ": " + bounds[row] + " below " + exact[row]);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, false",
    "1, 2, false",
    "3, 1, false",
    "3, 2, true",
    "3, 1, true",
    "8, 1, false"
  })
  void gainsOfFewTargetRows(int columns, int k, boolean weighted) {
    for (int seed = 0; seed < 40; seed++) {
      FloatMatrix pool = TestRows.normal(seed, 500, columns);
      FloatMatrix target = TestRows.normal(seed + 100, 1 + seed % 3, columns);
      double gap = check(pool, target, k, 1e-8, weighted, 3, 8);
      assertTrue(gap < 1e-6, () -> "gap of " + gap);
    }
  }

  /** Copies of the target: the sum of the clip and epsilon is all that is rounded. */
  @ParameterizedTest
  @ValueSource(doubles = {1e-8, 1e-5, 0.03, 0.25, 1})
  void copiesOfTheTarget(double epsilon) {
    SplittableRandom random = new SplittableRandom(1);
    FloatMatrix target = TestRows.normal(200, 1, 2);
    FloatMatrix far = TestRows.normal(201, 1, 2, 3);
    FloatMatrix pool =
        FloatMatrix.of(new float[][] {far.row(0), target.row(0), target.row(0), target.row(0)});
    for (int i = 0; i < 300; i++) {
      check(pool, target, 1, epsilon * (1 + 1e-4 * random.nextDouble()), false, 0);
    }
  }
}
