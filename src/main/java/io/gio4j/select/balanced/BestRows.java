package io.gio4j.select.balanced;

import it.unimi.dsi.fastutil.doubles.Double2IntOpenHashMap;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntUnaryOperator;

/**
 * Chooses about {@code wanted} rows of high scores, from all groups of near rows.
 *
 * <p>The rows with the highest scores of all lie close together: after two picks among them, all of
 * them score below another group. So a row is ranked mostly by its distance to the best score of
 * its own group. Of rows that rank equal, as copies do, only the first ones are chosen, so that
 * each distinct row has a place: with 10,000 copies of each of two rows all would be copies of the
 * same, and after each pick it is the other's turn.
 */
final class BestRows {
  private static final int SAMPLE = 4096;

  private static final long SEED = 1;

  /**
   * Bounds of how many equal rows are chosen: as many as a batch can pick if it picks no other row,
   * and a few of each where there are many distinct ones.
   */
  private static final int MOST_EQUAL = BatchedGreedy.BATCH;

  private static final int FEWEST_EQUAL = BatchedGreedy.PANEL;

  /**
   * The share of a group's best score that is subtracted from its rows' scores: over Fashion-MNIST
   * 1,500 picks took 100 batches with 0, 58 with 0.5 and 49 with 0.9.
   */
  private static final double WITHIN_GROUP = 0.9;

  private final IntToDoubleFunction score;
  private final IntUnaryOperator group;
  private final double[] groupBest;
  private final int wanted;

  /** How many rows are chosen of those that share a rank value, where they may be too many. */
  private final Double2IntOpenHashMap crowded = new Double2IntOpenHashMap();

  private final double threshold;

  /**
   * @param count rows to choose from
   * @param wanted about how many to choose, fewer than all
   * @param score of a row; negative infinity for one that is taken
   * @param group of a row, below {@code groups}
   */
  BestRows(int count, int wanted, IntToDoubleFunction score, IntUnaryOperator group, int groups) {
    this.wanted = wanted;
    this.score = score;
    this.group = group;
    this.groupBest = new double[groups];
    Arrays.fill(groupBest, Double.NEGATIVE_INFINITY);
    for (int row = 0; row < count; row++) {
      int own = group.applyAsInt(row);
      groupBest[own] = Math.max(groupBest[own], score.applyAsDouble(row));
    }
    // One row of each stretch, and not always the same one: rows may repeat in a pattern.
    int stretch = Math.max(1, count / SAMPLE);
    double[] sample = new double[count / stretch];
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < sample.length; i++) {
      sample[i] = key(i * stretch + random.nextInt(stretch));
    }
    Arrays.sort(sample);
    crowded.defaultReturnValue(-1);
    threshold = Math.max(-Double.MAX_VALUE, threshold(sample, (double) count / sample.length));
  }

  /**
   * The rank value from which on about {@code wanted} rows are left; finds the values that too many
   * rows share.
   *
   * @param sample of the rank values, ascending
   * @param rows that each of them stands for
   */
  private double threshold(double[] sample, double rows) {
    long distinct = Arrays.stream(sample).distinct().count();
    int most = Math.clamp(wanted / distinct, FEWEST_EQUAL, MOST_EQUAL);
    double chosen = 0;
    double key = sample[sample.length - 1];
    int end = sample.length;
    while (chosen < wanted && end > 0) {
      key = sample[end - 1];
      int equal = 0;
      while (end > 0 && sample[end - 1] == key) {
        end--;
        equal++;
      }
      boolean tooMany = equal > 1 && equal * rows > most;
      if (tooMany) {
        crowded.put(key, most);
      }
      chosen += tooMany ? most : equal * rows;
    }
    return key;
  }

  private double key(int row) {
    double own = score.applyAsDouble(row);
    return own == Double.NEGATIVE_INFINITY
        ? own
        : own - WITHIN_GROUP * groupBest[group.applyAsInt(row)];
  }

  /** {@return an empty choice} */
  Chosen none() {
    return new Chosen();
  }

  /** Whether one more row of a rank value may be chosen, of as many as are left of each. */
  private static boolean chooses(Double2IntOpenHashMap left, double key) {
    int more = left.get(key);
    if (more > 0) {
      left.put(key, more - 1);
    }
    return more != 0;
  }

  /** The chosen rows of some ranges. */
  final class Chosen {
    private final IntArrayList rows = new IntArrayList();
    private final Double2IntOpenHashMap left = crowded.clone();

    /**
     * Chooses among a range of rows; ranges ascend from call to call. The best row of all is always
     * chosen.
     *
     * @return the rank value of the best row that was not chosen
     */
    double choose(int from, int to) {
      double next = Double.NEGATIVE_INFINITY;
      for (int row = from; row < to; row++) {
        double key = key(row);
        if (key >= threshold && chooses(left, key)) {
          rows.add(row);
        } else {
          next = Math.max(next, key);
        }
      }
      return next;
    }
  }

  /** {@return all chosen rows, ascending} */
  IntArrayList together(Chosen[] parts) {
    IntArrayList all = new IntArrayList();
    Double2IntOpenHashMap left = crowded.clone();
    for (Chosen part : parts) {
      part.rows.forEach(row -> {
        if (chooses(left, key(row))) {
          all.add(row);
        }
      });
    }
    return all;
  }
}
