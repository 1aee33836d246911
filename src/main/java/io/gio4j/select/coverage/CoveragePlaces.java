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
  private final double[] logs;

  /** The places as {@code r + eps}, rounded up; 0 where no row can be nearer. */
  private final float[] distances;

  /** The first of each target row's distances. */
  private final float[] farthest;

  private final double epsilon;
  private final double floor;
  private final double smallestLog;
  private long members;

  /**
   * Starts with all places free.
   *
   * @param floor the distance that a free place counts as, in units
   */
  CoveragePlaces(TargetModel target, double epsilon, int k, double floor) {
    this.target = target;
    this.k = k;
    this.epsilon = epsilon;
    this.floor = floor;
    this.smallestLog = target.logDistance(0);
    this.logs = new double[target.rows() * k];
    this.distances = new float[logs.length];
    Arrays.fill(logs, Math.log(floor + epsilon));
    Arrays.fill(distances, up(floor + epsilon));
    this.farthest = k == 1 ? distances : Arrays.copyOf(distances, target.rows());
  }

  /** {@return an independent copy} */
  CoveragePlaces copy() {
    CoveragePlaces copy = new CoveragePlaces(target, epsilon, k, floor);
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
      for (int place = k - 1; place >= 0; place--) {
        own -= logs[i * k + place];
      }
      sum += own;
    }
    return sum / target.rows();
  }

  /** The logarithm in a target row's farthest place. */
  double farthest(int i) {
    return logs[i * k];
  }

  /** How many places of a target row are held by rows at least as near as this. */
  int nearerPlaces(int i, double log) {
    int place = 0;
    while (place < k && logs[i * k + place] > log) {
      place++;
    }
    return k - place;
  }

  /** By how much a target row's sum grows with copies of a row. */
  double gain(int i, double log, long copies) {
    double gain = 0;
    int most = (int) Math.min(copies, k);
    for (int at = i * k; at < i * k + most && logs[at] > log; at++) {
      gain += logs[at] - log;
    }
    return gain;
  }

  /** Puts copies of a row into places of a target row, where they are nearer. */
  void take(int i, double log, long copies) {
    int start = i * k;
    int most = (int) Math.min(copies, k);
    int out = 0;
    while (out < most && logs[start + out] > log) {
      out++;
    }
    if (out == 0) {
      return;
    }
    int at = start;
    while (at + out < start + k && logs[at + out] > log) {
      logs[at] = logs[at + out];
      at++;
    }
    Arrays.fill(logs, at, at + out, log);
    convert(i, at + out);
  }

  /**
   * Puts rows into places of a target row, in one pass and with the result of {@link #take} for
   * each.
   *
   * @param nearest logarithms of rows, ascending
   * @param copies how often each counts
   */
  void takeAll(int i, double[] nearest, long[] copies) {
    int start = i * k;
    int at = start + k;
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
    convert(i, start + k);
  }

  /** Recomputes a target row's distances from the logarithms that have changed. */
  private void convert(int i, int end) {
    int start = i * k;
    for (int place = start; place < end; place++) {
      if (place > start && logs[place] == logs[place - 1]) {
        distances[place] = distances[place - 1];
      } else {
        distances[place] = logs[place] <= smallestLog ? 0 : up(Math.exp(logs[place]));
      }
    }
    farthest[i] = distances[start];
  }

  /**
   * {@return a copy in which each target row has {@code more} places, the added ones free} Only
   * valid as long as no row has lost a place to a nearer one.
   */
  CoveragePlaces extended(int more) {
    CoveragePlaces extended = new CoveragePlaces(target, epsilon, more, floor);
    for (int i = 0; i < target.rows(); i++) {
      int at = (i + 1) * more - k;
      System.arraycopy(logs, i * k, extended.logs, at, k);
      System.arraycopy(distances, i * k, extended.distances, at, k);
      extended.farthest[i] = extended.distances[i * more];
    }
    extended.members = members;
    return extended;
  }

  /** {@code n x k}: places as distances, rounded up. */
  float[] distances() {
    return distances;
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

  /**
   * Raises a distance by more than the roundings of logarithm and exponential, to the next float.
   */
  private static float up(double distance) {
    double above = distance * (1 + LOG_SLACK);
    float rounded = (float) above;
    return rounded < above ? Math.nextUp(rounded) : rounded;
  }
}
