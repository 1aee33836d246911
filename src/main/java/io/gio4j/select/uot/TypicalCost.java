package io.gio4j.select.uot;

import io.gio4j.internal.RowBlocks;
import java.util.Arrays;

/** The median cost of pairs of evenly spaced rows: outliers do not move it. */
final class TypicalCost {
  /** 64 target rows by 256 pool rows: 10 ms at 784 columns. */
  private static final int TARGET_ROWS = 64;

  private static final int POOL_ROWS = 256;

  private TypicalCost() {}

  /** {@return the median of |x - y|^2 / 4; of 0 the largest; 1 if all rows are equal} */
  static double of(RowBlocks target, RowBlocks pool) {
    double[][] some = spaced(target, TARGET_ROWS);
    double[][] others = spaced(pool, POOL_ROWS);
    double[] costs = new double[some.length * others.length];
    for (int i = 0; i < costs.length; i++) {
      double sum = 0;
      double[] one = some[i / others.length];
      double[] other = others[i % others.length];
      for (int column = 0; column < one.length; column++) {
        double difference = one[column] - other[column];
        sum += difference * difference;
      }
      costs[i] = sum / 4;
    }
    Arrays.sort(costs);
    double median = costs[costs.length / 2];
    double cost = median == 0 ? costs[costs.length - 1] : median;
    return cost == 0 ? 1 : cost;
  }

  private static double[][] spaced(RowBlocks rows, int most) {
    int count = Math.min(most, rows.rows());
    double[][] spaced = new double[count][];
    Arrays.setAll(spaced, i -> rows.row((int) ((long) i * rows.rows() / count)));
    return spaced;
  }
}
