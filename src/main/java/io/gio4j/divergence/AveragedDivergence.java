package io.gio4j.divergence;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.divergence.LogFactorial;
import io.gio4j.internal.divergence.TargetModel;
import java.util.Arrays;

/**
 * The estimate of the Kullback-Leibler divergence of x from y that GIO minimises.
 *
 * <pre>
 * mean_{i,l} d log(|x_i - y_l| + eps) - mean_i d log(r_k(x_i) + eps) + mean_{l=1..m} log(k m / (l (n-1)))
 * </pre>
 *
 * with n rows x, m rows y, d columns, and r_k the distance of a row of x to its k-th nearest other
 * row. Distances are divided by the unit and clipped to [1e-5, 1e10]. Unlike the estimator that it
 * derives from (Wang, Kulkarni and Verdu 2009, equation 5) it averages over all of y, so it can be
 * negative and is no distance between distributions; see {@code docs/algorithms.md}.
 *
 * <p>Costs (n + m) n d multiply-adds and n m logarithms; memory for x and y and little more.
 *
 * <pre>{@code
 * double kl = new AveragedDivergence(5, 1e-8, false, LengthUnit.TYPICAL).estimate(x, y);
 * }</pre>
 *
 * @param k which neighbour within x; from 1 to n - 1
 * @param eps added to each distance before its logarithm, in units
 * @param discardNearest leave out each x row's nearest y row, for y drawn from x itself; then m
 *     must be at least 2
 * @param unit what distances are measured in
 */
public record AveragedDivergence(int k, double eps, boolean discardNearest, LengthUnit unit) {
  /** Rows of x that share the reading of y. */
  private static final int ROWS_OF_A_TASK = 8;

  /**
   * {@return the estimate, in nats}
   *
   * @param x n rows
   * @param y m rows of the same number of columns
   * @throws IllegalArgumentException if columns differ, k is not between 1 and n - 1, rows are too
   *     few or a number is not finite
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  public double estimate(FloatMatrix x, FloatMatrix y) {
    return estimate(x, y, Progress.NONE);
  }

  /**
   * {@return the estimate, in nats}
   *
   * @param x n rows
   * @param y m rows of the same number of columns
   * @param progress watches the computation and can stop it
   * @throws IllegalArgumentException if columns differ, k is not between 1 and n - 1, rows are too
   *     few or a number is not finite
   * @throws java.util.concurrent.CancellationException if {@code progress} stops it
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  public double estimate(FloatMatrix x, FloatMatrix y, Progress progress) {
    return estimate(x, y, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations. */
  double estimate(FloatMatrix x, FloatMatrix y, Execution execution) {
    y.requireColumnsOf(x);
    requireEnoughRows(y.name(), y.rows(), discardNearest);
    TargetModel target = new TargetModel(x, eps, unit.of(x, y), execution);
    double spacing = target.meanLogSpacing(k);
    return x.columns() * (meanLogDistance(target, y, execution) - spacing)
        + TargetModel.sizeTerm(k, x.rows(), y.rows(), LogFactorial.summed(y.rows()));
  }

  /**
   * Computes the terms whose mean is the estimate, one for each row of x. Resampling them shows how
   * much the estimate depends on the rows of x. Costs as much as the estimate.
   *
   * @param x n rows
   * @param y m rows of the same number of columns
   * @param progress watches the computation and can stop it
   * @return n terms
   * @throws IllegalArgumentException if columns differ, k is not between 1 and n - 1, rows are too
   *     few or a number is not finite
   * @throws java.util.concurrent.CancellationException if {@code progress} stops it
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  public double[] terms(FloatMatrix x, FloatMatrix y, Progress progress) {
    return terms(x, y, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations. */
  double[] terms(FloatMatrix x, FloatMatrix y, Execution execution) {
    y.requireColumnsOf(x);
    requireEnoughRows(y.name(), y.rows(), discardNearest);
    TargetModel target = new TargetModel(x, eps, unit.of(x, y), execution);
    double[] spacings = target.logDistances(target.spacings(k));
    double size = TargetModel.sizeTerm(k, x.rows(), y.rows(), LogFactorial.of(y.rows()));
    RowBlocks others = RowBlocks.of(y, execution);
    double[] terms = new double[x.rows()];
    execution.progress().stage("distances", x.rows());
    execution
        .workers()
        .run(
            Math.ceilDiv(terms.length, ROWS_OF_A_TASK),
            task -> {
              int first = task * ROWS_OF_A_TASK;
              int count = Math.min(ROWS_OF_A_TASK, terms.length - first);
              double[] means = meanLogs(target, first, count, others);
              for (int i = first; i < first + count; i++) {
                terms[i] = x.columns() * (means[i - first] - spacings[i]) + size;
              }
              execution.progress().advance(first + (long) count);
            });
    return terms;
  }

  /**
   * For some rows of x, the means over y of the logarithms; without the smallest one if {@code
   * discardNearest}.
   */
  private double[] meanLogs(TargetModel target, int first, int count, RowBlocks others) {
    double[] sums = new double[count];
    double[] nearest = new double[count];
    double[] squared = new double[others.blockRows()];
    double[][] points = new double[count][];
    Arrays.setAll(points, i -> target.row(first + i));
    Arrays.fill(nearest, Double.POSITIVE_INFINITY);
    for (int block = 0; block < others.blocks(); block++) {
      int rowsOfBlock = others.count(block);
      others.read(
          block,
          rows -> {
            for (int i = 0; i < count; i++) {
              target.execution().progress().check();
              target
                  .ops()
                  .rows()
                  .squaredDistances(rows, 0, rowsOfBlock, others.columns(), points[i], squared, 0);
              sums[i] += target.sumOfLogs(squared, 0, rowsOfBlock);
              for (int l = 0; l < rowsOfBlock; l++) {
                nearest[i] = Math.min(nearest[i], squared[l]);
              }
            }
          });
    }
    for (int i = 0; i < count; i++) {
      double left = discardNearest ? target.logDistance(nearest[i]) : 0;
      sums[i] = (sums[i] - left) / (others.rows() - (discardNearest ? 1 : 0));
    }
    return sums;
  }

  /**
   * The mean over i and l of the logarithms; without each row's smallest if {@code discardNearest}.
   */
  private double meanLogDistance(TargetModel target, FloatMatrix y, Execution execution) {
    RowBlocks others = RowBlocks.of(y, execution);
    double[] sums = new double[others.blocks()];
    double[] nearest = new double[target.rows()];
    Arrays.fill(nearest, Double.POSITIVE_INFINITY);
    execution.progress().stage("distances", others.blocks());
    execution
        .workers()
        .run(
            others.blocks(),
            block -> {
              int count = others.count(block);
              double[][] points = new double[count][y.columns()];
              others.read(
                  block,
                  rows -> {
                    for (int l = 0; l < count; l++) {
                      RowBlocks.widen(rows, l, points[l]);
                    }
                  });
              sums[block] = sumOfLogs(target, points, nearest, execution.progress());
              execution.progress().advance(block + 1L);
            });
    double sum = TargetModel.sum(sums) - (discardNearest ? target.sumOfLogs(nearest) : 0);
    return sum / ((double) target.rows() * (y.rows() - (discardNearest ? 1 : 0)));
  }

  /** Over all target rows and some points; lowers {@code nearest}, which other threads share. */
  private double sumOfLogs(
      TargetModel target, double[][] points, double[] nearest, Progress progress) {
    RowBlocks targets = target.blocks();
    double[] squared = new double[targets.blockRows()];
    double[] minima = new double[targets.blockRows()];
    double[] sums = new double[targets.blocks()];
    for (int block = 0; block < targets.blocks(); block++) {
      int count = targets.count(block);
      int ownBlock = block;
      Arrays.fill(minima, Double.POSITIVE_INFINITY);
      targets.read(
          block,
          rows -> {
            for (double[] point : points) {
              progress.check();
              target.ops().rows().squaredDistances(rows, 0, count, point.length, point, squared, 0);
              sums[ownBlock] += target.sumOfLogs(squared, 0, count);
              TargetModel.keepMinima(squared, minima, 0, count);
            }
          });
      if (discardNearest) {
        synchronized (nearest) {
          TargetModel.keepMinima(minima, nearest, targets.firstRow(block), count);
        }
      }
    }
    return TargetModel.sum(sums);
  }

  static void requireEnoughRows(String name, int rows, boolean discardNearest) {
    if (discardNearest && rows < 2) {
      throw new IllegalArgumentException(
          "%s: has %d row; leaving out the nearest needs at least 2".formatted(name, rows));
    }
  }
}
