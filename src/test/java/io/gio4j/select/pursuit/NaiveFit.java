package io.gio4j.select.pursuit;

import io.gio4j.data.FloatMatrix;
import io.gio4j.testing.TestRows;
import java.util.Arrays;
import java.util.List;

/** Least squares of some rows by Gaussian elimination on the normal equations, in double. */
record NaiveFit(double[][] rows, double[] goal, double[] weights) {
  static double[] mean(FloatMatrix target) {
    double[] mean = new double[target.columns()];
    for (double[] row : TestRows.doubles(target)) {
      for (int column = 0; column < mean.length; column++) {
        mean[column] += row[column] / target.rows();
      }
    }
    return mean;
  }

  /** The fit with the weights that another one found. */
  static NaiveFit given(FloatMatrix pool, FloatMatrix target, List<Atom> atoms) {
    int[] numbers = atoms.stream().mapToInt(atom -> atom.number).toArray();
    double[] weights = atoms.stream().mapToDouble(Atom::weight).toArray();
    double[][] rows =
        numbers.length == 0 ? new double[0][] : TestRows.doubles(TestRows.pick(pool, numbers));
    return new NaiveFit(rows, mean(target), weights);
  }

  /** The fit with the best weights of any sign; null where they are not defined. */
  static NaiveFit leastSquares(FloatMatrix pool, FloatMatrix target, double ridge, int... numbers) {
    double[][] rows = TestRows.doubles(TestRows.pick(pool, numbers));
    double[] goal = mean(target);
    int count = rows.length;
    double[][] system = new double[count][count + 1];
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < count; j++) {
        system[i][j] = Goal.product(rows[i], rows[j]) * (i == j ? 1 + ridge : 1);
      }
      system[i][count] = Goal.product(rows[i], goal);
    }
    for (int pivot = 0; pivot < count; pivot++) {
      int largest = pivot;
      for (int i = pivot; i < count; i++) {
        largest = Math.abs(system[i][pivot]) > Math.abs(system[largest][pivot]) ? i : largest;
      }
      double[] row = system[largest];
      system[largest] = system[pivot];
      system[pivot] = row;
      if (Math.abs(row[pivot]) < 1e-10) {
        return null;
      }
      for (int i = 0; i < count; i++) {
        double factor = i == pivot ? 0 : system[i][pivot] / row[pivot];
        for (int j = pivot; j <= count && factor != 0; j++) {
          system[i][j] -= factor * row[j];
        }
      }
    }
    double[] weights = new double[count];
    Arrays.setAll(weights, i -> system[i][count] / system[i][i]);
    return new NaiveFit(rows, goal, weights);
  }

  boolean isNonNegative() {
    return Arrays.stream(weights).allMatch(weight -> weight >= 0);
  }

  double[] residual() {
    double[] residual = goal.clone();
    for (int i = 0; i < rows.length; i++) {
      for (int column = 0; column < residual.length; column++) {
        residual[column] -= weights[i] * rows[i][column];
      }
    }
    return residual;
  }

  double residualSquare() {
    return Goal.square(residual());
  }

  /** The weights' cost for a ridge of 1. */
  double cost() {
    double cost = 0;
    for (int i = 0; i < rows.length; i++) {
      cost += weights[i] * weights[i] * Goal.square(rows[i]);
    }
    return cost;
  }
}
