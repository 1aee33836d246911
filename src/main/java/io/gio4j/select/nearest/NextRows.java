package io.gio4j.select.nearest;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowCopies;
import io.gio4j.internal.neighbors.NeighborSearch;
import io.gio4j.internal.neighbors.Neighbors;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.BitSet;

/**
 * The nearest pool rows of each target row that are not picked yet. Of equal pool rows only the
 * first that is not picked is listed.
 */
final class NextRows {
  /** Rows found in addition to twice the expected turns. */
  private static final int SPARE = 8;

  /** Most rows found in advance: 200 MB. */
  private static final long MOST_FOUND = 16_000_000;

  /** A target row whose list is down to this fraction gets new rows when another one needs them. */
  private static final int LOW = 8;

  private final RowBlocks target;
  private final RowBlocks pool;
  private final RowCopies copies;
  private final Execution execution;
  private final int found;
  private final int[][] rows;
  private final double[][] squared;
  private final int[] at;

  /**
   * The last row found: no row before it that is as near is missing. The largest int where all rows
   * were found.
   */
  private final int[] last;

  private final BitSet picked = new BitSet();

  /** Rows that are picked, or that follow an equal row which is not picked yet. */
  private final BitSet unlisted;

  NextRows(RowBlocks target, RowBlocks pool, long turns, Execution execution) {
    this.target = target;
    this.pool = pool;
    this.copies = RowCopies.of(pool, picked, execution);
    this.unlisted = copies.later();
    this.execution = execution;
    long most = Math.max(SPARE, MOST_FOUND / target.rows());
    this.found = (int) Math.min(most, 2 * turns + SPARE);
    this.rows = new int[target.rows()][];
    this.squared = new double[target.rows()][];
    this.at = new int[target.rows()];
    this.last = new int[target.rows()];
    Neighbors nearest =
        NeighborSearch.amongUnlike(target, pool, Math.min(found, left()), unlisted, execution);
    for (int i = 0; i < rows.length; i++) {
      keep(i, nearest, i);
    }
  }

  /** Rows that could be listed now. */
  private int left() {
    return pool.rows() - unlisted.cardinality();
  }

  private void keep(int i, Neighbors nearest, int row) {
    int count = nearest.k();
    rows[i] = Arrays.copyOfRange(nearest.indices(), row * count, (row + 1) * count);
    squared[i] = Arrays.copyOfRange(nearest.squaredDistances(), row * count, (row + 1) * count);
    at[i] = 0;
    last[i] = count == left() ? Integer.MAX_VALUE : rows[i][count - 1];
  }

  /** Moves to a target row's nearest row that is not picked, of which there must be one. */
  void advance(int i) {
    if (!skip(i)) {
      findMore(i);
      skip(i);
    }
  }

  /** Moves past picked rows; returns whether the nearest remaining row is surely listed. */
  private boolean skip(int i) {
    while (at[i] < rows[i].length && !isLeft(i, at[i])) {
      at[i]++;
    }
    if (at[i] == rows[i].length) {
      return false;
    }
    // Of equally near rows the first comes first: a listed row may have been replaced by a later
    // copy.
    int first = at[i];
    int end = first + 1;
    while (end < rows[i].length && squared[i][end] == squared[i][first]) {
      if (isLeft(i, end) && rows[i][end] < rows[i][first]) {
        int row = rows[i][end];
        rows[i][end] = rows[i][first];
        rows[i][first] = row;
      }
      end++;
    }
    return end < rows[i].length || rows[i][first] <= last[i];
  }

  /** Replaces a listed row that is picked by its next copy; false where none is left. */
  private boolean isLeft(int i, int place) {
    int row = rows[i][place];
    while (picked.get(row) && copies.next(row) >= 0) {
      row = copies.next(row);
    }
    rows[i][place] = row;
    return !picked.get(row);
  }

  /** Finds rows for a target row and for all others that have few left. */
  private void findMore(int emptied) {
    IntArrayList refilled = new IntArrayList();
    for (int i = 0; i < rows.length; i++) {
      if (i == emptied || !skip(i) || rows[i].length - at[i] <= rows[i].length / LOW) {
        refilled.add(i);
      }
    }
    float[] values = new float[refilled.size() * target.columns()];
    for (int i = 0; i < refilled.size(); i++) {
      target.copyRow(refilled.getInt(i), values, i * target.columns());
    }
    FloatMatrix gathered =
        FloatMatrix.of(values, refilled.size(), target.columns()).named(target.name());
    Execution within = execution.withinStage();
    RowBlocks points = RowBlocks.of(gathered, within);
    Neighbors nearest =
        NeighborSearch.amongUnlike(points, pool, Math.min(found, left()), unlisted, within);
    for (int i = 0; i < refilled.size(); i++) {
      keep(refilled.getInt(i), nearest, i);
    }
  }

  /** Picks the current row of a target row, and returns it. */
  int take(int i) {
    int row = rows[i][at[i]];
    picked.set(row);
    unlisted.set(row);
    int copy = copies.next(row);
    if (copy >= 0) {
      unlisted.clear(copy);
    }
    return row;
  }

  /** {@return the distance of the current row} */
  double distance(int i) {
    return Math.sqrt(squared[i][at[i]]);
  }
}
