package io.gio4j.divergence;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.Scratch;
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
 * <p>Where more pairs than k are closer than what the product can tell apart (duplicates, or tight
 * clusters far from each other) those are measured exactly too.
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
  /** One over the share of the heap that a part of x may take. */
  private static final long SHARE = 8;

  /** Numbers in an answer; the lists of a panel, twice as long, then still fit an array. */
  private static final int MOST_NUMBERS = 1_000_000_000;

  /** Parts of x are of whole panels, of any width. */
  private static final int PART_MULTIPLE = 64;

  /**
   * Panels of a task: a block of y, read or copied and centred for them, then costs 2 % of their
   * products.
   */
  private static final int PANELS_OF_A_TASK = 64;

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
    NearestRows answer =
        new NearestRows(neighbors, new int[(int) numbers], new double[(int) numbers]);
    new Search(x, y, leaveSelfOut, leftOut, execution, answer).run();
    return answer;
  }

  private static final class Search {
    private final RowBlocks x;
    private final RowBlocks y;
    private final boolean leaveSelfOut;
    private final BitSet leftOut;
    private final Execution execution;
    private final NearestRows answer;
    private final double[] center;
    private final Scratch<ExactDistances> measures;
    private final AtomicLong done = new AtomicLong();
    private Scratch<NearPairs.Hits> hits;

    Search(
        RowBlocks x,
        RowBlocks y,
        boolean leaveSelfOut,
        BitSet leftOut,
        Execution execution,
        NearestRows answer) {
      this.x = x;
      this.y = y;
      this.leaveSelfOut = leaveSelfOut;
      this.leftOut = leftOut;
      this.execution = execution;
      this.answer = answer;
      this.center = NearPairs.center(x, execution);
      this.measures = new Scratch<>(() -> new ExactDistances(y, execution));
    }

    void run() {
      long bytes = NearPairs.bytesOfPoint(x.columns()) + NearLists.bytesOfPoint(answer.neighbors);
      long room = Runtime.getRuntime().maxMemory() / SHARE / bytes;
      int part = (int) Math.min(x.rows(), Math.max(1, room / PART_MULTIPLE) * PART_MULTIPLE);
      execution.progress().stage("neighbours", (long) x.rows() * y.blocks());
      for (int first = 0; first < x.rows(); first += part) {
        find(first, Math.min(part, x.rows() - first));
      }
    }

    /** The neighbours of some rows of x. */
    private void find(int first, int count) {
      NearPairs pairs = new NearPairs(x, first, count, center, execution);
      hits = new Scratch<>(() -> pairs.hits(y.blockRows(), pairs.lanes()));
      NearLists[] lists = new NearLists[pairs.panels()];
      for (int panel = 0; panel < lists.length; panel++) {
        int firstOfPanel = first + panel * pairs.lanes();
        lists[panel] =
            new NearLists(
                pairs,
                panel,
                answer.neighbors,
                (lane, row) -> leftOut.get(row) || (leaveSelfOut && row == firstOfPanel + lane),
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
                  int at = (firstOfPanel + lane) * answer.neighbors;
                  lists[panel].settle(lane, answer.indices, answer.squaredDistances, at);
                }
              });
    }

    /** A block of y by some panels of x. */
    private void pass(int block, NearPairs pairs, NearLists[] lists, int from, int to) {
      hits.use(found -> {
        found.clear();
        y.read(
            block,
            rows ->
                pairs.scan(
                    rows,
                    y.count(block),
                    from,
                    to,
                    panel -> lists[panel].limits(),
                    found,
                    (panel, products, norms) -> {
                      lists[panel].add(y.firstRow(block), y.count(block), found, norms);
                      found.clear();
                    }));
      });
      long points = Math.min((long) to * pairs.lanes(), x.rows()) - (long) from * pairs.lanes();
      execution.progress().advance(done.addAndGet(points));
    }
  }
}
