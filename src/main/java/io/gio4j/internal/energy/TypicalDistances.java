package io.gio4j.internal.energy;

import io.gio4j.internal.BreakEven;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.kernel.EnergyKernel;
import java.util.Arrays;

/**
 * How far rows of a target lie from each other and from a pool, which default scales derive from.
 *
 * <p>Medians over evenly spaced rows, from exact differences in double: outliers do not move them,
 * and multiplying the data by a factor multiplies them by it.
 *
 * @param target the median positive distance between two target rows; 0 if all are equal
 * @param pool the median distance of a target row to its nearest pool row; where a thousand pool
 *     rows show it to be at most {@code target}, to the nearest of these
 * @param any a positive distance between rows, or 1 if all are equal
 */
public record TypicalDistances(double target, double pool, double any) {
  /** Target rows between which the median distance is taken: 26 ms at 784 columns. */
  private static final int SPACED_ROWS = 1000;

  /** At 6.7e7 differences, which the scalar code squares in 20 ms. */
  private static final BreakEven VECTOR = new BreakEven(1 << 12);

  /** Target rows whose nearest pool row is searched. */
  private static final int TARGET_ROWS = 32;

  /**
   * Pool rows among which it is searched: enough to see a cluster of one row in 10,000; 30 ms at
   * 784 columns.
   */
  private static final int POOL_ROWS = 32_768;

  /** Factor on the distance by which the pool is farther away than the target's rows. */
  private static final double GRAIN = 3;

  /** Pool rows of a task. */
  private static final int TASK_ROWS = 1024;

  /** Measures the distances between some rows of a target and a pool. */
  public static TypicalDistances of(RowBlocks target, RowBlocks pool, Execution execution) {
    double median = median(distances(target, execution));
    NearestAndFarthest sample = new NearestAndFarthest(target, pool, execution);
    sample.measure(0, 1);
    // Where the target's distance is larger, the exact value of the other one has no effect.
    if (median == 0 || sample.medianNearest() > median) {
      sample.measure(1, sample.tasks);
    }
    double grain = sample.medianNearest();
    double any = Math.max(median, grain);
    if (any == 0) {
      any = median(sample.farthest);
    }
    return new TypicalDistances(median, grain, any == 0 ? 1 : any);
  }

  /** {@return the distances between evenly spaced rows, each pair once} */
  private static double[] distances(RowBlocks rows, Execution execution) {
    int count = Math.min(SPACED_ROWS, rows.rows());
    int columns = rows.columns();
    FloatOps ops = VECTOR.ops(execution, (long) count * count * columns);
    float[] spaced = new float[count * columns];
    for (int i = 0; i < count; i++) {
      rows.copyRow(spaced(i, count, rows), spaced, i * columns);
    }
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

  /** Distances of some target rows to the nearest and farthest of evenly spaced pool rows. */
  private static final class NearestAndFarthest {
    private final RowBlocks pool;
    private final Execution execution;
    private final FloatOps ops;
    private final double[][] points;
    private final double[] nearest;
    private final double[] farthest;
    private final int count;

    /** Task t takes every {@code tasks}-th row from t on, so each one is a sample of the pool. */
    private final int tasks;

    NearestAndFarthest(RowBlocks target, RowBlocks pool, Execution execution) {
      this.pool = pool;
      this.execution = execution;
      int rows = Math.min(TARGET_ROWS, target.rows());
      points = new double[rows][];
      Arrays.setAll(points, i -> target.row(spaced(i, rows, target)));
      nearest = new double[rows];
      Arrays.fill(nearest, Double.POSITIVE_INFINITY);
      farthest = new double[rows];
      count = Math.min(POOL_ROWS, pool.rows());
      tasks = Math.ceilDiv(count, TASK_ROWS);
      ops = VECTOR.ops(execution, (long) rows * count * target.columns());
    }

    void measure(int fromTask, int toTask) {
      double[][] least = new double[toTask - fromTask][points.length];
      double[][] most = new double[toTask - fromTask][points.length];
      execution
          .workers()
          .run(
              least.length,
              task -> {
                execution.progress().check();
                measure(fromTask + task, least[task], most[task]);
              });
      for (int i = 0; i < nearest.length; i++) {
        for (int task = 0; task < least.length; task++) {
          nearest[i] = Math.min(nearest[i], least[task][i]);
          farthest[i] = Math.max(farthest[i], most[task][i]);
        }
      }
    }

    private void measure(int task, double[] least, double[] most) {
      int columns = pool.columns();
      float[] spaced = new float[Math.ceilDiv(count - task, tasks) * columns];
      double[] squared = new double[spaced.length / columns];
      for (int i = 0; i < squared.length; i++) {
        pool.copyRow(spaced(task + i * tasks, count, pool), spaced, i * columns);
      }
      for (int i = 0; i < points.length; i++) {
        ops.rows().squaredDistances(spaced, 0, squared.length, columns, points[i], squared, 0);
        least[i] = Math.sqrt(Arrays.stream(squared).min().orElseThrow());
        most[i] = Math.sqrt(Arrays.stream(squared).max().orElseThrow());
      }
    }

    double medianNearest() {
      double[] sorted = nearest.clone();
      Arrays.sort(sorted);
      return sorted[sorted.length / 2];
    }
  }

  /** The i-th of {@code count} evenly spaced rows. */
  private static int spaced(int i, int count, RowBlocks rows) {
    return (int) ((long) i * rows.rows() / count);
  }

  /** {@return the median of the positive distances; 0 if there are none} */
  private static double median(double[] distances) {
    double[] positive = Arrays.stream(distances).filter(distance -> distance > 0).toArray();
    Arrays.sort(positive);
    return positive.length == 0 ? 0 : positive[positive.length / 2];
  }

  /**
   * {@return the scale of a kernel that suits the target} It is a share of the median distance
   * between its rows, and more where these are nearer to each other than to the pool.
   *
   * <p>The distance to the nearest other row, which seems natural, is about the same in many
   * columns; in few, or in a large target, it is far below what a budget of rows can resolve (two
   * columns, 5,000 target rows, 20 picks: error of the modes' shares 0.88 against 0.25). Between a
   * quarter of the median and all of it nothing changed by more than the spread of seeds.
   *
   * <p>A narrow target's own distances say nothing about the rows to choose from: with them picks
   * push each other apart more than the target draws them (one target row beside 500 normal rows in
   * two columns, 20 picks: their median rank by distance from it is 245). With three times the
   * distance to the nearest pool rows it is 10, in 4 to 384 columns and for all kernels.
   */
  public double scale(EnergyKernel.Kind kind, double alpha) {
    double length = target + GRAIN * Math.max(0, pool - target);
    return share(kind, alpha) * (length == 0 ? any : length);
  }

  /** Whether {@link #scale} is derived from the target alone. */
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
