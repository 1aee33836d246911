package io.gio4j.select.pursuit;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.BreakEven;
import io.gio4j.internal.Execution;
import io.gio4j.internal.Panel;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.simd.RowOps;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The rows of a pool, their lengths, and which of them correlate most with a residual.
 *
 * <p>A correlation is the inner product of a row with the residual over the row's length: the share
 * of the residual's length that one row can take away. It is computed in double, so equal rows have
 * equal correlations and the first of them is taken. Rows of zeros correlate with nothing. A pass
 * costs N d multiply-adds. Memory: 16 bytes a row.
 */
final class PoolRows {
  private static final BreakEven VECTOR = new BreakEven(1 << 12);

  private final RowBlocks rows;
  private final Execution execution;
  private final double[] lengths;
  private int passes;

  PoolRows(FloatMatrix pool, Execution execution) {
    this.execution = execution;
    this.lengths = new double[pool.rows()];
    this.rows =
        RowBlocks.of(
            pool,
            execution,
            (blocks, block, values) -> {
              for (int row = 0; row < blocks.count(block); row++) {
                double square = Panel.squaredNorm(values, row * blocks.columns(), blocks.columns());
                lengths[blocks.firstRow(block) + row] = Math.sqrt(square);
              }
            });
  }

  /** {@return how many times all rows were read} */
  int passes() {
    return passes;
  }

  int count() {
    return rows.rows();
  }

  double length(int row) {
    return lengths[row];
  }

  float[] values(int row) {
    return rows.values(row);
  }

  /**
   * {@return the row that correlates most with a residual, of equal ones the first; -1 where none
   * exceeds {@code least}}
   *
   * @param out rows that are left out
   */
  int best(double[] residual, double least, BitSet out) {
    int[] best = new int[rows.blocks()];
    double[] most = new double[rows.blocks()];
    inBlocks(
        residual,
        (block, products) -> {
          best[block] = -1;
          most[block] = least;
          int first = rows.firstRow(block);
          int end = first + rows.count(block);
          for (int row = out.nextClearBit(first); row < end; row = out.nextClearBit(row + 1)) {
            double correlation = correlation(products[row - first], row);
            if (correlation > most[block]) {
              best[block] = row;
              most[block] = correlation;
            }
          }
        });
    int found = -1;
    double correlation = least;
    for (int block = 0; block < best.length; block++) {
      if (most[block] > correlation) {
        found = best[block];
        correlation = most[block];
      }
    }
    return found;
  }

  /**
   * {@return the rows that correlate most with a residual and exceed {@code least}, the best first,
   * of equal ones the first of the pool}
   *
   * @param count rows wanted; fewer where fewer exceed it
   * @param out rows that are left out
   */
  int[] best(double[] residual, double least, BitSet out, int count) {
    double[] correlations = new double[count()];
    inBlocks(
        residual,
        (block, products) -> {
          int first = rows.firstRow(block);
          for (int row = first; row < first + rows.count(block); row++) {
            correlations[row] = out.get(row) ? 0 : correlation(products[row - first], row);
          }
        });
    double[] above = Arrays.stream(correlations).filter(value -> value > least).sorted().toArray();
    double last = above.length <= count ? least : above[above.length - count];
    int left = above.length <= count ? 0 : count;
    for (int i = above.length - 1; i >= 0 && above[i] > last; i--) {
      left--;
    }
    IntStream.Builder found = IntStream.builder();
    int equal = Math.max(0, left);
    for (int row = 0; row < correlations.length; row++) {
      if (correlations[row] > last) {
        found.add(row);
      } else if (equal > 0 && correlations[row] == last) {
        found.add(row);
        equal--;
      }
    }
    return found
        .build()
        .boxed()
        .sorted(Comparator.comparingDouble(row -> -correlations[row]))
        .mapToInt(row -> row)
        .toArray();
  }

  private double correlation(double product, int row) {
    return lengths[row] == 0 ? 0 : product / lengths[row];
  }

  /** Adds to {@code near} every row whose cosine to one of some rows is at least a threshold. */
  void addNear(List<Pursuit.Fitted> picks, double cosine, BitSet near) {
    int columns = rows.columns();
    double[][] points = new double[picks.size()][columns];
    for (int i = 0; i < points.length; i++) {
      for (int column = 0; column < columns; column++) {
        points[i][column] = picks.get(i).row()[column] / picks.get(i).length();
      }
    }
    boolean[] isNear = new boolean[count()];
    RowOps ops = ops(points.length);
    passes++;
    execution
        .workers()
        .run(
            rows.blocks(),
            block ->
                rows.read(
                    block,
                    values -> {
                      int first = rows.firstRow(block);
                      double[] products = new double[rows.count(block)];
                      for (double[] point : points) {
                        execution.progress().check();
                        ops.innerProducts(values, 0, products.length, columns, point, products);
                        for (int row = 0; row < products.length; row++) {
                          isNear[first + row] |= correlation(products[row], first + row) >= cosine;
                        }
                      }
                    }));
    for (int row = 0; row < isNear.length; row++) {
      if (isNear[row]) {
        near.set(row);
      }
    }
  }

  /** {@return the inner product of every row with a point} */
  double[] products(double[] point) {
    double[] all = new double[count()];
    inBlocks(
        point,
        (block, products) ->
            System.arraycopy(products, 0, all, rows.firstRow(block), rows.count(block)));
    return all;
  }

  /** Receives the inner products of the rows of a block with a point. */
  @FunctionalInterface
  private interface ProductsOfBlock {
    void at(int block, double[] products);
  }

  private void inBlocks(double[] point, ProductsOfBlock use) {
    RowOps ops = ops(1);
    passes++;
    execution
        .workers()
        .run(
            rows.blocks(),
            block -> {
              execution.progress().check();
              int count = rows.count(block);
              double[] products = new double[count];
              rows.read(
                  block,
                  values -> ops.innerProducts(values, 0, count, rows.columns(), point, products));
              use.at(block, products);
            });
  }

  private RowOps ops(int points) {
    return VECTOR.ops(execution, (long) count() * rows.columns() * points).rows();
  }
}
