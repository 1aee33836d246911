package io.gio4j.select.nearest;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.neighbors.NeighborSearch;
import io.gio4j.internal.neighbors.Neighbors;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.BitSet;

/**
 * All pool rows by their distance from each target row, one after another, whoever picked them.
 *
 * <p>Each target row has a part of its ranking. Where one is used up, all that are get the next
 * part, at twice the length up to {@link #MOST_FOUND} rows in all: by a search for the nearest that
 * were there already, and as many more.
 */
final class RankedRows {
  /** Rows found in addition to twice the expected turns. */
  private static final int SPARE = 8;

  /** Most rows found at once: 200 MB. */
  private static final long MOST_FOUND = 16_000_000;

  private final RowBlocks target;
  private final RowBlocks pool;
  private final Execution execution;
  private final int[][] rows;
  private final double[][] squared;

  /** By target row, its rank after the last row given, from the beginning and in its part. */
  private final int[] rank;

  private final int[] at;
  private final int most;
  private int length;

  RankedRows(RowBlocks target, RowBlocks pool, long turns, Execution execution) {
    this.target = target;
    this.pool = pool;
    this.execution = execution;
    this.rows = new int[target.rows()][0];
    this.squared = new double[target.rows()][0];
    this.rank = new int[target.rows()];
    this.at = new int[target.rows()];
    this.most = (int) Math.clamp(MOST_FOUND / target.rows(), SPARE, pool.rows() + (long) SPARE);
    this.length = (int) Math.min(most, 2 * turns + SPARE);
    find();
  }

  /** {@return the next pool row of a target row; -1 after the last} */
  int next(int i) {
    if (rank[i] == pool.rows()) {
      return -1;
    }
    if (at[i] == rows[i].length) {
      length = Math.min(most, 2 * length);
      find();
    }
    rank[i]++;
    return rows[i][at[i]++];
  }

  /** {@return the distance of the row that {@link #next} gave last} */
  double distance(int i) {
    return Math.sqrt(squared[i][at[i] - 1]);
  }

  /** Finds the next part of each ranking that is used up. */
  private void find() {
    IntArrayList used = new IntArrayList();
    int known = 0;
    for (int i = 0; i < rows.length; i++) {
      if (at[i] == rows[i].length && rank[i] < pool.rows()) {
        used.add(i);
        known = Math.max(known, rank[i]);
      }
    }
    int count = Math.min(pool.rows(), known + length);
    int together = Math.clamp(MOST_FOUND / count, 1, used.size());
    boolean all = used.size() == rows.length && together == rows.length;
    for (int first = 0; first < used.size(); first += together) {
      int[] some = used.subList(first, Math.min(used.size(), first + together)).toIntArray();
      Execution within = known == 0 && all ? execution : execution.withinStage();
      RowBlocks points = all ? target : gathered(some, within);
      Neighbors nearest = NeighborSearch.of(points, pool, count, false, new BitSet(), within);
      for (int place = 0; place < some.length; place++) {
        int i = some[place];
        int from = place * count + rank[i];
        int to = Math.min((place + 1) * count, from + length);
        rows[i] = Arrays.copyOfRange(nearest.indices(), from, to);
        squared[i] = Arrays.copyOfRange(nearest.squaredDistances(), from, to);
        at[i] = 0;
      }
    }
  }

  private RowBlocks gathered(int[] some, Execution within) {
    int columns = target.columns();
    float[] values = new float[some.length * columns];
    for (int place = 0; place < some.length; place++) {
      target.copyRow(some[place], values, place * columns);
    }
    return RowBlocks.of(FloatMatrix.of(values, some.length, columns).named(target.name()), within);
  }
}
