package io.gio4j.neighbors;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.simd.DistanceClip;
import io.gio4j.internal.simd.FloatOps;

/** Euclidean distances between all rows of two matrices. */
public final class PairwiseDistances {
  private PairwiseDistances() {}

  /**
   * Distances of each row of x from each row of y, in double from exact differences, clipped to
   * [1e-5, 1e10] as in the divergence. Costs n m d multiply-adds and memory for n m numbers.
   *
   * @param x n rows
   * @param y m rows of the same number of columns
   * @param progress watches the computation and can stop it
   * @return n rows of m distances
   * @throws IllegalArgumentException if columns differ or a number is not finite
   * @throws java.util.concurrent.CancellationException if {@code progress} stops it
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  public static double[][] between(FloatMatrix x, FloatMatrix y, Progress progress) {
    y.requireColumnsOf(x);
    Execution execution = Execution.watchedBy(progress);
    RowBlocks from = RowBlocks.of(x, execution);
    RowBlocks to = RowBlocks.of(y, execution);
    FloatOps ops = execution.opsFor((long) x.rows() * x.columns());
    double[][] distances = new double[x.rows()][];
    progress.stage("distances", x.rows());
    execution
        .workers()
        .run(
            x.rows(),
            row -> {
              double[] point = from.row(row);
              double[] squared = new double[y.rows()];
              for (int block = 0; block < to.blocks(); block++) {
                progress.check();
                int count = to.count(block);
                int first = to.firstRow(block);
                to.read(
                    block,
                    rows ->
                        ops.rows()
                            .squaredDistances(rows, 0, count, point.length, point, squared, first));
              }
              for (int i = 0; i < squared.length; i++) {
                squared[i] = DistanceClip.clipped(Math.sqrt(squared[i]));
              }
              distances[row] = squared;
              progress.advance(row + 1L);
            });
    return distances;
  }
}
