package io.gio4j.select.random;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RequiredBudget;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.Objects;
import java.util.PriorityQueue;

/**
 * Rows drawn at random from sources in turn, each source with its share of the picks.
 *
 * <p><b>Rule.</b> The request's limits say which source each row is of. The next row comes from the
 * source that is furthest behind its share, the one with the least {@code (picks + 1/2) / share}
 * (Webster's apportionment, of equal ones in an order that the seed draws), and is one of its rows
 * that are left, all with the same chance. With {@link Shares#EQUAL} sources take turns; with
 * {@link Shares#SIZE} each has its part of the pool, to within a row or two. When a source has no
 * row left, the others divide the rest of the budget by the same rule. So the picks of a smaller
 * budget are the first ones of a larger.
 *
 * <p>All limits hold: rows that are excluded do not count in a source's size, and a source that is
 * at its cap has no row left.
 *
 * <p>A row of weight q counts as q rows in the budget, and is drawn with the chance of any other.
 * There is no objective, so gains and trace are NaN; target and existing rows have no influence.
 * The request needs a budget. Costs as much as {@link Random}, and 8 bytes a pool row.
 *
 * <p>Use it as the baseline where a mixture of sources is chosen. It knows nothing of what is in a
 * source.
 *
 * @param shares which share of the picks a source has; EQUAL by default
 */
public record RandomStratified(Shares shares) implements SelectionMethod {
  /** Which share of the picks a source has. */
  public enum Shares {
    /** That of any other source. */
    EQUAL,
    /** In proportion to the rows that it has in the pool. */
    SIZE
  }

  /** Checks that there are shares. */
  public RandomStratified {
    Objects.requireNonNull(shares, "shares");
  }

  /** The defaults. */
  public RandomStratified() {
    this(Shares.EQUAL);
  }

  /**
   * With other shares.
   *
   * @param value which share of the picks a source has
   * @return a changed copy
   */
  public RandomStratified withShares(Shares value) {
    return new RandomStratified(value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    RequiredBudget.of(request, "random_stratified");
    Picks picks = new Picks(request, execution);
    if (request.limits() == null || request.limits().sources() == null) {
      throw new IllegalArgumentException(
          "sources: are missing; random_stratified draws from each of them, so pass the source of each pool row");
    }
    return picks.collect(() -> select(request, picks, execution));
  }

  /** A source of which rows are left. */
  private static final class Source implements Comparable<Source> {
    /** Its rows; those at the end are drawn. */
    private final IntArrayList rows = new IntArrayList();

    /** Its place among sources that are equally far behind. */
    private final int place;

    private double share;
    private int drawn;

    Source(int place) {
      this.place = place;
    }

    @Override
    public int compareTo(Source other) {
      int order = Double.compare((drawn + 0.5) / share, (other.drawn + 0.5) / other.share);
      return order == 0 ? Integer.compare(place, other.place) : order;
    }

    /** Draws one of the rows left. */
    int draw(PythonRandom random) {
      int at = random.nextBelow(rows.size());
      int row = rows.getInt(at);
      rows.set(at, rows.getInt(rows.size() - 1));
      rows.removeInt(rows.size() - 1);
      return row;
    }
  }

  private StopReason select(SelectionRequest request, Picks picks, Execution execution) {
    RowBlocks.of(request.target(), execution);
    int rows = RowBlocks.of(request.pool(), execution).rows();
    PythonRandom random = PythonRandom.seeded(request.seed());
    PriorityQueue<Source> sources = sources(picks, rows, random);
    picks.begin(Double.NaN, rows);
    while (!picks.full() && !sources.isEmpty()) {
      Source next = sources.remove();
      int row = next.draw(random);
      if (picks.allows(row)) {
        picks.add(row, Double.NaN, Double.NaN);
        next.drawn++;
      }
      if (!next.rows.isEmpty()) {
        sources.add(next);
      }
    }
    return picks.ended();
  }

  private PriorityQueue<Source> sources(Picks picks, int rows, PythonRandom random) {
    int[] ofRows = picks.sources();
    int[] order = new int[Arrays.stream(ofRows).max().orElse(0) + 1];
    Arrays.setAll(order, i -> i);
    random.shuffle(order);
    Source[] all = new Source[order.length];
    for (int place = 0; place < order.length; place++) {
      all[order[place]] = new Source(place);
    }
    for (int row = 0; row < rows; row++) {
      if (picks.isOpen(row)) {
        all[ofRows[row]].rows.add(row);
      }
    }
    PriorityQueue<Source> sources = new PriorityQueue<>();
    for (Source source : all) {
      source.share = shares == Shares.EQUAL ? 1 : source.rows.size();
      if (!source.rows.isEmpty()) {
        sources.add(source);
      }
    }
    return sources;
  }
}
