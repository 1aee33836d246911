package io.gio4j.select;

import io.gio4j.divergence.EnergySums;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.Scratch;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntToDoubleFunction;

/**
 * Some pool rows with their numbers and sums at hand: a shortlist.
 *
 * <p>Rows are in the pool's order, so the first of several best ones is the pool's first.
 */
final class ListedRows {
  private static final int ROWS_OF_A_TASK = 64;

  private final EnergySums sums;
  private final int columns;
  private final double[] cross;
  private final boolean[] taken;
  private final Execution execution;
  private final Scratch<EnergySums.Rows> spare;

  private int count;
  private int[] rows = new int[0];
  private RowBlocks.Place[] places = new RowBlocks.Place[0];
  private long[] totals = new long[0];

  ListedRows(EnergySums sums, int columns, double[] cross, boolean[] taken, Execution execution) {
    this.sums = sums;
    this.columns = columns;
    this.cross = cross;
    this.taken = taken;
    this.execution = execution;
    this.spare = new Scratch<>(() -> sums.rows(ROWS_OF_A_TASK));
  }

  /** Lists rows of the pool anew, with their sums. */
  void fill(IntArrayList poolRows, RowBlocks pool, long[] poolTotals) {
    count = poolRows.size();
    if (rows.length < count) {
      rows = new int[count];
      places = new RowBlocks.Place[count];
      totals = new long[count];
    }
    execution
        .workers()
        .run(
            Math.ceilDiv(count, ROWS_OF_A_TASK),
            task -> {
              execution.progress().check();
              int to = Math.min(count, (task + 1) * ROWS_OF_A_TASK);
              for (int i = task * ROWS_OF_A_TASK; i < to; i++) {
                rows[i] = poolRows.getInt(i);
                places[i] = pool.place(rows[i]);
                totals[i] = poolTotals[rows[i]];
              }
            });
  }

  int row(int index) {
    return rows[index];
  }

  RowBlocks.Place place(int index) {
    return places[index];
  }

  long total(int index) {
    return totals[index];
  }

  /** Negative infinity once it is taken. */
  private double score(int index, long selected) {
    int row = rows[index];
    return taken[row]
        ? Double.NEGATIVE_INFINITY
        : PendingPicks.score(sums, totals[index], cross[row], selected);
  }

  /** Indices of about the {@code wanted} best rows. */
  IntArrayList bestOf(int wanted, long selected) {
    IntToDoubleFunction score = i -> score(i, selected);
    return BestRows.reaching(BestRows.threshold(count, wanted, score), 0, count, score);
  }

  private void takeBack(EnergySums.Points points) {
    inTasks((scratch, from, added) -> {
      scratch.add(points, added);
      for (int i = 0; i < added.length; i++) {
        totals[from + i] -= added[i];
      }
    });
  }

  /** Adds picks to all sums; answers how many of them no listed row should have come before. */
  int confirm(PendingPicks picks) {
    AtomicInteger confirmed = new AtomicInteger(picks.size());
    inTasks((scratch, from, added) -> {
      int limit = picks.size();
      for (int panel = 0; panel < picks.points().panels(); panel++) {
        long[] before = added.clone();
        scratch.add(picks.points(), panel, added);
        for (int i = 0; i < added.length; i++) {
          int row = rows[from + i];
          if (!taken[row]) {
            long total = totals[from + i] + before[i];
            limit = picks.firstOvertaken(scratch, panel, i, row, total, cross[row], limit);
          }
        }
      }
      for (int i = 0; i < added.length; i++) {
        totals[from + i] += added[i];
      }
      confirmed.accumulateAndGet(limit, Math::min);
    });
    if (confirmed.get() < picks.size()) {
      takeBack(picks.points().from(confirmed.get()));
    }
    return confirmed.get();
  }

  @FunctionalInterface
  private interface Task {
    void run(EnergySums.Rows scratch, int from, long[] added);
  }

  private void inTasks(Task task) {
    execution
        .workers()
        .run(
            Math.ceilDiv(count, ROWS_OF_A_TASK),
            number -> {
              execution.progress().check();
              int from = number * ROWS_OF_A_TASK;
              int size = Math.min(ROWS_OF_A_TASK, count - from);
              spare.use(scratch -> {
                float[] block = new float[size * columns];
                for (int i = 0; i < size; i++) {
                  RowBlocks.Place place = places[from + i];
                  System.arraycopy(place.values(), place.offset(), block, i * columns, columns);
                }
                scratch.load(block, size);
                task.run(scratch, from, new long[size]);
              });
            });
  }
}
