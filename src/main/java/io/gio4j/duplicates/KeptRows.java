package io.gio4j.duplicates;

import java.util.Arrays;
import java.util.stream.IntStream;

/** What is decided so far about rows, which are called by their places in the order. */
final class KeptRows {
  private static final int NONE = -1;

  private final boolean chains;
  private final boolean[] isDropped;
  private final int[] near;
  private final double[] squared;

  KeptRows(int rows, boolean chains) {
    this.chains = chains;
    this.isDropped = new boolean[rows];
    this.near = new int[rows];
    this.squared = new double[rows];
    Arrays.fill(near, NONE);
  }

  /** The place of the row that a row is dropped for; -1 for one that is kept. */
  int near(int place) {
    return near[place];
  }

  double squared(int place) {
    return squared[place];
  }

  void drop(int place, int nearest, double distance) {
    isDropped[place] = true;
    near[place] = nearest;
    squared[place] = distance;
  }

  /** {@return the places of all rows that are kept, or of all that are dropped} */
  int[] places(boolean kept) {
    return IntStream.range(0, near.length).filter(place -> isDropped[place] != kept).toArray();
  }

  /** {@return the rows that a part of them is compared with, and then those of the part} */
  int[] compared(int from, int to) {
    return IntStream.range(0, to)
        .filter(place -> place >= from || chains || !isDropped[place])
        .toArray();
  }

  /**
   * Decides about a part of the rows.
   *
   * @param pairs of rows of the part with those before them, sorted
   * @param places of the rows that the pairs name
   */
  void decide(PairList pairs, int[] places, int from, int to) {
    for (int pair = 0; pair < pairs.size(); pair++) {
      if (chains || !isDropped[places[pairs.earlier(pair)]]) {
        isDropped[places[pairs.later(pair)]] = true;
      }
    }
    for (int pair = 0; pair < pairs.size(); pair++) {
      int earlier = places[pairs.earlier(pair)];
      int later = places[pairs.later(pair)];
      if (chains || !isDropped[earlier]) {
        consider(later, earlier, pairs.squared(pair));
      } else if (!isDropped[later]) {
        consider(earlier, later, pairs.squared(pair));
      }
    }
    assert IntStream.range(from, to).allMatch(row -> isDropped[row] == (near[row] >= 0));
  }

  private void consider(int place, int nearest, double distance) {
    boolean isNearer = near[place] < 0 || distance < squared[place];
    if (isNearer || (distance == squared[place] && nearest < near[place])) {
      near[place] = nearest;
      squared[place] = distance;
    }
  }
}
