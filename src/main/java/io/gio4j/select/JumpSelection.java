package io.gio4j.select;

import io.gio4j.data.FloatMatrix;
import io.gio4j.divergence.NearestRows;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.random.PythonRandom;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.Objects;

/**
 * The nearest pool rows of target rows in turn.
 *
 * <p><b>Idea.</b> Target rows take turns in rounds, each round in a new random order and each
 * target row once in it; whose turn it is gets the nearest pool row that is not picked yet, the
 * first of equally near ones. So every target row has the same share of the picks. It is what the
 * gradient search with start vectors drawn from the target (the reference's {@code v_init='jump'})
 * amounts to, without the search, and with shares that are equal and not left to chance.
 *
 * <p><b>Cost.</b> One product of pool and target in float, N n d multiply-adds ({@link
 * NearestRows}): it finds each target row's next rows in advance, somewhat more than its turns,
 * since near target rows compete for the same. Where they are used up, more are found among the
 * rows that are left, by another product with the few target rows that need it. Memory: 12 bytes
 * for each row found, the target twice, and the pool only if it is under 1/32 of the heap.
 *
 * <p>The trace is the distance of each pick from its target row; there is no objective, so gains
 * are NaN, and existing rows have no part. A pool row of weight q counts as q rows in the budget.
 * It ends at the budget, or without one after the first round.
 *
 * <p>Use it for a fast, plain baseline. It follows the target's proportions, outliers included, and
 * does not look at what is picked already.
 */
public final class JumpSelection implements SelectionMethod {
  private final JumpSelectionConfig config;

  public JumpSelection(JumpSelectionConfig config) {
    this.config = Objects.requireNonNull(config);
  }

  @Override
  public Selection select(SelectionRequest request, Execution execution) {
    Picks picks = new Picks(config.budget(), new RowWeights(request), execution.progress());
    return picks.collect(() -> select(request, picks, execution), Map::of);
  }

  private StopReason select(SelectionRequest request, Picks picks, Execution execution) {
    RowBlocks target = RowBlocks.of(request.target(), execution);
    RowBlocks pool = RowBlocks.of(request.pool(), execution);
    long most = config.budget() == null ? target.rows() : config.budget();
    long turns = Math.ceilDiv(Math.min(most, pool.rows()), (long) target.rows());
    NextRows next = new NextRows(target, pool, turns, execution);
    picks.begin(Double.NaN, Math.min(most, pool.rows()));
    PythonRandom random = PythonRandom.seeded(config.seed());
    int[] order = new int[target.rows()];
    Arrays.setAll(order, i -> i);
    do {
      random.shuffle(order);
      for (int turn : order) {
        if (picks.full()) {
          return StopReason.BUDGET;
        }
        if (picks.count() == pool.rows()) {
          return StopReason.EXHAUSTED;
        }
        next.advance(turn);
        picks.add(next.take(turn), Double.NaN, next.distance(turn));
      }
    } while (config.budget() != null);
    return StopReason.COVERED;
  }

  /** The pool rows of each target row that are next in turn. */
  private static final class NextRows {
    /** Rows found besides twice the turns expected. */
    private static final int SPARE = 8;

    /** Most rows found in advance: 200 MB. */
    private static final long MOST_FOUND = 16_000_000;

    /** A target row is given new ones when an eighth of its rows is left, with those that ask. */
    private static final int LOW = 8;

    private final RowBlocks target;
    private final RowBlocks pool;
    private final Execution execution;
    private final int found;
    private final int[][] rows;
    private final double[][] squared;
    private final int[] at;
    private final BitSet picked = new BitSet();

    NextRows(RowBlocks target, RowBlocks pool, long turns, Execution execution) {
      this.target = target;
      this.pool = pool;
      this.execution = execution;
      long most = Math.max(SPARE, MOST_FOUND / target.rows());
      this.found = (int) Math.min(Math.min(most, 2 * turns + SPARE), pool.rows());
      this.rows = new int[target.rows()][];
      this.squared = new double[target.rows()][];
      this.at = new int[target.rows()];
      NearestRows nearest = NearestRows.of(target, pool, found, false, picked, execution);
      for (int i = 0; i < rows.length; i++) {
        keep(i, nearest, i);
      }
    }

    private void keep(int i, NearestRows nearest, int row) {
      int count = nearest.neighbors();
      rows[i] = Arrays.copyOfRange(nearest.indices(), row * count, (row + 1) * count);
      squared[i] = Arrays.copyOfRange(nearest.squaredDistances(), row * count, (row + 1) * count);
      at[i] = 0;
    }

    /** Moves to a target row's nearest row that is not picked, of which there must be one. */
    void advance(int i) {
      skip(i);
      if (at[i] == rows[i].length) {
        findMore();
      }
    }

    private void skip(int i) {
      while (at[i] < rows[i].length && picked.get(rows[i][at[i]])) {
        at[i]++;
      }
    }

    /** For all target rows that have few left. */
    private void findMore() {
      IntArrayList asking = new IntArrayList();
      for (int i = 0; i < rows.length; i++) {
        skip(i);
        if (rows[i].length - at[i] <= rows[i].length / LOW) {
          asking.add(i);
        }
      }
      float[] values = new float[asking.size() * target.columns()];
      for (int i = 0; i < asking.size(); i++) {
        target.copyRow(asking.getInt(i), values, i * target.columns());
      }
      FloatMatrix points =
          FloatMatrix.of(values, asking.size(), target.columns()).named(target.name());
      Execution within = execution.withinStage();
      int count = Math.min(found, pool.rows() - picked.cardinality());
      NearestRows nearest =
          NearestRows.of(RowBlocks.of(points, within), pool, count, false, picked, within);
      for (int i = 0; i < asking.size(); i++) {
        keep(asking.getInt(i), nearest, i);
      }
    }

    /** The row moved to; it is picked with this. */
    int take(int i) {
      int row = rows[i][at[i]];
      picked.set(row);
      return row;
    }

    /** How far the row moved to is. */
    double distance(int i) {
      return Math.sqrt(squared[i][at[i]]);
    }
  }
}
