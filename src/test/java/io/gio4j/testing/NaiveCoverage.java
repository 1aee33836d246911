package io.gio4j.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The coverage objective as its definition words it, and greedy picks by computing it from scratch.
 */
public final class NaiveCoverage {
  private final double[][] target;
  private final double[][] pool;
  private final double[][] existing;
  private final int[] weights;
  private final double epsilon;
  private final double floor;

  /** Weights of 1 are written out. */
  public NaiveCoverage(
      double[][] target, double[][] pool, double[][] existing, int[] weights, double epsilon) {
    this.target = target;
    this.pool = pool;
    this.existing = existing;
    this.weights = weights;
    this.epsilon = epsilon;
    int columns = target[0].length;
    double[] mean = new double[columns];
    for (double[] row : target) {
      for (int c = 0; c < columns; c++) {
        mean[c] += row[c] / target.length;
      }
    }
    double others = Math.max(radius(pool, mean), radius(existing, mean));
    floor = -Math.log(2 * (Math.clamp(radius(target, mean) + others, 1e-5, 1e10) + epsilon));
  }

  private static double radius(double[][] rows, double[] center) {
    return Arrays.stream(rows)
        .mapToDouble(row -> Math.sqrt(NaiveDivergence.squaredDistance(row, center)))
        .max()
        .orElse(0);
  }

  /** f of the existing rows and some of the pool's. */
  public double objective(int neighbors, int... picked) {
    double sum = 0;
    for (double[] x : target) {
      List<Double> similarities = new ArrayList<>();
      for (double[] row : existing) {
        similarities.add(similarity(x, row));
      }
      for (int row : picked) {
        for (int copy = 0; copy < weights[row]; copy++) {
          similarities.add(similarity(x, pool[row]));
        }
      }
      for (int missing = similarities.size(); missing < neighbors; missing++) {
        similarities.add(floor);
      }
      similarities.sort((one, other) -> Double.compare(other, one));
      sum += similarities.stream().limit(neighbors).mapToDouble(Double::doubleValue).sum();
    }
    return sum / target.length;
  }

  private double similarity(double[] x, double[] row) {
    return -Math.log(NaiveDivergence.distance(x, row) + epsilon);
  }

  /** A pick, what it gained, and the k in force. */
  public record Pick(int row, double gain, int neighbors) {}

  /** Greedy picks of a budget; differences below {@code equal} count as none. */
  public List<Pick> greedy(long budget, int neighbors, double equal) {
    List<Pick> picks = new ArrayList<>();
    int k = neighbors;
    long rows = 0;
    while (rows < budget && picks.size() < pool.length) {
      Pick best = best(picks.stream().mapToInt(Pick::row).toArray(), k, equal);
      if (best.gain <= equal) {
        k++;
      } else {
        picks.add(best);
        rows += weights[best.row];
      }
    }
    return picks;
  }

  /** The first of the rows that gain most. */
  public Pick best(int[] picked, int neighbors, double equal) {
    double before = objective(neighbors, picked);
    Pick best = new Pick(-1, Double.NEGATIVE_INFINITY, neighbors);
    for (int row = 0; row < pool.length; row++) {
      int candidate = row;
      if (IntStream.of(picked).noneMatch(other -> other == candidate)) {
        int[] with = Arrays.copyOf(picked, picked.length + 1);
        with[picked.length] = row;
        double gain = objective(neighbors, with) - before;
        if (gain > best.gain + equal) {
          best = new Pick(row, gain, neighbors);
        }
      }
    }
    return best;
  }
}
