package io.gio4j.cluster;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import java.util.Arrays;

/**
 * Weighted sums of each cluster's rows, updated as rows change their clusters.
 *
 * <p>Sums are in double, over rows in ascending order, with column ranges in parallel. A row that
 * changes its cluster is subtracted from one sum and added to another, so late iterations cost
 * nothing here. The rounding errors of additions are summed separately (Knuth's two-sum): after a
 * row of 1e20 has joined and left, a sum of ones is unchanged to 16 digits.
 */
final class ClusterSums {
  /** Columns of a task: complete cache lines, and enough tasks for 12 threads at 768 columns. */
  private static final int SUM_COLUMNS = 64;

  /** Blocks read together for the sums: 8 MB. */
  private static final int SUM_BLOCKS = 64;

  private final RowBlocks blocks;
  private final double[] weights;
  private final Execution execution;
  private final int columns;
  private final double[] sums;
  private final double[] lost;
  private final double[] masses;
  private final int[] sizes;

  ClusterSums(RowBlocks blocks, double[] weights, int clusters, Execution execution) {
    this.blocks = blocks;
    this.weights = weights;
    this.execution = execution;
    this.columns = blocks.columns();
    this.sums = new double[Math.multiplyExact(clusters, columns)];
    this.lost = new double[sums.length];
    this.masses = new double[clusters];
    this.sizes = new int[clusters];
  }

  double weight(int row) {
    return weights == null ? 1 : weights[row];
  }

  /** Rows of a cluster. */
  int size(int cluster) {
    return sizes[cluster];
  }

  /** Weight of a cluster's rows. */
  double mass(int cluster) {
    return masses[cluster];
  }

  /** One column of a cluster's sum. */
  double sum(int cluster, int column) {
    return sums[cluster * columns + column] + lost[cluster * columns + column];
  }

  /** Counts and weighs the clusters' rows. */
  void count(int[] assignments) {
    Arrays.fill(sizes, 0);
    Arrays.fill(masses, 0);
    for (int row = 0; row < assignments.length; row++) {
      sizes[assignments[row]]++;
      masses[assignments[row]] += weight(row);
    }
  }

  /** Moves rows that changed their cluster (-1 for none) from one sum to another. */
  void take(int[] before, int[] assignments) {
    int tasks = Math.ceilDiv(columns, SUM_COLUMNS);
    float[][] read = new float[SUM_BLOCKS][];
    int[] which = new int[SUM_BLOCKS];
    int filled = 0;
    for (int block = 0; block < blocks.blocks(); block++) {
      if (hasMoved(block, before, assignments)) {
        which[filled++] = block;
      }
      if (filled == SUM_BLOCKS || (block == blocks.blocks() - 1 && filled > 0)) {
        int count = filled;
        execution.progress().check();
        execution
            .workers()
            .run(count, i -> blocks.read(which[i], rows -> read[i] = keep(rows, read[i])));
        execution
            .workers()
            .run(
                tasks,
                task -> {
                  for (int i = 0; i < count; i++) {
                    addColumns(task, read[i], which[i], before, assignments);
                  }
                });
        filled = 0;
      }
    }
  }

  private boolean hasMoved(int block, int[] before, int[] assignments) {
    int first = blocks.firstRow(block);
    int end = first + blocks.count(block);
    return Arrays.mismatch(assignments, first, end, before, first, end) >= 0;
  }

  private float[] keep(float[] rows, float[] previous) {
    if (blocks.isPacked()) {
      return rows;
    }
    float[] copy = previous == null ? new float[rows.length] : previous;
    System.arraycopy(rows, 0, copy, 0, rows.length);
    return copy;
  }

  private void addColumns(int task, float[] rows, int block, int[] before, int[] assignments) {
    int from = task * SUM_COLUMNS;
    int to = Math.min(columns, from + SUM_COLUMNS);
    int first = blocks.firstRow(block);
    for (int row = 0; row < blocks.count(block); row++) {
      int now = assignments[first + row];
      int old = before[first + row];
      if (now != old) {
        add(rows, row * columns, from, to, now, weight(first + row));
        if (old >= 0) {
          add(rows, row * columns, from, to, old, -weight(first + row));
        }
      }
    }
  }

  private void add(float[] rows, int start, int from, int to, int cluster, double weight) {
    int target = cluster * columns;
    for (int column = from; column < to; column++) {
      double term = weight * rows[start + column];
      double sum = sums[target + column];
      double total = sum + term;
      double added = total - sum;
      sums[target + column] = total;
      lost[target + column] += (sum - (total - added)) + (term - added);
    }
  }

  /** Moves one row from its cluster to an empty one. */
  void moveToEmpty(int row, int old, int empty) {
    float[] values = blocks.values(row);
    Arrays.fill(sums, empty * columns, (empty + 1) * columns, 0);
    Arrays.fill(lost, empty * columns, (empty + 1) * columns, 0);
    add(values, 0, 0, columns, old, -weight(row));
    add(values, 0, 0, columns, empty, weight(row));
    sizes[old]--;
    sizes[empty]++;
  }

  /** The mean of all columns' variances, weighted. */
  double variance() {
    double[] mean = new double[columns];
    double mass = 0;
    for (int cluster = 0; cluster < sizes.length; cluster++) {
      mass += masses[cluster];
      for (int column = 0; column < columns; column++) {
        mean[column] += sum(cluster, column);
      }
    }
    for (int column = 0; column < columns; column++) {
      mean[column] /= mass;
    }
    double[] squared = squaredDistances(mean);
    double total = 0;
    for (int row = 0; row < squared.length; row++) {
      total += weight(row) * squared[row];
    }
    return total / mass / columns;
  }

  private double[] squaredDistances(double[] point) {
    double[] squared = new double[blocks.rows()];
    execution
        .workers()
        .run(
            blocks.blocks(),
            block -> {
              execution.progress().check();
              blocks.read(
                  block,
                  rows ->
                      execution
                          .opsFor((long) blocks.rows() * columns)
                          .rows()
                          .squaredDistances(
                              rows,
                              0,
                              blocks.count(block),
                              columns,
                              point,
                              squared,
                              blocks.firstRow(block)));
            });
    return squared;
  }
}
