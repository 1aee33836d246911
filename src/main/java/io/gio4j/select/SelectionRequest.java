package io.gio4j.select;

import io.gio4j.data.FloatMatrix;
import java.util.Objects;

/**
 * What to select from, towards what, and how many. Immutable.
 *
 * @param pool N rows to choose from
 * @param target n rows that show what is wanted
 * @param existing rows that are selected already: existing data, or the reference's start rows;
 *     null for none
 * @param weights a column with how many rows each pool row counts as, in the objective and in the
 *     budget: integers of at least 1, such as the sizes of clusters; null for 1
 * @param budget rows to select at most, a row of weight q counting as q; null: the method's natural
 *     stop
 * @param seed of what a method draws at random
 */
public record SelectionRequest(
    FloatMatrix pool,
    FloatMatrix target,
    FloatMatrix existing,
    FloatMatrix weights,
    Long budget,
    long seed) {
  /**
   * Checks what does not depend on the method.
   *
   * @throws IllegalArgumentException if the matrices' columns differ, weights do not fit the pool
   *     or the budget is below 1
   */
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
    if (budget != null && budget < 1) {
      throw new IllegalArgumentException("budget: is " + budget + "; must be at least 1");
    }
  }

  /**
   * A request with nothing selected yet, every pool row counting as one, no budget and seed 0.
   *
   * @param pool rows to choose from
   * @param target rows that show what is wanted
   * @return the request, to be changed with its {@code with...} methods
   * @throws IllegalArgumentException if the matrices' columns differ
   */
  public static SelectionRequest of(FloatMatrix pool, FloatMatrix target) {
    return new SelectionRequest(pool, target, null, null, null, 0);
  }

  /**
   * With rows that are selected already.
   *
   * @param value the rows, null for none
   * @return a changed copy
   */
  public SelectionRequest withExisting(FloatMatrix value) {
    return new SelectionRequest(pool, target, value, weights, budget, seed);
  }

  /**
   * With pool rows that count as several.
   *
   * @param value a column, null for rows that count as one
   * @return a changed copy
   */
  public SelectionRequest withWeights(FloatMatrix value) {
    return new SelectionRequest(pool, target, existing, value, budget, seed);
  }

  /**
   * With a number of rows to select.
   *
   * @param value rows to select at most
   * @return a changed copy
   */
  public SelectionRequest withBudget(long value) {
    return new SelectionRequest(pool, target, existing, weights, value, seed);
  }

  /**
   * With a seed of what a method draws at random.
   *
   * @param value any number
   * @return a changed copy
   */
  public SelectionRequest withSeed(long value) {
    return new SelectionRequest(pool, target, existing, weights, budget, value);
  }
}
