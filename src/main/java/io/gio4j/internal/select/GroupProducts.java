package io.gio4j.internal.select;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.BreakEven;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.simd.RowOps;
import java.util.Arrays;

/**
 * How much the rows of a pool resemble the groups of a target: the mean of a row's inner products
 * with a group's rows, or the largest of them.
 *
 * <p>All sums are in double and of one row alone, so equal rows have equal answers. Of unit rows
 * the products are cosines; a row of zeros, which has none, stays zeros here, and its products 0.
 *
 * <p>The pool is read once, block by block. The means cost N d multiply-adds a group, since the
 * mean of products is the product with the mean; the largest ones N n d. Memory: 8 d bytes a group
 * beside the answer and the target.
 */
public final class GroupProducts {
  private static final BreakEven VECTOR = new BreakEven(1 << 12);

  private final FloatMatrix pool;
  private final RowBlocks target;
  private final int[] groups;
  private final int[] sizes;
  private final Execution execution;

  /**
   * Reads and checks the target.
   *
   * @param pool the rows to compare
   * @param target what they are compared with
   * @param groups the group of each target row, numbered from 0 on; null where all are one group
   * @param execution workers and SIMD operations
   * @throws IllegalArgumentException if columns differ, a number is not finite, or groups are not
   *     one a target row, from 0 on, each with a row
   */
  public GroupProducts(FloatMatrix pool, FloatMatrix target, int[] groups, Execution execution) {
    pool.requireColumnsOf(target);
    this.groups = groups == null ? new int[target.rows()] : groups;
    this.sizes = sizes(this.groups, target);
    this.pool = pool.keepingZeros();
    this.target = RowBlocks.readOften(target.keepingZeros(), execution);
    this.execution = execution;
  }

  private static int[] sizes(int[] groups, FloatMatrix target) {
    if (groups.length != target.rows()) {
      throw new IllegalArgumentException(
          "groups: are %d for the %d rows of %s; must be one a row"
              .formatted(groups.length, target.rows(), target.name()));
    }
    // A number above that of rows leaves a group without any, which is found below.
    int[] sizes = new int[Math.min(Arrays.stream(groups).max().orElse(0), groups.length) + 1];
    for (int row = 0; row < groups.length; row++) {
      if (groups[row] < 0 || groups[row] >= sizes.length) {
        throw new IllegalArgumentException(
            "groups: row %d is %d; must be a group's number, from 0 to at most %d"
                .formatted(row, groups[row], groups.length - 1));
      }
      sizes[groups[row]]++;
    }
    for (int group = 0; group < sizes.length; group++) {
      if (sizes[group] == 0) {
        throw new IllegalArgumentException(
            "groups: group %d has no target row; number groups from 0 on, without gaps"
                .formatted(group));
      }
    }
    return sizes;
  }

  /**
   * {@return each row's mean inner product with the rows of a group: the largest of them over the
   * groups in one array, or by group}
   */
  public double[][] means(boolean byGroup) {
    double[][] means = new double[sizes.length][target.columns()];
    double[] one = {1};
    RowOps adding = ops(target.rows(), 1);
    for (int block = 0; block < target.blocks(); block++) {
      execution.progress().check();
      int first = target.firstRow(block);
      int count = target.count(block);
      target.read(
          block,
          rows -> {
            for (int row = 0; row < count; row++) {
              double[] sum = means[groups[first + row]];
              adding.addWeighted(rows, row * target.columns(), 1, sum.length, one, sum);
            }
          });
    }
    for (int group = 0; group < means.length; group++) {
      for (int column = 0; column < target.columns(); column++) {
        means[group][column] /= sizes[group];
      }
    }
    double[][] best = lowest(byGroup);
    RowOps ops = ops(pool.rows(), means.length);
    inBlocks((first, products, rows) -> {
      for (int group = 0; group < means.length; group++) {
        execution.progress().check();
        ops.innerProducts(rows, 0, products.length, target.columns(), means[group], products);
        raise(best[byGroup ? group : 0], first, products);
      }
    });
    return best;
  }

  /**
   * {@return each row's largest inner product with a target row: with any of them in one array, or
   * by group}
   */
  public double[][] largest(boolean byGroup) {
    double[][] best = lowest(byGroup);
    RowOps ops = ops(pool.rows(), target.rows());
    int columns = target.columns();
    inBlocks((first, products, rows) -> {
      double[] point = new double[columns];
      for (int block = 0; block < target.blocks(); block++) {
        int firstTarget = target.firstRow(block);
        int count = target.count(block);
        target.read(
            block,
            targets -> {
              for (int each = 0; each < count; each++) {
                execution.progress().check();
                RowBlocks.widen(targets, each, point);
                ops.innerProducts(rows, 0, products.length, columns, point, products);
                raise(best[byGroup ? groups[firstTarget + each] : 0], first, products);
              }
            });
      }
    });
    return best;
  }

  private double[][] lowest(boolean byGroup) {
    double[][] best = new double[byGroup ? sizes.length : 1][pool.rows()];
    for (double[] each : best) {
      Arrays.fill(each, Double.NEGATIVE_INFINITY);
    }
    return best;
  }

  private static void raise(double[] best, int first, double[] products) {
    for (int row = 0; row < products.length; row++) {
      best[first + row] = Math.max(best[first + row], products[row]);
    }
  }

  /** Receives the rows of a block, the first one's number, and an array with a place for each. */
  @FunctionalInterface
  private interface RowsOfBlock {
    void at(int first, double[] products, float[] rows);
  }

  private void inBlocks(RowsOfBlock use) {
    execution.progress().stage("scores", pool.rows());
    RowBlocks.of(
        pool,
        execution,
        (blocks, block, rows) -> {
          int first = blocks.firstRow(block);
          int count = blocks.count(block);
          use.at(first, new double[count], rows);
          execution.progress().advance(first + (long) count);
        });
  }

  private RowOps ops(int rows, long points) {
    return VECTOR.ops(execution, rows * points * target.columns()).rows();
  }
}
