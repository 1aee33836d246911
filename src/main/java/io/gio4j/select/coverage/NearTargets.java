package io.gio4j.select.coverage;

import io.gio4j.internal.divergence.MeanLogBounds;
import io.gio4j.internal.neighbors.NearPairs;
import io.gio4j.internal.simd.DistanceClip;
import io.gio4j.internal.simd.FloatOps;
import java.util.Arrays;

/**
 * The target rows that a pool row would gain from, each with a lower bound of {@code r + eps}. They
 * are ascending, and are removed when nearer rows are selected.
 */
final class NearTargets {
  /** Bytes of an entry; {@link #LIST_BYTES} are those of a list besides its entries. */
  static final long ENTRY_BYTES = 8;

  static final long LIST_BYTES = 64;

  /** Distances whose product stays in a double: 16 of 5e10 are 1e171, of 1e-5 are 1e-80. */
  private static final int TOGETHER = 16;

  /** More than the rounding error of two products of 16 factors and a logarithm. */
  private static final double LOG_SLACK = 1e-14;

  /** Half a unit in the last place of 1f: the largest rounding error of a ratio in float. */
  private static final double UNIT = 0x1p-24;

  /**
   * Factor that makes a distance in float a lower bound. It covers the roundings of a root (or of
   * epsilon where that is most of the sum), of the sum, of a clip and of this product itself.
   */
  private static final float DOWN = (float) (1 - 4 * UNIT);

  private int[] targets;
  private float[] distances;

  /** Where its entries begin; above 0 only in arrays shared with other lists. */
  private int start;

  /** Entries it has room for; shared arrays are longer. */
  private int room;

  private int size;

  /**
   * Makes the lists of some rows from the hits of a search. They share two arrays, since the
   * garbage collector copies thousands of small arrays (a sixth of the time for 38,000 rows and
   * targets) but not a few large ones.
   */
  static NearTargets[] of(NearPairs.Hits hits, int rows, float epsilon) {
    int total = 0;
    for (int row = 0; row < rows; row++) {
      total += hits.size(row);
    }
    int[] targets = new int[total];
    float[] distances = new float[total];
    NearTargets[] lists = new NearTargets[rows];
    int start = 0;
    for (int row = 0; row < rows; row++) {
      int size = hits.size(row);
      System.arraycopy(hits.points(), hits.start(row), targets, start, size);
      System.arraycopy(hits.bounds(), hits.start(row), distances, start, size);
      lists[row] = new NearTargets(targets, distances, start, size);
      start += size;
    }
    for (int entry = 0; entry < total; entry++) {
      distances[entry] = atMost(NearPairs.lowest(distances[entry]), epsilon);
    }
    return lists;
  }

  /** A lower bound of {@code r + eps}, from a squared distance and epsilon as floats. */
  static float atMost(float squared, float epsilon) {
    float clipped =
        Math.min(Math.max(squared, DistanceClip.SMALLEST_SQUARED), DistanceClip.LARGEST_SQUARED);
    return ((float) Math.sqrt(clipped) + epsilon) * DOWN;
  }

  private NearTargets(int[] targets, float[] distances, int start, int size) {
    this.targets = targets;
    this.distances = distances;
    this.start = start;
    this.room = size;
    this.size = size;
  }

  /** Copies its entries into separate arrays, so that the shared ones can be collected. */
  void standAlone() {
    if (targets.length > room) {
      move();
    }
  }

  private void move() {
    targets = Arrays.copyOfRange(targets, start, start + size);
    distances = Arrays.copyOfRange(distances, start, start + size);
    start = 0;
    room = size;
  }

  int size() {
    return size;
  }

  /** The target rows, the first {@link #size} of them. */
  int[] targets() {
    standAlone();
    return targets;
  }

  long bytes() {
    return LIST_BYTES + ENTRY_BYTES * room;
  }

  /** Releases memory that the list no longer needs. */
  void trim() {
    if (size < room / 2) {
      move();
    }
  }

  /** Removes all entries; the caller puts back those that stay, in ascending order. */
  void clear() {
    size = 0;
  }

  /** Puts an entry back, with the exact {@code r + eps}. */
  void put(int target, double distance) {
    targets[size] = target;
    float rounded = (float) distance;
    distances[size] = rounded > distance ? Math.nextDown(rounded) : rounded;
    size++;
  }

  /**
   * {@return an upper bound of the gain of some copies of the row} Removes entries without a gain.
   */
  double bound(CoveragePlaces places, long copies, FloatOps ops) {
    int counting = (int) Math.min(copies, places.k());
    return counting == 1 && !places.areWeighted()
        ? boundOfOne(places, ops)
        : boundOfSeveral(places, counting);
  }

  private double boundOfOne(CoveragePlaces places, FloatOps ops) {
    double[] ratios = new double[FloatOps.PARTIAL_SUMS];
    double sum = 0;
    int kept = start;
    int end = start + size;
    for (int from = start; from < end; from += FloatOps.KEPT_TOGETHER) {
      int to = Math.min(end, from + FloatOps.KEPT_TOGETHER);
      kept =
          ops.near()
              .keepNearer(from, to, kept, targets, distances, places.farthestDistances(), ratios);
      sum += MeanLogBounds.logOfProduct(ratios, 0, ratios.length);
    }
    size = kept - start;
    return sum * (1 + LOG_SLACK) + size * UNIT;
  }

  private double boundOfSeveral(CoveragePlaces places, int copies) {
    float[] held = places.distances();
    int[] lengths = places.lengths();
    int kept = start;
    double sum = 0;
    double errors = 0;
    double weight = 1;
    int factors = 0;
    double dividend = 1;
    double divisor = 1;
    for (int entry = start; entry < start + size; entry++) {
      int run = places.first(targets[entry]);
      float distance = distances[entry];
      if (distance < held[run]) {
        targets[kept] = targets[entry];
        distances[kept] = distance;
        kept++;
        if (places.weight(targets[entry]) != weight) {
          sum += weight * Math.log(dividend / divisor);
          weight = places.weight(targets[entry]);
          dividend = 1;
          divisor = 1;
          factors = 0;
        }
        int left = copies;
        while (left > 0 && held[run] > distance) {
          int taken = Math.min(left, lengths[run]);
          if (taken > TOGETHER) {
            sum += weight * taken * (Math.log((double) held[run] / distance) + LOG_SLACK);
          } else {
            for (int place = 0; place < taken; place++) {
              dividend *= held[run];
              divisor *= distance;
              errors += weight * LOG_SLACK;
              factors++;
              if (factors == TOGETHER) {
                sum += weight * Math.log(dividend / divisor);
                factors = 0;
                dividend = 1;
                divisor = 1;
              }
            }
          }
          left -= taken;
          run++;
        }
      }
    }
    size = kept - start;
    sum += weight * Math.log(dividend / divisor);
    return sum * (1 + LOG_SLACK) + errors;
  }
}
