package io.gio4j.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The exact selection as its definition words it: every a(g), sorted, every divergence from
 * scratch.
 */
public final class NaiveExactSelection {
  private final double[][] target;
  private final double[][] pool;
  private final double[][] existing;
  private final int[] weights;
  private final int k;
  private final double epsilon;

  /** Weights of 1 are written out. */
  public NaiveExactSelection(
      double[][] target,
      double[][] pool,
      double[][] existing,
      int[] weights,
      int k,
      double epsilon) {
    this.target = target;
    this.pool = pool;
    this.existing = existing;
    this.weights = weights;
    this.k = k;
    this.epsilon = epsilon;
  }

  /** {@code mean_i log(|x_i - g| + eps)}. */
  public double meanLog(int row) {
    return Arrays.stream(target)
        .mapToDouble(x -> Math.log(NaiveDivergence.distance(x, pool[row]) + epsilon))
        .average()
        .orElseThrow();
  }

  /** All rows of the pool in the order of the exact selection. */
  public int[] order() {
    double[] meanLogs = IntStream.range(0, pool.length).mapToDouble(this::meanLog).toArray();
    return IntStream.range(0, pool.length)
        .boxed()
        .sorted(Comparator.comparingDouble(row -> meanLogs[row]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** The divergence of the existing rows and some of the pool's, each as often as it weighs. */
  public double divergence(int... picked) {
    List<double[]> rows = new ArrayList<>(Arrays.asList(existing));
    for (int row : picked) {
      for (int i = 0; i < weights[row]; i++) {
        rows.add(pool[row]);
      }
    }
    return NaiveDivergence.estimate(target, rows.toArray(double[][]::new), k, epsilon, false);
  }

  /** The picks without a budget. */
  public int[] whileFalling() {
    int[] order = order();
    double previous = existing.length == 0 ? Double.POSITIVE_INFINITY : divergence();
    for (int count = 1; count <= order.length; count++) {
      double kl = divergence(Arrays.copyOf(order, count));
      if (kl > previous) {
        return Arrays.copyOf(order, count - 1);
      }
      previous = kl;
    }
    return order;
  }
}
