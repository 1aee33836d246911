package io.gio4j.select;

import io.gio4j.data.FloatMatrix;
import java.util.Objects;

/**
 * What to select from, and towards what.
 *
 * @param pool N rows to choose from
 * @param target n rows that show what is wanted
 * @param existing rows that are selected already: existing data, or the reference's start rows;
 *     null for none
 * @param weights a column with how many rows each pool row counts as, in the objective and in a
 *     budget: whole numbers of at least 1, such as the sizes of clusters; null for 1
 */
public record SelectionRequest(
    FloatMatrix pool, FloatMatrix target, FloatMatrix existing, FloatMatrix weights) {
  /** Checks that all matrices have the same number of columns. */
  public SelectionRequest {
    Objects.requireNonNull(pool, "pool");
    Objects.requireNonNull(target, "target");
    pool.requireColumnsOf(target);
    if (existing != null) {
      existing.requireColumnsOf(target);
    }
    if (weights != null && (weights.columns() != 1 || weights.rows() != pool.rows())) {
      throw new IllegalArgumentException(
          "%s: has %d rows of %d columns; one column with a weight for each of the %d rows of %s is needed"
              .formatted(
                  weights.name(), weights.rows(), weights.columns(), pool.rows(), pool.name()));
    }
  }

  /** With nothing selected yet, and every row of the pool counting as one. */
  public static SelectionRequest of(FloatMatrix pool, FloatMatrix target) {
    return new SelectionRequest(pool, target, null, null);
  }

  /** With rows that are selected already. */
  public SelectionRequest withExisting(FloatMatrix rows) {
    return new SelectionRequest(pool, target, rows, weights);
  }

  /** With pool rows that count as several. */
  public SelectionRequest withWeights(FloatMatrix column) {
    return new SelectionRequest(pool, target, existing, column);
  }
}
