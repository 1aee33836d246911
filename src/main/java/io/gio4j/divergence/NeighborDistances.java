package io.gio4j.divergence;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.kernel.Kernels;
import java.util.Arrays;

/**
 * Distances of each target row to its k-th nearest other row.
 *
 * <p>Each row of a block asks all blocks; a block of rows stays in the second-level cache while the
 * rows of the asking block pass over it. A row is its own nearest neighbour, at distance 0, and so
 * are its duplicates: the k-th nearest other is the (k+1)-th smallest of all distances.
 */
final class NeighborDistances {
  private final RowBlocks blocks;
  private final Kernels kernels;
  private final Execution execution;

  NeighborDistances(TargetModel target) {
    this.blocks = target.blocks();
    this.kernels = target.kernels();
    this.execution = target.execution();
  }

  /** Squared distance of each row to its k-th nearest other row. */
  double[] kthSquared(int neighbors) {
    double[] kth = new double[blocks.rows()];
    execution.progress().stage("neighbours", blocks.blocks());
    execution
        .workers()
        .run(
            blocks.blocks(),
            block -> {
              kthOfBlock(block, neighbors, kth);
              execution.progress().advance(block + 1L);
            });
    return kth;
  }

  private void kthOfBlock(int asking, int neighbors, double[] kth) {
    int columns = blocks.columns();
    int queries = blocks.count(asking);
    double[][] points = new double[queries][columns];
    blocks.read(
        asking,
        rows -> {
          for (int query = 0; query < queries; query++) {
            RowBlocks.widen(rows, query, points[query]);
          }
        });
    Smallest[] smallest = new Smallest[queries];
    Arrays.setAll(smallest, query -> new Smallest(neighbors + 1));
    double[] distances = new double[blocks.blockRows()];
    for (int block = 0; block < blocks.blocks(); block++) {
      int count = blocks.count(block);
      blocks.read(
          block,
          rows -> {
            for (int query = 0; query < queries; query++) {
              // A pair of blocks of narrow rows takes a third of a second.
              execution.progress().check();
              kernels.squaredDistances(rows, 0, count, columns, points[query], distances, 0);
              smallest[query].offer(distances, count);
            }
          });
    }
    for (int query = 0; query < queries; query++) {
      kth[blocks.firstRow(asking) + query] = smallest[query].largest();
    }
  }

  /** The smallest numbers offered so far, sorted; k is small, so insertion beats a heap. */
  static final class Smallest {
    private final double[] sorted;

    Smallest(int size) {
      sorted = new double[size];
      Arrays.fill(sorted, Double.POSITIVE_INFINITY);
    }

    void offer(double[] values, int count) {
      double limit = largest();
      for (int i = 0; i < count; i++) {
        if (values[i] < limit) {
          insert(values[i]);
          limit = largest();
        }
      }
    }

    private void insert(double value) {
      int at = sorted.length - 1;
      while (at > 0 && sorted[at - 1] > value) {
        sorted[at] = sorted[at - 1];
        at--;
      }
      sorted[at] = value;
    }

    double largest() {
      return sorted[sorted.length - 1];
    }
  }
}
