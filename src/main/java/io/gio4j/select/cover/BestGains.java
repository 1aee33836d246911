package io.gio4j.select.cover;

import io.gio4j.internal.Scratch;
import io.gio4j.internal.simd.FloatOps;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;

/**
 * What pool rows would add to the best similarity of each target row: by products in batches, and
 * from lists where there are any.
 */
final class BestGains {
  /** Rows that a product takes at once: two tiles of eight. */
  private static final int GROUP = 16;

  /** Points of lists that pay for a task. */
  private static final int POINTS_OF_A_TASK = 1 << 14;

  private final Comparison comparison;
  private final Points targets;

  /** By target row the best number of the selected rows, by how much the target row counts. */
  private final double[] levels;

  private final GainLists lists;
  private final FloatOps ops;
  private final Scratch<Memory> memories;

  /** Working memory of a thread. */
  private static final class Memory {
    private final Pairs pairs;
    private final double[] partial = new double[GROUP * FloatOps.PARTIAL_SUMS];
    private final int[] points = new int[GROUP * Excess.CHUNK];
    private final float[] values = new float[GROUP * Excess.CHUNK];
    private final int[] counts = new int[GROUP];

    Memory(Comparison comparison) {
      pairs = new Pairs(comparison, GROUP);
    }

    GainLists.Part part(int row) {
      int from = row * Excess.CHUNK;
      int to = from + counts[row];
      return new GainLists.Part(
          Arrays.copyOfRange(points, from, to), Arrays.copyOfRange(values, from, to));
    }
  }

  /** Of one row or some, the totals by chunk and the parts of their lists. */
  private static final class Group {
    private final RowBatch batch;
    private final double[][] totals;
    private final GainLists.Part[][] parts;

    Group(RowBatch batch, int chunks) {
      this.batch = batch;
      this.totals = new double[batch.count()][chunks];
      this.parts = new GainLists.Part[batch.count()][chunks];
    }
  }

  BestGains(Comparison comparison, Points targets, double[] levels, long listBytes) {
    this.comparison = comparison;
    this.targets = targets;
    this.levels = levels;
    this.lists = new GainLists(comparison.pool().count(), targets.size(), listBytes);
    this.ops = comparison.ops();
    this.memories = new Scratch<>(() -> new Memory(comparison));
  }

  /** Computes what rows would add, into {@code gains} by row. */
  void compute(IntArrayList rows, double[] gains) {
    IntArrayList listed = new IntArrayList();
    IntArrayList others = new IntArrayList();
    for (int row : rows) {
      (lists.has(row) ? listed : others).add(row);
    }
    fromLists(listed, gains);
    byProducts(others.toIntArray(), gains);
  }

  private void fromLists(IntArrayList rows, double[] gains) {
    IntArrayList ends = new IntArrayList();
    int points = 0;
    for (int i = 0; i < rows.size(); i++) {
      points += lists.count(rows.getInt(i));
      if (points >= POINTS_OF_A_TASK || i + 1 == rows.size()) {
        ends.add(i + 1);
        points = 0;
      }
    }
    comparison
        .execution()
        .workers()
        .run(
            ends.size(),
            task -> {
              for (int i = task == 0 ? 0 : ends.getInt(task - 1); i < ends.getInt(task); i++) {
                gains[rows.getInt(i)] = lists.excess(rows.getInt(i), levels);
              }
            });
  }

  private void byProducts(int[] rows, double[] gains) {
    Group[] groups = new Group[Math.ceilDiv(rows.length, GROUP)];
    int chunks = Excess.chunks(targets.size());
    for (int group = 0; group < groups.length; group++) {
      int from = group * GROUP;
      RowBatch batch = new RowBatch(comparison.pool(), GROUP);
      batch.gather(rows, from, Math.min(GROUP, rows.length - from));
      groups[group] = new Group(batch, chunks);
    }
    boolean lists = this.lists.hasRoom();
    comparison
        .execution()
        .workers()
        .run(
            groups.length * chunks,
            task ->
                memories.use(
                    memory -> compute(groups[task / chunks], task % chunks, memory, lists)));
    for (Group group : groups) {
      for (int i = 0; i < group.batch.count(); i++) {
        int row = group.batch.number(i);
        gains[row] = 0;
        boolean complete = true;
        for (int chunk = 0; chunk < chunks; chunk++) {
          gains[row] += group.totals[i][chunk];
          complete &= group.parts[i][chunk] != null;
        }
        if (complete) {
          this.lists.keep(row, group.parts[i]);
        }
      }
    }
  }

  private void compute(Group group, int chunk, Memory memory, boolean withLists) {
    int count = group.batch.count();
    int ofChunk = Excess.CHUNK / ops.lanes();
    int end = Math.min(targets.panels(), (chunk + 1) * ofChunk);
    Arrays.fill(memory.counts, 0);
    for (int panel = chunk * ofChunk; panel < end; panel++) {
      comparison.execution().progress().check();
      memory.pairs.compare(group.batch, targets, panel);
      float[] values = memory.pairs.values();
      targets.weigh(count, panel, values);
      ops.totals().addExcess(count, values, levels, panel * ops.lanes(), memory.partial);
      for (int i = 0; withLists && i < count; i++) {
        list(memory, i, panel);
      }
    }
    for (int i = 0; i < count; i++) {
      group.totals[i][chunk] = Excess.take(memory.partial, i);
      if (withLists && memory.counts[i] <= lists.most()) {
        group.parts[i][chunk] = memory.part(i);
      }
    }
  }

  /** Lists the points of a panel that are above their level. Branches would be mispredicted. */
  private void list(Memory memory, int row, int panel) {
    float[] values = memory.pairs.values();
    int first = panel * ops.lanes();
    int at = row * Excess.CHUNK + memory.counts[row];
    int from = row * ops.lanes();
    for (int lane = 0; lane < targets.used(panel); lane++) {
      float value = values[from + lane];
      memory.points[at] = first + lane;
      memory.values[at] = value;
      at += value > levels[first + lane] ? 1 : 0;
    }
    memory.counts[row] = at - row * Excess.CHUNK;
  }

  /** Raises the levels to the numbers of a pool row. */
  void select(int row) {
    if (lists.has(row)) {
      lists.raise(row, levels);
      return;
    }
    RowBatch batch = new RowBatch(comparison.pool(), 1);
    batch.gather(new int[] {row}, 0, 1);
    raise(batch);
  }

  /** Raises the levels to the best numbers of some rows. */
  void raise(RowBatch rows) {
    int ofChunk = Excess.CHUNK / ops.lanes();
    Scratch<Pairs> pairs = new Scratch<>(() -> new Pairs(comparison, rows.count()));
    comparison
        .execution()
        .workers()
        .run(
            Excess.chunks(targets.size()),
            chunk ->
                pairs.use(compared -> {
                  int end = Math.min(targets.panels(), (chunk + 1) * ofChunk);
                  for (int panel = chunk * ofChunk; panel < end; panel++) {
                    comparison.execution().progress().check();
                    compared.compare(rows, targets, panel);
                    targets.weigh(rows.count(), panel, compared.values());
                    raise(compared.values(), rows.count(), panel);
                  }
                }));
  }

  private void raise(float[] values, int count, int panel) {
    int lanes = ops.lanes();
    for (int i = 0; i < count; i++) {
      for (int lane = 0; lane < targets.used(panel); lane++) {
        int at = panel * lanes + lane;
        levels[at] = Math.max(levels[at], values[i * lanes + lane]);
      }
    }
  }
}
