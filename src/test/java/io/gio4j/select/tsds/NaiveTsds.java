package io.gio4j.select.tsds;

import io.gio4j.data.FloatMatrix;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.Comparator;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** The method by its formulas, in double: every level at which a neighbour is full is tried. */
final class NaiveTsds {
  private final int retrieved;
  private final int[][] near;
  private final double[][] distances;
  private final double[][] shares;
  double level = 1;
  final double[] probabilities;

  /**
   * Computes everything.
   *
   * @param retrieved neighbours of each target row
   * @param full neighbours that may be full, one less or as many
   */
  NaiveTsds(
      FloatMatrix pool,
      FloatMatrix target,
      double alpha,
      double c,
      double sigma,
      int retrieved,
      int densityNeighbors,
      int full) {
    double[][] rows = TestRows.doubles(pool);
    double[][] points = TestRows.doubles(target);
    this.retrieved = retrieved;
    near = new int[points.length][];
    distances = new double[points.length][];
    shares = new double[points.length][];
    TreeSet<Integer> union = new TreeSet<>();
    for (int j = 0; j < points.length; j++) {
      double[] all = lengths(points[j], rows);
      near[j] = sorted(all, IntStream.range(0, rows.length).toArray(), retrieved);
      distances[j] = Arrays.stream(near[j]).mapToDouble(row -> all[row]).toArray();
      Arrays.stream(near[j]).forEach(union::add);
    }
    int[] among = union.stream().mapToInt(row -> row).toArray();
    double[] density = new double[rows.length];
    for (int row : among) {
      double[] all = lengths(rows[row], rows);
      for (int other : sorted(all, among, Math.min(densityNeighbors, among.length))) {
        double square = all[other] * all[other] / (sigma * sigma);
        density[row] += Math.max(0, 1 - square);
      }
    }
    for (int j = 0; j < points.length; j++) {
      shares[j] =
          Arrays.stream(near[j]).mapToDouble(row -> sigma == 0 ? 1 : 1 / density[row]).toArray();
    }
    findLevel(alpha, c, full);
    probabilities = new double[rows.length];
    for (int j = 0; j < points.length; j++) {
      double left = 1;
      int reached = reached(j, full);
      for (int k = 0; k < reached; k++) {
        probabilities[near[j][k]] += shares[j][k] / level / points.length;
        left -= shares[j][k] / level;
      }
      if (left > 1e-9) {
        probabilities[near[j][Math.min(reached, retrieved - 1)]] += left / points.length;
      }
    }
  }

  private void findLevel(double alpha, double c, int full) {
    TreeSet<Double> levels = new TreeSet<>();
    for (double[] each : shares) {
      double sum = 0;
      for (int k = 0; k < full; k++) {
        sum += each[k];
        levels.add(sum);
      }
    }
    for (double each : levels) {
      level = each;
      double cost = 0;
      for (int j = 0; j < near.length; j++) {
        int reached = reached(j, full);
        for (int k = 0; k < reached; k++) {
          double next = distances[j][Math.min(reached, retrieved - 1)];
          cost += (next - distances[j][k]) * shares[j][k];
        }
      }
      // Equal sums of shares in another order differ in their last bits.
      if (alpha / c * cost >= (1 - alpha) * near.length * (1 - 1e-12)) {
        return;
      }
    }
  }

  private int reached(int j, int full) {
    double sum = 0;
    int k = 0;
    while (k < full && sum + shares[j][k] <= level * (1 + 1e-12)) {
      sum += shares[j][k];
      k++;
    }
    return k;
  }

  private static double[] lengths(double[] point, double[][] rows) {
    return Arrays.stream(rows)
        .mapToDouble(row -> Math.sqrt(NaiveDivergence.squaredDistance(point, row)))
        .toArray();
  }

  private static int[] sorted(double[] lengths, int[] rows, int count) {
    return Arrays.stream(rows)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer row) -> lengths[row]))
        .limit(count)
        .mapToInt(row -> row)
        .toArray();
  }
}
