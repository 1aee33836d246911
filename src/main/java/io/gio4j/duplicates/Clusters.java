package io.gio4j.duplicates;

import io.gio4j.Progress;
import io.gio4j.cluster.KMeans;
import io.gio4j.cluster.KMeansConfig;
import io.gio4j.cluster.KMeansModel;
import io.gio4j.cluster.NearestCenters;
import io.gio4j.cluster.Seeding;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.Arrays;

/**
 * Rows in clusters, those of a cluster by falling distance from its centre. Each row lies in the
 * cluster of its nearest centre, up to the rounding of a double.
 *
 * @param centers a row for each cluster
 * @param starts where the rows of each cluster begin in {@code order}, and its length
 * @param order numbers of the rows
 * @param squaredDistances of each row, by its number, to its centre
 */
record Clusters(FloatMatrix centers, int[] starts, int[] order, double[] squaredDistances) {
  /** Fewer rows are one cluster: all their pairs take less time than K-means. */
  private static final int LEAST_ROWS = 2048;

  /**
   * Centres, as a multiple of the root of the rows. Of 100,000 rows around 1,000 places 1 of them
   * leaves half of all pairs to be compared, 2 a quarter and 4 a thirtieth.
   */
  private static final double CENTERS_PER_ROOT = 4;

  /** 1,000,000 x 384 took 169 processor seconds with 4,096 centres and 104 with 2,048. */
  private static final int MOST_CENTERS = 2048;

  /**
   * Rows a centre that K-means is trained on: twice as many, and twice the iterations, leave a
   * quarter fewer pairs of the rows above, and half of both leave twice as many.
   */
  private static final int SAMPLE = 16;

  private static final int ITERATIONS = 4;

  static Clusters of(FloatMatrix rows, Execution execution) {
    int count = rows.rows();
    int clusters =
        count < LEAST_ROWS
            ? 1
            : (int) Math.min(MOST_CENTERS, Math.ceil(CENTERS_PER_ROOT * Math.sqrt(count)));
    int sampled = (int) Math.min(count, (long) clusters * SAMPLE);
    int[] sample = new int[sampled];
    Arrays.setAll(sample, i -> (int) ((long) i * count / sampled));
    KMeansConfig config =
        KMeansConfig.of(clusters, 0).withMaxIterations(ITERATIONS).withSeeding(Seeding.RANDOM);
    execution.progress().stage("clusters", 0);
    Progress checked = execution.withinStage().progress();
    KMeansModel model = new KMeans(config).fit(rows.pick(sample), checked);
    NearestCenters nearest = NearestCenters.of(rows, model.centers(), checked);
    return of(model.centers(), nearest);
  }

  private static Clusters of(FloatMatrix centers, NearestCenters nearest) {
    int[] cluster = nearest.assignments();
    double[] squared = nearest.squaredDistances();
    int[] starts = new int[centers.rows() + 1];
    for (int each : cluster) {
      starts[each + 1]++;
    }
    Arrays.parallelPrefix(starts, Integer::sum);
    int[] next = starts.clone();
    int[] order = new int[cluster.length];
    for (int row = 0; row < cluster.length; row++) {
      order[next[cluster[row]]++] = row;
    }
    for (int each = 0; each < centers.rows(); each++) {
      IntArrays.mergeSort(
          order,
          starts[each],
          starts[each + 1],
          (one, other) -> Double.compare(squared[other], squared[one]));
    }
    return new Clusters(centers, starts, order, squared);
  }

  int count() {
    return centers.rows();
  }

  int size(int cluster) {
    return starts[cluster + 1] - starts[cluster];
  }

  /**
   * {@return the squared distance from its centre of the cluster's farthest row; 0 if it is empty}
   */
  double farthest(int cluster) {
    return size(cluster) == 0 ? 0 : squaredDistances[order[starts[cluster]]];
  }
}
