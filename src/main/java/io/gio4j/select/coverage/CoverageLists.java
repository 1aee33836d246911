package io.gio4j.select.coverage;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.neighbors.NearPairs;
import io.gio4j.internal.select.RowWeights;
import io.gio4j.internal.simd.FloatOps;
import java.util.Arrays;

/**
 * For each pool row, the target rows that it is nearer to than their k-th selected row.
 *
 * <p>Lists come from one product of pool and target in float ({@link NearPairs}), as lower bounds
 * of distances; a gain from them is an upper bound. They only shrink as rows are selected: with
 * 20,000 rows of Fashion-MNIST as pool and target a list holds 18 % of the target after the first
 * pick, 2 % after ten and 0.2 % after a hundred.
 *
 * <p>Their memory is bounded. When it is full, rows of small gain have no list, and it is made when
 * it is needed. Which rows these are does not affect the picks.
 */
final class CoverageLists {
  /** The memory in use is recounted after one in this many pool rows got a list. */
  private static final int COUNTED_AFTER = 64;

  private final PoolScan scan;
  private final float epsilon;
  private final RowBlocks pool;
  private final RowWeights weights;
  private final Execution execution;
  private final FloatOps ops;
  private final NearTargets[] lists;
  private final long room;
  private CoveragePlaces places;
  private float[][] limits;
  private long used;
  private int remade;
  private double leastKept;

  /**
   * Starts without lists.
   *
   * @param scan finds the target rows near to pool rows
   * @param room bytes that lists may take, about
   */
  CoverageLists(
      PoolScan scan,
      double epsilon,
      RowBlocks pool,
      RowWeights weights,
      long room,
      Execution execution) {
    this.scan = scan;
    this.epsilon = (float) epsilon;
    this.pool = pool;
    this.weights = weights;
    this.room = room;
    this.execution = execution;
    this.ops = execution.opsFor((long) pool.rows() * pool.columns());
    this.lists = new NearTargets[pool.rows()];
  }

  /** The list of a row; null where it has none at present. */
  NearTargets of(int row) {
    return lists[row];
  }

  /** Drops the list of a row that is selected. */
  void remove(int row) {
    lists[row] = null;
  }

  /**
   * Uses the lists for other places.
   *
   * @param current places none of which is farther than those that the lists were made for
   */
  void use(CoveragePlaces current) {
    places = current;
    NearPairs pairs = scan.pairs();
    limits = new float[pairs.panels()][pairs.lanes()];
    for (int i = 0; i < places.targets(); i++) {
      limit(i);
    }
  }

  /** Updates the limit of a target row whose places have changed. */
  void limit(int i) {
    int lanes = scan.pairs().lanes();
    limits[i / lanes][i % lanes] = NearPairs.limit(places.farthestSquared(i));
  }

  /**
   * Makes the lists of all ranked rows for some places, by one pass over the pool.
   *
   * @param bounds receives upper bounds of their gains by these places
   * @param meanLogs receives lower bounds of their a(g); null where they are not needed
   */
  void makeAll(CoveragePlaces forPlaces, double[] bounds, double[] meanLogs) {
    use(forPlaces);
    used = 0;
    leastKept = Double.NEGATIVE_INFINITY;
    long rowBytes = NearTargets.LIST_BYTES + NearTargets.ENTRY_BYTES * places.targets();
    int block = 0;
    while (block < pool.blocks()) {
      int first = block;
      long fitting = room / 4 / rowBytes / pool.blockRows();
      int count = (int) Math.clamp(fitting, 1, (long) pool.blocks() - first);
      execution.workers().run(count, task -> make(first + task, bounds, meanLogs));
      block += count;
      // From here on an estimate: twice what the lists so far take per row.
      rowBytes = Math.min(rowBytes, 2 * account(pool.firstRow(first), pool.firstRow(block)));
      if (used > room / 4 * 3) {
        makeRoom(bounds);
      }
    }
  }

  /** Adds the bytes of some rows' lists; returns their mean, rounded up. */
  private long account(int from, int to) {
    long bytes = 0;
    int end = Math.min(to, lists.length);
    for (int row = from; row < end; row++) {
      bytes += lists[row] == null ? 0 : lists[row].bytes();
    }
    used += bytes;
    return bytes / (end - from) + 1;
  }

  private void make(int block, double[] bounds, double[] meanLogs) {
    scan.inBatches(
        block,
        (batch, rows, numbers, count) -> {
          scan.find(batch, rows, count, panel -> limits[panel], meanLogs != null);
          NearTargets[] found = NearTargets.of(batch.hits, count, epsilon);
          for (int i = 0; i < count; i++) {
            bounds[numbers[i]] = Double.POSITIVE_INFINITY;
            finish(numbers[i], found[i], bounds);
            if (meanLogs != null) {
              meanLogs[numbers[i]] = batch.meanLogs[i];
            }
          }
        });
    scan.advance(block);
  }

  /** Bounds the gain of a row by its list, and keeps the list if the gain is large enough. */
  private void finish(int row, NearTargets near, double[] bounds) {
    bounds[row] = Math.min(bounds[row], bound(near, row));
    lists[row] = bounds[row] >= leastKept ? near : null;
  }

  private double bound(NearTargets near, int row) {
    double gain = near.bound(places, weights.of(row), ops);
    near.trim();
    return gain / places.targets();
  }

  /** Computes an upper bound of the gain of a row that has a list. */
  void bound(int row, double[] bounds) {
    bounds[row] = Math.min(bounds[row], bound(lists[row], row));
  }

  /**
   * Makes lists for rows without one, computes their bounds, and keeps the lists if there is room.
   */
  void remake(int[] rows, double[] bounds) {
    scan.inBatches(
        rows,
        (batch, first, count) -> {
          scan.find(batch, batch.rows, count, panel -> limits[panel], false);
          NearTargets[] found = NearTargets.of(batch.hits, count, epsilon);
          for (int i = 0; i < count; i++) {
            finish(rows[first + i], found[i], bounds);
          }
        });
    for (int row : rows) {
      used += lists[row] == null ? 0 : lists[row].bytes();
    }
    remade += rows.length;
    if (used > room) {
      makeRoom(bounds);
    } else if (remade > lists.length / COUNTED_AFTER) {
      count();
    }
  }

  /** Drops the lists of the rows whose bounds are in the lower half. */
  private void makeRoom(double[] bounds) {
    double[] sorted = new double[lists.length];
    int listed = 0;
    for (int row = 0; row < lists.length; row++) {
      if (lists[row] != null) {
        sorted[listed] = bounds[row];
        listed++;
      }
    }
    Arrays.sort(sorted, 0, listed);
    leastKept = Math.nextUp(sorted[listed / 2]);
    for (int row = 0; row < lists.length; row++) {
      if (lists[row] != null && bounds[row] < leastKept) {
        lists[row] = null;
      } else if (lists[row] != null) {
        lists[row].standAlone();
      }
    }
    count();
  }

  /** Recounts the bytes in use, since lists shrink. Where there is room, all lists are kept. */
  private void count() {
    used = 0;
    account(0, lists.length);
    remade = 0;
    if (used < room / 2) {
      leastKept = Double.NEGATIVE_INFINITY;
    }
  }
}
