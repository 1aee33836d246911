package io.gio4j.duplicates;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.EqualRows;
import io.gio4j.internal.Execution;
import io.gio4j.internal.HeapShare;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.neighbors.NeighborSearch;
import io.gio4j.internal.neighbors.Neighbors;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Drops rows that are near others: copies and near copies.
 *
 * <p>Rows are taken in the order of {@link Keep}, and a row is dropped if it lies within the radius
 * of a row that is kept before it. So every dropped row has a kept one near it, and no two kept
 * rows are near each other. With {@code chains} it is dropped if it lies within the radius of any
 * row before it, also of a dropped one, as in SemDeDup; of a chain of near rows then one is left,
 * however long it is.
 *
 * <p><b>Exact.</b> All near pairs are found, those that differences in double give: by a filter
 * whose bounds have room for every rounding. For unit rows ({@link FloatMatrix#unitRows()}) a
 * cosine of t is a squared radius of {@code 2 - 2 t}.
 *
 * <p><b>Cost.</b> One pass that finds equal rows by their hashes; at radius 0 that is all. Then at
 * most {@code n^2 / 2} products of 65 columns, which clusters cut down to those of rows near each
 * other. Memory: 300 bytes a row, and 16 bytes a near pair, up to a sixth of the heap. If there are
 * more pairs, rows are taken in several parts, each compared with what is kept of those before it.
 *
 * <pre>{@code
 * Duplicates found = new Deduplication(0.2, Keep.FIRST, false, 0)
 *     .find(pool.unitRows(), null, Progress.NONE); // cosines of 0.9 and more
 * }</pre>
 *
 * <p>After the description of A. Abbas, K. Tirumala, D. Simig, S. Ganguli and A. S. Morcos:
 * SemDeDup: Data-efficient learning at web-scale through semantic deduplication, arXiv 2303.09540,
 * which compares rows within a cluster only.
 *
 * @param squaredRadius largest squared distance of rows that are near each other, at least 0
 * @param keep which rows come first
 * @param chains whether rows are dropped for the sake of dropped ones
 * @param seed of a random order
 */
public record Deduplication(double squaredRadius, Keep keep, boolean chains, long seed) {
  /** Where there are too many pairs, a part gets this much smaller. */
  private static final int SMALLER = 16;

  /**
   * Checks the options.
   *
   * @throws IllegalArgumentException if the radius is below 0, or no number
   */
  public Deduplication {
    Objects.requireNonNull(keep, "keep");
    if (!(squaredRadius >= 0 && squaredRadius < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "squaredRadius: is %s; must be a finite number of at least 0".formatted(squaredRadius));
    }
  }

  /**
   * Finds the rows to drop.
   *
   * @param pool n rows
   * @param scores one a row, for {@link Keep#SCORE}; null for the other orders
   * @param progress watches the search and can stop it
   * @return which rows are dropped, and why
   * @throws IllegalArgumentException if a number is not finite, or scores do not fit
   * @throws java.util.concurrent.CancellationException if {@code progress} stops it
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  public Duplicates find(FloatMatrix pool, double[] scores, Progress progress) {
    return find(pool, scores, Execution.watchedBy(progress), mostPairs(pool.rows()));
  }

  /**
   * Finds the rows to drop for the sake of rows of another matrix, with which alone they are
   * compared: rows of the pool may be near each other.
   *
   * @param pool n rows
   * @param others m rows of the same number of columns
   * @param progress watches the search and can stop it
   * @return which rows are dropped, and the nearest row of {@code others} to each
   * @throws IllegalArgumentException if columns differ or a number is not finite
   * @throws java.util.concurrent.CancellationException if {@code progress} stops it
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  public Duplicates against(FloatMatrix pool, FloatMatrix others, Progress progress) {
    return against(pool, others, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations. */
  Duplicates against(FloatMatrix pool, FloatMatrix others, Execution execution) {
    pool.requireColumnsOf(others);
    RowBlocks rows = RowBlocks.of(pool, execution);
    RowBlocks otherRows = RowBlocks.of(others, execution);
    Neighbors found = NeighborSearch.withinSquared(rows, otherRows, 1, squaredRadius, execution);
    double[] squared = found.squaredDistances();
    for (int row = 0; row < squared.length; row++) {
      squared[row] = found.indices()[row] < 0 ? 0 : squared[row];
    }
    int[] order = IntStream.range(0, pool.rows()).toArray();
    return new Duplicates(found.indices(), squared, order, order.clone(), null);
  }

  /** Pairs that there is room for: at least as many as rows, and what an array can hold. */
  private static int mostPairs(int rows) {
    long room = HeapShare.NEAR_PAIRS.bytes() / PairList.BYTES;
    return (int) Math.clamp(room, rows, 1_000_000_000L);
  }

  /** Runs with the given workers, SIMD operations and room for pairs. */
  Duplicates find(FloatMatrix pool, double[] scores, Execution execution, int mostPairs) {
    int rows = pool.rows();
    if (keep == Keep.SCORE && (scores == null || scores.length != rows)) {
      throw new IllegalArgumentException(
          "scores: are %d for the %d rows of %s; keep=SCORE needs one for each row"
              .formatted(scores == null ? 0 : scores.length, rows, pool.name()));
    }
    RowBlocks blocks = RowBlocks.of(pool, execution);
    int[] order = keep.order(rows, scores, seed);
    int[] copyOf = copies(blocks, order, execution);
    int[] distinct = Arrays.stream(order).filter(row -> copyOf[row] == row).toArray();
    KeptRows found = new KeptRows(distinct.length, chains);
    PairList pairs = new PairList(0);
    if (squaredRadius > 0 && distinct.length > 1) {
      pairs = inParts(blocks, distinct, found, execution, mostPairs);
    }
    return answer(order, copyOf, distinct, found, pairs);
  }

  /** {@return by row, the first in the order of the rows that equal it} */
  private static int[] copies(RowBlocks rows, int[] order, Execution execution) {
    int[] ids = EqualRows.of(execution, rows)[0];
    int[] first = new int[ids.length];
    Arrays.fill(first, EqualRows.NONE);
    int[] copyOf = new int[ids.length];
    for (int row : order) {
      int id = ids[row];
      if (id != EqualRows.NONE && first[id] == EqualRows.NONE) {
        first[id] = row;
      }
      copyOf[row] = id == EqualRows.NONE ? row : first[id];
    }
    return copyOf;
  }

  /**
   * Decides about rows no two of which are equal, all at once or, where there are too many pairs,
   * part by part.
   *
   * @param distinct their numbers, in the order
   * @return all pairs, or null if there are too many
   */
  private PairList inParts(
      RowBlocks rows, int[] distinct, KeptRows found, Execution execution, int mostPairs) {
    int from = 0;
    int part = distinct.length;
    PairList pairs = null;
    while (from < distinct.length) {
      int to = Math.min(distinct.length, from + part);
      int[] places = found.compared(from, to);
      int[] chosen = Arrays.stream(places).map(place -> distinct[place]).toArray();
      int firstNew = places.length - (to - from);
      pairs = new PairSearch(rows, chosen, firstNew, squaredRadius, execution).pairs(mostPairs);
      if (pairs == null) {
        part = Math.max(1, Math.min(part, distinct.length) / SMALLER);
        continue;
      }
      found.decide(pairs, places, from, to);
      from = to;
    }
    if (part == distinct.length) {
      return pairs;
    }
    if (!chains) {
      nearestOfAll(rows, distinct, found, execution);
    }
    return null;
  }

  /** Finds the nearest kept row of each dropped one, which may have been kept in a later part. */
  private void nearestOfAll(RowBlocks rows, int[] distinct, KeptRows found, Execution execution) {
    int[] kept = found.places(true);
    int[] dropped = found.places(false);
    if (dropped.length == 0) {
      return;
    }
    FloatMatrix matrix = rows.matrix();
    Neighbors nearest =
        NeighborSearch.withinSquared(
            RowBlocks.of(matrix.pick(numbers(dropped, distinct)), execution),
            RowBlocks.of(matrix.pick(numbers(kept, distinct)), execution),
            1,
            squaredRadius,
            execution);
    for (int i = 0; i < dropped.length; i++) {
      found.drop(dropped[i], kept[nearest.indices()[i]], nearest.squaredDistances()[i]);
    }
  }

  private static int[] numbers(int[] places, int[] distinct) {
    return Arrays.stream(places).map(place -> distinct[place]).toArray();
  }

  private Duplicates answer(
      int[] order, int[] copyOf, int[] distinct, KeptRows found, PairList pairs) {
    int[] near = new int[copyOf.length];
    double[] squared = new double[copyOf.length];
    for (int place = 0; place < distinct.length; place++) {
      int nearest = found.near(place);
      near[distinct[place]] = nearest < 0 ? -1 : distinct[nearest];
      squared[distinct[place]] = found.squared(place);
    }
    for (int row = 0; row < copyOf.length; row++) {
      int first = copyOf[row];
      if (first != row) {
        boolean isNearest = chains || near[first] < 0;
        near[row] = isNearest ? first : near[first];
        squared[row] = isNearest ? 0 : squared[first];
      }
    }
    return new Duplicates(
        near, squared, order, copyOf, pairs == null ? null : rowsOf(pairs, distinct));
  }

  private static Duplicates.Pairs rowsOf(PairList pairs, int[] distinct) {
    int[] earlier = new int[pairs.size()];
    int[] later = new int[pairs.size()];
    double[] squared = new double[pairs.size()];
    for (int pair = 0; pair < earlier.length; pair++) {
      earlier[pair] = distinct[pairs.earlier(pair)];
      later[pair] = distinct[pairs.later(pair)];
      squared[pair] = pairs.squared(pair);
    }
    return new Duplicates.Pairs(earlier, later, squared);
  }
}
