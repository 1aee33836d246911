package io.gio4j.select.pursuit;

import io.gio4j.Progress;
import io.gio4j.cluster.KMeans;
import io.gio4j.cluster.KMeansConfig;
import io.gio4j.internal.Execution;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RequiredBudget;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;

/**
 * A small pool that trains as the whole pool does: its gradients are clustered, and in each cluster
 * rows are picked whose weighted sum is the cluster's mean.
 *
 * <p><b>Idea.</b> K-means clusters the pool's rows. Each cluster gets a part of the budget in
 * proportion to its rows, by the largest remainders, and {@link Omp} picks as many rows of it for
 * its mean. Where the fit fills up before that, it starts again on the cluster's rows that are
 * left, for the same mean, until the part is used up or a fit finds no row.
 *
 * <p><b>Cost.</b> That of K-means, and N d s / k multiply-adds in double for s picks in k clusters,
 * as each pick reads the rows of one cluster. Memory: what K-means needs, and what {@link Omp}
 * needs for the largest cluster.
 *
 * <p>Picks of all clusters take turns, so that the first ones of any number have about the same
 * shares. The trace begins at 1 and is the mean over clusters, each with the share of its rows, of
 * what its fits leave of its mean, the mean over its fits where there are several; gains are its
 * decreases. The result's weights are those of the mean of a cluster's fits, times the cluster's
 * share, so the weighted sum of all picks approaches the pool's mean. Facts: {@code clusters};
 * {@code fits}, of all clusters.
 *
 * <p>A budget is needed. The selection ends with {@link StopReason#SATURATED} before it where the
 * rows that are left of a cluster correlate with its mean no further, or its rows cancel out. A
 * pool row of weight q counts as q rows, in the clusters and in the budget. The target has no
 * influence, existing rows are ignored. The request's seed draws the first centres.
 *
 * <p>Do not use it where there is a target to fit: it represents the pool, useless rows included.
 *
 * <p>Source: Zhang et al. 2024, TAGCOS (arXiv 2407.15235). Its code gives each cluster the integer
 * part of its share, so that the picks fall short of the budget, and has a ridge of 1, with which
 * copies of a row are picked too.
 *
 * @param clusters how many; 100 by default, as in the paper, and at most as many as distinct rows
 * @param ridge how much weights cost, as in {@link Omp}; 0 by default
 */
public record Tagcos(int clusters, double ridge) implements SelectionMethod {
  /** As in the paper. */
  private static final int CLUSTERS = 100;

  /**
   * Checks every bound.
   *
   * @throws IllegalArgumentException if there are no clusters, or the ridge is below 0 or no finite
   *     number
   */
  public Tagcos {
    if (clusters < 1) {
      throw new IllegalArgumentException("clusters: is " + clusters + "; must be at least 1");
    }
    PursuitOptions.requireRidge(ridge);
  }

  /** The defaults. */
  public Tagcos() {
    this(CLUSTERS, PursuitOptions.RIDGE);
  }

  /**
   * With another number of clusters.
   *
   * @param value at least 1
   * @return a changed copy
   */
  public Tagcos withClusters(int value) {
    return new Tagcos(value, ridge);
  }

  /**
   * With another cost of weights.
   *
   * @param value at least 0
   * @return a changed copy
   */
  public Tagcos withRidge(double value) {
    return new Tagcos(clusters, value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose; K-means has its own. */
  Selection select(SelectionRequest request, Execution execution) {
    RequiredBudget.of(request, "tagcos");
    Picks picks = new Picks(request, execution).withoutCounts();
    return picks.collect(() -> {
      double[] counts = new double[request.pool().rows()];
      for (int row = 0; row < counts.length; row++) {
        counts[row] = picks.weights().of(row);
      }
      int[] clusterOfRow =
          new KMeans(KMeansConfig.of(clusters, request.seed()))
              .fit(request.pool(), counts, execution.progress())
              .assignments();
      return new ClusterPicks(request, new Omp(ridge), picks, execution).pick(clusterOfRow);
    });
  }
}
