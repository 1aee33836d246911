package io.gio4j.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.simd.SimdProvider;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class KMeansTest {
  private static final Execution VECTOR = Execution.of(2, SimdProvider.vector());

  /** Rows around {@code blobs} centres that lie far apart. */
  private static float[] blobs(int rows, int columns, int blobs, double spread) {
    Random random = new Random(7);
    float[] centers = new float[blobs * columns];
    for (int i = 0; i < centers.length; i++) {
      centers[i] = (float) (10 * random.nextGaussian());
    }
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      int row = i / columns;
      values[i] =
          (float) (centers[row % blobs * columns + i % columns] + spread * random.nextGaussian());
    }
    return values;
  }

  private static KMeansConfig exactly(int clusters, int iterations) {
    return KMeansConfig.of(clusters, 3)
        .withSeeding(Seeding.RANDOM)
        .withStop(KMeansConfig.Stop.CENTER_SHIFT, 0)
        .withMaxIterations(iterations);
  }

  /** Lloyd as the textbook has it, in double but with centres rounded to float, from given ones. */
  private static int[] naiveAssignments(float[] values, int columns, FloatMatrix centers) {
    int rows = values.length / columns;
    int[] assignments = new int[rows];
    for (int row = 0; row < rows; row++) {
      double best = Double.POSITIVE_INFINITY;
      for (int center = 0; center < centers.rows(); center++) {
        float[] point = centers.row(center);
        double sum = 0;
        for (int column = 0; column < columns; column++) {
          double difference = (double) values[row * columns + column] - point[column];
          sum += difference * difference;
        }
        if (sum < best) {
          best = sum;
          assignments[row] = center;
        }
      }
    }
    return assignments;
  }

  @ParameterizedTest
  @CsvSource({"900, 5, 40", "700, 33, 90", "300, 130, 17", "64, 3, 1"})
  void assignsEveryRowToItsNearestCenter(int rows, int columns, int clusters) {
    float[] values = blobs(rows, columns, 30, 3);
    KMeansModel model =
        new KMeans(exactly(clusters, 8)).fit(FloatMatrix.of(values, rows, columns), null, VECTOR);
    assertArrayEquals(naiveAssignments(values, columns, model.centers()), model.assignments());
    assertEquals(rows, Arrays.stream(model.sizes()).sum());
  }

  @Test
  void centersAreTheMeansOfTheirRowsOnceConverged() {
    float[] values = blobs(600, 6, 20, 2);
    FloatMatrix rows = FloatMatrix.of(values, 600, 6);
    KMeansModel model = new KMeans(exactly(25, 200)).fit(rows, null, VECTOR);
    assertTrue(model.converged());
    double[][] means = new double[25][6];
    for (int row = 0; row < 600; row++) {
      int cluster = model.assignments()[row];
      for (int column = 0; column < 6; column++) {
        means[cluster][column] += values[row * 6 + column] / (double) model.sizes()[cluster];
      }
    }
    for (int cluster = 0; cluster < 25; cluster++) {
      for (int column = 0; column < 6; column++) {
        assertEquals(means[cluster][column], model.centers().row(cluster)[column], 1e-5);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Seeding.class)
  void inertiaNeverRisesWhateverTheSeeding(Seeding seeding) {
    FloatMatrix rows = FloatMatrix.of(blobs(2000, 12, 50, 4), 2000, 12);
    KMeansModel model = new KMeans(exactly(60, 15).withSeeding(seeding)).fit(rows, null, VECTOR);
    double before = Double.POSITIVE_INFINITY;
    for (double inertia : model.trace()) {
      assertTrue(inertia <= before * (1 + 1e-12), inertia + " after " + before);
      before = inertia;
    }
    assertTrue(model.inertia() <= before * (1 + 1e-12));
  }

  @ParameterizedTest
  @EnumSource(
      value = Seeding.class,
      names = {"PARALLEL", "PLUS_PLUS"})
  void findsBlobsThatLieFarApart(Seeding seeding) {
    FloatMatrix rows = FloatMatrix.of(blobs(1200, 16, 12, 0.01), 1200, 16);
    KMeansModel model = new KMeans(exactly(12, 20).withSeeding(seeding)).fit(rows, null, VECTOR);
    for (int row = 12; row < 1200; row++) {
      assertEquals(model.assignments()[row % 12], model.assignments()[row]);
    }
    assertEquals(12, Arrays.stream(model.assignments()).distinct().count());
  }

  @Test
  void laterIterationsComputeLessThanTheFullProduct() {
    FloatMatrix rows = FloatMatrix.of(blobs(3000, 24, 200, 1), 3000, 24);
    KMeansModel model = new KMeans(exactly(200, 20)).fit(rows, null, VECTOR);
    double share = Arrays.stream(model.computed()).average().orElseThrow();
    assertTrue(share < 0.5, "share " + share);
  }

  @Test
  void sameBitsForAnyThreadsAndKernels() {
    FloatMatrix rows = FloatMatrix.of(blobs(1500, 70, 30, 5), 1500, 70);
    KMeans kMeans = new KMeans(exactly(80, 12).withSeeding(Seeding.PARALLEL));
    KMeansModel one = kMeans.fit(rows, null, Execution.of(1, SimdProvider.vector()));
    KMeansModel three = kMeans.fit(rows, null, Execution.of(3, SimdProvider.vector()));
    KMeansModel scalar = kMeans.fit(rows, null, Execution.of(2, SimdProvider.scalar()));
    for (KMeansModel other : new KMeansModel[] {three, scalar}) {
      assertArrayEquals(one.assignments(), other.assignments());
      assertArrayEquals(one.trace(), other.trace());
      for (int center = 0; center < 80; center++) {
        assertArrayEquals(one.centers().row(center), other.centers().row(center));
      }
    }
  }

  /** However it ended: before the first move, with a cluster filled at the end, with a sample. */
  @ParameterizedTest
  @CsvSource({"0, 0, 0", "1, 0, 0", "20, 0, 1e3", "200, 0, -40", "5, 20, 0"})
  void distancesAreThoseOfTheNearestCenters(int iterations, int sampled, float offset) {
    float[] values = blobs(900, 5, 30, 3);
    for (int i = 0; i < values.length; i++) {
      values[i] += offset;
    }
    FloatMatrix rows = FloatMatrix.of(values, 900, 5);
    double[] weights = IntStream.range(0, 900).mapToDouble(row -> row % 4).toArray();
    for (double[] each : new double[][] {null, weights}) {
      KMeansConfig config = exactly(25, iterations).withRowsPerCluster(sampled);
      KMeansModel model = new KMeans(config).fit(rows, each, VECTOR);
      assertNearest(model, rows);
    }
    float[] far = new float[50];
    Arrays.fill(far, 1e3f);
    System.arraycopy(values, 0, far, 0, 5);
    assertNearest(lloyd(rows, null, far).run(exactly(10, iterations)), rows);
  }

  private static void assertNearest(KMeansModel model, FloatMatrix rows) {
    NearestCenters nearest = NearestCenters.of(rows, model.centers(), VECTOR);
    assertArrayEquals(nearest.assignments(), model.assignments());
    assertArrayEquals(nearest.squaredDistances(), model.squaredDistances());
  }

  @Test
  void seedDecides() {
    FloatMatrix rows = FloatMatrix.of(blobs(500, 8, 40, 5), 500, 8);
    KMeansConfig config = KMeansConfig.of(30, 1).withMaxIterations(3);
    KMeansModel one = new KMeans(config).fit(rows, null, VECTOR);
    KMeansModel again = new KMeans(config).fit(rows, null, VECTOR);
    KMeansModel other =
        new KMeans(KMeansConfig.of(30, 2).withMaxIterations(3)).fit(rows, null, VECTOR);
    assertArrayEquals(one.assignments(), again.assignments());
    assertNotEquals(one.inertia(), other.inertia());
  }

  @Test
  void stopsByShiftByInertiaOrByIterations() {
    FloatMatrix rows = FloatMatrix.of(blobs(800, 4, 40, 6), 800, 4);
    KMeansModel never = new KMeans(exactly(20, 4)).fit(rows, null, VECTOR);
    assertEquals(4, never.iterations());
    KMeansModel atOnce =
        new KMeans(exactly(20, 50).withStop(KMeansConfig.Stop.CENTER_SHIFT, 1e9))
            .fit(rows, null, VECTOR);
    assertEquals(1, atOnce.iterations());
    KMeansModel absolute =
        new KMeans(exactly(20, 50).withStop(KMeansConfig.Stop.ABSOLUTE_SHIFT, 1e9))
            .fit(rows, null, VECTOR);
    assertEquals(1, absolute.iterations());
    KMeansModel byInertia =
        new KMeans(exactly(20, 200).withStop(KMeansConfig.Stop.INERTIA, 0.01))
            .fit(rows, null, VECTOR);
    assertTrue(byInertia.converged());
    assertTrue(byInertia.iterations() < 200);
  }

  @Test
  void weightsCountAsRepetitions() {
    float[] values = blobs(90, 3, 9, 4);
    double[] weights = new double[90];
    float[] repeated = new float[0];
    for (int row = 0; row < 90; row++) {
      weights[row] = 1 + row % 3;
      for (int copy = 0; copy < weights[row]; copy++) {
        int end = repeated.length;
        repeated = Arrays.copyOf(repeated, end + 3);
        System.arraycopy(values, row * 3, repeated, end, 3);
      }
    }
    FloatMatrix rows = FloatMatrix.of(values, 90, 3);
    RunFromSameCenters start = new RunFromSameCenters(rows);
    KMeansModel weighted = start.run(rows, weights);
    KMeansModel plain = start.run(FloatMatrix.of(repeated, repeated.length / 3, 3), null);
    assertEquals(plain.inertia(), weighted.inertia(), 1e-4 * plain.inertia());
    assertNotEquals(start.run(rows, null).inertia(), weighted.inertia());
  }

  /** Lloyd from the first nine rows, so that two data sets start alike. */
  private record RunFromSameCenters(FloatMatrix source) {
    KMeansModel run(FloatMatrix rows, double[] weights) {
      float[] first = new float[9 * source.columns()];
      source.copyRows(0, 9, first, 0);
      return lloyd(rows, weights, first).run(exactly(9, 50));
    }
  }

  @Test
  void emptyClustersGetTheFarthestRows() {
    float[] values = blobs(200, 2, 10, 0.5);
    FloatMatrix rows = FloatMatrix.of(values, 200, 2);
    float[] far = new float[20];
    Arrays.fill(far, 25); // farther out than any row, though no coordinate of theirs is larger
    System.arraycopy(values, 0, far, 0, 2);
    for (int iterations : new int[] {0, 1, 30}) {
      KMeansModel model = lloyd(rows, null, far).run(exactly(10, iterations));
      assertTrue(Arrays.stream(model.sizes()).allMatch(size -> size > 0));
      assertArrayEquals(naiveAssignments(values, 2, model.centers()), model.assignments());
    }
  }

  private static Lloyd lloyd(FloatMatrix rows, double[] weights, float[] first) {
    RowBlocks blocks = RowBlocks.of(rows, VECTOR);
    return new Lloyd(blocks, weights, first, RowScaling.byLargest(blocks), VECTOR);
  }

  @Test
  void rowsWithoutWeightAreNoCentersAndFillNoCluster() {
    float[] values = blobs(200, 2, 10, 0.5);
    double[] weights = new double[200];
    for (int row = 0; row < 200; row++) {
      weights[row] = row < 5 ? 1 : 0;
    }
    FloatMatrix rows = FloatMatrix.of(values, 200, 2);
    for (Seeding seeding : Seeding.values()) {
      KMeansModel model = new KMeans(exactly(9, 5).withSeeding(seeding)).fit(rows, weights, VECTOR);
      assertEquals(5, model.centers().rows(), seeding.toString());
      assertEquals(0, model.inertia());
      assertArrayEquals(naiveAssignments(values, 2, model.centers()), model.assignments());
    }
    float[] far = new float[20];
    Arrays.fill(far, 25);
    System.arraycopy(values, 0, far, 0, 2);
    KMeansModel model = lloyd(rows, weights, far).run(exactly(10, 30));
    assertArrayEquals(naiveAssignments(values, 2, model.centers()), model.assignments());
    assertEquals(0, model.inertia(), "each row that counts has a centre");
  }

  @Test
  void fewerDistinctRowsThanClustersGiveFewerClusters() {
    float[] values = new float[40];
    for (int i = 0; i < 40; i++) {
      values[i] = i / 2 % 4;
    }
    values[0] = -0.0f; // the same as 0
    FloatMatrix rows = FloatMatrix.of(values, 20, 2);
    for (Seeding seeding : Seeding.values()) {
      for (int clusters : new int[] {4, 10, 20, 1500}) {
        KMeansModel model =
            new KMeans(KMeansConfig.of(clusters, 5).withSeeding(seeding)).fit(rows, null, VECTOR);
        assertEquals(4, model.centers().rows(), seeding.toString());
        assertEquals(0, model.inertia());
        assertArrayEquals(new int[] {5, 5, 5, 5}, model.sizes());
      }
    }
  }

  @Test
  void aClusterARowIsExact() {
    FloatMatrix rows = FloatMatrix.of(blobs(50, 7, 50, 1), 50, 7);
    KMeansModel model = new KMeans(exactly(50, 5)).fit(rows, null, VECTOR);
    assertEquals(0, model.inertia());
    assertTrue(Arrays.stream(model.sizes()).allMatch(size -> size == 1));
  }

  @Test
  void aSampleTrainsAndAllRowsAreAssigned() {
    float[] values = blobs(4000, 8, 20, 1);
    FloatMatrix rows = FloatMatrix.of(values, 4000, 8);
    KMeansModel all =
        new KMeans(exactly(20, 20).withSeeding(Seeding.PARALLEL)).fit(rows, null, VECTOR);
    KMeansModel sampled =
        new KMeans(exactly(20, 20).withSeeding(Seeding.PARALLEL).withRowsPerCluster(20))
            .fit(rows, null, VECTOR);
    assertEquals(4000, sampled.assignments().length);
    assertArrayEquals(naiveAssignments(values, 8, sampled.centers()), sampled.assignments());
    assertNotEquals(all.inertia(), sampled.inertia());
    assertTrue(sampled.inertia() < 1.2 * all.inertia());
  }

  /** A pool on disk is read once then: rows outside the sample are looked at when assigned. */
  @Tag("slow")
  @Test
  void rowsOutsideTheSampleAreNotReadBeforeItTrains() {
    float[] values = blobs(4000, 8, 20, 1);
    KMeans kMeans = new KMeans(exactly(4, 3).withRowsPerCluster(20));
    int trainedOn = 0;
    for (int row = 0; row < 4000; row += 7) {
      float[] broken = values.clone();
      broken[row * 8 + 5] = Float.NaN;
      List<String> stages = new ArrayList<>();
      Execution watched =
          Execution.watchedBy(
              new Progress() {
                @Override
                public void stage(String name, long total) {
                  stages.add(name);
                }
              });
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> kMeans.fit(FloatMatrix.of(broken, 4000, 8), null, watched))
              .getMessage();
      assertTrue(
          message.startsWith("matrix: row " + row + " is not finite (column 5 is NaN)"), message);
      trainedOn += stages.contains("k-means") ? 0 : 1;
    }
    assertTrue(
        trainedOn > 0 && trainedOn < 30, "of 572 rows were in a sample of 2 %: " + trainedOn);
  }

  @Test
  void aSampleHasNoRowsWithoutWeight() {
    float[] values = blobs(4000, 8, 20, 1);
    double[] weights = new double[4000];
    for (int row = 0; row < 4000; row += 100) {
      weights[row] = 1;
    }
    FloatMatrix rows = FloatMatrix.of(values, 4000, 8);
    KMeansModel model = new KMeans(exactly(4, 0).withRowsPerCluster(5)).fit(rows, weights, VECTOR);
    for (int cluster = 0; cluster < 4; cluster++) {
      float[] center = model.centers().row(cluster);
      assertTrue(
          IntStream.range(0, 40).anyMatch(i -> Arrays.equals(rows.row(100 * i), center)),
          "a first centre is a row that counts");
    }
  }

  @Test
  void nearTiesAreSettledByExactDistancesAndThenByTheLowestIndex() {
    float[] centers = new float[64 * 3];
    for (int i = 0; i < centers.length; i++) {
      centers[i] = 1000 + (i / 3 % 2 == 0 ? 0 : Math.ulp(1000f)) * (i % 3);
    }
    FloatMatrix matrix = FloatMatrix.of(centers, 64, 3);
    NearestCenters nearest = NearestCenters.of(matrix, matrix, VECTOR);
    for (int row = 0; row < 64; row++) {
      assertEquals(row % 2, nearest.assignments()[row]);
      assertEquals(0, nearest.squaredDistances()[row]);
    }
  }

  @Test
  void tellsWhatDoesNotFit() {
    FloatMatrix rows = FloatMatrix.of(blobs(10, 2, 2, 1), 10, 2);
    assertMessage("weights: has 3 numbers", 2, rows, new double[3]);
    assertMessage("weights: row 1 is -1.0", 2, rows, new double[] {1, -1, 1, 1, 1, 1, 1, 1, 1, 1});
    for (double weight : new double[] {Double.NaN, Double.POSITIVE_INFINITY, -1e-300}) {
      double[] weights = new double[10];
      Arrays.fill(weights, 1);
      weights[9] = weight;
      assertMessage("weights: row 9 is " + weight, 2, rows, weights);
    }
    assertMessage("weights: are all 0", 2, rows, new double[10]);
    float[] broken = blobs(10, 2, 2, 1);
    broken[7] = Float.NaN;
    assertMessage("row 3 is not finite", 2, FloatMatrix.of(broken, 10, 2), null);
  }

  private static void assertMessage(String part, int clusters, FloatMatrix rows, double[] weights) {
    KMeans kMeans = new KMeans(exactly(clusters, 3));
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> kMeans.fit(rows, weights, VECTOR));
    assertTrue(error.getMessage().contains(part), error.getMessage());
  }

  @Test
  void stopsWhenAsked() {
    Progress stopped =
        new Progress() {
          @Override
          public void check() {
            throw new CancellationException();
          }
        };
    FloatMatrix rows = FloatMatrix.of(blobs(100, 4, 5, 1), 100, 4);
    assertThrows(CancellationException.class, () -> new KMeans(exactly(5, 5)).fit(rows, stopped));
  }
}
