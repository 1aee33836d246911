package io.gio4j.divergence;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.kernel.Kernels;
import java.util.Arrays;

/**
 * How far rows of a target lie from each other and from a pool: what scales follow from.
 *
 * <p>Medians of evenly spaced rows, from exact differences in double: outliers do not move them,
 * and data times any factor have distances times the factor.
 *
 * @param target the median positive distance between two target rows; 0 if all are equal
 * @param pool the median distance of a target row to its nearest pool row among those looked at
 * @param any a positive distance between rows, or 1 if all are equal
 */
public record TypicalDistances(double target, double pool, double any) {
  /** Rows between which a median distance is taken: 26 ms at 784 columns. */
  private static final int SPACED_ROWS = 1000;

  /** Target rows whose nearest pool row is looked for. */
  private static final int ASKING_ROWS = 100;

  /** Measures both. */
  public static TypicalDistances of(RowBlocks target, RowBlocks pool, Execution execution) {
    double[] within = distances(target, target, SPACED_ROWS, execution);
    double[] across = distances(target, pool, ASKING_ROWS, execution);
    int others = Math.min(SPACED_ROWS, pool.rows());
    double[] nearest = new double[across.length / others];
    for (int row = 0; row < nearest.length; row++) {
      nearest[row] =
          Arrays.stream(across, row * others, (row + 1) * others).min().orElseThrow();
    }
    Arrays.sort(nearest);
    double median = medianOfPositive(within);
    double grain = nearest[nearest.length / 2];
    double any = Math.max(median, grain);
    if (any == 0) {
      any = medianOfPositive(across);
    }
    return new TypicalDistances(median, grain, any == 0 ? 1 : any);
  }

  /** Of evenly spaced rows of both; of the same rows each pair once. */
  private static double[] distances(
      RowBlocks first, RowBlocks second, int mostRows, Execution execution) {
    boolean same = first == second;
    int rows = Math.min(mostRows, first.rows());
    int columns = Math.min(SPACED_ROWS, second.rows());
    Kernels kernels = execution.kernels().apply((long) rows * columns * first.columns());
    // Of the same rows row i begins after the pairs of those before it.
    double[] distances = new double[same ? rows * (rows - 1) / 2 : rows * columns];
    float[] others = new float[columns * second.columns()];
    for (int j = 0; j < columns; j++) {
      second.copyRow(spaced(j, columns, second), others, j * second.columns());
    }
    execution
        .workers()
        .run(
            rows,
            i -> {
              execution.progress().check();
              double[] point = first.row(spaced(i, rows, first));
              int from = same ? i + 1 : 0;
              int at = same ? i * (2 * rows - i - 1) / 2 : i * columns;
              kernels.squaredDistances(
                  others, from * point.length, columns - from, point.length, point, distances, at);
              for (int k = at; k < at + columns - from; k++) {
                distances[k] = Math.sqrt(distances[k]);
              }
            });
    return distances;
  }

  private static int spaced(int i, int count, RowBlocks rows) {
    return (int) ((long) i * rows.rows() / count);
  }

  private static double medianOfPositive(double[] distances) {
    double[] positive = Arrays.stream(distances).filter(distance -> distance > 0).toArray();
    Arrays.sort(positive);
    return positive.length == 0 ? 0 : positive[positive.length / 2];
  }

  /**
   * The scale of a kernel that suits the target: a share of the median distance between its rows,
   * or of half the distance to the nearest pool rows where that is more.
   *
   * <p>The second matters for a target narrower than the pool's grain (paraphrases of one sentence
   * 0.06 apart, pool rows no nearer than 0.7), whose own distances say nothing about the rows to
   * choose from. Otherwise the first does: the distance to the nearest other row, which seems
   * natural, is about the same in many columns; in few, or in a large target, it is far below what
   * a budget of rows can resolve (two columns, 5,000 target rows, 20 picks: error of the modes'
   * shares 0.88 against 0.25). Between a quarter and the whole of the median nothing changed by
   * more than the spread of seeds.
   */
  public double scale(EnergyKernel.Kind kind, double alpha) {
    double length = Math.max(target, pool / 2);
    return share(kind, alpha) * (length == 0 ? any : length);
  }

  /** Whether {@link #scale} follows from the target alone. */
  public boolean targetDecides() {
    return target > 0 && target >= pool / 2;
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
