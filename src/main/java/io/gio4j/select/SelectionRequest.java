package io.gio4j.select;

import io.gio4j.data.FloatMatrix;
import java.util.Objects;

/**
 * What to select from, and towards what.
 *
 * @param pool N rows to choose from
 * @param target n rows that show what is wanted
 * @param existing rows that are selected already: existing data, or the reference's start rows;
 *     null for none, where a method allows that
 */
public record SelectionRequest(FloatMatrix pool, FloatMatrix target, FloatMatrix existing) {
  /** Checks that all matrices have the same number of columns. */
  public SelectionRequest {
    Objects.requireNonNull(pool, "pool");
    Objects.requireNonNull(target, "target");
    pool.requireColumnsOf(target);
    if (existing != null) {
      existing.requireColumnsOf(target);
    }
  }
}
