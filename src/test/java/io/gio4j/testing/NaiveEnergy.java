package io.gio4j.testing;

import io.gio4j.kernel.EnergyKernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The energy distance of a growing selection from its definition, in double. */
public final class NaiveEnergy {
  private final EnergyKernel kernel;
  private final double[][] target;
  private final double[][] pool;
  private final List<double[]> selected;
  private final boolean[] taken;

  /** With the existing rows selected. */
  public NaiveEnergy(EnergyKernel kernel, double[][] target, double[][] pool, double[][] existing) {
    this.kernel = kernel;
    this.target = target;
    this.pool = pool;
    this.selected = new ArrayList<>(Arrays.asList(existing));
    this.taken = new boolean[pool.length];
  }

  public boolean isTaken(int row) {
    return taken[row];
  }

  /** Selects a row, once more if it is selected already. */
  public void take(int row) {
    taken[row] = true;
    selected.add(pool[row]);
  }

  /** The energy distance of the selected rows; NaN without any. */
  public double distance() {
    return between(kernel, target, selected.toArray(double[][]::new));
  }

  /** The distance with one more row. */
  public double distanceWith(int row) {
    List<double[]> more = new ArrayList<>(selected);
    more.add(pool[row]);
    return between(kernel, target, more.toArray(double[][]::new));
  }

  /** What the greedy rule ranks a row by. */
  public double score(int row) {
    return within(row) - mean(kernel, target, new double[][] {pool[row]});
  }

  /** The larger one of the score's two terms: what its rounding is a share of. */
  public double scoreSize(int row) {
    double drawn = mean(kernel, target, new double[][] {pool[row]});
    return Math.max(Math.abs(within(row)), Math.abs(drawn));
  }

  private double within(int row) {
    double within = 0;
    for (double[] other : selected) {
      within += kernel.at(distance(other, pool[row]));
    }
    return within / (selected.size() + 1);
  }

  /** The energy distance of two samples. */
  public static double between(EnergyKernel kernel, double[][] x, double[][] y) {
    return 2 * mean(kernel, x, y) - mean(kernel, x, x) - mean(kernel, y, y);
  }

  private static double mean(EnergyKernel kernel, double[][] x, double[][] y) {
    double sum = 0;
    for (double[] one : x) {
      for (double[] other : y) {
        sum += kernel.at(distance(one, other));
      }
    }
    return sum / x.length / y.length;
  }

  private static double distance(double[] one, double[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += (one[i] - other[i]) * (one[i] - other[i]);
    }
    return Math.sqrt(sum);
  }
}
