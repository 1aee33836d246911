package io.gio4j.internal.select;

import io.gio4j.data.FloatMatrix;
import io.gio4j.select.SelectionRequest;

/** How many rows each pool row counts as: integers, 1 where no weights are given. */
public final class RowWeights {
  private final float[] weights;

  /**
   * Reads and checks a request's weights.
   *
   * @param request may have none
   * @throws IllegalArgumentException if a weight is no integer of at least 1
   */
  public RowWeights(SelectionRequest request) {
    FloatMatrix column = request.weights();
    if (column == null) {
      weights = null;
      return;
    }
    weights = new float[column.rows()];
    column.copyRows(0, weights.length, weights, 0);
    for (int row = 0; row < weights.length; row++) {
      float weight = weights[row];
      if (!(weight >= 1 && weight <= Integer.MAX_VALUE && weight == Math.rint(weight))) {
        throw new IllegalArgumentException(
            "%s: row %d is %s; must be an integer of at least 1, the rows that it stands for"
                .formatted(column.name(), row, weight));
      }
    }
  }

  /**
   * {@return how many rows the first pool rows count as together}
   *
   * @param rows how many pool rows
   */
  public long total(int rows) {
    long total = 0;
    for (int row = 0; row < rows; row++) {
      total += of(row);
    }
    return total;
  }

  /**
   * {@return how many rows a pool row counts as}
   *
   * @param row its number
   */
  public long of(int row) {
    return weights == null ? 1 : (long) weights[row];
  }
}
