package io.gio4j.select.nearest;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowCopies;
import io.gio4j.internal.neighbors.NeighborSearch;
import io.gio4j.internal.neighbors.Neighbors;
import io.gio4j.internal.select.Picks;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.BitSet;

/**
 * The nearest pool rows of each target row that are neither picked nor forbidden. Of equal pool
 * rows only the first of these is listed.
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

  private final Picks picks;

  /** Rows that are picked or forbidden. */
  private final BitSet out;

  /** Rows that are out, or that follow an equal row which is not. */
  private final BitSet unlisted;

  /** How many rows are not unlisted. */
  private int left;

  /** Searches since the last pick, each of which finds twice as many rows as the one before. */
  private int searches;

  /**
   * Finds the first rows.
   *
   * @param forbidden rows that are out from the start, not all; it is changed
   * @param picks knows which rows are forbidden later on
   */
  NextRows(
      RowBlocks target,
      RowBlocks pool,
      long turns,
      BitSet forbidden,
      Picks picks,
      Execution execution) {
    this.target = target;
    this.pool = pool;
    this.picks = picks;
    this.out = forbidden;
    this.copies = RowCopies.of(pool, out, execution);
    this.unlisted = copies.later();
    unlisted.or(out);
    this.left = pool.rows() - unlisted.cardinality();
    this.execution = execution;
    long most = Math.max(SPARE, MOST_FOUND / target.rows());
    this.found = (int) Math.min(most, 2 * turns + SPARE);
    this.rows = new int[target.rows()][];
    this.squared = new double[target.rows()][];
    this.at = new int[target.rows()];
    this.last = new int[target.rows()];
    Neighbors nearest =
        NeighborSearch.amongUnlike(target, pool, Math.min(found, left), unlisted, execution);
    for (int i = 0; i < rows.length; i++) {
      keep(i, nearest, i);
    }
  }

  private void keep(int i, Neighbors nearest, int row) {
    int count = nearest.k();
    rows[i] = Arrays.copyOfRange(nearest.indices(), row * count, (row + 1) * count);
    squared[i] = Arrays.copyOfRange(nearest.squaredDistances(), row * count, (row + 1) * count);
    at[i] = 0;
    last[i] = count == left ? Integer.MAX_VALUE : rows[i][count - 1];
  }

  /** Moves to a target row's nearest row that may be picked; false where none is left. */
  boolean advance(int i) {
    while (left > 0) {
      if (skip(i)) {
        if (picks.allows(rows[i][at[i]])) {
          return true;
        }
        takeOut(rows[i][at[i]]);
      } else {
        leaveForbiddenOut();
        if (left > 0) {
          findMore(i);
        }
      }
    }
    return false;
  }

  /** Takes all rows out that are forbidden by now, unless for a distance. */
  private void leaveForbiddenOut() {
    if (!picks.areLimited()) {
      return;
    }
    for (int row = unlisted.nextClearBit(0);
        row < pool.rows();
        row = unlisted.nextClearBit(row + 1)) {
      if (!picks.isOpen(row)) {
        takeOut(row);
      }
    }
  }

  /** Moves past rows that are out; returns whether the nearest remaining row is surely listed. */
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

  /** Replaces a listed row that is out by its next copy; false where none is left. */
  private boolean isLeft(int i, int place) {
    int row = rows[i][place];
    while (out.get(row) && copies.next(row) >= 0) {
      row = copies.next(row);
    }
    rows[i][place] = row;
    return !out.get(row);
  }

  /** Finds rows for a target row and for all others that have few left. */
  private void findMore(int emptied) {
    IntArrayList refilled = new IntArrayList();
    for (int i = 0; i < rows.length; i++) {
      if (i == emptied || !skip(i) || rows[i].length - at[i] <= rows[i].length / LOW) {
        refilled.add(i);
      }
    }
    long room = Math.max(found, MOST_FOUND / refilled.size());
    int count = (int) Math.min(room, (long) found << Math.min(searches, 24));
    searches++;
    float[] values = new float[refilled.size() * target.columns()];
    for (int i = 0; i < refilled.size(); i++) {
      target.copyRow(refilled.getInt(i), values, i * target.columns());
    }
    FloatMatrix gathered =
        FloatMatrix.of(values, refilled.size(), target.columns()).named(target.name());
    Execution within = execution.withinStage();
    RowBlocks points = RowBlocks.of(gathered, within);
    Neighbors nearest =
        NeighborSearch.amongUnlike(points, pool, Math.min(count, left), unlisted, within);
    for (int i = 0; i < refilled.size(); i++) {
      keep(refilled.getInt(i), nearest, i);
    }
  }

  /** Picks the current row of a target row, and returns it. */
  int take(int i) {
    int row = rows[i][at[i]];
    takeOut(row);
    searches = 0;
    return row;
  }

  /** Lists the next copy of a row in its place, if there is one. */
  private void takeOut(int row) {
    out.set(row);
    unlisted.set(row);
    int copy = copies.next(row);
    if (copy >= 0) {
      unlisted.clear(copy);
    } else {
      left--;
    }
  }

  /** {@return the distance of the current row} */
  double distance(int i) {
    return Math.sqrt(squared[i][at[i]]);
  }
}
