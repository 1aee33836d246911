package io.gio4j.select.tsds;

import io.gio4j.internal.Execution;
import io.gio4j.internal.HeapShare;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.neighbors.NeighborSearch;
import io.gio4j.internal.neighbors.Neighbors;
import java.util.Arrays;
import java.util.BitSet;

/** The nearest pool rows of each target row, nearest first, of equally near ones the earlier. */
final class RetrievedRows {
  /** Bytes of a row's number and its distance. */
  private static final int BYTES = Integer.BYTES + Double.BYTES;

  /** Most rows in all lists together: an array's length, less what a search adds. */
  private static final int MOST_NUMBERS = 1_000_000_000;

  /**
   * The neighbour whose distance is the spacing. The nearest itself is at distance 0, or as good as
   * 0, where the pool has copies of the target; nine of them do not matter here.
   */
  private static final int SPACING_NEIGHBOR = 10;

  private final int targets;
  private final int count;
  private final int poolRows;
  private final int[] rows;
  private final double[] distances;

  /**
   * Finds them.
   *
   * @param forbidden rows of the pool that are not retrieved
   * @param count for each target row; at most the pool's other rows
   * @throws IllegalArgumentException if they take too much memory
   */
  RetrievedRows(
      RowBlocks target, RowBlocks pool, BitSet forbidden, int count, Execution execution) {
    long room = Math.min(MOST_NUMBERS, HeapShare.RETRIEVED_ROWS.bytes() / BYTES);
    if ((long) target.rows() * count > room) {
      throw new IllegalArgumentException(
          ("max_neighbors: %d rows for each of the %d of %s take %d MB, and the engine has room for"
                  + " %d MB; pass max_neighbors of at most %d, or give it more memory")
              .formatted(
                  count,
                  target.rows(),
                  target.name(),
                  megabytes((long) target.rows() * count),
                  megabytes(room),
                  Math.max(1, room / target.rows())));
    }
    Neighbors found = NeighborSearch.of(target, pool, count, false, forbidden, execution);
    this.targets = target.rows();
    this.count = count;
    this.poolRows = pool.rows();
    this.rows = found.indices();
    this.distances = found.squaredDistances();
    for (int i = 0; i < distances.length; i++) {
      distances[i] = Math.sqrt(distances[i]);
    }
  }

  private static long megabytes(long numbers) {
    return numbers * BYTES / 1_000_000;
  }

  int targets() {
    return targets;
  }

  /** Rows of each target row. */
  int count() {
    return count;
  }

  /** {@return the number in the pool of a target row's neighbour, from 0} */
  int row(int target, int neighbor) {
    return rows[target * count + neighbor];
  }

  double distance(int target, int neighbor) {
    return distances[target * count + neighbor];
  }

  /** {@return all rows that are retrieved, ascending} */
  int[] union() {
    return nearest(count).stream().toArray();
  }

  /** {@return the rows among the first neighbours of any target row} */
  BitSet nearest(int neighbors) {
    BitSet found = new BitSet(poolRows);
    for (int target = 0; target < targets; target++) {
      for (int neighbor = 0; neighbor < neighbors; neighbor++) {
        found.set(row(target, neighbor));
      }
    }
    return found;
  }

  /**
   * {@return the median distance of a target row to its tenth nearest pool row} Distances of 0 do
   * not count. If there are no others it is that of the last rows retrieved, and if these are 0 too
   * it is 1: then no length matters.
   */
  double spacing() {
    double spacing = medianDistance(Math.min(SPACING_NEIGHBOR, count) - 1);
    if (spacing == 0) {
      spacing = medianDistance(count - 1);
    }
    return spacing == 0 ? 1 : spacing;
  }

  private double medianDistance(int neighbor) {
    double[] positive = new double[targets];
    int found = 0;
    for (int target = 0; target < targets; target++) {
      if (distance(target, neighbor) > 0) {
        positive[found] = distance(target, neighbor);
        found++;
      }
    }
    Arrays.sort(positive, 0, found);
    return found == 0 ? 0 : positive[found / 2];
  }
}
