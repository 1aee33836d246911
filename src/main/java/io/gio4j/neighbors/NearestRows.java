package io.gio4j.neighbors;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.divergence.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.HeapShare;
import io.gio4j.internal.RobustCenter;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowCopies;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.neighbors.ExactDistances;
import io.gio4j.internal.neighbors.NearPairs;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The k nearest rows of y to each row of x.
 *
 * <p>Exact: the same rows and distances as all differences in double give, of equally near rows the
 * first. Filter and refine: one product in float ({@link NearPairs}) passes each row of y by all of
 * x, and a row of x keeps those that could be among its nearest; at the end they, a few more than
 * k, are measured exactly.
 *
 * <p>Costs n m d multiply-adds in float, n k d in double, and memory for the answer. Rows of y are
 * read in blocks, rows of x in parts that take an eighth of the heap at most, so either may be
 * larger than memory; y is then read once for each part of x. The 5 nearest others of 10,000 x 768
 * took 1.3 s of a Zen 5 core, and 6.7 s by differences in double.
 *
 * <p>Equal rows of y are searched as one, see {@link RowCopies}. Where more pairs than k are closer
 * than what the product can tell apart (tight clusters far from each other) those are measured
 * exactly too.
 *
 * <pre>{@code
 * NearestRows nearest = NearestRows.of(x, y, 5, false, Progress.NONE);
 * int first = nearest.indices()[5 * row];
 * }</pre>
 *
 * @param neighbors k
 * @param indices n times k rows of y, the nearest first
 * @param squaredDistances how far they are, squared
 */
public record NearestRows(int neighbors, int[] indices, double[] squaredDistances) {
  /** Numbers in an answer; the lists of a panel, twice as long, then still fit an array. */
  private static final int MOST_NUMBERS = 1_000_000_000;

  /** Parts of x are of whole panels, of any width. */
  private static final int PART_MULTIPLE = 64;

  /**
   * Panels of a task: a block of y, read or copied and centred for them, then costs 2 % of their
   * products.
   */
  private static final int PANELS_OF_A_TASK = 64;

  /** Rows of x below which their product with y takes no longer than finding equal rows of y. */
  private static final int WORTH_COPIES = 16;

  /**
   * Finds them with the process's threads.
   *
   * @param neighbors k, from 1 to the rows of y, less one if {@code leaveSelfOut}
   * @param leaveSelfOut x and y are the same rows, and none is its own neighbour (its duplicates
   *     are)
   * @throws IllegalArgumentException if the matrices or k do not fit, or a number is not finite
   */
  public static NearestRows of(
      FloatMatrix x, FloatMatrix y, int neighbors, boolean leaveSelfOut, Progress progress) {
    return of(x, y, neighbors, leaveSelfOut, Execution.watchedBy(progress));
  }

  /** The same with threads and kernels of the caller's choice. */
  public static NearestRows of(
      FloatMatrix x, FloatMatrix y, int neighbors, boolean leaveSelfOut, Execution execution) {
    x.requireColumnsOf(y);
    RowBlocks asking = RowBlocks.of(x, execution);
    RowBlocks others = RowBlocks.of(y, execution);
    return of(asking, others, neighbors, leaveSelfOut, new BitSet(), execution);
  }

  /**
   * The same for rows in blocks.
   *
   * @param leftOut rows of y that do not count, whose number k must leave room for
   */
  public static NearestRows of(
      RowBlocks x,
      RowBlocks y,
      int neighbors,
      boolean leaveSelfOut,
      BitSet leftOut,
      Execution execution) {
    if (leaveSelfOut && x.rows() != y.rows()) {
      throw new IllegalArgumentException(
          "%s: has %d rows but %s has %d; a row can be left out only where both are the same matrix"
              .formatted(x.name(), x.rows(), y.name(), y.rows()));
    }
    int most = y.rows() - leftOut.cardinality() - (leaveSelfOut ? 1 : 0);
    if (neighbors < 1 || neighbors > most) {
      throw new IllegalArgumentException(
          "neighbors: is %d; must lie between 1 and %d, the rows of %s%s"
              .formatted(neighbors, most, y.name(), leaveSelfOut ? " less one" : ""));
    }
    long numbers = (long) x.rows() * neighbors;
    if (numbers > MOST_NUMBERS) {
      throw new IllegalArgumentException(
          "neighbors: is %d; with the %d rows of %s the answer has %d numbers, at most %d are possible"
              .formatted(neighbors, x.rows(), x.name(), numbers, MOST_NUMBERS));
    }
    boolean few = x.rows() < WORTH_COPIES;
    RowCopies copies = few ? RowCopies.none() : RowCopies.of(y, leftOut, execution);
    return search(x, y, neighbors, leaveSelfOut, copies, leftOut, execution);
  }

  /**
   * The same for rows of y that are known to be unlike each other.
   *
   * @param leftOut rows of y that do not count; no two of the others are equal, and they are at
   *     least k
   */
  public static NearestRows ofUnlike(
      RowBlocks x, RowBlocks y, int neighbors, BitSet leftOut, Execution execution) {
    return search(x, y, neighbors, false, RowCopies.none(), leftOut, execution);
  }

  private static NearestRows search(
      RowBlocks x,
      RowBlocks y,
      int neighbors,
      boolean leaveSelfOut,
      RowCopies copies,
      BitSet leftOut,
      Execution execution) {
    int numbers = Math.multiplyExact(x.rows(), neighbors);
    NearestRows answer = new NearestRows(neighbors, new int[numbers], new double[numbers]);
    new Search(x, y, leaveSelfOut, copies, leftOut, execution, answer).run();
    return answer;
  }

  private static final class Search {
    private final RowBlocks x;
    private final RowBlocks y;
    private final boolean leaveSelfOut;
    private final RowCopies copies;

    /** Rows of y that are not compared: left out, or a later copy of one that is. */
    private final BitSet skipped;

    /**
     * Rows of y to find for each row of x: the k nearest ones are among them and their copies. One
     * more where a row of x is itself among them: it may be without a copy.
     */
    private final int wanted;

    private final Execution execution;
    private final NearestRows answer;
    private final double[] center;
    private final double unit;
    private final Scratch<ExactDistances> measures;
    private final Scratch<Part> parts;
    private final AtomicLong done = new AtomicLong();
    private Scratch<NearPairs.Hits> hits;

    /** Rows of a block of y that are compared. */
    private static final class Part {
      private final float[] rows;
      private final int[] numbers;
      private int count;

      Part(int rows, int columns) {
        this.rows = new float[rows * columns];
        this.numbers = new int[rows];
      }
    }

    Search(
        RowBlocks x,
        RowBlocks y,
        boolean leaveSelfOut,
        RowCopies copies,
        BitSet leftOut,
        Execution execution,
        NearestRows answer) {
      this.x = x;
      this.y = y;
      this.leaveSelfOut = leaveSelfOut;
      this.copies = copies;
      this.skipped = copies.later();
      skipped.or(leftOut);
      int most = y.rows() - skipped.cardinality();
      this.wanted = Math.min(answer.neighbors + (leaveSelfOut ? 1 : 0), most);
      this.execution = execution;
      this.answer = answer;
      this.center = RobustCenter.of(x);
      this.unit = LengthUnit.TYPICAL.of(x.matrix(), y.matrix());
      this.measures = new Scratch<>(() -> new ExactDistances(y, execution));
      this.parts = new Scratch<>(() -> new Part(y.blockRows(), y.columns()));
    }

    void run() {
      long bytes = NearPairs.bytesOfPoint(x.columns()) + NearLists.bytesOfPoint(wanted);
      long room = HeapShare.NEIGHBOR_LISTS.bytes() / bytes;
      int part = (int) Math.min(x.rows(), Math.max(1, room / PART_MULTIPLE) * PART_MULTIPLE);
      execution.progress().stage("neighbours", (long) x.rows() * y.blocks());
      for (int first = 0; first < x.rows(); first += part) {
        find(first, Math.min(part, x.rows() - first));
      }
    }

    /** The neighbours of some rows of x. */
    private void find(int first, int count) {
      NearPairs pairs = new NearPairs(x, first, count, center, unit, execution);
      hits = new Scratch<>(() -> pairs.hits(y.blockRows(), pairs.lanes()));
      NearLists[] lists = new NearLists[pairs.panels()];
      for (int panel = 0; panel < lists.length; panel++) {
        int firstOfPanel = first + panel * pairs.lanes();
        lists[panel] =
            new NearLists(
                pairs,
                panel,
                wanted,
                (lane, rows, size, out) ->
                    measures.use(
                        measure -> measure.of(x.row(firstOfPanel + lane), rows, size, out)));
      }
      int groups = Math.ceilDiv(lists.length, PANELS_OF_A_TASK);
      execution
          .workers()
          .run(
              groups * y.blocks(),
              task -> {
                int from = task / y.blocks() * PANELS_OF_A_TASK;
                int to = Math.min(lists.length, from + PANELS_OF_A_TASK);
                pass(task % y.blocks(), pairs, lists, from, to);
              });
      execution
          .workers()
          .run(
              lists.length,
              panel -> {
                int firstOfPanel = first + panel * pairs.lanes();
                for (int lane = 0; lane < pairs.used(panel); lane++) {
                  answer(firstOfPanel + lane, lists[panel].measured(lane));
                }
              });
    }

    /** A block of y by some panels of x. */
    private void pass(int block, NearPairs pairs, NearLists[] lists, int from, int to) {
      parts.use(part ->
          y.read(block, rows -> scan(fill(part, block, rows), part, pairs, lists, from, to)));
      long points = Math.min((long) to * pairs.lanes(), x.rows()) - (long) from * pairs.lanes();
      execution.progress().advance(done.addAndGet(points));
    }

    /** Numbers the rows of a block that are compared; returns where they lie one after another. */
    private float[] fill(Part part, int block, float[] rows) {
      int first = y.firstRow(block);
      int end = first + y.count(block);
      boolean all = skipped.nextSetBit(first) < 0 || skipped.nextSetBit(first) >= end;
      part.count = 0;
      for (int row = skipped.nextClearBit(first); row < end; row = skipped.nextClearBit(row + 1)) {
        if (!all) {
          int columns = y.columns();
          System.arraycopy(rows, (row - first) * columns, part.rows, part.count * columns, columns);
        }
        part.numbers[part.count] = row;
        part.count++;
      }
      return all ? rows : part.rows;
    }

    private void scan(
        float[] rows, Part part, NearPairs pairs, NearLists[] lists, int from, int to) {
      hits.use(found -> {
        found.clear();
        pairs.scan(
            rows,
            part.count,
            from,
            to,
            panel -> lists[panel].limits(),
            found,
            (panel, products, norms) -> {
              lists[panel].add(part.numbers, part.count, found, norms);
              found.clear();
            });
      });
    }

    /** Writes the answer for a row of x: what was found, and copies of it. */
    private void answer(int row, NearLists.Measured found) {
      int self = leaveSelfOut ? row : -1;
      int offset = row * answer.neighbors;
      int end = offset + answer.neighbors;
      int at = 0;
      while (offset < end) {
        int next = at + 1;
        while (next < wanted && found.squared[next] == found.squared[at]) {
          next++;
        }
        boolean alone = next == at + 1 && copies.next(found.rows[at]) < 0;
        int[] rows = alone ? null : together(found.rows, at, next, end - offset, self);
        int count = alone ? 1 : Math.min(rows.length, end - offset);
        for (int i = 0; i < count; i++) {
          int neighbor = alone ? found.rows[at] : rows[i];
          if (neighbor != self) {
            answer.indices[offset] = neighbor;
            answer.squaredDistances[offset] = found.squared[at];
            offset++;
          }
        }
        at = next;
      }
    }

    /** Equally near rows and their copies, ascending; of each no more than are needed. */
    private int[] together(int[] found, int from, int to, int needed, int self) {
      IntArrayList rows = new IntArrayList(to - from);
      for (int at = from; at < to; at++) {
        int added = 0;
        for (int row = found[at]; row >= 0 && added < needed; row = copies.next(row)) {
          if (row != self) {
            rows.add(row);
            added++;
          }
        }
      }
      int[] sorted = rows.toIntArray();
      IntArrays.quickSort(sorted);
      return sorted;
    }
  }
}
