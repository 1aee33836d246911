package io.gio4j.select.bilevel;

import io.gio4j.internal.Execution;
import io.gio4j.internal.select.Cholesky;
import io.gio4j.internal.simd.RowOps;
import java.util.Arrays;

/**
 * Fits models with a ridge to rows, by steps {@code T -= (c X'X + mu I)^-1 (X'R + mu T)} from zero,
 * where R are the derivatives of the rows' losses and mu is the ridge times the number of rows.
 *
 * <p>With m rows of d numbers it solves in the smaller of m and d dimensions. T is X'A for rows'
 * coefficients A, whose step is {@code A -= (c XX' + mu I)^-1 (R + mu A)}: for m up to d that is
 * what is computed, and X is kept (at most 4 d^2 bytes). For more rows X is read in chunks.
 *
 * <p>Products are sums in double of features in float; see {@link RowOps}.
 */
final class InnerFit {
  /** Rows of a chunk: beside as many of 4,000 columns a product's row stays in cache. */
  private static final int CHUNK = 128;

  private final Features features;
  private final Labels labels;
  private final double ridge;
  private final RowOps ops;
  private final Execution execution;

  InnerFit(Features features, Labels labels, double ridge, RowOps ops, Execution execution) {
    this.features = features;
    this.labels = labels;
    this.ridge = ridge;
    this.ops = ops;
    this.execution = execution;
  }

  /** {@return by output, the coefficients for rows as they are, the constant last; null if none} */
  double[][] fit(int[] rows) {
    double[][] coefficients = rows.length <= features.count() ? byRows(rows) : byColumns(rows);
    if (coefficients != null) {
      for (double[] each : coefficients) {
        features.unscale(each);
      }
    }
    return coefficients;
  }

  private double[][] byRows(int[] rows) {
    int size = features.count();
    float[] x = new float[rows.length * size];
    features.gather(rows, 0, rows.length, x);
    double[][] products = new double[rows.length][];
    addProducts(x, rows.length, size, products);
    Cholesky factor = factor(products, ridge * rows.length);
    if (factor == null) {
      return null;
    }
    double[][] own = new double[labels.outputs()][rows.length];
    double[][] coefficients = new double[labels.outputs()][];
    for (int step = 0; ; step++) {
      for (int output = 0; output < own.length; output++) {
        coefficients[output] = new double[size];
        ops.addWeighted(x, 0, rows.length, size, own[output], coefficients[output]);
      }
      if (step == labels.model().steps()) {
        return coefficients;
      }
      double[][] derivatives = derivatives(rows, 0, rows.length, x, coefficients);
      for (int output = 0; output < own.length; output++) {
        move(own[output], derivatives[output], factor, ridge * rows.length);
      }
    }
  }

  private double[][] byColumns(int[] rows) {
    int size = features.count();
    float[] x = new float[CHUNK * size];
    float[] columns = new float[CHUNK * size];
    double[][] products = new double[size][];
    for (int from = 0; from < rows.length; from += CHUNK) {
      int count = Math.min(CHUNK, rows.length - from);
      features.gather(rows, from, count, x);
      for (int row = 0; row < count; row++) {
        for (int column = 0; column < size; column++) {
          columns[column * count + row] = x[row * size + column];
        }
      }
      addProducts(columns, size, count, products);
    }
    Cholesky factor = factor(products, ridge * rows.length);
    if (factor == null) {
      return null;
    }
    double[][] coefficients = new double[labels.outputs()][size];
    for (int step = 0; step < labels.model().steps(); step++) {
      double[][] gradients = new double[coefficients.length][size];
      for (int from = 0; from < rows.length; from += CHUNK) {
        int count = Math.min(CHUNK, rows.length - from);
        features.gather(rows, from, count, x);
        double[][] derivatives = derivatives(rows, from, count, x, coefficients);
        for (int output = 0; output < coefficients.length; output++) {
          ops.addWeighted(x, 0, count, size, derivatives[output], gradients[output]);
        }
      }
      for (int output = 0; output < coefficients.length; output++) {
        move(coefficients[output], gradients[output], factor, ridge * rows.length);
      }
    }
    return coefficients;
  }

  /** Adds the products of all pairs of vectors, as the rows of a triangle. */
  private void addProducts(float[] vectors, int vectorCount, int length, double[][] triangle) {
    double[] point = new double[length];
    double[] products = new double[vectorCount];
    for (int i = 0; i < vectorCount; i++) {
      execution.progress().check();
      for (int k = 0; k < length; k++) {
        point[k] = vectors[i * length + k];
      }
      ops.innerProducts(vectors, 0, i + 1, length, point, products);
      if (triangle[i] == null) {
        triangle[i] = new double[i + 1];
      }
      for (int j = 0; j <= i; j++) {
        triangle[i][j] += products[j];
      }
    }
  }

  private Cholesky factor(double[][] triangle, double penalty) {
    Cholesky factor = new Cholesky();
    for (int i = 0; i < triangle.length; i++) {
      execution.progress().check();
      double[] row = triangle[i];
      for (int j = 0; j <= i; j++) {
        row[j] *= labels.model().curvature();
      }
      if (!factor.append(Arrays.copyOf(row, i), row[i] + penalty)) {
        return null;
      }
    }
    return factor;
  }

  /** {@return by output and row, the derivative of its loss} */
  private double[][] derivatives(
      int[] rows, int from, int count, float[] x, double[][] coefficients) {
    execution.progress().check();
    double[][] values = new double[coefficients.length][count];
    for (int output = 0; output < coefficients.length; output++) {
      ops.innerProducts(x, 0, count, features.count(), coefficients[output], values[output]);
    }
    double[] ofRow = new double[coefficients.length];
    for (int i = 0; i < count; i++) {
      for (int output = 0; output < ofRow.length; output++) {
        ofRow[output] = values[output][i];
      }
      labels.derive(rows[from + i], ofRow);
      for (int output = 0; output < ofRow.length; output++) {
        values[output][i] = ofRow[output];
      }
    }
    return values;
  }

  private static void move(double[] values, double[] gradient, Cholesky factor, double penalty) {
    for (int i = 0; i < values.length; i++) {
      gradient[i] += penalty * values[i];
    }
    double[] step = factor.solve(gradient);
    for (int i = 0; i < values.length; i++) {
      values[i] -= step[i];
    }
  }
}
