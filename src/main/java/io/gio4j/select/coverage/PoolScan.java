package io.gio4j.select.coverage;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.divergence.MeanLogBounds;
import io.gio4j.internal.neighbors.NearPairs;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Comparisons of pool rows with the target by products in float, for lower bounds of a(g) and for
 * the target rows near to a row.
 *
 * <p>Each thread compares a batch of rows at once, so that the target is read once for all of them.
 */
final class PoolScan {
  /** Rows of a batch that is gathered from all over the pool. */
  private static final int GATHERED_AT_ONCE = 32;

  /** Pairs of a batch's rows and target rows that may be found near: 8 MB. */
  private static final int ENTRIES_AT_ONCE = 1 << 20;

  private final MeanLogBounds means;
  private final RowBlocks pool;
  private final BitSet unranked;
  private final Execution execution;
  private final int rowsAtOnce;
  private final Scratch<Batch> batches;

  /** Working memory of one thread. */
  static final class Batch {
    /** The rows, where these are gathered. */
    final float[] rows;

    /** Lower bounds of a(g), by row of the batch. */
    final double[] meanLogs;

    final NearPairs.Hits hits;

    private Batch(int count, int columns, NearPairs.Hits hits) {
      this.rows = new float[count * columns];
      this.meanLogs = new double[count];
      this.hits = hits;
    }
  }

  /** Works on some rows of a block. */
  @FunctionalInterface
  interface OfBlock {
    /**
     * Works on the first {@code count} rows.
     *
     * @param numbers of the rows in the pool
     */
    void at(Batch batch, float[] rows, int[] numbers, int count);
  }

  /** Works on some of the rows that were gathered, which are in {@link Batch#rows}. */
  @FunctionalInterface
  interface OfGathered {
    void at(Batch batch, int first, int count);
  }

  /**
   * Prepares scans.
   *
   * @param means holds the target packed into panels
   * @param unranked rows that are skipped in blocks, at the time of each scan
   */
  PoolScan(MeanLogBounds means, int targets, RowBlocks pool, BitSet unranked, Execution execution) {
    this.means = means;
    this.pool = pool;
    this.unranked = unranked;
    this.execution = execution;
    int fewest = Math.min(GATHERED_AT_ONCE, pool.blockRows());
    this.rowsAtOnce = Math.clamp(ENTRIES_AT_ONCE / targets, fewest, pool.blockRows());
    this.batches =
        new Scratch<>(
            () -> new Batch(rowsAtOnce, pool.columns(), means.pairs().hits(rowsAtOnce, targets)));
  }

  /** {@return the target in panels} */
  NearPairs pairs() {
    return means.pairs();
  }

  /** Lower bounds of a(g) of some rows. */
  double[] means(int[] rows) {
    double[] found = new double[rows.length];
    inBatches(
        rows,
        (batch, first, count) -> {
          means.bound(batch.rows, count, batch.meanLogs);
          System.arraycopy(batch.meanLogs, 0, found, first, count);
        });
    return found;
  }

  /** Lower bounds of a(g) of all ranked rows, by one pass over the pool. */
  void findMeans(double[] meanLogs) {
    execution
        .workers()
        .run(
            pool.blocks(),
            block -> {
              inBatches(
                  block,
                  (batch, rows, numbers, count) -> {
                    means.bound(rows, count, batch.meanLogs);
                    for (int i = 0; i < count; i++) {
                      meanLogs[numbers[i]] = batch.meanLogs[i];
                    }
                  });
              advance(block);
            });
  }

  /** Reports that a block of the pool is done. */
  void advance(int block) {
    execution.progress().advance(pool.firstRow(block) + (long) pool.count(block));
  }

  /** Finds the target rows that are near some rows and, if wanted, lower bounds of a(g). */
  void find(Batch batch, float[] rows, int count, NearPairs.Limits limits, boolean withMeans) {
    batch.hits.clear();
    if (withMeans) {
      means.bound(rows, count, batch.meanLogs, limits, batch.hits);
    } else {
      means.pairs().scan(rows, count, limits, batch.hits);
    }
  }

  /** Works on a block's ranked rows, on the calling thread. */
  void inBatches(int block, OfBlock work) {
    int start = pool.firstRow(block);
    int end = start + pool.count(block);
    if (unranked.nextClearBit(start) >= end) {
      return;
    }
    int columns = pool.columns();
    int[] numbers = new int[rowsAtOnce];
    pool.read(
        block,
        rows ->
            batches.use(batch -> {
              int excluded = unranked.nextSetBit(start);
              if ((excluded < 0 || excluded >= end) && end - start <= rowsAtOnce) {
                Arrays.setAll(numbers, i -> start + i);
                work.at(batch, rows, numbers, end - start);
                return;
              }
              int row = unranked.nextClearBit(start);
              while (row < end) {
                int count = 0;
                while (row < end && count < rowsAtOnce) {
                  System.arraycopy(
                      rows, (row - start) * columns, batch.rows, count * columns, columns);
                  numbers[count] = row;
                  count++;
                  row = unranked.nextClearBit(row + 1);
                }
                work.at(batch, batch.rows, numbers, count);
              }
            }));
  }

  /** Works on rows that are gathered from the pool, on all threads. */
  void inBatches(int[] rows, OfGathered work) {
    int atOnce = Math.min(GATHERED_AT_ONCE, rowsAtOnce);
    execution
        .workers()
        .run(
            Math.ceilDiv(rows.length, atOnce),
            task ->
                batches.use(batch -> {
                  int first = task * atOnce;
                  int count = Math.min(atOnce, rows.length - first);
                  for (int i = 0; i < count; i++) {
                    pool.copyRow(rows[first + i], batch.rows, i * pool.columns());
                  }
                  work.at(batch, first, count);
                }));
  }
}
