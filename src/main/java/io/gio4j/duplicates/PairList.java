package io.gio4j.duplicates;

import io.gio4j.Progress;
import java.util.Arrays;

/**
 * Pairs of places in an order, each with a squared distance, up to a number of them. Added by
 * several threads in any order; {@link #sort} then makes the order that of the later place, and of
 * the earlier one among equal ones.
 *
 * <p>Takes 16 bytes a pair, and twice that while it grows or sorts.
 */
final class PairList {
  /** Thrown to end a search that finds more pairs than there is room for. */
  static final class Full extends RuntimeException {
    private static final long serialVersionUID = 1;

    Full() {
      super(null, null, false, false);
    }
  }

  /** Bytes of a pair, twice. */
  static final int BYTES = 32;

  private static final int FIRST_ROOM = 1024;

  /** Places whose pairs are sorted between two looks at the progress. */
  private static final int CHECKED = 256;

  private final int most;
  private int size;
  private int[] earlier;
  private int[] later;
  private double[] squared;

  PairList(int most) {
    this.most = most;
    int room = Math.min(most, FIRST_ROOM);
    this.earlier = new int[room];
    this.later = new int[room];
    this.squared = new double[room];
  }

  int size() {
    return size;
  }

  int earlier(int pair) {
    return earlier[pair];
  }

  int later(int pair) {
    return later[pair];
  }

  double squared(int pair) {
    return squared[pair];
  }

  /**
   * Adds pairs.
   *
   * @throws Full if there is no room for them
   */
  synchronized void add(int[] one, int[] other, double[] distances, int count) {
    if (count > most - size) {
      throw new Full();
    }
    if (size + count > earlier.length) {
      int room = (int) Math.min(most, Math.max((long) size + count, 2L * earlier.length));
      earlier = Arrays.copyOf(earlier, room);
      later = Arrays.copyOf(later, room);
      squared = Arrays.copyOf(squared, room);
    }
    for (int i = 0; i < count; i++) {
      earlier[size] = Math.min(one[i], other[i]);
      later[size] = Math.max(one[i], other[i]);
      squared[size] = distances[i];
      size++;
    }
  }

  /**
   * Sorts the pairs: a counting sort by the later place, then each place's pairs by the earlier.
   *
   * @param places number of places
   */
  void sort(int places, Progress progress) {
    int[] ends = new int[places + 1];
    for (int pair = 0; pair < size; pair++) {
      ends[later[pair] + 1]++;
    }
    for (int place = 0; place < places; place++) {
      ends[place + 1] += ends[place];
    }
    int[] sortedEarlier = new int[size];
    int[] sortedLater = new int[size];
    double[] sortedSquared = new double[size];
    int[] next = ends.clone();
    for (int pair = 0; pair < size; pair++) {
      int at = next[later[pair]]++;
      sortedEarlier[at] = earlier[pair];
      sortedLater[at] = later[pair];
      sortedSquared[at] = squared[pair];
    }
    earlier = sortedEarlier;
    later = sortedLater;
    squared = sortedSquared;
    for (int place = 0; place < places; place++) {
      if (place % CHECKED == 0) {
        progress.check();
      }
      it.unimi.dsi.fastutil.Arrays.quickSort(
          ends[place],
          ends[place + 1],
          (one, other) -> Integer.compare(earlier[one], earlier[other]),
          this::swap);
    }
  }

  private void swap(int one, int other) {
    int place = earlier[one];
    earlier[one] = earlier[other];
    earlier[other] = place;
    double distance = squared[one];
    squared[one] = squared[other];
    squared[other] = distance;
  }
}
