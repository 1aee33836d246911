package io.gio4j.internal.select;

import io.gio4j.data.FloatMatrix;

/** The numbers of pool rows that a request has as its scores. */
public final class RowScores {
  private RowScores() {}

  /**
   * {@return a number for each pool row}
   *
   * @param column a request's scores
   * @throws IllegalArgumentException if a number is not finite
   */
  public static float[] of(FloatMatrix column) {
    float[] scores = new float[column.rows()];
    column.copyRows(0, scores.length, scores, 0);
    for (int row = 0; row < scores.length; row++) {
      if (!Float.isFinite(scores[row])) {
        throw new IllegalArgumentException(
            "%s: row %d is %s; must be a finite number".formatted(column.name(), row, scores[row]));
      }
    }
    return scores;
  }
}
