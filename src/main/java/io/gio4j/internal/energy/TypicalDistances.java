package io.gio4j.internal.energy;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.kernel.EnergyKernel;
import java.util.Arrays;

/**
 * How far rows of a target lie from each other and from a pool: what scales follow from.
 *
 * <p>Medians of evenly spaced rows, from exact differences in double: outliers do not move them,
 * and data times any factor have distances times the factor.
 *
 * @param target the median positive distance between two target rows; 0 if all are equal
 * @param pool the median distance of a target row to its nearest pool row
 * @param any a positive distance between rows, or 1 if all are equal
 */
public record TypicalDistances(double target, double pool, double any) {
  /** Target rows between which the median distance is taken: 26 ms at 784 columns. */
  private static final int SPACED_ROWS = 1000;

  /** Target rows whose nearest pool row is looked for, */
  private static final int ASKING_ROWS = 32;

  /** among so many pool rows: a cluster of one row in 10,000 is seen, in 30 ms at 784 columns. */
  private static final int ASKED_ROWS = 32_768;

  /** How much more counts the distance by which the pool is farther than the target's rows. */
  private static final double GRAIN = 3;

  /** Pool rows of a task. */
  private static final int TASK_ROWS = 1024;

  /** Measures all. */
  public static TypicalDistances of(RowBlocks target, RowBlocks pool, Execution execution) {
    double median = median(distances(target, execution));
    double[] asking = new double[Math.min(ASKING_ROWS, target.rows())];
    double[] farthest = new double[asking.length];
    nearestAndFarthest(target, pool, asking, farthest, execution);
    Arrays.sort(asking);
    double grain = asking[asking.length / 2];
    double any = Math.max(median, grain);
    if (any == 0) {
      any = median(farthest);
    }
    return new TypicalDistances(median, grain, any == 0 ? 1 : any);
  }

  /** Between evenly spaced rows, each pair once. */
  private static double[] distances(RowBlocks rows, Execution execution) {
    int count = Math.min(SPACED_ROWS, rows.rows());
    int columns = rows.columns();
    FloatOps ops = execution.opsFor((long) count * count * columns);
    float[] spaced = spaced(rows, 0, count, count);
    double[] distances = new double[count * (count - 1) / 2];
    execution
        .workers()
        .run(
            count,
            i -> {
              execution.progress().check();
              double[] point = new double[columns];
              RowBlocks.widen(spaced, i, point);
              int left = count - i - 1;
              int at = distances.length - left * (left + 1) / 2;
              ops.rows()
                  .squaredDistances(spaced, (i + 1) * columns, left, columns, point, distances, at);
            });
    for (int i = 0; i < distances.length; i++) {
      distances[i] = Math.sqrt(distances[i]);
    }
    return distances;
  }

  /** Of some target rows to evenly spaced pool rows. */
  private static void nearestAndFarthest(
      RowBlocks target, RowBlocks pool, double[] nearest, double[] farthest, Execution execution) {
    int count = Math.min(ASKED_ROWS, pool.rows());
    int columns = target.columns();
    FloatOps ops = execution.opsFor((long) nearest.length * count * columns);
    double[][] least = new double[Math.ceilDiv(count, TASK_ROWS)][nearest.length];
    double[][] most = new double[least.length][nearest.length];
    execution
        .workers()
        .run(
            least.length,
            task -> {
              execution.progress().check();
              int from = task * TASK_ROWS;
              int rows = Math.min(TASK_ROWS, count - from);
              float[] spaced = spaced(pool, from, rows, count);
              double[] squared = new double[rows];
              for (int i = 0; i < nearest.length; i++) {
                double[] point = target.row(spaced(i, nearest.length, target));
                ops.rows().squaredDistances(spaced, 0, rows, columns, point, squared, 0);
                least[task][i] = Arrays.stream(squared).min().orElseThrow();
                most[task][i] = Arrays.stream(squared).max().orElseThrow();
              }
            });
    for (int i = 0; i < nearest.length; i++) {
      int row = i;
      nearest[i] = Math.sqrt(Arrays.stream(least).mapToDouble(all -> all[row]).min().orElseThrow());
      farthest[i] = Math.sqrt(Arrays.stream(most).mapToDouble(all -> all[row]).max().orElseThrow());
    }
  }

  /** Some of {@code count} evenly spaced rows, one after another. */
  private static float[] spaced(RowBlocks rows, int from, int some, int count) {
    float[] values = new float[some * rows.columns()];
    for (int i = 0; i < some; i++) {
      rows.copyRow(spaced(from + i, count, rows), values, i * rows.columns());
    }
    return values;
  }

  private static int spaced(int i, int count, RowBlocks rows) {
    return (int) ((long) i * rows.rows() / count);
  }

  /** Of the positive ones; 0 if there are none. */
  private static double median(double[] distances) {
    double[] positive = Arrays.stream(distances).filter(distance -> distance > 0).toArray();
    Arrays.sort(positive);
    return positive.length == 0 ? 0 : positive[positive.length / 2];
  }

  /**
   * The scale of a kernel that suits the target: a share of the median distance between its rows,
   * and more for a target narrower than the pool's grain, whose rows are nearer to each other than
   * to the pool.
   *
   * <p>The distance to the nearest other row, which seems natural, is about the same in many
   * columns; in few, or in a large target, it is far below what a budget of rows can resolve (two
   * columns, 5,000 target rows, 20 picks: error of the modes' shares 0.88 against 0.25). Between a
   * quarter and the whole of the median nothing changed by more than the spread of seeds.
   *
   * <p>A narrow target's own distances say nothing about the rows to choose from: with them picks
   * push each other apart more than the target draws them (one target row beside 500 normal rows in
   * two columns, 20 picks: their median rank by distance from it is 245). With three times the
   * distance to the nearest pool rows it is 10, in 4 to 384 columns and for all ops.
   */
  public double scale(EnergyKernel.Kind kind, double alpha) {
    double length = target + GRAIN * Math.max(0, pool - target);
    return share(kind, alpha) * (length == 0 ? any : length);
  }

  /** Whether {@link #scale} follows from the target alone. */
  public boolean targetDecides() {
    return target > 0 && target >= pool;
  }

  private static double share(EnergyKernel.Kind kind, double alpha) {
    return switch (kind) {
      // Any alpha: 1 / (1 + (r / half the median)^2)^alpha.
      case RATIONAL -> 0.5 / Math.sqrt(2 * alpha);
      case LAPLACE, GAUSS -> 0.5;
      case LOG -> 0.01;
      case EUCLIDEAN -> 1; // It has no scale.
    };
  }
}
