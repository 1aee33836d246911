package io.gio4j.select.kcenter;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.simd.FloatOps;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Centres whose covering radius and margins are small together: a reconstruction of the weighted
 * k-center.
 *
 * <p><b>Rule.</b> For a radius R, rows are taken in the order of their margins. A row that is more
 * than 2R from all seeds and existing rows becomes a seed. Of the rows within R of a seed the one
 * with the smallest margin becomes a centre, and rows with the smallest margins fill up the budget
 * of s. Of all R for which seeds are at most s the cheapest answer is taken.
 *
 * <p><b>Proof.</b> Let R be the radius of the optimum. Seeds are more than 2R apart, so they lie in
 * different balls of it, and there are at most s. The ball's centre is within R of its seed, so
 * ours has no larger margin; nor have the rows that fill up, as in both sets they can be paired off
 * by ascending margin. A row within 2R of a seed is within 3R of the seed's centre. So the answer
 * costs at most three times the optimum.
 *
 * <p><b>Radii.</b> No s rows have a smaller radius than half that of a farthest-first, and beyond
 * the radius that leaves one seed nothing changes. In between R rises by a tenth, which makes the
 * factor 3.3. The farthest-first itself is one more answer.
 *
 * <p>A row is within R of one seed at most, so seeds and centres take one search for nearest
 * centres each.
 */
final class MarginCenters {
  private static final double STEP = 1.1;

  /** Tasks of rows that are compared at once, before seeds are found among them. */
  private static final int TASKS = 16;

  private final RowBlocks pool;
  private final double[] fromExisting;
  private final float[] margins;
  private final double marginWeight;
  private final int budget;
  private final RowScaling scaling;
  private final Execution execution;
  private final FloatOps ops;
  private final int columns;
  private final int taskRows;

  /** Rows by ascending margin, equal ones by number. */
  private final int[] order;

  private final float[] values;
  private final double[] near;
  private final int[] nearest;

  private int[] best;
  private double leastCost = Double.POSITIVE_INFINITY;

  MarginCenters(
      RowBlocks pool,
      double[] fromExisting,
      float[] margins,
      double marginWeight,
      int budget,
      RowScaling scaling,
      Execution execution) {
    this.pool = pool;
    this.fromExisting = fromExisting;
    this.margins = margins;
    this.marginWeight = marginWeight;
    this.budget = budget;
    this.scaling = scaling;
    this.execution = execution;
    this.columns = pool.columns();
    this.ops = execution.opsFor((long) pool.rows() * columns);
    this.taskRows = Math.min(Farthest.ROWS_OF_A_TASK, pool.blockRows());
    this.order = new int[pool.rows()];
    Arrays.setAll(order, row -> row);
    IntArrays.mergeSort(order, (a, b) -> Float.compare(margins[a], margins[b]));
    int most = Math.min(pool.rows(), taskRows * TASKS);
    this.values = new float[Math.multiplyExact(most, columns)];
    this.near = new double[most];
    this.nearest = new int[most];
  }

  /**
   * {@return the rows of the cheapest answer, in the order picked}
   *
   * @param farthest the existing rows
   * @param start the first row of a farthest-first
   * @param distance its distance from them, NaN without any
   */
  int[] choose(Farthest farthest, int start, double distance) {
    IntArrayList picks = new IntArrayList();
    int row = start;
    double gain = distance;
    double last = distance;
    while (gain != 0 && picks.size() < budget) {
      farthest.pick(row);
      farthest.find();
      picks.add(row);
      last = gain;
      row = farthest.row();
      gain = Math.sqrt(farthest.squaredDistance());
    }
    if (picks.size() == budget) {
      consider(picks);
    }
    boolean isLast = consider(0);
    // With distinct rows for all centres and more, the radius is 0 or at least the last gain, the
    // smallest distance of two rows.
    double radius = gain > 0 ? gain / 2 : last;
    while (!isLast && radius > 0) {
      isLast = consider(radius);
      radius *= STEP;
    }
    return best;
  }

  /** Considers the answer for a radius; returns whether larger ones give no other. */
  private boolean consider(double radius) {
    Centers seeds = new Centers(scaling, ops);
    Scratch<CenterScan> scans = new Scratch<>(() -> new CenterScan(seeds, taskRows, ops));
    int end = findSeeds(radius, seeds, scans);
    if (seeds.count() > budget) {
      return false;
    }
    consider(centers(radius, seeds, scans, end));
    return seeds.count() <= 1;
  }

  /** Finds seeds, at most one more than the budget; returns how many rows that took. */
  private int findSeeds(double radius, Centers seeds, Scratch<CenterScan> scans) {
    double limit = 4 * radius * radius;
    int end = 0;
    for (int from = 0; from < order.length; from += taskRows * TASKS) {
      int count = compare(from, order.length, scans, true);
      for (int i = 0; i < count; i++) {
        if (near[i] > limit) {
          float[] seed = Arrays.copyOfRange(values, i * columns, (i + 1) * columns);
          seeds.add(seed);
          end = from + i + 1;
          if (seeds.count() > budget) {
            return end;
          }
          compareRest(seed, i, count);
        }
      }
    }
    return end;
  }

  /** Compares the rows after a new seed with it. */
  private void compareRest(float[] seed, int at, int count) {
    execution.progress().check();
    double[] point = new double[columns];
    RowBlocks.widen(seed, 0, point);
    double[] squared = new double[count - at];
    ops.rows().squaredDistances(values, at * columns, count - at, columns, point, squared, 0);
    for (int i = at; i < count; i++) {
      near[i] = Math.min(near[i], squared[i - at]);
    }
  }

  /** The row with the smallest margin within the radius of each seed, and those that fill up. */
  private IntArrayList centers(double radius, Centers seeds, Scratch<CenterScan> scans, int end) {
    int[] centers = new int[seeds.count()];
    Arrays.fill(centers, -1);
    double limit = radius * radius;
    for (int from = 0; from < end; from += taskRows * TASKS) {
      int count = compare(from, end, scans, false);
      for (int i = 0; i < count; i++) {
        if (near[i] <= limit && centers[nearest[i]] < 0) {
          centers[nearest[i]] = order[from + i];
        }
      }
    }
    IntArrayList all = new IntArrayList(centers);
    BitSet taken = new BitSet();
    all.forEach(taken::set);
    for (int i = 0; all.size() < budget; i++) {
      if (!taken.get(order[i])) {
        all.add(order[i]);
      }
    }
    return all;
  }

  /** Compares some rows with all seeds; returns how many. */
  private int compare(int from, int end, Scratch<CenterScan> scans, boolean withExisting) {
    int count = Math.min(taskRows * TASKS, end - from);
    execution
        .workers()
        .run(
            Math.ceilDiv(count, taskRows),
            task -> {
              execution.progress().check();
              int first = task * taskRows;
              int here = Math.min(taskRows, count - first);
              float[] rows = new float[here * columns];
              for (int i = 0; i < here; i++) {
                int row = order[from + first + i];
                pool.copyRow(row, rows, i * columns);
                near[first + i] = withExisting ? fromExisting[row] : Double.POSITIVE_INFINITY;
              }
              scans.use(scan ->
                  scan.lower(rows, here, 0, near, nearest, first, execution.progress()::check));
              System.arraycopy(rows, 0, values, first * columns, rows.length);
            });
    return count;
  }

  /** Takes an answer if it is cheaper than those before. */
  private void consider(IntArrayList rows) {
    double cost = 0;
    for (int row : rows) {
      cost += marginWeight * margins[row];
    }
    if (cost >= leastCost) {
      return;
    }
    Farthest farthest = new Farthest(pool, fromExisting.clone(), scaling, execution);
    rows.forEach(farthest::pick);
    farthest.find();
    cost += Math.sqrt(farthest.squaredDistance());
    if (cost < leastCost) {
      leastCost = cost;
      best = rows.toIntArray();
    }
  }
}
