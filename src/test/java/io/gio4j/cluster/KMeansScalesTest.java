package io.gio4j.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.simd.SimdProvider;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same clusters at any scale, wherever the rows lie, and beside outliers. */
class KMeansScalesTest {
  private static final Execution VECTOR = Execution.of(2, SimdProvider.vector());
  private static final int ROWS = 900;
  private static final int CLUSTERS = 40;

  private static float[] rows(int columns, long seed) {
    Random random = new Random(seed);
    float[] values = new float[ROWS * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (3 * (i / columns % 9) + random.nextGaussian());
    }
    return values;
  }

  private static KMeansModel fit(float[] values, int columns, Seeding seeding) {
    return new KMeans(KMeansConfig.of(CLUSTERS, 7).withSeeding(seeding).withMaxIterations(60))
        .fit(FloatMatrix.of(values, ROWS, columns), null, VECTOR);
  }

  private static float[] times(float[] values, double factor) {
    float[] scaled = new float[values.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = (float) (values[i] * factor);
    }
    return scaled;
  }

  @ParameterizedTest
  @EnumSource(Seeding.class)
  void powersOfTwoChangeNothing(Seeding seeding) {
    for (int columns : new int[] {2, 20}) {
      float[] values = rows(columns, columns);
      KMeansModel plain = fit(values, columns, seeding);
      assertTrue(plain.converged());
      for (int exponent : new int[] {-100, -61, -20, 1, 37, 100}) {
        KMeansModel scaled = fit(times(values, Math.pow(2, exponent)), columns, seeding);
        assertArrayEquals(plain.assignments(), scaled.assignments());
        assertEquals(plain.iterations(), scaled.iterations());
        assertEquals(plain.inertia() * Math.pow(4, exponent), scaled.inertia());
        for (int center = 0; center < CLUSTERS; center++) {
          float[] expected = times(plain.centers().row(center), Math.pow(2, exponent));
          assertArrayEquals(expected, scaled.centers().row(center));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-30, 1e-11, 1e-6, 3, 1e11, 1e30})
  void otherFactorsChangeNoMoreThanRounding(double factor) {
    for (int columns : new int[] {2, 20}) {
      float[] values = rows(columns, columns);
      double expected = fit(values, columns, Seeding.PLUS_PLUS).inertia();
      double found = fit(times(values, factor), columns, Seeding.PLUS_PLUS).inertia();
      assertEquals(expected, found / factor / factor, 0.02 * expected);
    }
  }

  /** Of any rows the assignments are those of differences in double, and the centres means. */
  @Tag("slow")
  @Test
  void assignmentsAreExactWhateverTheRows() {
    for (int trial = 0; trial < 120; trial++) {
      Random random = new Random(trial);
      int columns = new int[] {1, 3, 15, 16, 40, 300}[trial % 6];
      float[] values = rows(columns, trial);
      double offset = new double[] {0, 1e3, -1e6, 1e-3}[random.nextInt(4)];
      for (int i = 0; i < values.length; i++) {
        values[i] += (float) (random.nextInt(3) == 0 ? 0 : offset);
      }
      if (random.nextBoolean()) { // copies
        for (int row = 0; row < ROWS / 3; row++) {
          System.arraycopy(values, 0, values, row * columns, columns);
        }
      }
      values = times(values, Math.pow(10, random.nextInt(-30, 31)));
      if (random.nextBoolean()) {
        values[random.nextInt(values.length)] = random.nextBoolean() ? 1e8f : 3e38f;
      }
      Seeding seeding = List.of(Seeding.values()).get(random.nextInt(3));
      KMeansModel model =
          new KMeans(KMeansConfig.of(CLUSTERS, trial).withSeeding(seeding).withMaxIterations(9))
              .fit(FloatMatrix.of(values, ROWS, columns), null, VECTOR);
      double inertia = 0;
      for (int row = 0; row < ROWS; row++) {
        double best = Double.POSITIVE_INFINITY;
        int nearest = -1;
        for (int center = 0; center < model.centers().rows(); center++) {
          double squared = squared(values, row, model.centers().row(center));
          if (squared < best) {
            best = squared;
            nearest = center;
          }
        }
        inertia += best;
        assertEquals(nearest, model.assignments()[row], "trial " + trial + " row " + row);
      }
      assertEquals(inertia, model.inertia(), 1e-9 * inertia);
      assertTrue(Arrays.stream(model.sizes()).allMatch(size -> size > 0), "trial " + trial);
    }
  }

  private static double squared(float[] values, int row, float[] point) {
    double sum = 0;
    for (int column = 0; column < point.length; column++) {
      double difference = (double) values[row * point.length + column] - point[column];
      sum += difference * difference;
    }
    return sum;
  }

  /** The variance that one broken row makes leaves every shift below its share. */
  @ParameterizedTest
  @EnumSource(Seeding.class)
  void anOutlierDoesNotEndIt(Seeding seeding) {
    float[] values = rows(3, 1);
    double plain = fit(values, 3, seeding).inertia();
    values[1200] = 1e8f;
    KMeansModel model = fit(values, 3, seeding);
    assertEquals(1, model.sizes()[model.assignments()[400]]);
    assertTrue(model.inertia() < 1.1 * plain, model.inertia() + " of " + plain);
  }

  @ParameterizedTest
  @EnumSource(Seeding.class)
  void equalRowsAndTwoValuesAreOneAndTwoClusters(Seeding seeding) {
    for (int columns : new int[] {2, 30}) {
      for (int distinct = 1; distinct <= 2; distinct++) {
        float[] values = rows(columns, 3);
        for (int row = distinct; row < ROWS; row++) {
          System.arraycopy(values, row % distinct * columns, values, row * columns, columns);
        }
        KMeansModel model = fit(values, columns, seeding);
        assertEquals(distinct, model.centers().rows());
        assertEquals(0, model.inertia());
      }
    }
  }
}
