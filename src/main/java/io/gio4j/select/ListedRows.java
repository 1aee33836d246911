package io.gio4j.select;

import io.gio4j.divergence.EnergySums;
import io.gio4j.internal.Execution;
import io.gio4j.internal.Scratch;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

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
  private float[][] values = new float[0][];
  private long[] totals = new long[0];

  ListedRows(EnergySums sums, int columns, double[] cross, boolean[] taken, Execution execution) {
    this.sums = sums;
    this.columns = columns;
    this.cross = cross;
    this.taken = taken;
    this.execution = execution;
    this.spare = new Scratch<>(() -> sums.rows(ROWS_OF_A_TASK));
  }

  /** What a row is listed with. */
  interface Source {
    float[] values(int index);

    long total(int index);

    int row(int index);
  }

  /** Lists rows anew. */
  void fill(IntArrayList indices, Source source) {
    count = indices.size();
    if (rows.length < count) {
      rows = new int[count];
      values = new float[count][];
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
                int index = indices.getInt(i);
                rows[i] = source.row(index);
                values[i] = source.values(index);
                totals[i] = source.total(index);
              }
            });
  }

  int count() {
    return count;
  }

  int row(int index) {
    return rows[index];
  }

  float[] values(int index) {
    return values[index];
  }

  long total(int index) {
    return totals[index];
  }

  /** Negative infinity once it is taken. */
  double score(int index, long selected) {
    int row = rows[index];
    return taken[row]
        ? Double.NEGATIVE_INFINITY
        : PendingPicks.score(sums, totals[index], cross[row], selected);
  }

  /** The best row's index, the first of several; -1 if all are taken. */
  int best(long selected) {
    int best = -1;
    double bestScore = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      double score = score(i, selected);
      if (score > bestScore) {
        best = i;
        bestScore = score;
      }
    }
    return best;
  }

  /** Indices of about the {@code wanted} best rows, all that tie with the last of them included. */
  IntArrayList bestOf(int wanted, long selected) {
    double[] scores = new double[count];
    Arrays.setAll(scores, i -> score(i, selected));
    double[] sorted = scores.clone();
    Arrays.sort(sorted);
    double least =
        Math.max(-Double.MAX_VALUE, count <= wanted ? -Double.MAX_VALUE : sorted[count - wanted]);
    IntArrayList best = new IntArrayList();
    for (int i = 0; i < count; i++) {
      if (scores[i] >= least) {
        best.add(i);
      }
    }
    return best;
  }

  /** Adds the points to all sums, or takes them away again with a sign of -1. */
  void add(EnergySums.Points points, int sign) {
    inTasks((scratch, from, added) -> {
      scratch.add(points, added);
      for (int i = 0; i < added.length; i++) {
        totals[from + i] += sign * added[i];
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
      add(picks.points().from(confirmed.get()), -1);
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
                  System.arraycopy(values[from + i], 0, block, i * columns, columns);
                }
                scratch.load(block, size);
                task.run(scratch, from, new long[size]);
              });
            });
  }
}
