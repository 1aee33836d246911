package io.gio4j.gateway;

import io.gio4j.arrow.MappedMatrix;
import io.gio4j.data.FloatMatrix;

/** Numbers of rows as requests have them, weights or groups: a matrix of one column. */
final class WeightColumn {
  private static final int ROWS_AT_ONCE = 1 << 16;

  private WeightColumn() {}

  static double[] read(MatrixSource source) {
    try (MappedMatrix mapped = source.open()) {
      FloatMatrix column = mapped.matrix();
      if (column.columns() != 1) {
        throw new IllegalArgumentException(
            "%s: has %d columns; one number a row is needed"
                .formatted(column.name(), column.columns()));
      }
      double[] weights = new double[column.rows()];
      float[] part = new float[ROWS_AT_ONCE];
      for (int row = 0; row < weights.length; row += ROWS_AT_ONCE) {
        int count = Math.min(ROWS_AT_ONCE, weights.length - row);
        column.copyRows(row, count, part, 0);
        for (int i = 0; i < count; i++) {
          weights[row + i] = part[i];
        }
      }
      return weights;
    }
  }

  static int[] readIntegers(MatrixSource source) {
    double[] numbers = read(source);
    int[] integers = new int[numbers.length];
    for (int row = 0; row < numbers.length; row++) {
      integers[row] = (int) numbers[row];
      if (integers[row] != numbers[row]) {
        throw new IllegalArgumentException(
            "groups: row %d is %s; must be an integer".formatted(row, numbers[row]));
      }
    }
    return integers;
  }
}
