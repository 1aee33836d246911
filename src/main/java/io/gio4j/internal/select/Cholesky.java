package io.gio4j.internal.select;

import java.util.Arrays;

/**
 * The Cholesky factor L of a positive definite matrix that gains and loses rows and columns.
 *
 * <p>A row is appended by one forward substitution and removed by plane rotations, both k^2
 * operations where a new factor would take k^3 / 6. Memory: 4 k^2 bytes.
 */
public final class Cholesky {
  /**
   * Of a unit row, the least squared distance from the span of the rows before it. Rows of floats
   * that are equal but for rounding differ by about 1e-7 of their length, whose square is 1e-14.
   */
  private static final double LEAST_PIVOT = 1e-12;

  private double[][] rows = new double[16][];
  private int size;

  /** Starts with the matrix of no rows. */
  public Cholesky() {}

  /**
   * Appends a row, unless it depends on those before it.
   *
   * @param products the new row of the matrix, without the diagonal
   * @param diagonal the number on the diagonal
   * @return whether it was appended; not if a number is NaN
   */
  public boolean append(double[] products, double diagonal) {
    double[] row = Arrays.copyOf(products, size + 1);
    double pivot = diagonal;
    for (int i = 0; i < size; i++) {
      row[i] = (row[i] - product(rows[i], row, i)) / rows[i][i];
      pivot -= row[i] * row[i];
    }
    if (!(pivot > LEAST_PIVOT * diagonal)) {
      return false;
    }
    row[size] = Math.sqrt(pivot);
    if (size == rows.length) {
      rows = Arrays.copyOf(rows, 2 * size);
    }
    rows[size] = row;
    size++;
    return true;
  }

  /**
   * Removes a row and its column: rotations restore the triangle that is left without it.
   *
   * @param removed its number
   */
  public void remove(int removed) {
    int left = size - removed - 1;
    double[] cosines = new double[left];
    double[] sines = new double[left];
    for (int i = 0; i < left; i++) {
      double[] old = rows[removed + 1 + i];
      double[] row = new double[removed + i + 1];
      System.arraycopy(old, 0, row, 0, removed);
      System.arraycopy(old, removed + 1, row, removed, i + 1);
      double rest = old[removed];
      for (int k = 0; k < i; k++) {
        double entry = row[removed + k];
        row[removed + k] = cosines[k] * entry + sines[k] * rest;
        rest = cosines[k] * rest - sines[k] * entry;
      }
      double diagonal = Math.hypot(row[removed + i], rest);
      cosines[i] = row[removed + i] / diagonal;
      sines[i] = rest / diagonal;
      row[removed + i] = diagonal;
      rows[removed + i] = row;
    }
    size--;
    rows[size] = null;
  }

  /**
   * {@return the solution for a right-hand side}
   *
   * @param right a number a row
   */
  public double[] solve(double[] right) {
    double[] solution = new double[size];
    for (int i = 0; i < size; i++) {
      solution[i] = (right[i] - product(rows[i], solution, i)) / rows[i][i];
    }
    for (int i = size - 1; i >= 0; i--) {
      double[] row = rows[i];
      double value = solution[i] / row[i];
      solution[i] = value;
      for (int j = 0; j < i; j++) {
        solution[j] -= value * row[j];
      }
    }
    return solution;
  }

  /** Four sums, each of which waits for its last addition. */
  private static double product(double[] one, double[] other, int count) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i + 4 <= count; i += 4) {
      s0 = Math.fma(one[i], other[i], s0);
      s1 = Math.fma(one[i + 1], other[i + 1], s1);
      s2 = Math.fma(one[i + 2], other[i + 2], s2);
      s3 = Math.fma(one[i + 3], other[i + 3], s3);
    }
    for (; i < count; i++) {
      s0 = Math.fma(one[i], other[i], s0);
    }
    return (s0 + s1) + (s2 + s3);
  }
}
