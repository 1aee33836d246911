package io.gio4j.internal.neighbors;

import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.HeapShare;
import io.gio4j.internal.RobustCenter;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowCopies;
import io.gio4j.internal.Scratch;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The exact search for the k nearest rows: filter and refine.
 *
 * <p>One product in float ({@link NearPairs}) compares each row of y with all of x, and each row of
 * x keeps those that may be among its nearest ({@link NearLists}). At the end these, a few more
 * than k, are measured exactly. Of equally near rows the first ones are taken.
 *
 * <p>Equal rows of y are searched as one, see {@link RowCopies}. Where the product cannot
 * distinguish the k nearest rows from more (tight clusters far from each other), all these are
 * measured exactly too.
 */
public final class NeighborSearch {
  /** Most numbers in a result: the lists of a panel, twice as long, then still fit an array. */
  private static final int MOST_NUMBERS = 1_000_000_000;

  /** Rows of a part of x are a multiple of this, hence of complete panels of any width. */
  private static final int PART_MULTIPLE = 64;

  /**
   * Panels of a task: reading or copying and centring a block of y for them costs 2 % of their
   * products.
   */
  private static final int PANELS_OF_A_TASK = 64;

  /** No distance is too large. */
  private static final double ANY = Double.POSITIVE_INFINITY;

  /** Rows of x below which the product with y takes no longer than finding equal rows of y. */
  private static final int WORTH_COPIES = 16;

  private final RowBlocks x;
  private final RowBlocks y;
  private final boolean excludeSelf;
  private final RowCopies copies;

  /** Rows of y that are not compared: left out, or a later copy of one that is. */
  private final BitSet skipped;

  /**
   * Rows of y to find for each row of x, such that the k nearest are among them and their copies:
   * one more than k where a row of x is itself among them, since it may have no copy.
   */
  private final int wanted;

  /** The largest squared distance in the answer. */
  private final double most;

  private final Execution execution;
  private final Neighbors answer;
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

  /**
   * Finds the k nearest rows.
   *
   * @param excludeSelf x and y are the same rows, and none is its own neighbour
   * @param leftOut rows of y that are ignored; at least k must remain
   */
  public static Neighbors of(
      RowBlocks x, RowBlocks y, int k, boolean excludeSelf, BitSet leftOut, Execution execution) {
    if (excludeSelf && x.rows() != y.rows()) {
      throw new IllegalArgumentException(
          "exclude_self: %s has %d rows but %s %d; only of the same rows is one its own neighbour"
              .formatted(x.name(), x.rows(), y.name(), y.rows()));
    }
    int most = y.rows() - leftOut.cardinality() - (excludeSelf ? 1 : 0);
    if (k < 1 || k > most) {
      throw new IllegalArgumentException(
          "k: is %d; must lie between 1 and %d, the rows of %s%s"
              .formatted(k, most, y.name(), excludeSelf ? " less one" : ""));
    }
    long numbers = (long) x.rows() * k;
    if (numbers > MOST_NUMBERS) {
      throw new IllegalArgumentException(
          "k: is %d; with the %d rows of %s the answer has %d numbers, at most %d are possible"
              .formatted(k, x.rows(), x.name(), numbers, MOST_NUMBERS));
    }
    return search(
        x, y, k, excludeSelf, worthCopies(x, y, leftOut, execution), leftOut, ANY, execution);
  }

  private static RowCopies worthCopies(
      RowBlocks x, RowBlocks y, BitSet leftOut, Execution execution) {
    return x.rows() < WORTH_COPIES ? RowCopies.none() : RowCopies.of(y, leftOut, execution);
  }

  /**
   * Finds those of the k nearest rows that are not farther than a radius. Where fewer are, the
   * places of the others hold row -1 at an infinite distance. Rows outside cost nothing but the
   * product: few near rows are found much faster than the k nearest.
   *
   * @param k at most the rows of y, and x's rows times k at most a billion
   * @param radius at least 0
   */
  public static Neighbors within(
      RowBlocks x, RowBlocks y, int k, double radius, Execution execution) {
    return withinSquared(x, y, k, radius * radius, execution);
  }

  /** Finds those of the k nearest rows whose squared distance is at most a number. */
  public static Neighbors withinSquared(
      RowBlocks x, RowBlocks y, int k, double squaredRadius, Execution execution) {
    BitSet none = new BitSet();
    RowCopies copies = worthCopies(x, y, none, execution);
    return search(x, y, k, false, copies, none, squaredRadius, execution);
  }

  /**
   * Finds the k nearest rows among rows of y no two of which are equal, which saves the search for
   * copies.
   *
   * @param leftOut rows of y that are ignored; at least k must remain, no two of them equal
   */
  public static Neighbors amongUnlike(
      RowBlocks x, RowBlocks y, int k, BitSet leftOut, Execution execution) {
    return search(x, y, k, false, RowCopies.none(), leftOut, ANY, execution);
  }

  private static Neighbors search(
      RowBlocks x,
      RowBlocks y,
      int k,
      boolean excludeSelf,
      RowCopies copies,
      BitSet leftOut,
      double most,
      Execution execution) {
    int numbers = Math.multiplyExact(x.rows(), k);
    Neighbors answer = new Neighbors(k, new int[numbers], new double[numbers]);
    new NeighborSearch(x, y, excludeSelf, copies, leftOut, most, execution, answer).run();
    return answer;
  }

  private NeighborSearch(
      RowBlocks x,
      RowBlocks y,
      boolean excludeSelf,
      RowCopies copies,
      BitSet leftOut,
      double most,
      Execution execution,
      Neighbors answer) {
    this.x = x;
    this.y = y;
    this.excludeSelf = excludeSelf;
    this.copies = copies;
    this.skipped = copies.later();
    skipped.or(leftOut);
    this.wanted = Math.min(answer.k() + (excludeSelf ? 1 : 0), y.rows() - skipped.cardinality());
    this.most = most;
    this.execution = execution;
    this.answer = answer;
    this.center = RobustCenter.of(x);
    this.unit = LengthUnit.TYPICAL.of(x.matrix(), y.matrix());
    this.measures = new Scratch<>(() -> new ExactDistances(y, execution));
    this.parts = new Scratch<>(() -> new Part(y.blockRows(), y.columns()));
  }

  private void run() {
    long bytes = NearPairs.bytesOfPoint(x.columns()) + NearLists.bytesOfPoint(wanted);
    long room = HeapShare.NEIGHBOR_LISTS.bytes() / bytes;
    int part = (int) Math.min(x.rows(), Math.max(1, room / PART_MULTIPLE) * PART_MULTIPLE);
    execution.progress().stage("neighbours", (long) x.rows() * y.blocks());
    for (int first = 0; first < x.rows(); first += part) {
      find(first, Math.min(part, x.rows() - first));
    }
  }

  /** Finds the neighbours of some rows of x. */
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
              most,
              (lane, rows, size, out) ->
                  measures.use(measure -> measure.of(x.row(firstOfPanel + lane), rows, size, out)));
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

  /** Compares a block of y with some panels of x. */
  private void pass(int block, NearPairs pairs, NearLists[] lists, int from, int to) {
    parts.use(
        part -> y.read(block, rows -> scan(fill(part, block, rows), part, pairs, lists, from, to)));
    long points = Math.min((long) to * pairs.lanes(), x.rows()) - (long) from * pairs.lanes();
    execution.progress().advance(done.addAndGet(points));
  }

  /**
   * Collects the rows of a block that are compared; returns the array in which they are
   * consecutive.
   */
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

  private void scan(float[] rows, Part part, NearPairs pairs, NearLists[] lists, int from, int to) {
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

  /** Writes the result for a row of x: the rows found and their copies. */
  private void answer(int row, NearLists.Measured found) {
    int self = excludeSelf ? row : -1;
    int offset = row * answer.k();
    int end = offset + answer.k();
    int near = found.near(wanted, most);
    int at = 0;
    while (offset < end && at < near) {
      int next = at + 1;
      while (next < near && found.squared[next] == found.squared[at]) {
        next++;
      }
      boolean alone = next == at + 1 && copies.next(found.rows[at]) < 0;
      int[] rows = alone ? null : together(found.rows, at, next, end - offset, self);
      int count = alone ? 1 : Math.min(rows.length, end - offset);
      for (int i = 0; i < count; i++) {
        int neighbor = alone ? found.rows[at] : rows[i];
        if (neighbor != self) {
          answer.indices()[offset] = neighbor;
          answer.squaredDistances()[offset] = found.squared[at];
          offset++;
        }
      }
      at = next;
    }
    Arrays.fill(answer.indices(), offset, end, -1);
    Arrays.fill(answer.squaredDistances(), offset, end, Double.POSITIVE_INFINITY);
  }

  /** {@return equally near rows and their copies, ascending; at most the needed number of each} */
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
