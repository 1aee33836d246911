package io.gio4j.select;

import io.gio4j.divergence.ExactDistances;
import io.gio4j.divergence.NearPairs;
import io.gio4j.divergence.TargetModel;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.Scratch;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * What each pool row adds to the coverage of the target, exactly and as fast upper bounds.
 *
 * <p><b>Lists.</b> Once every place is taken, a row's gain depends only on the target rows that it
 * is nearer to than their k-th selected row. These are listed for each pool row. Target rows leave
 * a list as nearer rows are selected, and none comes back, so lists shrink with every look at them:
 * an evaluation costs what is left, not the n distances of all target rows. With 20,000 rows of
 * Fashion-MNIST as pool and target a list holds 12 % of the target after the first pick and 0.3 %
 * after a hundred.
 *
 * <p>Lists come from one product of pool and target in float ({@link NearPairs}), as lower bounds
 * of distances; a gain from them is an upper bound. Exact gains are from differences in double,
 * which also mend the list. Lists may take a quarter of the heap; beyond that rows of small gain go
 * without, and theirs are made anew when they are asked for.
 *
 * <p>Before all places are taken, and for a target that is not kept in memory, there are no lists:
 * a gain costs n d multiply-adds in double.
 */
final class CoverageGains {
  /** One over the share of the heap that lists may take. */
  private static final long SHARE = 4;

  /** Bytes of an entry, and of a list besides its entries. */
  private static final long ENTRY_BYTES = 8;

  private static final long LIST_BYTES = 64;

  /** Distances whose product stays in a double: 16 of 5e10 are 1e171, of 1e-5 are 1e-80. */
  private static final int TOGETHER = 16;

  /** More than what two products of 16 and a logarithm lose. */
  private static final double LOG_SLACK = 1e-14;

  /** Takes a square root and an addition in float down to a lower bound. */
  private static final float DOWN = 1 - 0x1p-21f;

  /** Rows whose lists are made anew by one thread: they share the reading of the target. */
  private static final int REMADE_AT_ONCE = 32;

  /** Lists are counted anew when a share of the pool's rows was made anew. */
  private static final int COUNTED_AFTER = 64;

  private static final float SMALLEST_SQUARED = 1e-10f;
  private static final float LARGEST_SQUARED = 1e20f;

  /** Entries below which threads cost more than they save: 30 us. */
  private static final long WORTH_THREADS = 20_000;

  private final TargetModel target;
  private final RowBlocks pool;
  private final RowWeights weights;
  private final CoveragePlaces places;
  private final double epsilon;
  private final Execution execution;
  private final Near[] lists;
  private final Scratch<Block> blocks;
  private final Scratch<ExactDistances> measures;
  private final long room = Runtime.getRuntime().maxMemory() / SHARE;
  private NearPairs pairs;
  private float[][] limits;
  private long used;
  private int remade;
  private double leastKept = Double.NEGATIVE_INFINITY;

  /** Of one pool row: target rows, ascending, and lower bounds of their distances plus epsilon. */
  private static final class Near {
    private int[] targets;
    private float[] distances;
    private int size;

    Near(int[] targets, float[] distances, int size) {
      this.targets = targets;
      this.distances = distances;
      this.size = size;
    }

    /** Gives back what a list that shrank does not need. */
    void trim() {
      if (size < targets.length / 2) {
        targets = Arrays.copyOf(targets, size);
        distances = Arrays.copyOf(distances, size);
      }
    }

    long bytes() {
      return LIST_BYTES + ENTRY_BYTES * targets.length;
    }
  }

  /** Lists of a block of rows, as they grow. */
  private static final class Block {
    private final float[] rows;
    private final Near[] near;

    Block(int blockRows, int columns) {
      rows = new float[blockRows * columns];
      near = new Near[blockRows];
      Arrays.setAll(near, i -> new Near(new int[64], new float[64], 0));
    }
  }

  CoverageGains(
      TargetModel target,
      double epsilon,
      RowBlocks pool,
      RowWeights weights,
      CoveragePlaces places,
      Execution execution) {
    this.target = target;
    this.epsilon = epsilon;
    this.pool = pool;
    this.weights = weights;
    this.places = places;
    this.execution = execution;
    this.lists = new Near[pool.rows()];
    this.blocks = new Scratch<>(() -> new Block(pool.blockRows(), pool.columns()));
    this.measures = new Scratch<>(target::exactDistances);
  }

  private void limit(int i) {
    limits[i / pairs.lanes()][i % pairs.lanes()] = NearPairs.limit(places.farthestSquared(i));
  }

  /** Whether there is room for the target in lanes. */
  boolean canList() {
    return target.isPacked();
  }

  /** Whether there are lists, so that bounds are cheap. */
  boolean areListed() {
    return pairs != null;
  }

  /** Makes all lists, by one pass over the pool, and the bounds that follow from them. */
  void makeLists(double[] bounds) {
    Arrays.fill(bounds, Double.POSITIVE_INFINITY);
    pairs = target.nearPairs(pool.blockRows());
    limits = new float[pairs.panels()][pairs.lanes()];
    for (int i = 0; i < places.targets(); i++) {
      limit(i);
    }
    long rowBytes = LIST_BYTES + ENTRY_BYTES * places.targets();
    int blocksAtOnce =
        (int) Math.clamp(room / 4 / rowBytes / pool.blockRows(), 1, (long) pool.blocks());
    for (int first = 0; first < pool.blocks(); first += blocksAtOnce) {
      int firstBlock = first;
      int count = Math.min(blocksAtOnce, pool.blocks() - first);
      execution
          .workers()
          .run(count, task -> blocks.use(scratch -> make(firstBlock + task, bounds, scratch)));
      int end = pool.firstRow(first + count - 1) + pool.count(first + count - 1);
      for (int row = pool.firstRow(first); row < end; row++) {
        used += lists[row] == null ? 0 : lists[row].bytes();
      }
      if (used > room / 4 * 3) {
        makeRoom(bounds);
      }
    }
  }

  private void make(int block, double[] bounds, Block scratch) {
    pool.read(block, rows -> make(rows, pool.count(block), scratch));
    for (int i = 0; i < pool.count(block); i++) {
      finish(pool.firstRow(block) + i, scratch.near[i], bounds);
    }
    execution.progress().advance(pool.firstRow(block) + (long) pool.count(block));
  }

  /** Fills the lists of a block with bounds of squared distances. */
  private void make(float[] rows, int count, Block scratch) {
    for (int i = 0; i < count; i++) {
      scratch.near[i].size = 0;
    }
    int shift = Integer.numberOfTrailingZeros(pairs.lanes());
    int mask = pairs.lanes() - 1;
    pairs.scan(
        rows,
        count,
        0,
        pairs.panels(),
        panel -> limits[panel],
        (panel, hits, found, bounds, norms) -> {
          int used = pairs.used(panel);
          for (int hit = 0; hit < found; hit++) {
            int at = hits[hit];
            int lane = at & mask;
            if (lane < used) {
              append(scratch.near[at >> shift], (panel << shift) + lane, bounds[at]);
            }
          }
        });
  }

  private static void append(Near near, int target, float bound) {
    if (near.size == near.targets.length) {
      near.targets = Arrays.copyOf(near.targets, 2 * near.size);
      near.distances = Arrays.copyOf(near.distances, 2 * near.size);
    }
    near.targets[near.size] = target;
    near.distances[near.size] = bound;
    near.size++;
  }

  /** From bounds of squares to bounds of distances and of the gain; keeps what is worth it. */
  private void finish(int row, Near near, double[] bounds) {
    for (int e = 0; e < near.size; e++) {
      float squared = NearPairs.lowest(near.distances[e]);
      float clipped = Math.min(Math.max(squared, SMALLEST_SQUARED), LARGEST_SQUARED);
      near.distances[e] = ((float) Math.sqrt(clipped) + (float) epsilon) * DOWN;
    }
    bounds[row] = Math.min(bounds[row], bound(near, row));
    if (bounds[row] >= leastKept) {
      lists[row] =
          new Near(
              Arrays.copyOf(near.targets, near.size),
              Arrays.copyOf(near.distances, near.size),
              near.size);
    }
  }

  /** Drops the lists of the lower half of the bounds. */
  private void makeRoom(double[] bounds) {
    double[] sorted = new double[lists.length];
    int count = 0;
    for (int row = 0; row < lists.length; row++) {
      if (lists[row] != null) {
        sorted[count] = bounds[row];
        count++;
      }
    }
    Arrays.sort(sorted, 0, count);
    leastKept = Math.nextUp(sorted[count / 2]);
    for (int row = 0; row < lists.length; row++) {
      if (lists[row] != null && bounds[row] < leastKept) {
        lists[row] = null;
      }
    }
    count();
  }

  /** Counts the bytes in use anew: lists have shrunk. Where there is room again, all are kept. */
  private void count() {
    used = 0;
    for (Near near : lists) {
      used += near == null ? 0 : near.bytes();
    }
    remade = 0;
    if (used < room / 2) {
      leastKept = Double.NEGATIVE_INFINITY;
    }
  }

  /** Sets upper bounds of the gains of some rows. */
  void bound(int[] rows, double[] bounds) {
    int[] listed = Arrays.stream(rows).filter(row -> lists[row] != null).toArray();
    int[] others = Arrays.stream(rows).filter(row -> lists[row] == null).toArray();
    each(
        listed,
        row -> {
          bounds[row] = Math.min(bounds[row], bound(lists[row], row));
          lists[row].trim();
        });
    if (others.length == 0) {
      return;
    }
    int atOnce = Math.min(REMADE_AT_ONCE, pool.blockRows());
    execution
        .workers()
        .run(
            Math.ceilDiv(others.length, atOnce),
            task -> blocks.use(scratch -> remake(others, task * atOnce, atOnce, scratch, bounds)));
    for (int row : others) {
      used += lists[row] == null ? 0 : lists[row].bytes();
    }
    remade += others.length;
    if (used > room) {
      makeRoom(bounds);
    } else if (remade > lists.length / COUNTED_AFTER) {
      count();
    }
  }

  private void remake(int[] rows, int first, int most, Block scratch, double[] bounds) {
    int count = Math.min(most, rows.length - first);
    for (int i = 0; i < count; i++) {
      pool.copyRow(rows[first + i], scratch.rows, i * pool.columns());
    }
    make(scratch.rows, count, scratch);
    for (int i = 0; i < count; i++) {
      finish(rows[first + i], scratch.near[i], bounds);
    }
  }

  /** An upper bound of a row's gain; what no longer counts leaves its list. */
  private double bound(Near near, int row) {
    float[] held = places.distances();
    int neighbors = places.neighbors();
    int copies = (int) Math.min(weights.of(row), neighbors);
    int kept = 0;
    double sum = 0;
    long factors = 0;
    double dividend = 1;
    double divisor = 1;
    for (int e = 0; e < near.size; e++) {
      int place = near.targets[e] * neighbors;
      float distance = near.distances[e];
      if (distance < held[place]) {
        near.targets[kept] = near.targets[e];
        near.distances[kept] = distance;
        kept++;
        for (int end = place + copies; place < end && held[place] > distance; place++) {
          dividend *= held[place];
          divisor *= distance;
          factors++;
          if (factors % TOGETHER == 0) {
            sum += Math.log(dividend / divisor);
            dividend = 1;
            divisor = 1;
          }
        }
      }
    }
    near.size = kept;
    sum += Math.log(dividend / divisor);
    return (sum * (1 + LOG_SLACK) + factors * LOG_SLACK) / places.targets();
  }

  /** Sets the gains of some rows, exactly. */
  void exact(int[] rows, double[] gains) {
    each(rows, row -> gains[row] = exact(row));
  }

  private double exact(int row) {
    Near near = lists[row];
    double[] sum = new double[1];
    visit(
        row,
        near,
        (i, distance) -> {
          double gain = places.gain(i, Math.log(distance), weights.of(row));
          sum[0] += gain;
          if (near != null && gain > 0) {
            near.targets[near.size] = i;
            near.distances[near.size] = Math.nextDown((float) distance);
            near.size++;
          }
        });
    return sum[0] / places.targets();
  }

  /** Receives a target row and its distance plus epsilon. */
  @FunctionalInterface
  private interface Visitor {
    void at(int i, double distance);
  }

  /** Visits the target rows of a list, which is emptied before, or all; in ascending order. */
  private void visit(int row, Near near, Visitor visitor) {
    double[] point = pool.row(row);
    if (near == null) {
      double[] squared = new double[places.targets()];
      target.squaredDistances(point, squared);
      for (int i = 0; i < squared.length; i++) {
        visitor.at(i, TargetModel.clippedDistance(squared[i]) + epsilon);
      }
      return;
    }
    int size = near.size;
    double[] squared = new double[size];
    measures.use(measure -> measure.of(point, near.targets, size, squared));
    near.size = 0;
    for (int e = 0; e < size; e++) {
      visitor.at(near.targets[e], TargetModel.clippedDistance(squared[e]) + epsilon);
    }
  }

  /** Selects a row: it takes the places where it is nearer. */
  void select(int row) {
    long copies = weights.of(row);
    visit(
        row,
        lists[row],
        (i, distance) -> {
          places.take(i, Math.log(distance), copies);
          if (areListed()) {
            limit(i);
          }
        });
    places.count(copies);
    lists[row] = null;
  }

  private void each(int[] rows, IntConsumer body) {
    long work = 0;
    for (int row : rows) {
      work += lists[row] == null ? places.targets() : lists[row].size;
    }
    if (work < WORTH_THREADS) {
      for (int row : rows) {
        body.accept(row);
      }
    } else {
      execution.workers().run(rows.length, i -> body.accept(rows[i]));
    }
  }
}
