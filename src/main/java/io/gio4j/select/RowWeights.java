package io.gio4j.select;

import io.gio4j.data.FloatMatrix;

/** How many rows each pool row counts as: whole numbers, 1 where no weights are given. */
final class RowWeights {
  private final float[] weights;

  /** Reads weights from a matrix of one column; null for 1 everywhere. */
  RowWeights(FloatMatrix matrix, FloatMatrix pool) {
    if (matrix == null) {
      weights = null;
      return;
    }
    if (matrix.columns() != 1 || matrix.rows() != pool.rows()) {
      throw new IllegalArgumentException(
          "%s: has %d rows of %d columns; one column with a weight for each of the %d rows of %s is needed"
              .formatted(matrix.name(), matrix.rows(), matrix.columns(), pool.rows(), pool.name()));
    }
    weights = new float[pool.rows()];
    matrix.copyRows(0, weights.length, weights, 0);
    for (int row = 0; row < weights.length; row++) {
      float weight = weights[row];
      if (!(weight >= 1 && weight <= Integer.MAX_VALUE && weight == Math.rint(weight))) {
        throw new IllegalArgumentException(
            "%s: row %d is %s; must be a whole number of at least 1, the rows that it stands for"
                .formatted(matrix.name(), row, weight));
      }
    }
  }

  long of(int row) {
    return weights == null ? 1 : (long) weights[row];
  }
}
