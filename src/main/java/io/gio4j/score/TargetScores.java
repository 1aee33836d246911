package io.gio4j.score;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.select.GroupProducts;

/**
 * How much each row of a pool resembles a target, by inner products, which of unit rows ({@link
 * FloatMatrix#unitRows}) are cosines.
 *
 * <pre>{@code
 * double[] scores =
 *     TargetScores.best(
 *         pool.unitRows(), target.unitRows(), null, TargetScores.Kind.MAX, Progress.NONE);
 * }</pre>
 *
 * <p>Sums are in double and of one row alone, so equal rows have equal scores. A row of zeros
 * scores 0, also among unit rows. The pool is read once.
 */
public final class TargetScores {
  private TargetScores() {}

  /** Of the products of a pool row with the target rows of a group. */
  public enum Kind {
    /** Their mean: N d multiply-adds a group. */
    MEAN,
    /** The largest: N n d multiply-adds. */
    MAX
  }

  /**
   * {@return the largest score of each of N pool rows over the groups}
   *
   * @param pool N rows
   * @param target n rows of as many columns
   * @param groups the group of each target row, numbered from 0 on, each with a row; null where all
   *     are one group
   * @param kind what is taken of the products
   * @param progress watches it and can stop it
   * @throws IllegalArgumentException if columns differ, a number is not finite or groups do not fit
   * @throws java.util.concurrent.CancellationException if {@code progress} stops it
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  public static double[] best(
      FloatMatrix pool, FloatMatrix target, int[] groups, Kind kind, Progress progress) {
    return of(pool, target, groups, kind, false, Execution.watchedBy(progress))[0];
  }

  /**
   * {@return the score of each of N pool rows with each group, by group and row}
   *
   * @param pool N rows
   * @param target n rows of as many columns
   * @param groups the group of each target row, numbered from 0 on, each with a row; null where all
   *     are one group
   * @param kind what is taken of the products
   * @param progress watches it and can stop it
   * @throws IllegalArgumentException if columns differ, a number is not finite or groups do not fit
   * @throws java.util.concurrent.CancellationException if {@code progress} stops it
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  public static double[][] byGroup(
      FloatMatrix pool, FloatMatrix target, int[] groups, Kind kind, Progress progress) {
    return of(pool, target, groups, kind, true, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations. */
  static double[][] of(
      FloatMatrix pool,
      FloatMatrix target,
      int[] groups,
      Kind kind,
      boolean byGroup,
      Execution execution) {
    GroupProducts products = new GroupProducts(pool, target, groups, execution);
    return kind == Kind.MEAN ? products.means(byGroup) : products.largest(byGroup);
  }
}
