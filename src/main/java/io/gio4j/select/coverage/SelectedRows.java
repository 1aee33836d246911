package io.gio4j.select.coverage;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.divergence.TargetModel;
import io.gio4j.internal.neighbors.Neighbors;
import io.gio4j.internal.select.RowWeights;
import it.unimi.dsi.fastutil.ints.Int2IntOpenHashMap;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntToLongFunction;
import java.util.function.Supplier;

/** The rows that hold places, existing ones included; equal ones are counted and not repeated. */
final class SelectedRows {
  /** Selected rows copied at once to find the nearest of them: 200 MB at 768 columns. */
  private static final int GATHERED_AT_ONCE = 1 << 16;

  /** The existing rows in {@link #found}, where others are by their first row. */
  private static final int EXISTING = -1;

  private final TargetModel target;
  private final RowBlocks existing;
  private final RowBlocks pool;
  private final RowWeights weights;
  private final Execution execution;

  /**
   * The first selected row of each chain of equal rows, and how many rows all of them stand for.
   */
  private final IntArrayList distinct = new IntArrayList();

  private final LongArrayList multiplicities = new LongArrayList();

  /** By the row that is next in a chain, the chain's place in the two lists. */
  private final Int2IntOpenHashMap chains = new Int2IntOpenHashMap();

  /**
   * What was found for parts of the distinct rows, by where they begin, and for the existing rows.
   * It holds until there are others.
   */
  private final Map<Integer, Nearest> found = new HashMap<>();

  /**
   * The nearest of some rows, for each target row.
   *
   * @param rows how many these were
   * @param count how many of them are named for each target row
   * @param logs logarithms of distances, ascending
   */
  private record Nearest(int rows, int count, double[] logs, int[] indices) {
    boolean serves(int ofRows, int k) {
      return rows == ofRows && count == Math.min(k, rows);
    }
  }

  /**
   * Starts with no row of the pool selected.
   *
   * @param existing null if there are none
   */
  SelectedRows(
      TargetModel target,
      RowBlocks existing,
      RowBlocks pool,
      RowWeights weights,
      Execution execution) {
    this.target = target;
    this.existing = existing;
    this.pool = pool;
    this.weights = weights;
    this.execution = execution;
    chains.defaultReturnValue(-1);
  }

  /**
   * Adds a row.
   *
   * @param copy the next of its chain; -1 if there is none
   */
  void add(int row, int copy) {
    int chain = chains.remove(row);
    if (chain < 0) {
      chain = distinct.size();
      distinct.add(row);
      multiplicities.add(0);
    }
    multiplicities.set(chain, multiplicities.getLong(chain) + weights.of(row));
    if (copy >= 0) {
      chains.put(copy, chain);
    }
  }

  /** Lets all rows take places that are free. */
  void takeAll(CoveragePlaces places) {
    if (existing != null) {
      int count = existing.rows();
      take(places, nearest(EXISTING, count, places.k(), () -> existing), row -> 1);
    }
    for (int first = 0; first < distinct.size(); first += GATHERED_AT_ONCE) {
      int from = first;
      int count = Math.min(GATHERED_AT_ONCE, distinct.size() - first);
      Nearest nearest = nearest(first, count, places.k(), () -> gather(from, count));
      take(places, nearest, row -> multiplicities.getLong(from + row));
    }
  }

  private Nearest nearest(int part, int count, int k, Supplier<RowBlocks> rows) {
    return found.compute(
        part,
        (_, known) -> known != null && known.serves(count, k) ? known : nearest(rows.get(), k));
  }

  private RowBlocks gather(int first, int count) {
    float[] rows = new float[count * pool.columns()];
    for (int i = 0; i < count; i++) {
      pool.copyRow(distinct.getInt(first + i), rows, i * pool.columns());
    }
    FloatMatrix gathered = FloatMatrix.of(rows, count, pool.columns()).named(pool.name());
    return RowBlocks.of(gathered, execution);
  }

  private Nearest nearest(RowBlocks rows, int k) {
    int count = Math.min(k, rows.rows());
    Neighbors neighbors = target.nearestRows(rows, count);
    double[] squared = neighbors.squaredDistances();
    double[] logs = new double[squared.length];
    for (int at = 0; at < logs.length; at++) {
      boolean equal = at % count > 0 && squared[at] == squared[at - 1];
      logs[at] = equal ? logs[at - 1] : target.logDistance(squared[at]);
    }
    return new Nearest(rows.rows(), count, logs, neighbors.indices());
  }

  private static void take(CoveragePlaces places, Nearest nearest, IntToLongFunction copies) {
    long[] times = new long[nearest.count()];
    double[] logs = new double[nearest.count()];
    for (int i = 0; i < places.targets(); i++) {
      int from = i * nearest.count();
      System.arraycopy(nearest.logs(), from, logs, 0, logs.length);
      for (int at = 0; at < times.length; at++) {
        times[at] = copies.applyAsLong(nearest.indices()[from + at]);
      }
      places.takeAll(i, logs, times);
    }
    for (int row = 0; row < nearest.rows(); row++) {
      places.count(copies.applyAsLong(row));
    }
  }
}
