package io.gio4j.duplicates;

import io.gio4j.random.PythonRandom;
import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.Arrays;

/** Which rows come first: a row is dropped for the sake of one that comes before it. */
public enum Keep {
  /** Rows in their order. */
  FIRST,

  /** Rows in the reverse of their order. */
  LAST,

  /** Rows in an order drawn at random, as Python's {@code random.shuffle} draws it. */
  RANDOM,

  /** Rows by falling score, equal ones in their order. */
  SCORE;

  /** {@return row numbers in the order of this rule} */
  int[] order(int rows, double[] scores, long seed) {
    int[] order = new int[rows];
    Arrays.setAll(order, row -> this == LAST ? rows - 1 - row : row);
    if (this == SCORE) {
      IntArrays.mergeSort(order, (one, other) -> Double.compare(scores[other], scores[one]));
    }
    if (this == RANDOM) {
      PythonRandom.seeded(seed).shuffle(order);
    }
    return order;
  }
}
