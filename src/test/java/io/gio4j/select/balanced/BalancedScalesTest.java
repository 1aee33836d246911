package io.gio4j.select.balanced;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.kernel.EnergyKernel;
import io.gio4j.kernel.EnergyKernel.Kind;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import io.gio4j.testing.NaiveEnergy;
import io.gio4j.testing.TestRows;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Picks are those of the greedy rule in double, whatever the scale and shape of the data. */
@Tag("slow")
@Tag("simd")
class BalancedScalesTest {
  private static final Execution VECTOR = Execution.of(2, SimdProvider.vector());

  /** What decides a pick less than this share of its score is left to rounding. */
  private static final double SHARE = 1e-5;

  /** Pools and targets of one shape, before they are scaled. */
  enum Shape {
    PLAIN,
    /** The pool lies far from the target, and both far from 0. */
    FAR,
    /** The target is far narrower than the distances of the pool's rows. */
    NARROW,
    /** Some rows of both are broken. */
    OUTLIERS,
    /** One column is far larger than the others. */
    SKEWED,
    /** Rows have few distinct values, a third are copies. */
    TIED,
    /** Tight clusters, far apart. */
    CLUSTERS,
    /** Cauchy numbers. */
    HEAVY;

    FloatMatrix rows(long seed, int count, int columns, boolean isTarget) {
      SplittableRandom random = new SplittableRandom(seed);
      float[] values = new float[count * columns];
      for (int row = 0; row < count; row++) {
        int group = random.nextInt(4);
        boolean copied = this == TIED && row > 2 && random.nextInt(3) == 0;
        for (int column = 0; column < columns; column++) {
          double normal = random.nextGaussian();
          double value =
              switch (this) {
                case PLAIN -> normal + (isTarget ? 0.5 : 0);
                case FAR -> 300 + normal + (isTarget ? 0 : 40);
                case NARROW -> isTarget ? 0.5 + 0.002 * normal : normal;
                case OUTLIERS -> row % 17 == 5 ? 1e8 * normal : normal;
                case SKEWED -> column == 0 ? 5e3 * normal + 1e5 : normal;
                case TIED -> copied ? values[row / 3 * columns + column] : random.nextInt(2);
                case CLUSTERS -> 100 * ((group >> column % 2) & 1) + 0.01 * normal;
                case HEAVY -> normal / random.nextGaussian();
              };
          values[row * columns + column] = (float) value;
        }
      }
      return FloatMatrix.of(values, count, columns);
    }
  }

  static Stream<Shape> shapes() {
    return Stream.of(Shape.values());
  }

  private static FloatMatrix times(FloatMatrix rows, double factor) {
    float[] values = new float[rows.rows() * rows.columns()];
    rows.copyRows(0, rows.rows(), values, 0);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] * factor);
    }
    return FloatMatrix.of(values, rows.rows(), rows.columns());
  }

  private static Selection select(
      SelectionRequest request, long budget, Kind kind, Double scale, Execution execution) {
    return new Balanced(kind, scale, null).select(request.withBudget(budget), execution);
  }

  /** Goes along the picks: no other row scores higher by more than the share. */
  private static void assertGreedy(SelectionRequest request, Selection found, Kind kind) {
    Object scale = found.facts().get("scale");
    EnergyKernel kernel = new EnergyKernel(kind, scale == null ? 1 : (double) scale);
    NaiveEnergy naive =
        new NaiveEnergy(
            kernel,
            TestRows.doubles(request.target()),
            TestRows.doubles(request.pool()),
            new double[0][]);
    for (int pick = 0; pick < found.indices().length; pick++) {
      double best = Double.NEGATIVE_INFINITY;
      double sizes = 0;
      for (int row = 0; row < request.pool().rows(); row++) {
        double score = naive.isTaken(row) ? best : naive.score(row);
        if (score > best) {
          best = score;
        }
      }
      double score = naive.score(found.indices()[pick]);
      sizes = naive.scoreSize(found.indices()[pick]);
      assertTrue(
          best - score <= SHARE * sizes,
          "pick %d scores %s, the best row %s, of terms %s".formatted(pick, score, best, sizes));
      naive.take(found.indices()[pick]);
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void picksAreThoseOfTheRuleInDouble(Shape shape) {
    for (int columns : new int[] {2, 20, 70}) {
      FloatMatrix pool = shape.rows(1, 160, columns, false);
      FloatMatrix target = shape.rows(2, 30, columns, true);
      for (double factor : new double[] {1e-30, 1, 1e29}) {
        SelectionRequest request = SelectionRequest.of(times(pool, factor), times(target, factor));
        for (Kind kind : Kind.values()) {
          Selection found = select(request, 40, kind, null, VECTOR);
          assertTrue(
              found.indices().length == 40 || found.stopReason() == StopReason.NO_INFLUENCE,
              kind + " " + found.stopReason());
          assertGreedy(request, found, kind);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void powersOfTwoChangeNoBit(Shape shape) {
    for (int columns : new int[] {3, 40}) {
      FloatMatrix pool = shape.rows(3, 300, columns, false);
      FloatMatrix target = shape.rows(4, 50, columns, true);
      for (Kind kind : Kind.values()) {
        Selection expected = select(SelectionRequest.of(pool, target), 60, kind, null, VECTOR);
        for (int power : new int[] {-90, -40, -1, 3, 60, 90}) {
          double factor = Math.scalb(1.0, power);
          SelectionRequest request =
              SelectionRequest.of(times(pool, factor), times(target, factor));
          Selection found = select(request, 60, kind, null, VECTOR);
          assertArrayEquals(expected.indices(), found.indices(), kind + " times 2^" + power);
          double unit = kind == Kind.EUCLIDEAN ? factor : 1;
          for (int i = 0; i < found.trace().length; i++) {
            assertEquals(expected.trace()[i], found.trace()[i] / unit, kind + " pick " + i);
          }
        }
      }
    }
  }

  /** A sentinel value in one row must not move the others' picks. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void aBrokenRowMovesNoPick(Kind kind) {
    for (int columns : new int[] {8, 40}) {
      FloatMatrix target = TestRows.normal(5, 60, columns, 0.5);
      float[] values = new float[600 * columns];
      TestRows.normal(6, 600, columns).copyRows(0, 600, values, 0);
      FloatMatrix pool = FloatMatrix.of(values.clone(), 600, columns);
      int[] expected = select(SelectionRequest.of(pool, target), 20, kind, null, VECTOR).indices();
      for (float sentinel : new float[] {-999_999, 1e8f, 1e15f}) {
        for (int column = 0; column < columns; column++) {
          values[7 * columns + column] = sentinel;
        }
        FloatMatrix broken = FloatMatrix.of(values, 600, columns);
        Selection found = select(SelectionRequest.of(broken, target), 20, kind, null, VECTOR);
        assertArrayEquals(expected, found.indices(), kind + " beside " + sentinel);
        assertTrue(found.trace()[19] > 0);
      }
    }
  }

  /** Scales at which rho is 0, or the same for all rows, are not answered with the first rows. */
  @Test
  void aTargetWithoutInfluenceIsSaid() {
    SelectionRequest request =
        SelectionRequest.of(TestRows.normal(7, 50, 20), TestRows.normal(8, 10, 20));
    for (Kind kind : new Kind[] {Kind.LAPLACE, Kind.GAUSS}) {
      Selection found = select(request, 5, kind, 1e-3, VECTOR);
      assertEquals(StopReason.NO_INFLUENCE, found.stopReason());
      assertEquals(0, found.indices().length);
    }
    for (Kind kind : new Kind[] {Kind.RATIONAL, Kind.LAPLACE, Kind.GAUSS, Kind.LOG}) {
      Selection found = select(request, 5, kind, 1e20, VECTOR);
      assertEquals(StopReason.NO_INFLUENCE, found.stopReason(), kind.name());
      assertEquals(0, found.indices().length);
    }
    for (Kind kind : new Kind[] {Kind.RATIONAL, Kind.LOG}) {
      Selection found = select(request, 5, kind, 1e-9, VECTOR);
      assertEquals(StopReason.BUDGET, found.stopReason(), kind.name());
      assertGreedy(request, found, kind);
    }
    // The pool's only kind of row is the right one to take.
    FloatMatrix equal = TestRows.pick(TestRows.normal(9, 1, 20), new int[30]);
    Selection found = select(SelectionRequest.of(equal, equal), 5, Kind.RATIONAL, null, VECTOR);
    assertEquals(StopReason.BUDGET, found.stopReason());
  }

  /** Of rows whose rho to the target is as at distance 0 it takes more than half, unlike ones. */
  @ParameterizedTest
  @CsvSource({"10, 5, BUDGET", "10, 6, NO_INFLUENCE", "3, 1, BUDGET", "3, 2, NO_INFLUENCE"})
  void aTargetWithoutInfluenceOnMostRowsIsSaid(int rows, int near, StopReason expected) {
    FloatMatrix noise = TestRows.normal(12, rows, 20);
    float[][] pool = new float[rows][];
    for (int row = 0; row < rows; row++) {
      pool[row] = noise.row(row);
      pool[row][0] += row < near ? 0 : 1e8f;
    }
    SelectionRequest request =
        SelectionRequest.of(FloatMatrix.of(pool), TestRows.normal(13, 10, 20));
    Selection found = select(request, 1, Kind.RATIONAL, 1e7, VECTOR);
    assertEquals(expected, found.stopReason());
  }
}
