package io.gio4j.internal.select;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.simd.FloatOps;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.BitSet;

/** The rows of a pool that can still be picked, and the nearest of them to a point. */
public final class Candidates {
  private final RowBlocks blocks;
  private final FloatOps ops;
  private final Execution execution;
  private final BitSet forbidden;

  /** Rows that were removed, and those that are forbidden. */
  private final BitSet removed;

  private final IntArrayList removedInOrder = new IntArrayList();

  /**
   * All rows of a pool that are not forbidden.
   *
   * @param pool the rows
   * @param forbidden rows that are never candidates
   * @param execution workers and SIMD operations of the searches
   */
  public Candidates(FloatMatrix pool, BitSet forbidden, Execution execution) {
    this.blocks = RowBlocks.of(pool, execution);
    this.ops = execution.opsFor((long) pool.rows() * pool.columns());
    this.execution = execution;
    this.forbidden = (BitSet) forbidden.clone();
    this.removed = (BitSet) forbidden.clone();
  }

  /** {@return how many there are} */
  public int left() {
    return blocks.rows() - removed.cardinality();
  }

  /**
   * Reads a row.
   *
   * @param row its number in the pool
   * @return its values
   */
  public double[] row(int row) {
    return blocks.row(row);
  }

  /**
   * Removes a row.
   *
   * @param row its number in the pool
   */
  public void remove(int row) {
    removed.set(row);
    removedInOrder.add(row);
  }

  /** Makes all rows candidates again that are not forbidden. */
  public void reset() {
    removed.clear();
    removed.or(forbidden);
    removedInOrder.clear();
  }

  /** {@return the rows removed since the start or the last reset, in order} */
  public int[] removed() {
    return removedInOrder.toIntArray();
  }

  /**
   * The candidate nearest to a point; among equally near ones the first. NaN counts as farthest, so
   * a point of NaN gets the first candidate, as in the reference. Costs one pass over the pool.
   *
   * @param point a row's values
   * @return its number in the pool; -1 where none is left
   */
  public int nearest(double[] point) {
    int[] rows = new int[blocks.blocks()];
    double[] distances = new double[blocks.blocks()];
    execution
        .workers()
        .run(blocks.blocks(), block -> nearestInBlock(block, point, rows, distances));
    int best = -1;
    double bestDistance = Double.NaN;
    for (int block = 0; block < rows.length; block++) {
      if (rows[block] >= 0 && (best < 0 || nearer(distances[block], bestDistance))) {
        best = rows[block];
        bestDistance = distances[block];
      }
    }
    return best;
  }

  private void nearestInBlock(int block, double[] point, int[] rows, double[] distances) {
    execution.progress().check();
    int count = blocks.count(block);
    int first = blocks.firstRow(block);
    rows[block] = -1;
    if (removed.nextClearBit(first) >= first + count) {
      return;
    }
    double[] squared = new double[count];
    blocks.read(
        block,
        values -> ops.rows().squaredDistances(values, 0, count, point.length, point, squared, 0));
    for (int row = removed.nextClearBit(first);
        row < first + count;
        row = removed.nextClearBit(row + 1)) {
      if (rows[block] < 0 || nearer(squared[row - first], distances[block])) {
        rows[block] = row;
        distances[block] = squared[row - first];
      }
    }
  }

  private static boolean nearer(double distance, double than) {
    return distance < than || (Double.isNaN(than) && !Double.isNaN(distance));
  }
}
