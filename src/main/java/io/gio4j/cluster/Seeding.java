package io.gio4j.cluster;

/** How the first centres are chosen. All draw rows of the data, without two equal ones. */
public enum Seeding {
  /**
   * k-means|| (Bahmani et al. 2012) as Spark MLlib does it: one random row, two rounds that each
   * draw about 2 k rows with probability in proportion to their squared distance, then k-means++
   * and Lloyd over the drawn rows, weighted by the rows nearest to each. Costs about 4 k distances
   * a row.
   */
  PARALLEL,
  /**
   * k-means++ (Arthur and Vassilvitskii 2007): each centre in turn, by squared distance; k passes.
   */
  PLUS_PLUS,
  /** Rows at random: free, and as good after a few iterations where clusters overlap. */
  RANDOM
}
