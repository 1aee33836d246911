package io.gio4j.select.kcenter;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.select.Scored;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.random.PythonRandom;
import java.util.Arrays;
import java.util.BitSet;

/** The pool row where centres begin. */
final class FirstCenter {
  /** Parts of a matrix whose sums are added one after another: two cores and 64 of them. */
  private static final int PARTS = 64;

  private static final Scored NONE = new Scored(Double.POSITIVE_INFINITY, Integer.MAX_VALUE);

  private final RowBlocks pool;
  private final RowBlocks target;

  /** Rows of the pool where they may not begin, not all of it. */
  private final BitSet forbidden;

  private final Execution execution;

  FirstCenter(RowBlocks pool, RowBlocks target, BitSet forbidden, Execution execution) {
    this.pool = pool;
    this.target = target;
    this.forbidden = forbidden;
    this.execution = execution;
  }

  int at(Start start, long seed) {
    return switch (start) {
      case POOL -> nearestTo(mean(pool));
      case TARGET -> nearestTo(mean(target));
      case RANDOM -> drawn(PythonRandom.seeded(seed));
    };
  }

  private int drawn(PythonRandom random) {
    int row = forbidden.nextClearBit(0);
    for (int i = random.nextBelow(pool.rows() - forbidden.cardinality()); i > 0; i--) {
      row = forbidden.nextClearBit(row + 1);
    }
    return row;
  }

  private FloatOps ops(RowBlocks rows) {
    return execution.opsFor((long) rows.rows() * rows.columns());
  }

  private double[] mean(RowBlocks rows) {
    int parts = Math.min(PARTS, rows.blocks());
    double[][] sums = new double[parts][rows.columns()];
    double[] ones = new double[rows.blockRows()];
    Arrays.fill(ones, 1);
    execution
        .workers()
        .run(
            parts,
            part -> {
              int end = (int) ((part + 1L) * rows.blocks() / parts);
              for (int block = (int) ((long) part * rows.blocks() / parts); block < end; block++) {
                execution.progress().check();
                int count = rows.count(block);
                rows.read(
                    block,
                    values ->
                        ops(rows)
                            .rows()
                            .addWeighted(values, 0, count, rows.columns(), ones, sums[part]));
              }
            });
    double[] mean = new double[rows.columns()];
    for (int column = 0; column < mean.length; column++) {
      for (double[] sum : sums) {
        mean[column] += sum[column];
      }
      mean[column] /= rows.rows();
    }
    return mean;
  }

  /** The pool row nearest to a point, the first of several. */
  private int nearestTo(double[] point) {
    Scored[] best = new Scored[pool.blocks()];
    execution
        .workers()
        .run(
            best.length,
            block -> {
              execution.progress().check();
              double[] squared = new double[pool.count(block)];
              pool.read(
                  block,
                  rows ->
                      ops(pool)
                          .rows()
                          .squaredDistances(
                              rows, 0, squared.length, point.length, point, squared, 0));
              int first = pool.firstRow(block);
              int nearest = -1;
              for (int i = 0; i < squared.length; i++) {
                boolean isNearer = nearest < 0 || squared[i] < squared[nearest];
                nearest = isNearer && !forbidden.get(first + i) ? i : nearest;
              }
              best[block] = nearest < 0 ? NONE : new Scored(squared[nearest], first + nearest);
            });
    return Arrays.stream(best).sorted().findFirst().orElseThrow().row();
  }
}
