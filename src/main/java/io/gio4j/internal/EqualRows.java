package io.gio4j.internal;

import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import it.unimi.dsi.fastutil.longs.LongArrays;
import java.util.Arrays;

/**
 * Finds the rows of some matrices that are equal.
 *
 * <p>Rows are hashed, and only those whose hash occurs twice are compared. One pass over the rows
 * and 16 bytes a row while it runs: 1,000,000 rows of 384 columns without equal ones take 0.2 s.
 */
public final class EqualRows {
  /** The id of a row that has no equal. */
  public static final int NONE = -1;

  private EqualRows() {}

  /**
   * Numbers equal rows.
   *
   * @return ids by matrix and row: rows that share an id of at least 0 have the same numbers, in
   *     whichever matrices they are (0.0 and -0.0 are the same); {@link #NONE} for a row that has
   *     no equal. (Where hashes collide, at one pair in 1e19, a row that has an equal may get
   *     {@link #NONE} too.)
   */
  public static int[][] of(Execution execution, RowBlocks... matrices) {
    RowHashes[] hashes = new RowHashes[matrices.length];
    Arrays.setAll(hashes, i -> RowHashes.of(matrices[i], execution));
    return of(execution, matrices, hashes);
  }

  /** Numbers equal rows, as {@link #of(Execution, RowBlocks...)} does, with the hashes of all. */
  static int[][] of(Execution execution, RowBlocks[] matrices, RowHashes[] hashes) {
    Long2IntOpenHashMap idOfHash = repeated(hashes);
    int[][] ids = new int[matrices.length][];
    Place[] firsts = new Place[idOfHash.size()];
    for (int i = 0; i < matrices.length; i++) {
      ids[i] = new int[hashes[i].rows()];
      for (int row = 0; row < ids[i].length; row++) {
        int id = idOfHash.get(hashes[i].of(row));
        ids[i][row] = id;
        if (id != NONE && firsts[id] == null) {
          firsts[id] = new Place(matrices[i], row);
        }
      }
    }
    for (int i = 0; firsts.length > 0 && i < matrices.length; i++) {
      compare(matrices[i], ids[i], firsts, execution);
    }
    return ids;
  }

  private record Place(RowBlocks rows, int row) {
    float[] values() {
      return rows.values(row);
    }
  }

  /** Numbers the hashes that occur more than once. */
  private static Long2IntOpenHashMap repeated(RowHashes[] hashes) {
    long[] sorted = new long[Arrays.stream(hashes).mapToInt(RowHashes::rows).sum()];
    int filled = 0;
    for (RowHashes some : hashes) {
      some.copyTo(sorted, filled);
      filled += some.rows();
    }
    LongArrays.radixSort(sorted);
    Long2IntOpenHashMap ids = new Long2IntOpenHashMap();
    ids.defaultReturnValue(NONE);
    for (int i = 1; i < sorted.length; i++) {
      if (sorted[i] == sorted[i - 1]) {
        ids.putIfAbsent(sorted[i], ids.size());
      }
    }
    return ids;
  }

  /** Removes the id from rows that share only the hash of the first row with this id. */
  private static void compare(RowBlocks rows, int[] ids, Place[] firsts, Execution execution) {
    execution
        .workers()
        .run(
            rows.blocks(),
            block -> {
              execution.progress().check();
              int first = rows.firstRow(block);
              int last = -1;
              float[] expected = null;
              for (int row = first; row < first + rows.count(block); row++) {
                int id = ids[row];
                if (id == NONE) {
                  continue;
                }
                if (id != last) {
                  expected = firsts[id].values();
                  last = id;
                }
                if (!areEqual(rows.values(row), expected)) {
                  ids[row] = NONE;
                }
              }
            });
  }

  private static boolean areEqual(float[] one, float[] other) {
    for (int column = 0; column < one.length; column++) {
      if (one[column] != other[column]) {
        return false;
      }
    }
    return true;
  }
}
