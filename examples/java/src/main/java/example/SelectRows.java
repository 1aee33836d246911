package example;

import io.gio4j.Progress;
import io.gio4j.cluster.KMeans;
import io.gio4j.cluster.KMeansConfig;
import io.gio4j.cluster.KMeansModel;
import io.gio4j.data.FloatMatrix;
import io.gio4j.divergence.EnergyDistance;
import io.gio4j.kernel.EnergyKernel;
import io.gio4j.select.Selection;
import io.gio4j.select.balanced.Balanced;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;

/**
 * Choose 100 of 5,000 rows that look like 200 others, as a Java program does it.
 *
 * <pre>
 * mvn compile exec:exec
 * </pre>
 */
public final class SelectRows {
  private static final int COLUMNS = 16;

  private SelectRows() {}

  public static void main(String[] arguments) {
    // The pool holds five kinds of rows in equal parts; the target 70 % of the first, 30 % of the
    // second kind.
    FloatMatrix pool = rows(5_000, row -> row % 5, 1);
    FloatMatrix target = rows(200, row -> row < 140 ? 0 : 1, 2);

    Selection found = new Balanced().select(pool, target, 100);

    int[] kinds = new int[5];
    for (int row : found.indices()) {
      kinds[row % 5]++;
    }
    System.out.println("picked of each kind: " + Arrays.toString(kinds));
    System.out.println("stopped by: " + found.stopReason().text());

    FloatMatrix picked = rowsOf(pool, found.indices());
    System.out.printf(
        "energy distance to the target: pool %.3f, picked %.3f%n",
        distance(target, pool), distance(target, picked));

    KMeansModel model = new KMeans(KMeansConfig.of(5, 1)).fit(pool, Progress.NONE);
    System.out.println("clusters of the pool: " + model.centers().rows());
  }

  private static double distance(FloatMatrix target, FloatMatrix other) {
    return EnergyDistance.between(target, other, EnergyKernel.Kind.EUCLIDEAN, null, Progress.NONE)
        .value();
  }

  private static FloatMatrix rowsOf(FloatMatrix matrix, int[] rows) {
    return FloatMatrix.of(Arrays.stream(rows).mapToObj(matrix::row).toArray(float[][]::new));
  }

  private static FloatMatrix rows(int count, IntUnaryOperator kind, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[count * COLUMNS];
    for (int row = 0; row < count; row++) {
      for (int column = 0; column < COLUMNS; column++) {
        double center = column == kind.applyAsInt(row) ? 8 : 0;
        values[row * COLUMNS + column] = (float) (center + random.nextGaussian());
      }
    }
    return FloatMatrix.of(values, count, COLUMNS);
  }
}
