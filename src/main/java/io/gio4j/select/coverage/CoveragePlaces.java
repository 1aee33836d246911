package io.gio4j.select.coverage;

import io.gio4j.internal.divergence.TargetModel;
import java.util.Arrays;

/**
 * The k nearest selected rows of each target row: what the coverage objective is made of.
 *
 * <p>A target row has k places, each with {@code log(r + eps)} of a selected row, r in units, the
 * farthest first. A free place counts as a row at the floor, whose {@code r + eps} is twice that of
 * the farthest row there can be: so the first rows have gains too, whatever epsilon is.
 */
final class CoveragePlaces {
  /** Most places of all target rows together. */
  static final long MOST = 1_000_000_000;

  /** The rounding of a logarithm of up to 25 (half its last bit) and of an exponential (one). */
  private static final double LOG_SLACK = 0x1p-47;

  private final TargetModel target;
  private final int k;

  /** Room for places of each target row, which takes the last k of them. */
  private final int stride;

  private final double[] logs;

  /** The places as {@code r + eps}, rounded up; 0 where no row can be nearer. */
  private final float[] distances;

  /** The first of each target row's distances. */
  private final float[] farthest;

  private final double epsilon;
  private final double floor;
  private final double smallestLog;
  private final double logOfFree;
  private long members;

  /**
   * Starts with all places free.
   *
   * @param floor the distance that a free place counts as, in units
   */
  CoveragePlaces(TargetModel target, double epsilon, int k, double floor) {
    this(target, epsilon, k, floor, k);
    free(0, k);
  }

  private CoveragePlaces(TargetModel target, double epsilon, int k, double floor, int stride) {
    this.target = target;
    this.k = k;
    this.stride = stride;
    this.epsilon = epsilon;
    this.floor = floor;
    this.smallestLog = target.logDistance(0);
    this.logOfFree = Math.log(floor + epsilon);
    this.logs = new double[target.rows() * stride];
    this.distances = new float[logs.length];
    this.farthest = stride == 1 ? distances : new float[target.rows()];
  }

  /** Shares the room of other places. */
  private CoveragePlaces(CoveragePlaces other, int k) {
    this.target = other.target;
    this.k = k;
    this.stride = other.stride;
    this.epsilon = other.epsilon;
    this.floor = other.floor;
    this.smallestLog = other.smallestLog;
    this.logOfFree = other.logOfFree;
    this.logs = other.logs;
    this.distances = other.distances;
    this.farthest = new float[target.rows()];
    this.members = other.members;
  }

  /** Frees the farthest {@code count} places of each target row. */
  private void free(int held, int count) {
    float distance = up(floor + epsilon);
    for (int i = 0; i < target.rows(); i++) {
      int end = (i + 1) * stride - held;
      Arrays.fill(logs, end - count, end, logOfFree);
      Arrays.fill(distances, end - count, end, distance);
    }
    Arrays.fill(farthest, distance);
  }

  /** The logarithm that a free place counts as. */
  double logOfFree() {
    return logOfFree;
  }

  /** {@return an independent copy} */
  CoveragePlaces copy() {
    CoveragePlaces copy = new CoveragePlaces(target, epsilon, k, floor, stride);
    System.arraycopy(logs, 0, copy.logs, 0, logs.length);
    System.arraycopy(distances, 0, copy.distances, 0, distances.length);
    System.arraycopy(farthest, 0, copy.farthest, 0, farthest.length);
    copy.members = members;
    return copy;
  }

  /** Whether every row with a gain for the other places has one for these. */
  boolean isNowhereNearerThan(CoveragePlaces others) {
    for (int i = 0; i < target.rows(); i++) {
      if (farthest(i) < others.farthest(i)) {
        return false;
      }
    }
    return true;
  }

  int k() {
    return k;
  }

  int targets() {
    return target.rows();
  }

  /** Whether every target row has its k selected rows. */
  boolean areTaken() {
    return members >= k;
  }

  /** Counts copies of a selected row; {@link #take} puts them into places. */
  void count(long copies) {
    members += copies;
  }

  /** Selected rows, copies included. */
  long members() {
    return members;
  }

  /** {@code mean_i} of the sum of the k largest {@code -log(r + eps)}. */
  double objective() {
    double sum = 0;
    for (int i = 0; i < target.rows(); i++) {
      double own = 0;
      for (int place = first(i) + k - 1; place >= first(i); place--) {
        own -= logs[place];
      }
      sum += own;
    }
    return sum / target.rows();
  }

  /** The logarithm in a target row's farthest place. */
  double farthest(int i) {
    return logs[first(i)];
  }

  /** How many places of a target row are held by rows at least as near as this. */
  int nearerPlaces(int i, double log) {
    int end = first(i) + k;
    return end - firstNotFarther(first(i), end, log);
  }

  /** By how much a target row's sum grows with copies of a row. */
  double gain(int i, double log, long copies) {
    double gain = 0;
    int start = first(i);
    int most = (int) Math.min(copies, k);
    for (int at = start; at < start + most && logs[at] > log; at++) {
      gain += logs[at] - log;
    }
    return gain;
  }

  /** Puts copies of a row into places of a target row, where they are nearer. */
  void take(int i, double log, long copies) {
    int start = first(i);
    int most = (int) Math.min(copies, k);
    int out = 0;
    while (out < most && logs[start + out] > log) {
      out++;
    }
    if (out == 0) {
      return;
    }
    int from = start + out;
    int to = firstNotFarther(from, start + k, log);
    System.arraycopy(logs, from, logs, start, to - from);
    System.arraycopy(distances, from, distances, start, to - from);
    Arrays.fill(logs, to - out, to, log);
    Arrays.fill(distances, to - out, to, distance(log));
    farthest[i] = distances[start];
  }

  /** The first of some places, farthest first, that is at least as near as this. */
  private int firstNotFarther(int from, int to, double log) {
    int low = from;
    int high = to;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (logs[middle] > log) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * Puts rows into places of a target row, in one pass and with the result of {@link #take} for
   * each.
   *
   * @param nearest logarithms of rows, ascending
   * @param copies how often each counts
   */
  void takeAll(int i, double[] nearest, long[] copies) {
    int start = first(i);
    int at = start + k;
    if (logs[at - 1] == logOfFree) {
      takeFree(i, nearest, copies);
      return;
    }
    double[] held = Arrays.copyOfRange(logs, start, at);
    int left = k - 1;
    int row = 0;
    while (at > start) {
      if (row < nearest.length && nearest[row] < held[left]) {
        int from = (int) Math.max(start, at - copies[row]);
        Arrays.fill(logs, from, at, nearest[row]);
        at = from;
        row++;
      } else {
        at--;
        logs[at] = held[left];
        left--;
      }
    }
    convert(i);
  }

  /** Puts rows into places of a target row that are all free. */
  private void takeFree(int i, double[] nearest, long[] copies) {
    int start = first(i);
    int at = start + k;
    for (int row = 0; row < nearest.length && at > start; row++) {
      int from = (int) Math.max(start, at - copies[row]);
      Arrays.fill(logs, from, at, nearest[row]);
      Arrays.fill(distances, from, at, distance(nearest[row]));
      at = from;
    }
    farthest[i] = distances[start];
  }

  /** Computes a target row's distances from the logarithms. */
  private void convert(int i) {
    int start = first(i);
    int end = start + k;
    for (int place = start; place < end; place++) {
      if (place > start && logs[place] == logs[place - 1]) {
        distances[place] = distances[place - 1];
      } else {
        distances[place] = distance(logs[place]);
      }
    }
    farthest[i] = distances[start];
  }

  /**
   * {@return places for more selected rows, the added ones free} Only valid as long as no row has
   * lost a place to a nearer one. It may share the memory of these places, which are not to be
   * changed any more once the others are: so k can rise row by row at the cost of what is added.
   */
  CoveragePlaces extended(int more) {
    CoveragePlaces extended;
    if (more <= stride) {
      extended = new CoveragePlaces(this, more);
    } else {
      int room = (int) Math.max(more, Math.min(2L * stride, MOST / target.rows()));
      extended = new CoveragePlaces(target, epsilon, more, floor, room);
      for (int i = 0; i < target.rows(); i++) {
        int at = (i + 1) * room - k;
        System.arraycopy(logs, first(i), extended.logs, at, k);
        System.arraycopy(distances, first(i), extended.distances, at, k);
      }
      extended.members = members;
    }
    extended.free(k, more - k);
    return extended;
  }

  /** Places as distances, rounded up: for target row i from {@link #first} on, farthest first. */
  float[] distances() {
    return distances;
  }

  /** The index of a target row's farthest place. */
  int first(int i) {
    return (i + 1) * stride - k;
  }

  /** The farthest of each target row's distances: only nearer rows have a gain. */
  float[] farthestDistances() {
    return farthest;
  }

  /** The squared distance beyond which a row has no gain, in units; rounded up. */
  double farthestSquared(int i) {
    double distance = farthest[i] - epsilon;
    return distance > 0 ? distance * distance : Double.NEGATIVE_INFINITY;
  }

  private float distance(double log) {
    return log <= smallestLog ? 0 : up(Math.exp(log));
  }

  /**
   * Raises a distance by more than the roundings of logarithm and exponential, to the next float.
   */
  private static float up(double distance) {
    double above = distance * (1 + LOG_SLACK);
    float rounded = (float) above;
    return rounded < above ? Math.nextUp(rounded) : rounded;
  }
}
