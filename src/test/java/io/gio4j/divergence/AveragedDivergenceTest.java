package io.gio4j.divergence;

import static io.gio4j.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.ReferenceCase;
import io.gio4j.testing.TestRows;
import java.util.Collections;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class AveragedDivergenceTest {
  private static final double EPSILON = 1e-8;

  static Stream<ReferenceCase> recorded() {
    return ReferenceCase.all("estimator");
  }

  @ParameterizedTest
  @MethodSource("recorded")
  void recordedAnswersAreReached(ReferenceCase recorded) {
    int k = recorded.json().get("k").asInt();
    boolean discard = recorded.json().get("discard_nearest_for_xy").asBoolean();
    double value =
        new AveragedDivergence(k, EPSILON, discard, LengthUnit.ONE)
            .estimate(recorded.matrix("x"), recorded.matrix("y"));
    assertClose(recorded.number("value_float64"), value, 1e-9, "in double");
    // How far the package's own float32 rounding is off: see resources/reference/README.md.
    double rounding =
        switch (recorded.name()) {
          case "one_dim" -> 3e-4;
          case "y_is_x" -> 0.13;
          case "duplicates_in_x" -> 0.07;
          default -> 1e-6;
        };
    assertClose(value, recorded.number("value"), rounding, "in float32");
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1e-8, false",
    "1, 1e-8, true",
    "5, 1e-8, false",
    "5, 0, true",
    "49, 0.5, false",
    "7, 3, true"
  })
  void estimateIsTheFormulas(int k, double epsilon, boolean discard) {
    for (int columns : new int[] {1, 3, 17}) {
      FloatMatrix x = TestRows.normal(1, 50, columns);
      FloatMatrix y = TestRows.normal(2, 31, columns, 0.5);
      double naive =
          NaiveDivergence.estimate(TestRows.doubles(x), TestRows.doubles(y), k, epsilon, discard);
      double value = new AveragedDivergence(k, epsilon, discard, LengthUnit.ONE).estimate(x, y);
      assertClose(naive, value, 1e-12, columns + " columns");
    }
  }

  /** Blocks have 512 rows of 64 columns; a row's block must not matter. */
  @Tag("slow")
  @ParameterizedTest
  @CsvSource({"false, scalar, 1", "true, scalar, 3", "false, ops, 3"})
  void severalBlocksAreOneSum(boolean discard, String ops, int threads) {
    FloatMatrix x = TestRows.normal(3, 1_100, 64);
    FloatMatrix y = TestRows.normal(4, 700, 64);
    Execution execution =
        Execution.of(threads, ops.equals("scalar") ? SimdProvider.scalar() : SimdProvider.ops());
    double value =
        new AveragedDivergence(3, EPSILON, discard, LengthUnit.ONE).estimate(x, y, execution);
    double naive =
        NaiveDivergence.estimate(TestRows.doubles(x), TestRows.doubles(y), 3, EPSILON, discard);
    assertClose(naive, value, 1e-12, "value");
  }

  @Test
  void orderOfRowsHasNoPartInIt() {
    FloatMatrix x = TestRows.normal(5, 60, 9);
    FloatMatrix y = TestRows.normal(6, 40, 9);
    AveragedDivergence divergence = new AveragedDivergence(5, EPSILON, true, LengthUnit.ONE);
    double value = divergence.estimate(x, y);
    assertClose(value, divergence.estimate(shuffled(x), shuffled(y)), 1e-12, "value");
  }

  private static FloatMatrix shuffled(FloatMatrix matrix) {
    var order =
        IntStream.range(0, matrix.rows()).boxed().collect(java.util.stream.Collectors.toList());
    Collections.shuffle(order, new Random(1));
    return TestRows.pick(matrix, order.stream().mapToInt(Integer::intValue).toArray());
  }

  @Test
  void shiftingAllRowsHasNoPartInIt() {
    FloatMatrix x = TestRows.normal(7, 60, 9);
    FloatMatrix y = TestRows.normal(8, 40, 9);
    AveragedDivergence divergence = new AveragedDivergence(5, EPSILON, false, LengthUnit.ONE);
    // A shift by 8 of numbers cut to 2^-16 is exact in float.
    double value = divergence.estimate(shifted(x, 0), shifted(y, 0));
    assertClose(value, divergence.estimate(shifted(x, 8), shifted(y, 8)), 1e-12, "value");
  }

  private static FloatMatrix shifted(FloatMatrix matrix, float shift) {
    float[] values = new float[matrix.rows() * matrix.columns()];
    matrix.copyRows(0, matrix.rows(), values, 0);
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.round(values[i] * 0x1p16f) * 0x1p-16f + shift;
    }
    return FloatMatrix.of(values, matrix.rows(), matrix.columns());
  }

  @Test
  void aSelectionFartherAwayHasALargerDivergence() {
    FloatMatrix x = TestRows.normal(9, 60, 4);
    AveragedDivergence divergence = new AveragedDivergence(5, EPSILON, false, LengthUnit.ONE);
    double near = divergence.estimate(x, TestRows.normal(10, 40, 4));
    double far = divergence.estimate(x, TestRows.normal(10, 40, 4, 5));
    assertEquals(1, Double.compare(far, near));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 'k: is 0; must lie between 1 and 9, the rows of x less one'",
    "10, 'k: is 10; must lie between 1 and 9, the rows of x less one'"
  })
  void neighborsMustBeWithinTheTarget(int k, String message) {
    assertRefused(message, k, false, TestRows.normal(1, 10, 2), TestRows.normal(1, 4, 2));
  }

  @Test
  void columnsMustAgree() {
    assertRefused(
        "y: has 3 columns but x has 2; both must come from the same embedding",
        5,
        false,
        TestRows.normal(1, 10, 2),
        TestRows.normal(1, 10, 3));
  }

  @ParameterizedTest
  @CsvSource({"x, NaN", "y, NaN", "x, Infinity", "y, -Infinity"})
  void aRowThatIsNotFiniteIsNamed(String which, float bad) {
    // Two such rows: the first is the one to name, although both lie in blocks of their own.
    float[] values = new float[2 * 9_000];
    values[2 * 5_000 + 1] = bad;
    values[2 * 8_999] = bad;
    FloatMatrix broken = FloatMatrix.of(values, 9_000, 2);
    FloatMatrix whole = TestRows.normal(1, 10, 2);
    assertRefused(
        "%s: row 5000 is not finite (column 1 is %s); drop or repair such rows first"
            .formatted(which, bad),
        5,
        false,
        which.equals("x") ? broken : whole,
        which.equals("y") ? broken : whole);
  }

  @Test
  void leavingOutTheNearestNeedsTwoRows() {
    assertRefused(
        "y: has 1 row; leaving out the nearest needs at least 2",
        5,
        true,
        TestRows.normal(1, 10, 2),
        TestRows.normal(1, 1, 2));
  }

  private static void assertRefused(
      String message, int k, boolean discard, FloatMatrix x, FloatMatrix y) {
    AveragedDivergence divergence = new AveragedDivergence(k, EPSILON, discard, LengthUnit.ONE);
    FloatMatrix namedX = x.named("x");
    FloatMatrix namedY = y.named("y");
    assertEquals(
        message,
        assertThrows(IllegalArgumentException.class, () -> divergence.estimate(namedX, namedY))
            .getMessage());
  }

  @ParameterizedTest
  @CsvSource({"-1e-9", "NaN", "Infinity"})
  void epsilonMustBeFiniteAndNotNegative(double epsilon) {
    FloatMatrix x = TestRows.normal(1, 10, 2);
    AveragedDivergence divergence = new AveragedDivergence(5, epsilon, false, LengthUnit.ONE);
    assertEquals(
        "eps: is " + epsilon + "; must be a finite number of at least 0",
        assertThrows(IllegalArgumentException.class, () -> divergence.estimate(x, x)).getMessage());
  }

  @Test
  void aCheckThatThrowsEndsIt() {
    Progress stop =
        new Progress() {
          @Override
          public void check() {
            throw new CancellationException();
          }
        };
    FloatMatrix x = TestRows.normal(1, 10, 2);
    AveragedDivergence divergence = new AveragedDivergence(5, EPSILON, false, LengthUnit.ONE);
    assertThrows(CancellationException.class, () -> divergence.estimate(x, x, stop));
  }
}
