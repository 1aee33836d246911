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
 * @param scores a column with a number of each pool row, for methods that use one and say what it
 *     means; others refuse it; null for none
 * @param groups in which the target's rows fall, and the share of each; null: each row counts the
 *     same. For methods that use them; others refuse them
 * @param limits what may not be picked; null for none
 * @param budget rows to select at most, a row of weight q counting as q; null: the method's natural
 *     stop
 * @param seed of what a method draws at random
 */
public record SelectionRequest(
    FloatMatrix pool,
    FloatMatrix target,
    FloatMatrix existing,
    FloatMatrix weights,
    FloatMatrix scores,
    TargetGroups groups,
    Limits limits,
    Long budget,
    long seed) {
  /**
   * Checks what does not depend on the method.
   *
   * @throws IllegalArgumentException if the matrices' columns differ, weights, scores or limits do
   *     not fit the pool or each other, groups do not fit the target, or the budget is below 1
   */
  public SelectionRequest {
    Objects.requireNonNull(pool, "pool");
    Objects.requireNonNull(target, "target");
    pool.requireColumnsOf(target);
    if (existing != null) {
      existing.requireColumnsOf(target);
    }
    requireColumn(weights, "a weight", pool);
    requireColumn(scores, "a score", pool);
    if (groups != null && groups.rows() != target.rows()) {
      throw new IllegalArgumentException(
          "groups: are of %d rows; %s has %d, and each needs a group"
              .formatted(groups.rows(), target.name(), target.rows()));
    }
    if (limits != null) {
      requireFitting(limits, pool, weights, budget);
    }
    if (budget != null && budget < 1) {
      throw new IllegalArgumentException("budget: is " + budget + "; must be at least 1");
    }
  }

  /**
   * {@return the weight of each target row in a mean, times their number; null where all weigh the
   * same} See {@link TargetGroups#rowWeights}.
   */
  public double[] targetWeights() {
    return groups == null ? null : groups.rowWeights();
  }

  private static void requireFitting(
      Limits limits, FloatMatrix pool, FloatMatrix weights, Long budget) {
    requireColumn(limits.excluded(), "a number", pool);
    requireColumn(limits.sources(), "a source", pool);
    requireColumn(limits.costs(), "a cost", pool);
    if (limits.avoid() != null) {
      limits.avoid().requireColumnsOf(pool);
    }
    boolean areCounted =
        !limits.caps().isEmpty() || !limits.floors().isEmpty() || limits.costs() != null;
    if (weights != null && areCounted) {
      throw new IllegalArgumentException(
          weights.name() + ": cannot be used beside caps, floors or costs; leave one of them out");
    }
    long least = limits.floors().values().stream().mapToLong(Long::longValue).sum();
    if (least > 0 && (budget == null || least > budget)) {
      throw new IllegalArgumentException(
          "floors: need %d rows together, and the budget is %s; pass a larger one, or lower floors"
              .formatted(least, budget == null ? "missing" : budget));
    }
  }

  private static void requireColumn(FloatMatrix column, String number, FloatMatrix pool) {
    if (column != null && (column.columns() != 1 || column.rows() != pool.rows())) {
      throw new IllegalArgumentException(
          "%s: has %d rows of %d columns; one column with %s for each of the %d rows of %s is needed"
              .formatted(
                  column.name(),
                  column.rows(),
                  column.columns(),
                  number,
                  pool.rows(),
                  pool.name()));
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
    return new SelectionRequest(pool, target, null, null, null, null, null, null, 0);
  }

  /**
   * With rows that are selected already.
   *
   * @param value the rows, null for none
   * @return a changed copy
   */
  public SelectionRequest withExisting(FloatMatrix value) {
    return new SelectionRequest(pool, target, value, weights, scores, groups, limits, budget, seed);
  }

  /**
   * With pool rows that count as several.
   *
   * @param value a column, null for rows that count as one
   * @return a changed copy
   */
  public SelectionRequest withWeights(FloatMatrix value) {
    return new SelectionRequest(
        pool, target, existing, value, scores, groups, limits, budget, seed);
  }

  /**
   * With a number of each pool row, for a method that uses one.
   *
   * @param value a column, null for none
   * @return a changed copy
   */
  public SelectionRequest withScores(FloatMatrix value) {
    return new SelectionRequest(
        pool, target, existing, weights, value, groups, limits, budget, seed);
  }

  /**
   * With a target in groups, for a method that uses them.
   *
   * @param value the groups, null for none
   * @return a changed copy
   */
  public SelectionRequest withGroups(TargetGroups value) {
    return new SelectionRequest(
        pool, target, existing, weights, scores, value, limits, budget, seed);
  }

  /**
   * With limits of what may be picked.
   *
   * @param value the limits, null for none
   * @return a changed copy
   */
  public SelectionRequest withLimits(Limits value) {
    return new SelectionRequest(
        pool, target, existing, weights, scores, groups, value, budget, seed);
  }

  /**
   * With a number of rows to select.
   *
   * @param value rows to select at most
   * @return a changed copy
   */
  public SelectionRequest withBudget(long value) {
    return new SelectionRequest(
        pool, target, existing, weights, scores, groups, limits, value, seed);
  }

  /**
   * With a seed of what a method draws at random.
   *
   * @param value any number
   * @return a changed copy
   */
  public SelectionRequest withSeed(long value) {
    return new SelectionRequest(
        pool, target, existing, weights, scores, groups, limits, budget, value);
  }
}
