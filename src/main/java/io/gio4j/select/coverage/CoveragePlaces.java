package io.gio4j.select.coverage;

import io.gio4j.internal.divergence.TargetModel;
import java.util.Arrays;

/**
 * The k nearest selected rows of each target row: what the coverage objective is made of.
 *
 * <p>A target row has k places, each with {@code log(r + eps)} of a selected row, r in units. A
 * free place counts as a row at the floor, whose {@code r + eps} is twice that of the farthest row
 * there can be: so the first rows have gains too, whatever epsilon is.
 *
 * <p>Equal places are kept as one run and its length, the farthest run first. So free places and
 * those of equal rows cost no memory and no time, however large k is.
 */
final class CoveragePlaces {
  /** Most places, and most runs, of all target rows together. */
  static final long MOST = 1_000_000_000;

  /** Runs of each target row that there is room for at first. */
  private static final int FIRST_ROOM = 4;

  /** The rounding of a logarithm of up to 25 (half its last bit) and of an exponential (one). */
  private static final double LOG_SLACK = 0x1p-47;

  private final TargetModel target;

  /** By target row, how much it counts; null for 1. */
  private final double[] weights;

  private final double epsilon;
  private final double smallestLog;
  private final double logOfFree;
  private final float distanceOfFree;
  private int k;
  private long members;

  /** Room for runs of each target row, which take the last of it. */
  private int room;

  /** Where the runs of each target row begin. */
  private final int[] firsts;

  private double[] logs;

  /** Each run as {@code r + eps}, rounded up; 0 where no row can be nearer. */
  private float[] distances;

  /** How many places each run is. */
  private int[] lengths;

  /** The first of each target row's distances. */
  private final float[] farthest;

  /**
   * Starts with all places free.
   *
   * @param weights how much each target row counts, their number in all; null for 1
   * @param floor the distance that a free place counts as, in units
   */
  CoveragePlaces(TargetModel target, double[] weights, double epsilon, int k, double floor) {
    this.target = target;
    this.weights = weights;
    this.epsilon = epsilon;
    this.smallestLog = target.logDistance(0);
    this.logOfFree = Math.log(floor + epsilon);
    this.distanceOfFree = up(floor + epsilon);
    this.room = Math.min(k, FIRST_ROOM);
    this.firsts = new int[target.rows()];
    this.logs = new double[target.rows() * room];
    this.distances = new float[logs.length];
    this.lengths = new int[logs.length];
    this.farthest = new float[target.rows()];
    Arrays.setAll(firsts, this::end);
    raise(k);
  }

  private CoveragePlaces(CoveragePlaces other) {
    this.target = other.target;
    this.weights = other.weights;
    this.epsilon = other.epsilon;
    this.smallestLog = other.smallestLog;
    this.logOfFree = other.logOfFree;
    this.distanceOfFree = other.distanceOfFree;
    this.k = other.k;
    this.members = other.members;
    this.room = other.room;
    this.firsts = other.firsts.clone();
    this.logs = other.logs.clone();
    this.distances = other.distances.clone();
    this.lengths = other.lengths.clone();
    this.farthest = other.farthest.clone();
  }

  /** {@return an independent copy} */
  CoveragePlaces copy() {
    return new CoveragePlaces(this);
  }

  /**
   * Adds free places for more selected rows. Only valid as long as no row has lost a place to a
   * nearer one.
   */
  void raise(int more) {
    k += more;
    for (int i = 0; i < firsts.length; i++) {
      append(i, logOfFree, distanceOfFree, more);
    }
    Arrays.fill(farthest, distanceOfFree);
  }

  /** The logarithm that a free place counts as. */
  double logOfFree() {
    return logOfFree;
  }

  /** Whether every row with a gain for the other places has one for these. */
  boolean isNowhereNearerThan(CoveragePlaces others) {
    for (int i = 0; i < firsts.length; i++) {
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
    return firsts.length;
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

  /** {@return how much a target row counts} */
  double weight(int i) {
    return weights == null ? 1 : weights[i];
  }

  /** Whether target rows count differently. */
  boolean areWeighted() {
    return weights != null;
  }

  /** {@code mean_i} of the sum of the k largest {@code -log(r + eps)}, each i by its weight. */
  double objective() {
    double sum = 0;
    for (int i = 0; i < firsts.length; i++) {
      double own = 0;
      for (int run = end(i) - 1; run >= firsts[i]; run--) {
        own -= lengths[run] * logs[run];
      }
      sum += weight(i) * own;
    }
    return sum / firsts.length;
  }

  /** The logarithm in a target row's farthest place. */
  double farthest(int i) {
    return logs[firsts[i]];
  }

  /** How many places of a target row are held by rows at least as near as this. */
  int nearerPlaces(int i, double log) {
    int nearer = k;
    for (int run = firsts[i]; run < end(i) && logs[run] > log; run++) {
      nearer -= lengths[run];
    }
    return nearer;
  }

  /** By how much a target row's sum grows with copies of a row. */
  double gain(int i, double log, long copies) {
    double gain = 0;
    int left = (int) Math.min(copies, k);
    for (int run = firsts[i]; left > 0 && logs[run] > log; run++) {
      int taken = Math.min(left, lengths[run]);
      gain += taken * (logs[run] - log);
      left -= taken;
    }
    return gain;
  }

  /** Puts copies of a row into places of a target row, where they are nearer. */
  void take(int i, double log, long copies) {
    int most = (int) Math.min(copies, k);
    int taken = 0;
    while (taken < most && logs[firsts[i]] > log) {
      int lost = Math.min(most - taken, lengths[firsts[i]]);
      lengths[firsts[i]] -= lost;
      if (lengths[firsts[i]] == 0) {
        firsts[i]++;
      }
      taken += lost;
    }
    if (taken > 0) {
      insert(i, log, taken);
      farthest[i] = distances[firsts[i]];
    }
  }

  /** Gives a row the places that others have lost to it. */
  private void insert(int i, double log, int copies) {
    int run = firstNotFarther(i, log);
    if (run < end(i) && logs[run] == log) {
      lengths[run] += copies;
      return;
    }
    int farther = run - firsts[i];
    makeRoom(i);
    int first = firsts[i];
    System.arraycopy(logs, first, logs, first - 1, farther);
    System.arraycopy(distances, first, distances, first - 1, farther);
    System.arraycopy(lengths, first, lengths, first - 1, farther);
    firsts[i]--;
    set(firsts[i] + farther, log, distance(log), copies);
  }

  /** The first run of a target row that is at least as near as this. */
  private int firstNotFarther(int i, double log) {
    int low = firsts[i];
    int high = end(i);
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
    int held = end(i) - firsts[i];
    double[] heldLogs = Arrays.copyOfRange(logs, firsts[i], end(i));
    float[] heldDistances = Arrays.copyOfRange(distances, firsts[i], end(i));
    int[] heldLengths = Arrays.copyOfRange(lengths, firsts[i], end(i));
    firsts[i] = end(i);
    int row = 0;
    int left = k;
    while (left > 0) {
      if (row < nearest.length && nearest[row] < heldLogs[held - 1]) {
        int taken = (int) Math.min(copies[row], left);
        append(i, nearest[row], distance(nearest[row]), taken);
        left -= taken;
        row++;
      } else {
        held--;
        int taken = Math.min(heldLengths[held], left);
        append(i, heldLogs[held], heldDistances[held], taken);
        left -= taken;
      }
    }
    farthest[i] = distances[firsts[i]];
  }

  /** Adds places that are the farthest of a target row. */
  private void append(int i, double log, float distance, int copies) {
    if (firsts[i] < end(i) && logs[firsts[i]] == log) {
      lengths[firsts[i]] += copies;
    } else {
      makeRoom(i);
      firsts[i]--;
      set(firsts[i], log, distance, copies);
    }
  }

  private void set(int run, double log, float distance, int length) {
    logs[run] = log;
    distances[run] = distance;
    lengths[run] = length;
  }

  /** Makes sure that a target row has room for one more run. */
  private void makeRoom(int i) {
    if (firsts[i] > i * room) {
      return;
    }
    int wider = (int) Math.min(2L * room, MOST / firsts.length);
    if (wider == room) {
      throw new OutOfMemoryError("coverage with k=" + k);
    }
    double[] widerLogs = new double[firsts.length * wider];
    float[] widerDistances = new float[widerLogs.length];
    int[] widerLengths = new int[widerLogs.length];
    for (int row = 0; row < firsts.length; row++) {
      int runs = end(row) - firsts[row];
      int first = (row + 1) * wider - runs;
      System.arraycopy(logs, firsts[row], widerLogs, first, runs);
      System.arraycopy(distances, firsts[row], widerDistances, first, runs);
      System.arraycopy(lengths, firsts[row], widerLengths, first, runs);
      firsts[row] = first;
    }
    room = wider;
    logs = widerLogs;
    distances = widerDistances;
    lengths = widerLengths;
  }

  /** The index after a target row's nearest run. */
  private int end(int i) {
    return (i + 1) * room;
  }

  /** The index of a target row's farthest run. */
  int first(int i) {
    return firsts[i];
  }

  /** Runs as distances, rounded up: for target row i from {@link #first} on, farthest first. */
  float[] distances() {
    return distances;
  }

  /** How many places each run is. */
  int[] lengths() {
    return lengths;
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
