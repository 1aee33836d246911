package io.gio4j.select.uot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.StopAtThree;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("simd")
class UotTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  private static SelectionRequest request(FloatMatrix pool, FloatMatrix target) {
    return SelectionRequest.of(pool, target).withBudget(pool.rows());
  }

  private static Selection select(Uot method, SelectionRequest request) {
    return method.select(request, ONE);
  }

  /** {@return the masses by row} */
  private static double[] masses(Selection found, int rows) {
    double[] masses = new double[rows];
    for (int i = 0; i < found.indices().length; i++) {
      masses[found.indices()[i]] = found.gains()[i];
    }
    return masses;
  }

  private static double logSumOfExponentials(double[] values) {
    double most = Arrays.stream(values).max().getAsDouble();
    return most + Math.log(Arrays.stream(values).map(value -> Math.exp(value - most)).sum());
  }

  /** Sinkhorn by its definition, with logarithms in double and all costs at hand. */
  private static double[] naive(
      double[][] pool, double[][] target, double[] shares, double reg, double marginal, int times) {
    int rows = pool.length;
    int targets = target.length;
    double phi = marginal / (marginal + reg);
    double[] f = new double[targets];
    double[] g = new double[rows];
    for (int time = 0; time < times; time++) {
      for (int i = 0; i < targets; i++) {
        int at = i;
        f[i] =
            -logSumOfExponentials(
                IntStream.range(0, rows)
                    .mapToDouble(j ->
                        Math.log(shares[j])
                            + g[j]
                            - NaiveDivergence.squaredDistance(pool[j], target[at]) / 4 / reg)
                    .toArray());
      }
      for (int j = 0; j < rows; j++) {
        g[j] = -phi * received(pool[j], target, f, reg);
      }
    }
    double[] masses = new double[rows];
    for (int j = 0; j < rows; j++) {
      masses[j] = Math.exp(Math.log(shares[j]) + g[j] + received(pool[j], target, f, reg));
    }
    return masses;
  }

  private static double received(double[] row, double[][] target, double[] f, double reg) {
    return logSumOfExponentials(
        IntStream.range(0, target.length)
            .mapToDouble(i ->
                f[i]
                    - Math.log(target.length)
                    - NaiveDivergence.squaredDistance(row, target[i]) / 4 / reg)
            .toArray());
  }

  private static double[] even(int rows) {
    double[] shares = new double[rows];
    Arrays.fill(shares, 1.0 / rows);
    return shares;
  }

  @ParameterizedTest
  @CsvSource({
    "3, 5, 0.3, 0.003, 0, 1",
    "40, 30, 0.05, 0.0005, 0, 1",
    "40, 30, 5, 20, 0, 1",
    "20, 150, 1, 1, 100, 1",
    "20, 37, 0.02, 0.01, 0, 1e12",
    "20, 37, 0.02, 0.01, 0, 1e-12",
  })
  void massesAreThoseOfSinkhorn(
      int columns, int targets, double reg, double marginal, double offset, double unit) {
    FloatMatrix pool = TestRows.scaled(TestRows.normal(1, 200, columns), unit, offset);
    FloatMatrix target = TestRows.scaled(TestRows.normal(2, targets, columns), unit, offset);
    Selection found =
        select(
            new Uot(reg * unit * unit, marginal * unit * unit, 100, 1e-9), request(pool, target));
    double[] expected =
        naive(
            TestRows.inUnits(pool, unit),
            TestRows.inUnits(target, unit),
            even(200),
            reg,
            marginal,
            100);
    double[] masses = masses(found, 200);
    for (int row = 0; row < 200; row++) {
      assertEquals(expected[row], masses[row], 2e-3 * expected[row] + 1e-9);
    }
    assertEquals(1, Arrays.stream(masses).sum(), 1e-3);
    assertEquals(found.trace()[199], Arrays.stream(found.gains()).sum(), 1e-12);
    for (int i = 1; i < 200; i++) {
      assertTrue(found.gains()[i] <= found.gains()[i - 1]);
    }
  }

  /** Recorded from POT 0.9.7: {@code (1 - cos) / 2}, reg 0.01, reg_m (inf, 1e-4). */
  @Test
  void unitRowsHaveTheMassesOfPot() {
    float[][] pool = {{1, 0}, {3, 1}, {0, 2}, {-1, 1}, {0, -1}};
    float[][] target = {{1, 0.1f}, {0.2f, 1}, {4, 1}};
    Selection found =
        select(
            new Uot(), request(FloatMatrix.of(pool).unitRows(), FloatMatrix.of(target).unitRows()));
    assertArrayEquals(
        new double[] {0.3113797158, 0.3552869476, 0.3333333315, 2.325759129e-10, 7.139855972e-25},
        masses(found, 5),
        1e-6);
    assertEquals(0.01, found.facts().get("reg"));
    assertEquals(1e-4, found.facts().get("reg_marginal"));
    assertEquals("tolerance", found.facts().get("transport_stop"));
  }

  /**
   * Each iteration is one of POT's; few of them leave another plan where the marginal is strict.
   */
  @Test
  void iterationsAndToleranceEndIt() {
    FloatMatrix pool = TestRows.normal(3, 60, 4);
    FloatMatrix target = TestRows.normal(4, 30, 4, 1);
    Uot strict = new Uot(0.5, 50.0, 3, 1e-9);
    Selection few = select(strict, request(pool, target));
    assertEquals(3, few.facts().get("iterations"));
    assertEquals("max_iterations", few.facts().get("transport_stop"));
    double[] expected =
        naive(TestRows.doubles(pool), TestRows.doubles(target), even(60), 0.5, 50, 3);
    assertArrayEquals(expected, masses(few, 60), 1e-6);
    Selection loose =
        select(strict.withMaxIterations(1000).withTolerance(0.1), request(pool, target));
    Selection tight = select(strict.withMaxIterations(1000), request(pool, target));
    assertEquals("tolerance", loose.facts().get("transport_stop"));
    assertTrue((int) loose.facts().get("iterations") < (int) tight.facts().get("iterations"));
  }

  /** Exponents of a million, which no exponential holds: nearest rows take all, none is lost. */
  @Test
  void nothingUnderflowsInSilence() {
    FloatMatrix target = FloatMatrix.of(new float[][] {{0}, {1}, {1000}, {-5000}});
    FloatMatrix pool = FloatMatrix.of(new float[][] {{0.1f}, {1.2f}, {990}, {2}, {1e6f}, {0.1f}});
    Selection found = select(new Uot().withReg(1e-6), request(pool, target));
    assertEquals(StopReason.SATURATED, found.stopReason());
    assertArrayEquals(new int[] {0, 5, 1, 2}, sorted(found, 1e-6));
    assertArrayEquals(new double[] {.25, .25, .25, .25}, found.gains(), 1e-6);
    double[] far = masses(select(new Uot().withReg(1.0), request(pool, target)), 6);
    assertArrayEquals(
        naive(TestRows.doubles(pool), TestRows.doubles(target), even(6), 1, 0.01, 50), far, 1e-5);
    double[] strict = masses(select(new Uot(1e-6, 1e3, 20, 1e-6), request(pool, target)), 6);
    assertArrayEquals(
        naive(TestRows.doubles(pool), TestRows.doubles(target), even(6), 1e-6, 1e3, 20),
        strict,
        1e-3);
  }

  private static int[] sorted(Selection found, double within) {
    assertEquals(1, Arrays.stream(found.gains()).sum(), within);
    return found.indices();
  }

  @Test
  void weightsAreCopies() {
    FloatMatrix rows = TestRows.normal(5, 30, 3);
    FloatMatrix target = TestRows.normal(6, 20, 3);
    float[] counts = new float[30];
    for (int row = 0; row < 30; row++) {
      counts[row] = 1 + row % 4;
    }
    int[] copies =
        IntStream.range(0, 30)
            .boxed()
            .flatMap(row -> Collections.nCopies(1 + row % 4, row).stream())
            .mapToInt(row -> row)
            .toArray();
    Uot method = new Uot().withReg(0.1);
    Selection weighted =
        select(method, request(rows, target).withWeights(FloatMatrix.of(counts, 30, 1)));
    double[] single =
        masses(select(method, request(TestRows.pick(rows, copies), target)), copies.length);
    double[] sums = new double[30];
    for (int i = 0; i < copies.length; i++) {
      sums[copies[i]] += single[i];
    }
    double[] expected = Arrays.copyOf(sums, 30);
    int spent = 0;
    for (int i = 0; i < weighted.indices().length; i++) {
      int row = weighted.indices()[i];
      assertEquals(expected[row], weighted.gains()[i], 1e-6);
      spent += 1 + row % 4;
      if (i > 0) {
        int before = weighted.indices()[i - 1];
        assertTrue(expected[row] / counts[row] <= expected[before] / counts[before] + 1e-9);
      }
    }
    assertTrue(spent >= 30);
    assertTrue(weighted.indices().length < 30);
  }

  /** Threads, widths, and whether costs are kept, held for a pass or computed again. */
  @Test
  void bitsDoNotDependOnHowItRuns() {
    FloatMatrix pool = TestRows.normal(7, 5_000, 20);
    FloatMatrix target = TestRows.normal(8, 37, 20, 0.5);
    SelectionRequest request = request(pool, target);
    Selection expected = select(new Uot(), request);
    Execution many = Execution.of(3, SimdProvider.ops());
    for (long bytes : new long[] {0, Long.MAX_VALUE}) {
      Selection found = new Uot().select(request, many, bytes);
      assertArrayEquals(expected.indices(), found.indices());
      assertArrayEquals(expected.gains(), found.gains());
    }
    FloatMatrix wide = TestRows.normal(9, 100, 1);
    FloatMatrix several = TestRows.normal(10, 700, 1);
    Selection held = new Uot().select(request(wide, several), ONE, Long.MAX_VALUE);
    Selection again = new Uot().select(request(wide, several), many, 0);
    assertArrayEquals(held.gains(), again.gains());
  }

  @Test
  void dataTimesAFactorHaveTheSamePicks() {
    FloatMatrix pool = TestRows.normal(11, 300, 18);
    FloatMatrix target = TestRows.normal(12, 50, 18, 0.3);
    Selection expected = select(new Uot(), request(pool, target));
    for (double factor : new double[] {0x1p-70, 0x1p40}) {
      Selection found =
          select(
              new Uot(),
              request(TestRows.scaled(pool, factor, 0), TestRows.scaled(target, factor, 0)));
      assertArrayEquals(expected.indices(), found.indices());
    }
    double median = (double) expected.facts().get("reg") / 0.02;
    assertEquals((18 + 18 + 18 * 0.09) / 4, median, 1);
  }

  @Test
  void outliersMoveNothing() {
    float[][] rows = new float[301][];
    FloatMatrix plain = TestRows.normal(13, 300, 5);
    for (int row = 0; row < 300; row++) {
      rows[row] = plain.row(row);
    }
    rows[300] = new float[] {1e15f, 0, 0, 0, 0};
    FloatMatrix target = TestRows.normal(14, 40, 5);
    Uot method = new Uot().withReg(0.1);
    int[] expected = select(method, request(plain, target)).indices();
    int[] found = select(method, request(FloatMatrix.of(rows), target)).indices();
    assertArrayEquals(expected, Arrays.copyOf(found, 300));
  }

  @Test
  void everythingEnds() {
    FloatMatrix one = FloatMatrix.of(new float[][] {{3}});
    Selection found = select(new Uot(), request(one, one));
    assertArrayEquals(new double[] {1}, found.gains(), 1e-12);
    assertEquals(StopReason.BUDGET, found.stopReason());
    FloatMatrix equal = FloatMatrix.of(new float[20], 10, 2);
    Selection even = select(new Uot(), request(equal, equal).withBudget(11));
    assertEquals(StopReason.EXHAUSTED, even.stopReason());
    assertArrayEquals(IntStream.range(0, 10).toArray(), even.indices());
    assertEquals(0.1, even.gains()[9], 1e-6);
    for (double reg : new double[] {Double.MIN_VALUE, 1e-300, 1e300}) {
      Selection extreme =
          select(
              new Uot().withReg(reg),
              request(TestRows.normal(15, 50, 3), TestRows.normal(16, 4, 3)));
      assertEquals(1, Arrays.stream(extreme.gains()).sum(), 1e-6);
    }
  }

  @Test
  void whoStopsItDecidesOnThePicks() {
    SelectionRequest request = request(TestRows.normal(17, 100, 5), TestRows.normal(18, 9, 5));
    Execution stopped =
        new Execution(ONE.workers(), numbers -> SimdProvider.scalar(), new StopAtThree(false));
    assertThrows(CancellationException.class, () -> new Uot().select(request, stopped));
    Execution kept =
        new Execution(ONE.workers(), numbers -> SimdProvider.scalar(), new StopAtThree(true));
    assertEquals(3, new Uot().select(request, kept).indices().length);
  }

  @Test
  void optionsHaveBounds() {
    assertEquals(
        "reg: is 0.0; must be a finite number above 0",
        assertThrows(IllegalArgumentException.class, () -> new Uot().withReg(0.0)).getMessage());
    for (Runnable bad :
        List.<Runnable>of(
            () -> new Uot().withRegMarginal(Double.NaN),
            () -> new Uot().withTolerance(0),
            () -> new Uot().withMaxIterations(0))) {
      assertThrows(IllegalArgumentException.class, bad::run);
    }
    FloatMatrix pool = TestRows.normal(1, 5, 2);
    assertThrows(
        IllegalArgumentException.class, () -> select(new Uot(), SelectionRequest.of(pool, pool)));
    assertFalse(pool.hasUnitRows());
  }
}
