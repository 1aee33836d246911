package io.gio4j.cluster;

import java.util.Objects;

/**
 * Options of {@link KMeans}. Immutable; start from {@link #of} and change what differs.
 *
 * @param clusters how many; as many as there are distinct rows if those are fewer
 * @param maxIterations updates of the centres at most; 20 as in Spark MLlib
 * @param stop what counts as converged
 * @param tolerance its bound: 1e-4 as in scikit-learn and, absolute, in Spark MLlib
 * @param seeding how the first centres are chosen
 * @param seed of every random draw
 * @param rowsPerCluster train on a random sample of at most this many rows a cluster, then assign
 *     all rows; 0 for all rows. 256 (as FAISS) loses under 1 % of inertia and makes training
 *     independent of the number of rows
 */
public record KMeansConfig(
    int clusters,
    int maxIterations,
    Stop stop,
    double tolerance,
    Seeding seeding,
    long seed,
    int rowsPerCluster) {

  /** What counts as converged. */
  public enum Stop {
    /**
     * The squared shifts of all centres add up to at most the tolerance times the mean variance of
     * the columns (scikit-learn's rule), and the inertia fell by at most the tolerance, relative to
     * what it was: outliers raise the variance, and every shift looks small in comparison.
     */
    CENTER_SHIFT,
    /** Every centre moved by at most the tolerance, a distance (Spark MLlib's rule). */
    ABSOLUTE_SHIFT,
    /** The inertia fell by at most the tolerance, relative to what it was. */
    INERTIA
  }

  /**
   * Checks the bounds that do not depend on the data.
   *
   * @throws IllegalArgumentException if a number is out of its bounds
   */
  public KMeansConfig {
    Objects.requireNonNull(stop, "stop");
    Objects.requireNonNull(seeding, "seeding");
    atLeast("clusters", clusters, 1);
    atLeast("maxIterations", maxIterations, 0);
    atLeast("rowsPerCluster", rowsPerCluster, 0);
    if (!(tolerance >= 0 && tolerance < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "tolerance: is " + tolerance + "; must be a finite number of at least 0");
    }
  }

  private static void atLeast(String name, int value, int bound) {
    if (value < bound) {
      throw new IllegalArgumentException(name + ": is " + value + "; must be at least " + bound);
    }
  }

  /**
   * {@return Spark MLlib's defaults but for the stop rule: 20 iterations, 1e-4, k-means||, all
   * rows}
   *
   * @param clusters at least 1
   * @param seed of every random draw
   * @throws IllegalArgumentException if there are no clusters
   */
  public static KMeansConfig of(int clusters, long seed) {
    return new KMeansConfig(clusters, 20, Stop.CENTER_SHIFT, 1e-4, Seeding.PARALLEL, seed, 0);
  }

  /**
   * With another limit of iterations.
   *
   * @param value updates of the centres at most, at least 0
   * @return a changed copy
   */
  public KMeansConfig withMaxIterations(int value) {
    return new KMeansConfig(clusters, value, stop, tolerance, seeding, seed, rowsPerCluster);
  }

  /**
   * With another rule of convergence.
   *
   * @param value the rule
   * @param bound its tolerance, a finite number of at least 0
   * @return a changed copy
   */
  public KMeansConfig withStop(Stop value, double bound) {
    return new KMeansConfig(clusters, maxIterations, value, bound, seeding, seed, rowsPerCluster);
  }

  /**
   * With another choice of the first centres.
   *
   * @param value the way to choose them
   * @return a changed copy
   */
  public KMeansConfig withSeeding(Seeding value) {
    return new KMeansConfig(clusters, maxIterations, stop, tolerance, value, seed, rowsPerCluster);
  }

  /**
   * With training on a sample.
   *
   * @param value rows a cluster at most; 0 for all rows
   * @return a changed copy
   */
  public KMeansConfig withRowsPerCluster(int value) {
    return new KMeansConfig(clusters, maxIterations, stop, tolerance, seeding, seed, value);
  }
}
