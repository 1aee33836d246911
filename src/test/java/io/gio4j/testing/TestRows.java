package io.gio4j.testing;

import io.gio4j.data.FloatMatrix;
import java.util.SplittableRandom;

/** Matrices of random rows, the same in every run. */
public final class TestRows {
  private TestRows() {}

  /** Rows with independent normal numbers of the given mean and standard deviation 1. */
  public static FloatMatrix normal(long seed, int rows, int columns, double mean) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (mean + random.nextGaussian());
    }
    return FloatMatrix.of(values, rows, columns);
  }

  /** Normal rows of mean 0. */
  public static FloatMatrix normal(long seed, int rows, int columns) {
    return normal(seed, rows, columns, 0);
  }

  /** All numbers times a factor, plus an offset. */
  public static FloatMatrix scaled(FloatMatrix matrix, double factor, double offset) {
    float[][] rows = new float[matrix.rows()][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = matrix.row(row);
      for (int i = 0; i < rows[row].length; i++) {
        rows[row][i] = (float) (factor * rows[row][i] + offset);
      }
    }
    return FloatMatrix.of(rows);
  }

  /** The rows in the given order; a row may come several times. */
  public static FloatMatrix pick(FloatMatrix matrix, int... rows) {
    float[][] picked = new float[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      picked[i] = matrix.row(rows[i]);
    }
    return FloatMatrix.of(picked);
  }

  /** All rows as doubles. */
  public static double[][] doubles(FloatMatrix matrix) {
    return inUnits(matrix, 1);
  }

  /** All rows as doubles, over a length. */
  public static double[][] inUnits(FloatMatrix matrix, double unit) {
    double[][] rows = new double[matrix.rows()][matrix.columns()];
    for (int row = 0; row < rows.length; row++) {
      float[] values = matrix.row(row);
      for (int column = 0; column < values.length; column++) {
        rows[row][column] = values[column] / unit;
      }
    }
    return rows;
  }
}
