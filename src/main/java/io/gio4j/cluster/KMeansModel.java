package io.gio4j.cluster;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;

/**
 * Centres that K-means found, and how it went.
 *
 * @param centers one row a cluster; fewer than asked for if the data have fewer distinct rows
 * @param assignments each row's nearest centre, the first of several equally near
 * @param squaredDistances how far each row is from its centre, squared; the bits of {@link
 *     #nearest}
 * @param sizes rows of each cluster
 * @param inertia sum of (weighted) squared distances of rows to their centres
 * @param trace the inertia before each update of the centres
 * @param moved rows that changed their cluster at each assignment: one more than iterations, and
 *     one for each time that an empty cluster was filled at the end
 * @param converged whether it stopped before its iterations were used up
 * @param computed distances computed as products at each assignment, as a share of rows times
 *     centres
 */
public record KMeansModel(
    FloatMatrix centers,
    int[] assignments,
    double[] squaredDistances,
    int[] sizes,
    double inertia,
    double[] trace,
    long[] moved,
    boolean converged,
    double[] computed) {

  /** {@return how many updates of the centres were made} */
  public int iterations() {
    return trace.length;
  }

  /**
   * Assigns other rows to the centres.
   *
   * @param rows any number, of the centres' number of columns
   * @param progress watches the search and can stop it
   * @return the nearest centre of each row
   * @throws IllegalArgumentException if columns differ or a number is not finite
   * @throws java.util.concurrent.CancellationException if {@code progress} stops it
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  public NearestCenters nearest(FloatMatrix rows, Progress progress) {
    return NearestCenters.of(rows, centers, Execution.watchedBy(progress));
  }
}
