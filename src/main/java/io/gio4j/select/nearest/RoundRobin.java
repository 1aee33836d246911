package io.gio4j.select.nearest;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.select.Picks;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import java.util.BitSet;
import java.util.Objects;

/**
 * Target rows take turns in picking their nearest pool row.
 *
 * <p><b>Idea.</b> Target rows take turns in rounds, each target row once in a round; the one whose
 * turn it is gets the nearest pool row that is not picked yet, the first of equally near ones. So
 * every target row has the same share of the picks. The gradient search with start vectors drawn
 * from the target (the reference's {@code v_init='jump'}) amounts to the same, but takes a search
 * for each pick and leaves the shares to chance.
 *
 * <p><b>Groups.</b> With a target in groups turns are given on two levels: to groups by their
 * shares ({@code GroupTurns}), and in each group to its rows in rounds of its own. So every group
 * has its share of the picks, however many rows it has.
 *
 * <p><b>Lost turns.</b> With {@code loseTurn} each target row goes down its own ranking of the
 * pool, one row a turn, and where that row is picked already the turn is lost. Rows that many
 * target rows are near to then stand for all of these, and crowded parts of the target get fewer
 * picks. It is the rule of RDS+'s script for influences, which has the order GIVEN.
 *
 * <p><b>Cost.</b> One product of pool and target in float, N n d multiply-adds ({@code NextRows}):
 * it finds each target row's nearest rows in advance, somewhat more than its turns, since near
 * target rows compete for the same rows. Where they are used up, more are found among the remaining
 * rows, by another product with the few target rows that need it. Lost turns ({@code RankedRows})
 * take another product each time that a ranking is to be twice as long. Memory: 12 bytes for each
 * row found, two copies of the target, and the pool only if it is under 1/32 of the heap.
 *
 * <p>The trace is the distance of each pick from its target row; there is no objective, so gains
 * are NaN, and existing rows are ignored. A pool row of weight q counts as q rows in the budget.
 * The selection ends at the budget, or without one when each target row has had its turn. The
 * request's seed draws the order of the turns.
 *
 * <p>Use it for a fast, plain baseline. It follows the target's proportions, outliers included, and
 * ignores what is picked already.
 *
 * <p>Source of groups and lost turns: Ivison et al. 2025 (arXiv 2503.01807), from its scripts.
 *
 * @param order of the target rows in a round; SHUFFLED by default
 * @param loseTurn whether a row that is picked already costs the turn; false by default
 */
public record RoundRobin(Order order, boolean loseTurn) implements SelectionMethod {
  /** The order of target rows in a round. */
  public enum Order {
    /** A new random order in each round, drawn by the request's seed. */
    SHUFFLED,
    /** That of the target's rows. */
    GIVEN
  }

  /** Checks that there is an order. */
  public RoundRobin {
    Objects.requireNonNull(order, "order");
  }

  /** The defaults. */
  public RoundRobin() {
    this(Order.SHUFFLED, false);
  }

  /**
   * With another order of the target rows.
   *
   * @param value the order
   * @return a changed copy
   */
  public RoundRobin withOrder(Order value) {
    return new RoundRobin(value, loseTurn);
  }

  /**
   * With turns that are lost, or not.
   *
   * @param value whether a row that is picked already costs the turn
   * @return a changed copy
   */
  public RoundRobin withLoseTurn(boolean value) {
    return new RoundRobin(order, value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    Picks picks = Picks.withGroups(request, execution);
    return picks.collect(() -> select(request, picks, execution));
  }

  private StopReason select(SelectionRequest request, Picks picks, Execution execution) {
    RowBlocks target = RowBlocks.of(request.target(), execution);
    RowBlocks pool = RowBlocks.of(request.pool(), execution);
    long most = Math.min(pool.rows(), request.budget() == null ? target.rows() : request.budget());
    long expected = RowTurns.expected(most, target.rows(), request.groups());
    RowTurns turns = new RowTurns(target.rows(), request.groups(), order, request.seed());
    BitSet forbidden = picks.forbidden();
    if (forbidden.cardinality() == pool.rows()) {
      return picks.ended();
    }
    Taker taker =
        loseTurn
            ? new WithLostTurns(target, pool, expected, forbidden, picks, execution)
            : new WithoutLostTurns(target, pool, expected, forbidden, picks, execution);
    picks.begin(Double.NaN, most);
    while (request.budget() != null || !turns.eachHadOne()) {
      if (picks.full()) {
        return StopReason.BUDGET;
      }
      execution.progress().check();
      int turn = turns.next();
      int row = taker.take(turn);
      if (taker.hasEnded()) {
        return picks.ended();
      }
      if (row >= 0) {
        picks.add(row, Double.NaN, taker.distance(turn));
      }
    }
    return StopReason.COVERED;
  }

  /** Gives the row whose turn it is a pool row. */
  private interface Taker {
    /** {@return the pool row that a target row picks; -1 if it loses its turn, or none is left} */
    int take(int turn);

    /** {@return whether no row is left for any target row} */
    boolean hasEnded();

    /** {@return the distance of the row that it picked} */
    double distance(int turn);
  }

  private static final class WithoutLostTurns implements Taker {
    private final NextRows next;
    private boolean hasEnded;

    WithoutLostTurns(
        RowBlocks target,
        RowBlocks pool,
        long turns,
        BitSet forbidden,
        Picks picks,
        Execution execution) {
      next = new NextRows(target, pool, turns, forbidden, picks, execution);
    }

    @Override
    public int take(int turn) {
      hasEnded = !next.advance(turn);
      return hasEnded ? -1 : next.take(turn);
    }

    @Override
    public boolean hasEnded() {
      return hasEnded;
    }

    @Override
    public double distance(int turn) {
      return next.distance(turn);
    }
  }

  /** A row that limits forbid is passed over, and one that is picked costs the turn. */
  private static final class WithLostTurns implements Taker {
    private final RankedRows ranked;
    private final BitSet forbidden;
    private final Picks picks;
    private final BitSet picked = new BitSet();
    private final BitSet open = new BitSet();

    WithLostTurns(
        RowBlocks target,
        RowBlocks pool,
        long turns,
        BitSet forbidden,
        Picks picks,
        Execution execution) {
      this.ranked = new RankedRows(target, pool, turns, execution);
      this.forbidden = forbidden;
      this.picks = picks;
      this.open.set(0, target.rows());
    }

    @Override
    public int take(int turn) {
      int row = ranked.next(turn);
      while (row >= 0 && !picked.get(row) && (forbidden.get(row) || !picks.allows(row))) {
        row = ranked.next(turn);
      }
      if (row < 0) {
        open.clear(turn);
      }
      if (row < 0 || picked.get(row)) {
        return -1;
      }
      picked.set(row);
      return row;
    }

    @Override
    public boolean hasEnded() {
      return open.isEmpty();
    }

    @Override
    public double distance(int turn) {
      return ranked.distance(turn);
    }
  }
}
