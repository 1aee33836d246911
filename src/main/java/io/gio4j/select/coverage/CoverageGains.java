package io.gio4j.select.coverage;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.divergence.MeanLogBounds;
import io.gio4j.internal.divergence.TargetModel;
import io.gio4j.internal.neighbors.ExactDistances;
import io.gio4j.internal.select.RowWeights;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntConsumer;

/**
 * What each pool row adds to the coverage of the target, as exact gains and as cheap upper bounds.
 *
 * <p>Once every place is taken, a row's gain depends only on the target rows that it is nearer to
 * than their k-th selected row, which {@link CoverageLists} hold: evaluating it costs the rest of
 * its list and not the distances to all n target rows. Exact gains come from differences in double,
 * which also replace the bounds in the list.
 *
 * <p>Before all places are taken, and for a target that is not kept in memory, there are no lists:
 * a gain costs n d multiply-adds in double.
 */
final class CoverageGains {
  /** Entries (30 us) below which threads cost more than they save. */
  private static final long WORTH_THREADS = 20_000;

  private final TargetModel target;
  private final RowBlocks pool;
  private final RowWeights weights;
  private final double epsilon;
  private final Execution execution;
  private final Scratch<ExactDistances> measures;

  /** Null for a target that is read in parts, as are the lists. */
  private final PoolScan scan;

  private final CoverageLists lists;

  private CoveragePlaces places;
  private boolean listed;

  CoverageGains(
      TargetModel target,
      double[] targetWeights,
      double epsilon,
      RowBlocks pool,
      RowWeights weights,
      long listBytes,
      BitSet unranked,
      Execution execution) {
    this.target = target;
    this.epsilon = epsilon;
    this.pool = pool;
    this.weights = weights;
    this.execution = execution;
    this.measures = new Scratch<>(target::exactDistances);
    this.scan =
        MeanLogBounds.suits(target)
            ? new PoolScan(
                new MeanLogBounds(target, targetWeights), target.rows(), pool, unranked, execution)
            : null;
    this.lists =
        scan == null ? null : new CoverageLists(scan, epsilon, pool, weights, listBytes, execution);
  }

  /** {@return comparisons in float; null where the target is too large for them} */
  PoolScan scan() {
    return scan;
  }

  /** {@return the lists; null where the target is too large for them} */
  CoverageLists lists() {
    return lists;
  }

  /** Computes gains for these places from now on, without lists. */
  void use(CoveragePlaces current) {
    places = current;
    listed = false;
  }

  /**
   * Computes gains from the lists, which were made for these places or for none that are nearer.
   */
  void useListed(CoveragePlaces current) {
    places = current;
    listed = true;
    lists.use(current);
  }

  /** Whether there are lists, so that bounds are cheap. */
  boolean areListed() {
    return listed;
  }

  /** Computes upper bounds of the gains of some rows, from their lists. */
  void bound(int[] rows, double[] bounds) {
    int[] others = Arrays.stream(rows).filter(row -> lists.of(row) == null).toArray();
    each(
        Arrays.stream(rows).filter(row -> lists.of(row) != null).toArray(),
        row -> lists.bound(row, bounds));
    if (others.length > 0) {
      lists.remake(others, bounds);
    }
  }

  /** Computes the exact gains of some rows. */
  void exact(int[] rows, double[] gains) {
    each(rows, row -> gains[row] = exact(row));
  }

  private void each(int[] rows, IntConsumer body) {
    long work = 0;
    for (int row : rows) {
      work += listOf(row) == null ? WORTH_THREADS : listOf(row).size();
    }
    IntConsumer checked =
        i -> {
          execution.progress().check();
          body.accept(rows[i]);
        };
    if (work < WORTH_THREADS) {
      for (int i = 0; i < rows.length; i++) {
        checked.accept(i);
      }
    } else {
      execution.workers().run(rows.length, checked);
    }
  }

  private NearTargets listOf(int row) {
    return listed ? lists.of(row) : null;
  }

  private double exact(int row) {
    NearTargets near = listOf(row);
    double[] sum = new double[1];
    visit(
        row,
        near,
        (i, distance) -> {
          double gain = places.gain(i, Math.log(distance), weights.of(row));
          sum[0] += places.weight(i) * gain;
          if (near != null && gain > 0) {
            near.put(i, distance);
          }
        });
    return sum[0] / places.targets();
  }

  /** Selects a row, which takes the places of farther rows. */
  void select(int row) {
    take(row, listOf(row), places);
    if (lists != null) {
      lists.remove(row);
    }
  }

  /** Lets a row take places other than the search's, such as predicted ones. */
  void take(int row, CoveragePlaces others) {
    take(row, null, others);
  }

  private void take(int row, NearTargets near, CoveragePlaces taken) {
    long copies = weights.of(row);
    visit(
        row,
        near,
        (i, distance) -> {
          taken.take(i, Math.log(distance), copies);
          if (listed) {
            lists.limit(i);
          }
        });
    taken.count(copies);
  }

  /** Receives a target row and its distance plus epsilon, in units. */
  @FunctionalInterface
  private interface Visitor {
    void at(int i, double distance);
  }

  /** Visits target rows in ascending order: those of a list, which is emptied, or all. */
  private void visit(int row, NearTargets near, Visitor visitor) {
    double[] point = pool.row(row);
    int count = near == null ? places.targets() : near.size();
    double[] squared = new double[count];
    if (near == null) {
      target.squaredDistances(point, squared);
    } else {
      measures.use(measure -> measure.of(point, near.targets(), count, squared));
      near.clear();
    }
    for (int entry = 0; entry < count; entry++) {
      int i = near == null ? entry : near.targets()[entry];
      visitor.at(i, target.clippedDistance(squared[entry]) + epsilon);
    }
  }
}
