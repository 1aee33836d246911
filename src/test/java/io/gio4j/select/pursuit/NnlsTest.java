package io.gio4j.select.pursuit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.TestRows;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("simd")
class NnlsTest {
  private static final Execution ONE = Execution.of(1, SimdProvider.scalar());

  private static Nnls of(FloatMatrix rows, FloatMatrix target, double ridge, int... numbers) {
    Nnls fit = new Nnls(Goal.of(target, null, ONE), ridge, ONE);
    add(fit, rows, numbers);
    return fit;
  }

  private static void add(Nnls fit, FloatMatrix rows, int... numbers) {
    for (int row : numbers) {
      double[] values = TestRows.doubles(TestRows.pick(rows, row))[0];
      fit.add(row, rows.row(row), Math.sqrt(Goal.square(values)));
    }
  }

  private static int[] all(FloatMatrix rows) {
    return IntStream.range(0, rows.rows()).toArray();
  }

  /** What is minimised: with a ridge also the cost of the weights. */
  private static double objective(NaiveFit naive, double ridge) {
    return naive.residualSquare() + ridge * naive.cost();
  }

  @ParameterizedTest
  @CsvSource({"8, 3, 0", "8, 12, 0", "9, 5, 0.01", "7, 1, 0", "7, 2, 1", "1, 4, 0"})
  void noSupportIsBetter(int count, int columns, double ridge) {
    for (int seed = 0; seed < 30; seed++) {
      FloatMatrix rows = TestRows.normal(seed, count, columns, 0.2);
      FloatMatrix target = TestRows.normal(seed + 100, 3, columns, 0.2);
      Nnls fit = of(rows, target, ridge, all(rows));
      fit.solve();
      NaiveFit found = NaiveFit.given(rows, target, fit.support());
      double best = Goal.square(NaiveFit.mean(target));
      for (int support = 1; support < 1 << count; support++) {
        int bits = support;
        int[] numbers = IntStream.range(0, count).filter(row -> (bits >> row & 1) != 0).toArray();
        NaiveFit naive = NaiveFit.leastSquares(rows, target, ridge, numbers);
        if (naive != null && naive.isNonNegative()) {
          best = Math.min(best, objective(naive, ridge));
        }
      }
      assertEquals(best, objective(found, ridge), 1e-10 * (1 + best), "seed " + seed);
      assertEquals(found.residualSquare() / Goal.square(NaiveFit.mean(target)), fit.loss(), 1e-10);
    }
  }

  /** Karush, Kuhn and Tucker: what has weight is balanced, what has none would not gain. */
  @ParameterizedTest
  @CsvSource({"300, 20, 0", "200, 150, 0", "200, 40, 0.1", "400, 300, 0"})
  void theConditionsOfTheOptimumHold(int count, int columns, double ridge) {
    FloatMatrix rows = TestRows.normal(1, count, columns, 0.3);
    FloatMatrix target = TestRows.normal(2, 5, columns, 0.3);
    Nnls fit = of(rows, target, ridge, all(rows));
    fit.solve();
    double length = Math.sqrt(Goal.square(NaiveFit.mean(target)));
    double[] shares = new double[count];
    fit.support().forEach(atom -> shares[atom.number] = atom.share);
    double[][] values = TestRows.doubles(rows);
    for (int row = 0; row < count; row++) {
      double own = Math.sqrt(Goal.square(values[row]));
      double slope = Goal.product(values[row], fit.residual()) / own - ridge * shares[row];
      assertTrue(shares[row] >= 0);
      assertTrue(slope <= 1e-7 * length, "row " + row);
      if (shares[row] > 0) {
        assertEquals(0, slope, 1e-9 * length, "row " + row);
      }
    }
    assertTrue(fit.support().size() <= columns || ridge > 0);
  }

  @Test
  void aWarmStartComesToTheSame() {
    FloatMatrix rows = TestRows.normal(3, 120, 60, 0.2);
    FloatMatrix target = TestRows.normal(4, 4, 60, 0.2);
    Nnls cold = of(rows, target, 0, all(rows));
    cold.solve();
    Nnls warm = of(rows, target, 0);
    for (int first = 0; first < 120; first += 10) {
      add(warm, rows, IntStream.range(first, first + 10).toArray());
      warm.solve();
    }
    assertEquals(cold.loss(), warm.loss(), 1e-12);
    List<Atom> support = cold.support();
    assertEquals(support.size(), warm.support().size());
    for (int i = 0; i < support.size(); i++) {
      assertEquals(support.get(i).number, warm.support().get(i).number);
      assertEquals(support.get(i).weight(), warm.support().get(i).weight(), 1e-9);
    }
    // Fewer rows, and the fit is that of those which are left.
    cold.retain(atom -> atom.number % 2 == 0);
    cold.solve();
    Nnls even = of(rows, target, 0, IntStream.range(0, 60).map(i -> 2 * i).toArray());
    even.solve();
    assertEquals(even.loss(), cold.loss(), 1e-12);
  }

  /** Copies, sums of rows and rows that differ by rounding neither loop nor get wild weights. */
  @Test
  void dependentRowsAreLeftOut() {
    FloatMatrix some = TestRows.normal(5, 6, 9, 0.5);
    float[][] rows = new float[40][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = some.row(i % 6);
      float factor = i < 20 ? 1 : 1.7f;
      for (int column = 0; column < 9; column++) {
        rows[i][column] *= factor;
      }
      rows[i][i % 9] = Math.nextUp(rows[i][i % 9]);
    }
    FloatMatrix pool = FloatMatrix.of(rows);
    Nnls fit = of(pool, TestRows.normal(6, 2, 9, 0.5), 0, all(pool));
    fit.solve();
    assertTrue(fit.support().size() <= 6);
    assertTrue(fit.support().stream().allMatch(atom -> atom.weight() < 10));
    Nnls alone = of(some, TestRows.normal(6, 2, 9, 0.5), 0, all(some));
    alone.solve();
    assertEquals(alone.loss(), fit.loss(), 1e-6);
  }

  @Test
  void rowsOfAnyLengthAreFitted() {
    for (double factor : new double[] {1e-30, 1e-12, 1e12, 1e30}) {
      FloatMatrix rows = TestRows.normal(7, 30, 8, 0.4);
      FloatMatrix target = TestRows.normal(8, 3, 8, 0.4);
      Nnls plain = of(rows, target, 0.01, all(rows));
      plain.solve();
      FloatMatrix longer = TestRows.scaled(rows, factor, 0);
      Nnls fit = of(longer, target, 0.01, all(rows));
      fit.solve();
      assertEquals(plain.loss(), fit.loss(), 1e-6);
      assertEquals(
          plain.support().getFirst().weight() / factor,
          fit.support().getFirst().weight(),
          1e-5 * plain.support().getFirst().weight() / factor);
    }
  }
}
