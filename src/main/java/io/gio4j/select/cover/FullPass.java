package io.gio4j.select.cover;

import io.gio4j.internal.Execution;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.simd.FloatOps;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Compares all rows of a matrix with all points once: each row's sum of similarities above levels,
 * its best similarity, and the largest distance of all. In the sum, and in levels, similarities are
 * multiplied by how much their points count.
 */
final class FullPass {
  private final Comparison comparison;
  private final ComparedRows rows;
  private final Points points;
  private final double[] levels;
  private final boolean asDistances;

  /** By row, the sum over points of what is above their level. */
  final double[] sums;

  /** By row, the smallest and the largest number that a point has; see {@link Pairs}. */
  final float[] smallest;

  final float[] largest;

  private final AtomicLong done = new AtomicLong();

  /** Working memory of a thread. */
  private record Memory(Pairs pairs, RowBatch batch, double[] partial) {}

  private FullPass(
      Comparison comparison,
      ComparedRows rows,
      Points points,
      double[] levels,
      boolean asDistances) {
    this.comparison = comparison;
    this.rows = rows;
    this.points = points;
    this.levels = levels;
    this.asDistances = asDistances;
    this.sums = new double[rows.count()];
    this.smallest = new float[rows.count()];
    this.largest = new float[rows.count()];
    Arrays.fill(smallest, Float.POSITIVE_INFINITY);
    Arrays.fill(largest, Float.NEGATIVE_INFINITY);
  }

  /** {@return what is above the levels of the points} */
  static FullPass above(
      double[] levels, Comparison comparison, ComparedRows rows, Points points, Execution watched) {
    return new FullPass(comparison, rows, points, levels, false).run(watched);
  }

  /** {@return similarities as they are, or squared distances instead of them} */
  static FullPass plain(
      Comparison comparison, ComparedRows rows, Points points, Execution watched) {
    double[] levels = levels(points, comparison.ops(), 0);
    return new FullPass(comparison, rows, points, levels, true).run(watched);
  }

  /** {@return the same level for each point, and an infinite one for each empty lane} */
  static double[] levels(Points points, FloatOps ops, double level) {
    double[] levels = new double[points.panels() * ops.lanes()];
    Arrays.fill(levels, 0, points.size(), level);
    Arrays.fill(levels, points.size(), levels.length, Double.POSITIVE_INFINITY);
    return levels;
  }

  /** {@return the largest number of all} */
  float largestOfAll() {
    float found = Float.NEGATIVE_INFINITY;
    for (float value : largest) {
      found = Math.max(found, value);
    }
    return found;
  }

  private FullPass run(Execution watched) {
    int most = rows.rows().blockRows();
    Scratch<Memory> memories =
        new Scratch<>(() ->
            new Memory(
                new Pairs(comparison, most),
                new RowBatch(rows, most),
                new double[most * FloatOps.PARTIAL_SUMS]));
    watched.progress().stage("similarities", rows.count());
    watched
        .workers()
        .run(
            rows.rows().blocks(),
            block ->
                memories.use(memory -> {
                  memory.batch.load(block);
                  pass(block, memory, watched);
                  watched.progress().advance(done.addAndGet(memory.batch.count()));
                }));
    return this;
  }

  private void pass(int block, Memory memory, Execution watched) {
    int first = rows.rows().firstRow(block);
    int count = memory.batch.count();
    FloatOps ops = comparison.ops();
    int ofChunk = Excess.CHUNK / ops.lanes();
    float[] least = new float[count];
    float[] most = new float[count];
    Arrays.fill(least, Float.POSITIVE_INFINITY);
    Arrays.fill(most, Float.NEGATIVE_INFINITY);
    for (int panel = 0; panel < points.panels(); panel++) {
      watched.progress().check();
      if (asDistances) {
        memory.pairs.compareAsDistances(memory.batch, points, panel);
      } else {
        memory.pairs.compare(memory.batch, points, panel);
      }
      float[] values = memory.pairs.values();
      ops.totals().span(count, points.used(panel), values, least, most);
      points.weigh(count, panel, values);
      ops.totals().addExcess(count, values, levels, panel * ops.lanes(), memory.partial);
      if ((panel + 1) % ofChunk == 0 || panel + 1 == points.panels()) {
        for (int i = 0; i < count; i++) {
          sums[first + i] += Excess.take(memory.partial, i);
        }
      }
    }
    System.arraycopy(least, 0, smallest, first, count);
    System.arraycopy(most, 0, largest, first, count);
  }
}
