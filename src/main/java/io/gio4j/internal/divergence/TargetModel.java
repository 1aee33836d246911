package io.gio4j.internal.divergence;

import io.gio4j.data.FloatMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RobustCenter;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.neighbors.ExactDistances;
import io.gio4j.internal.neighbors.NearPairs;
import io.gio4j.internal.neighbors.NeighborSearch;
import io.gio4j.internal.neighbors.Neighbors;
import io.gio4j.internal.simd.DistanceClip;
import io.gio4j.internal.simd.FloatOps;
import java.util.Arrays;
import java.util.BitSet;

/**
 * A target X of n rows, with everything that the averaged divergence needs of X alone.
 *
 * <p>With {@code a(w) = mean_i log(max(|x_i - w|, 1e-5) + eps)} and the spacing term {@code R =
 * mean_i log(r_k(x_i) + eps)}, all distances over a {@link LengthUnit}, the divergence of a
 * selection W is
 *
 * <pre>KL(W) = d (mean_w a(w) - R) + c(m),   c(m) = log k - log(n-1) + log m - log(m!)/m</pre>
 *
 * so one row costs one pass over X (n d multiply-adds), however large W is. Differences are exact,
 * sums are in double, block by block in a fixed order.
 *
 * <p>Sources: Everaert and Potts 2024 (arXiv 2306.11670), equation 1; Wang, Kulkarni and Verdu
 * 2009, equation 5, with the x-w distances averaged over all of W.
 */
public final class TargetModel {
  private final RowBlocks blocks;
  private final double epsilon;
  private final double unit;
  private final double perSquare;
  private final Execution execution;
  private final FloatOps ops;
  private double[] mean;

  /** Prepares {@code target} with distances in the data's own unit, as in the reference. */
  public TargetModel(FloatMatrix target, double epsilon, Execution execution) {
    this(target, epsilon, 1, execution);
  }

  /**
   * Prepares {@code target}.
   *
   * @param epsilon keeps logarithms of small distances finite; in units
   * @param unit what distances are divided by before clipping and logarithms, see {@link
   *     LengthUnit}
   */
  public TargetModel(FloatMatrix target, double epsilon, double unit, Execution execution) {
    if (!(epsilon >= 0 && epsilon < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "eps: is " + epsilon + "; must be a finite number of at least 0");
    }
    this.blocks = RowBlocks.readOften(target, execution);
    this.epsilon = epsilon;
    this.unit = unit;
    this.perSquare = 1 / (unit * unit);
    this.execution = execution;
    this.ops = execution.opsFor((long) target.rows() * target.columns());
  }

  public int rows() {
    return blocks.rows();
  }

  public int columns() {
    return blocks.columns();
  }

  public RowBlocks blocks() {
    return blocks;
  }

  public FloatOps ops() {
    return ops;
  }

  public Execution execution() {
    return execution;
  }

  /** {@return what is added to distances, in units} */
  double epsilon() {
    return epsilon;
  }

  /** The length that distances are measured in. */
  public double unit() {
    return unit;
  }

  /** {@code 1 / unit^2}. */
  double perSquare() {
    return perSquare;
  }

  /** One target row in double. */
  public double[] row(int row) {
    return blocks.row(row);
  }

  /** {@return the mean of the target's rows, in double} The first call takes a pass over them. */
  public synchronized double[] mean() {
    if (mean == null) {
      mean = computeMean();
    }
    return mean.clone();
  }

  private double[] computeMean() {
    double[] weights = new double[blocks.blockRows()];
    Arrays.fill(weights, 1);
    double[] sum = new double[columns()];
    for (int block = 0; block < blocks.blocks(); block++) {
      execution.progress().check();
      int count = blocks.count(block);
      blocks.read(block, rows -> ops.rows().addWeighted(rows, 0, count, columns(), weights, sum));
    }
    for (int column = 0; column < sum.length; column++) {
      sum[column] /= rows();
    }
    return sum;
  }

  /**
   * Computes squared distances of all target rows from a point, and returns the mean of their
   * logarithms, a(point).
   *
   * @param squared receives n squared distances
   */
  public double meanLogDistance(double[] point, double[] squared) {
    double[] sums = new double[blocks.blocks()];
    execution
        .workers()
        .run(
            blocks.blocks(),
            block -> {
              execution.progress().check();
              int count = blocks.count(block);
              int first = blocks.firstRow(block);
              blocks.read(
                  block,
                  rows ->
                      ops.rows()
                          .squaredDistances(rows, 0, count, columns(), point, squared, first));
              sums[block] = sumOfLogs(squared, first, first + count);
            });
    return sum(sums) / rows();
  }

  /**
   * {@return a(point) of several points, with the bits of {@link #meanLogDistance}} Runs on the
   * calling thread; callers distribute many points over threads. A block of the target serves all
   * points while it lies in cache.
   */
  public double[] meanLogDistances(double[][] points) {
    return means(points, null);
  }

  /**
   * {@return the mean over the target of {@code max(0, log(r_i + eps) - limits[i])} for several
   * points} Runs on the calling thread.
   */
  public double[] meanLogExcess(double[][] points, double[] limits) {
    return means(points, limits);
  }

  /**
   * Computes squared distances of all target rows from a point, on the calling thread.
   *
   * @param squared receives n squared distances
   */
  public void squaredDistances(double[] point, double[] squared) {
    for (int block = 0; block < blocks.blocks(); block++) {
      execution.progress().check();
      int count = blocks.count(block);
      int first = blocks.firstRow(block);
      blocks.read(
          block,
          rows -> ops.rows().squaredDistances(rows, 0, count, columns(), point, squared, first));
    }
  }

  /** Scratch for distances of a point from some target rows. */
  public ExactDistances exactDistances() {
    return new ExactDistances(blocks, execution);
  }

  /** The rows of y nearest to each target row; see {@link NeighborSearch}. */
  public Neighbors nearestRows(RowBlocks y, int k) {
    return NeighborSearch.of(blocks, y, k, false, new BitSet(), execution.withinStage());
  }

  /**
   * {@return the nearest of rows of y no two of which are equal; see {@link
   * NeighborSearch#amongUnlike}}
   */
  public Neighbors nearestUnlike(RowBlocks y, int k, BitSet leftOut) {
    return NeighborSearch.amongUnlike(blocks, y, k, leftOut, execution.withinStage());
  }

  /** Whether the target is kept in memory, so that there is room for another copy too. */
  public boolean isPacked() {
    return blocks.isPacked();
  }

  /** The target packed for a search of near pairs; it takes as much memory as the target. */
  NearPairs nearPairs() {
    return new NearPairs(blocks, 0, rows(), RobustCenter.of(blocks), unit, execution);
  }

  private double[] means(double[][] points, double[] limits) {
    double[] means = new double[points.length];
    double[] squared = new double[blocks.blockRows()];
    for (int block = 0; block < blocks.blocks(); block++) {
      int count = blocks.count(block);
      int first = blocks.firstRow(block);
      blocks.read(
          block,
          rows -> {
            for (int i = 0; i < points.length; i++) {
              execution.progress().check();
              ops.rows().squaredDistances(rows, 0, count, columns(), points[i], squared, 0);
              means[i] +=
                  limits == null
                      ? sumOfLogs(squared, 0, count)
                      : sumOfExcess(squared, count, limits, first);
            }
          });
    }
    for (int i = 0; i < means.length; i++) {
      means[i] /= rows();
    }
    return means;
  }

  private double sumOfExcess(double[] squared, int count, double[] limits, int first) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Math.max(0, logDistance(squared[i]) - limits[first + i]);
    }
    return sum;
  }

  /** {@return {@code log(r_i + eps)}, from the squared distances of all rows} */
  public double[] logDistances(double[] squared) {
    return Arrays.stream(squared).map(this::logDistance).toArray();
  }

  /** Sum of {@link #logDistance} over a range. */
  public double sumOfLogs(double[] squared, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += logDistance(squared[i]);
    }
    return sum;
  }

  /**
   * {@return {@code log(r + eps)} from a squared distance; r in units, clipped as in the reference}
   */
  public double logDistance(double squared) {
    return Math.log(clippedDistance(squared) + epsilon);
  }

  /** {@return a distance in units, clipped to [1e-5, 1e10], from its square} */
  public double clippedDistance(double squared) {
    return DistanceClip.clipped(Math.sqrt(squared * perSquare));
  }

  /** Sum of {@link #logDistance} over all rows. */
  public double sumOfLogs(double[] squared) {
    return sumOfLogs(squared, 0, squared.length);
  }

  /**
   * The spacing term R: mean over i of {@code log(r_k(x_i) + eps)}, where r_k is the distance of a
   * row to its k-th nearest other row. Costs n^2 d multiply-adds in float.
   *
   * @param k from 1 to n - 1
   */
  public double meanLogSpacing(int k) {
    double[] kth = spacings(k);
    double[] sums = new double[blocks.blocks()];
    execution
        .workers()
        .run(
            blocks.blocks(),
            block -> {
              int first = blocks.firstRow(block);
              sums[block] = sumOfLogs(kth, first, first + blocks.count(block));
            });
    return sum(sums) / rows();
  }

  /** Squared distance of each row to its k-th nearest other row. */
  public double[] spacings(int k) {
    Neighbors nearest = NeighborSearch.of(blocks, blocks, k, true, new BitSet(), execution);
    double[] kth = new double[rows()];
    for (int row = 0; row < kth.length; row++) {
      kth[row] = nearest.squaredDistances()[(row + 1) * k - 1];
    }
    return kth;
  }

  /** {@code c(m)} of the class comment. */
  public static double sizeTerm(int k, int targetRows, long selected, double logFactorial) {
    return Math.log(k)
        - Math.log(targetRows - 1.0)
        + Math.log((double) selected)
        - logFactorial / selected;
  }

  public static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  /** Lowers {@code count} minima, from {@code first} on, to values that are smaller. */
  public static void keepMinima(double[] values, double[] minima, int first, int count) {
    for (int i = 0; i < count; i++) {
      minima[first + i] = Math.min(minima[first + i], values[i]);
    }
  }
}
