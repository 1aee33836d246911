package io.gio4j.internal.neighbors;

import java.util.Arrays;

/**
 * The rows that may be among the k nearest of each point of a panel. Squared distances are floats
 * in the unit of {@link NearPairs}.
 *
 * <p>A row is kept with bounds of its squared distance. The k-th smallest upper bound is a limit:
 * rows whose lower bound lies above it are dropped. Lists hold somewhat more than 2 k rows and are
 * pruned when they are full, so a limit is updated about log2(m / k) times and not at every row.
 * Where pruning leaves a list nearly full (many rows at about the same distance), its rows are
 * measured exactly and the k nearest are kept.
 */
final class NearLists {
  /** Room beyond 2 k, so that lists are rarely pruned even for the smallest k. */
  private static final int SPARE = 32;

  /** Measures rows for the point in a lane. */
  @FunctionalInterface
  interface Measure {
    void exactly(int lane, int[] rows, int count, double[] squared);
  }

  private final NearPairs pairs;
  private final int panel;
  private final int k;
  private final Measure measure;
  private final int capacity;
  private final int[] rows;
  private final float[] lowest;
  private final float[] highest;
  private final int[] sizes;
  private final float[] limits;

  /**
   * Starts with empty lists.
   *
   * @param most squared distance, in the data's unit, above which a row may be left out
   */
  NearLists(NearPairs pairs, int panel, int k, double most, Measure measure) {
    this.pairs = pairs;
    this.panel = panel;
    this.k = k;
    this.measure = measure;
    this.capacity = capacity(k);
    this.rows = new int[pairs.used(panel) * capacity];
    this.lowest = new float[rows.length];
    this.highest = new float[rows.length];
    this.sizes = new int[pairs.lanes()];
    this.limits = new float[pairs.lanes()];
    Arrays.fill(limits, 0, pairs.used(panel), NearPairs.limit(most * pairs.perSquare()));
    Arrays.fill(limits, pairs.used(panel), limits.length, Float.NEGATIVE_INFINITY);
  }

  private static int capacity(int k) {
    return 2 * k + SPARE;
  }

  static long bytesOfPoint(int k) {
    return 12L * capacity(k) + 8;
  }

  /**
   * {@return limits for the next search} They only fall, so an older one only lets more pairs pass.
   */
  float[] limits() {
    return limits;
  }

  /**
   * Adds the hits of a search.
   *
   * @param numbers of the rows
   */
  void add(int[] numbers, int count, NearPairs.Hits hits, float[] rowNorms) {
    for (int row = 0; row < count; row++) {
      if (hits.size(row) > 0) {
        add(numbers[row], hits, row, rowNorms[row]);
      }
    }
  }

  private synchronized void add(int row, NearPairs.Hits hits, int rowOfBlock, float rowNorm) {
    int first = panel * limits.length;
    int end = hits.start(rowOfBlock) + hits.size(rowOfBlock);
    for (int at = hits.start(rowOfBlock); at < end; at++) {
      int lane = hits.points()[at] - first;
      float bound = hits.bounds()[at];
      if (bound > limits[lane]) {
        continue;
      }
      int slot = lane * capacity + sizes[lane];
      rows[slot] = row;
      lowest[slot] = NearPairs.lowest(bound);
      highest[slot] = pairs.highest(bound, rowNorm, panel, lane);
      sizes[lane]++;
      if (sizes[lane] == capacity) {
        prune(lane);
      }
    }
  }

  private void prune(int lane) {
    int start = lane * capacity;
    float[] sorted = Arrays.copyOfRange(highest, start, start + sizes[lane]);
    Arrays.sort(sorted);
    float limit = sorted[k - 1];
    int kept = 0;
    for (int slot = start; slot < start + sizes[lane]; slot++) {
      if (lowest[slot] <= limit) {
        rows[start + kept] = rows[slot];
        lowest[start + kept] = lowest[slot];
        highest[start + kept] = highest[slot];
        kept++;
      }
    }
    sizes[lane] = kept;
    limits[lane] = Math.min(limits[lane], NearPairs.limit(limit));
    if (capacity - kept < (capacity - k) / 4) {
      measureAll(lane);
    }
  }

  /**
   * Keeps the k nearest rows, by exact distances. Both their bounds become the distance rounded to
   * a float. This is safe although the distance lies on one side of that float: rounding is
   * monotone, so a float that is not above the distance is not above the rounded one, and no row is
   * dropped that is not farther.
   */
  private void measureAll(int lane) {
    Measured measured = new Measured(lane);
    int start = lane * capacity;
    for (int i = 0; i < k; i++) {
      rows[start + i] = measured.rows[i];
      float inUnits = (float) (measured.squared[i] * pairs.perSquare());
      lowest[start + i] = inUnits;
      highest[start + i] = inUnits;
    }
    sizes[lane] = k;
    limits[lane] = Math.min(limits[lane], NearPairs.limit(highest[start + k - 1]));
  }

  /** Rows and their squared distances in the data's unit, the nearest first. */
  final class Measured {
    final int[] rows;
    final double[] squared;

    private Measured(int lane) {
      int start = lane * capacity;
      rows = Arrays.copyOfRange(NearLists.this.rows, start, start + sizes[lane]);
      squared = new double[rows.length];
      measure.exactly(lane, rows, rows.length, squared);
      it.unimi.dsi.fastutil.Arrays.quickSort(0, rows.length, this::compare, this::swap);
    }

    /** {@return how many of the first rows are not farther than a squared distance} */
    int near(int most, double farthest) {
      int near = Math.min(most, rows.length);
      while (near > 0 && squared[near - 1] > farthest) {
        near--;
      }
      return near;
    }

    private int compare(int i, int j) {
      int order = Double.compare(squared[i], squared[j]);
      return order == 0 ? Integer.compare(rows[i], rows[j]) : order;
    }

    private void swap(int i, int j) {
      int row = rows[i];
      rows[i] = rows[j];
      rows[j] = row;
      double distance = squared[i];
      squared[i] = squared[j];
      squared[j] = distance;
    }
  }

  /**
   * {@return exact distances of the rows of a list; its first k are the nearest rows of the point}
   */
  Measured measured(int lane) {
    if (sizes[lane] > k) {
      prune(lane);
    }
    return new Measured(lane);
  }
}
