package io.gio4j.select.cover;

import io.gio4j.data.FloatMatrix;
import io.gio4j.select.SelectionRequest;
import io.gio4j.testing.NaiveDivergence;
import io.gio4j.testing.TestRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The functions of this package by their definitions, in double, with all similarities at hand. */
final class NaiveCover {
  private final Similarity similarity;
  private final double[][] target;
  private final double[][] existing;
  private final double[][] pool;
  private final int[] weights;
  private final double largest;

  /** By target row, what its best similarity counts at most. */
  private final double[] caps;

  NaiveCover(SelectionRequest request, Similarity similarity) {
    this(request, request.target(), similarity, Double.POSITIVE_INFINITY);
  }

  /** {@return pool rows to be represented up to their similarity to the request's target} */
  static NaiveCover ofRepresentatives(
      SelectionRequest request, FloatMatrix represented, Similarity similarity, double eta) {
    return new NaiveCover(request, represented, similarity, eta);
  }

  private NaiveCover(
      SelectionRequest request, FloatMatrix compared, Similarity similarity, double eta) {
    this.similarity = similarity;
    this.target = TestRows.doubles(compared);
    this.pool = TestRows.doubles(request.pool());
    this.existing =
        request.existing() == null ? new double[0][] : TestRows.doubles(request.existing());
    this.weights = new int[pool.length];
    for (int row = 0; row < pool.length; row++) {
      FloatMatrix column = request.weights();
      weights[row] = column == null ? 1 : (int) column.row(row)[0];
    }
    double most = 0;
    boolean capped = eta < Double.POSITIVE_INFINITY;
    double[][] queries = capped ? TestRows.doubles(request.target()) : new double[0][];
    for (double[][] rows : new double[][][] {pool, existing, queries}) {
      for (double[] x : rows) {
        for (double[] y : target) {
          most = Math.max(most, NaiveDivergence.squaredDistance(x, y));
        }
      }
    }
    this.largest = most;
    this.caps = new double[target.length];
    Arrays.fill(caps, Double.POSITIVE_INFINITY);
    for (int i = 0; capped && i < caps.length; i++) {
      int at = i;
      caps[i] =
          eta * Arrays.stream(queries).mapToDouble(q -> similarity(q, target[at])).max().orElse(0);
    }
  }

  double largest() {
    return largest;
  }

  private static double dot(double[] x, double[] y) {
    double sum = 0;
    for (int column = 0; column < x.length; column++) {
      sum += x[column] * y[column];
    }
    return sum;
  }

  double similarity(double[] x, double[] y) {
    double norms = Math.sqrt(dot(x, x)) * Math.sqrt(dot(y, y));
    double cosine = norms == 0 ? 0 : dot(x, y) / norms;
    return switch (similarity) {
      case COSINE -> Math.max(0, cosine);
      case SQUARED_COSINE -> cosine * cosine;
      case EUCLIDEAN -> Math.max(0, largest - NaiveDivergence.squaredDistance(x, y));
      case DOT -> Math.max(0, dot(x, y));
    };
  }

  /** Existing rows, then selected ones as often as they count. */
  private List<double[]> members(int... selected) {
    List<double[]> members = new ArrayList<>(Arrays.asList(existing));
    for (int row : selected) {
      for (int copy = 0; copy < weights[row]; copy++) {
        members.add(pool[row]);
      }
    }
    return members;
  }

  /** Facility location, and relevance times eta. */
  double best(double eta, int... selected) {
    List<double[]> members = members(selected);
    double[] covered = new double[target.length];
    double relevance = 0;
    for (double[] member : members) {
      double nearest = 0;
      for (int i = 0; i < target.length; i++) {
        double value = similarity(member, target[i]);
        covered[i] = Math.max(covered[i], Math.min(value, caps[i]));
        nearest = Math.max(nearest, value);
      }
      relevance += nearest;
    }
    return Arrays.stream(covered).sum() + eta * relevance;
  }

  /** Graph cut. */
  double cut(double redundancy, int... selected) {
    List<double[]> members = members(selected);
    double sum = 0;
    for (double[] member : members) {
      for (double[] point : target) {
        sum += similarity(member, point);
      }
      for (double[] other : members) {
        sum -= redundancy * similarity(member, other);
      }
    }
    return sum;
  }
}
