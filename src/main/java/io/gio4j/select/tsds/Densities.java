package io.gio4j.select.tsds;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.neighbors.NeighborSearch;
import io.gio4j.internal.neighbors.Neighbors;
import io.gio4j.internal.select.RowWeights;
import java.util.Arrays;
import java.util.BitSet;

/**
 * How many rows there are at the place of a row, among those retrieved: {@code sum of max(0, 1 -
 * r^2 / sigma^2)} over its nearest ones, itself included, a row of weight q counting q times.
 *
 * <p>Densities take more time than all else, so they are computed when they are needed: the search
 * for the level reaches few of the rows retrieved.
 */
final class Densities {
  /** Neighbours found at once: 48 MB. */
  private static final int BATCH_NUMBERS = 4_000_000;

  private final RowBlocks pool;
  private final int[] union;
  private final RowWeights weights;
  private final double sigma;
  private final int neighbors;
  private final Execution execution;

  /** By pool row, what it takes of the level; 0 where that is not known yet. */
  private final double[] shares;

  /** The rows retrieved; null as long as no density was needed. */
  private RowBlocks retrieved;

  /**
   * Prepares densities.
   *
   * @param union the rows retrieved, ascending
   * @param sigma 0: every row stands alone
   * @param neighbors most rows that count
   */
  Densities(
      RowBlocks pool,
      int[] union,
      RowWeights weights,
      double sigma,
      int neighbors,
      Execution execution) {
    this.pool = pool;
    this.union = union;
    this.weights = weights;
    this.sigma = sigma;
    this.neighbors = Math.min(neighbors, union.length);
    this.execution = execution;
    this.shares = new double[pool.rows()];
  }

  /** {@return what a row takes of the level: its weight over its density} */
  double share(int row) {
    return shares[row];
  }

  /** Computes the densities of some rows, as far as they are not known. */
  void compute(BitSet rows) {
    int[] needed = rows.stream().filter(row -> shares[row] == 0).toArray();
    if (sigma == 0) {
      for (int row : needed) {
        shares[row] = weights.of(row);
      }
      return;
    }
    execution.progress().stage("densities", needed.length);
    int batch = Math.max(1, BATCH_NUMBERS / neighbors);
    for (int first = 0; first < needed.length; first += batch) {
      int end = (int) Math.min(needed.length, (long) first + batch);
      compute(Arrays.copyOfRange(needed, first, end));
      execution.progress().advance(end);
    }
  }

  private void compute(int[] rows) {
    Execution within = execution.withinStage();
    if (retrieved == null) {
      retrieved =
          union.length == pool.rows() ? pool : RowBlocks.of(pool.matrix().pick(union), within);
    }
    RowBlocks asked = RowBlocks.of(pool.matrix().pick(rows), within);
    Neighbors near = NeighborSearch.within(asked, retrieved, neighbors, sigma, within);
    for (int i = 0; i < rows.length; i++) {
      double density = 0;
      for (int at = i * neighbors; at < (i + 1) * neighbors; at++) {
        double ratio = Math.sqrt(near.squaredDistances()[at]) / sigma;
        if (ratio >= 1) {
          break; // Those that follow are farther, or none.
        }
        density += weights.of(union[near.indices()[at]]) * (1 - ratio * ratio);
      }
      shares[rows[i]] = weights.of(rows[i]) / density;
    }
  }
}
