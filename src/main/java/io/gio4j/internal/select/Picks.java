package io.gio4j.internal.select;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import it.unimi.dsi.fastutil.doubles.DoubleArrayList;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;

/**
 * A selection as it grows: the rows picked, their objectives, facts about the data, and the rest of
 * the budget.
 *
 * <p>A budget counts rows, a row of weight q as q. The selection ends with the pick that reaches
 * the budget, and can exceed it by less than the weight of that pick.
 */
public final class Picks {
  private final SelectionRequest request;
  private final Execution execution;
  private final RowWeights weights;
  private final Progress progress;
  private final IntArrayList indices = new IntArrayList();
  private final DoubleArrayList gains = new DoubleArrayList();
  private final DoubleArrayList trace = new DoubleArrayList();
  private final Map<String, Object> facts = new LinkedHashMap<>();
  private double startingObjective = Double.NaN;
  private IntToDoubleFunction weightOf;
  private long left;

  /** Null until it is asked for, and where the request has none. */
  private RowLimits limits;

  /**
   * Starts without picks, and reads and checks the request's weights.
   *
   * @param request has budget, weights and limits, and neither scores nor groups
   * @param execution whose progress is notified of each pick
   * @throws IllegalArgumentException if the request has scores or groups, which the method does not
   *     use
   */
  public Picks(SelectionRequest request, Execution execution) {
    this(request, execution, false, false);
  }

  /**
   * {@return a start without picks of a method that uses scores, if the request has any}
   *
   * @param request has budget, weights and limits
   * @param execution whose progress is notified of each pick
   */
  public static Picks withScores(SelectionRequest request, Execution execution) {
    return new Picks(request, execution, true, false);
  }

  /**
   * {@return a start without picks of a method that uses the target's groups, if the request has
   * any}
   *
   * @param request has budget, weights and limits
   * @param execution whose progress is notified of each pick
   */
  public static Picks withGroups(SelectionRequest request, Execution execution) {
    return new Picks(request, execution, false, true);
  }

  /**
   * Refuses limits that count picks, for a method that keeps no limits but those on rows that are
   * known from the start: {@link #forbidden()}.
   *
   * @return this
   * @throws IllegalArgumentException if the request has other limits
   */
  public Picks withoutCounts() {
    if (areLimited() && !request.limits().areOfRowsAlone()) {
      throw new IllegalArgumentException(
          "limits: this method keeps excluded rows and rows to avoid only; leave caps, floors, costs and the smallest distance out");
    }
    return this;
  }

  private Picks(
      SelectionRequest request, Execution execution, boolean usesScores, boolean usesGroups) {
    if (request.scores() != null && !usesScores) {
      throw new IllegalArgumentException(
          request.scores().name() + ": this method uses none; leave them out");
    }
    if (request.groups() != null && !usesGroups) {
      throw new IllegalArgumentException(
          "groups: this method uses none of the target; leave them out");
    }
    this.request = request;
    this.execution = execution;
    this.weights = new RowWeights(request);
    this.progress = execution.progress();
    this.left = request.budget() == null ? Long.MAX_VALUE : request.budget();
  }

  /**
   * Reports the start of the selection.
   *
   * @param objective of the existing rows, NaN without any
   * @param most rows that can be picked
   */
  public void begin(double objective, long most) {
    startingObjective = objective;
    if (!Double.isNaN(objective)) {
      progress.started(objective);
    }
    progress.stage("select", Math.min(left, most));
  }

  /** {@return how many rows each pool row counts as} */
  public RowWeights weights() {
    return weights;
  }

  /** {@return whether the budget is reached} */
  public boolean full() {
    return left <= 0;
  }

  /** {@return how many rows are picked} */
  public int count() {
    return indices.size();
  }

  /** {@return how many rows the budget still allows, each of weight 1} */
  public long left() {
    return left;
  }

  /** {@return the objective at present; NaN with nothing selected} */
  public double objective() {
    return trace.isEmpty() ? startingObjective : trace.getDouble(trace.size() - 1);
  }

  /** {@return whether there are limits of what may be picked} */
  public boolean areLimited() {
    return request.limits() != null;
  }

  private RowLimits limits() {
    if (limits == null) {
      limits = new RowLimits(request, execution);
    }
    return limits;
  }

  /**
   * {@return the rows that limits forbid from the start, for the caller to change; none without
   * limits} Called before any other question about limits, by one thread.
   */
  public BitSet forbidden() {
    return areLimited() ? limits().forbidden() : new BitSet();
  }

  /** {@return the number of each pool row's source} Needs a request that has sources. */
  public int[] sources() {
    return limits().sources();
  }

  /**
   * Whether limits allow a row, the smallest distance aside, which takes longer to see. One that is
   * not allowed will not be later.
   *
   * @param row its number in the pool
   * @return true without limits
   */
  public boolean isOpen(int row) {
    return !areLimited() || limits().isOpen(row);
  }

  /**
   * Whether limits allow a row. One that is not allowed will not be later.
   *
   * @param row its number in the pool
   * @return true without limits
   */
  public boolean allows(int row) {
    return !areLimited() || limits().allows(row);
  }

  /**
   * Whether limits allowed a row as things were before a pick.
   *
   * @param row its number in the pool
   * @param count picks before it, expected ones included
   * @return true without limits
   */
  public boolean allowsBefore(int row, int count) {
    return !areLimited() || limits().allowsBefore(row, count);
  }

  /**
   * Whether a row is known to be too near to a pick that was added, which costs nothing to ask.
   *
   * @param row its number in the pool
   * @return false where that is not known
   */
  public boolean isKnownToBeNear(int row) {
    return areLimited() && limits().isKnownToBeNear(row);
  }

  /**
   * Lets limits know of a pick before it is {@link #add added}, as the next one.
   *
   * @param row its number in the pool
   */
  public void expect(int row) {
    if (areLimited()) {
      limits().add(row);
    }
  }

  /**
   * Takes back expected picks.
   *
   * @param count how many picks remain, those added and those expected
   */
  public void retract(int count) {
    if (areLimited()) {
      limits().retract(count);
    }
  }

  /**
   * {@return why a selection ends that has no candidate left} That is the budget if it is in costs
   * and some row is only too expensive.
   */
  public StopReason ended() {
    if (full()) {
      return StopReason.BUDGET;
    }
    if (!areLimited() || indices.size() == request.pool().rows()) {
      return StopReason.EXHAUSTED;
    }
    BitSet picked = new BitSet();
    indices.forEach(picked::set);
    return limits().costsBind(picked) ? StopReason.BUDGET : StopReason.LIMITS;
  }

  /** {@return about how many rows the budget allows; the largest number without one} */
  public long expected() {
    return areLimited() ? Math.min(left, limits().expected()) : left;
  }

  /**
   * Adds a pick.
   *
   * @param row its number in the pool
   * @param gain by how much it improves the objective
   * @param objective with it
   */
  public void add(int row, double gain, double objective) {
    left -= weights.of(row);
    indices.add(row);
    gains.add(gain);
    trace.add(objective);
    if (areLimited()) {
      if (limits().count() < indices.size()) {
        limits().add(row);
      }
      limits().settle(indices.size());
    }
    progress.picked(indices.size(), objective);
    progress.check();
  }

  /**
   * Removes a pick that a later one made superfluous. What it gained counts as gained by the pick
   * after it, so that gains stay the differences of the trace.
   *
   * @param row its number in the pool, which was picked
   */
  public void remove(int row) {
    int place = indices.indexOf(row);
    double gain = gains.removeDouble(place);
    indices.removeInt(place);
    trace.removeDouble(place);
    if (place < gains.size()) {
      gains.set(place, gains.getDouble(place) + gain);
    }
    left += weights.of(row);
    if (areLimited()) {
      limits().remove(row);
    }
  }

  /**
   * Gives every pick of the result a weight.
   *
   * @param weight of a pool row that is picked, asked for at the end
   */
  public void weigh(IntToDoubleFunction weight) {
    weightOf = weight;
  }

  /**
   * Records a fact for the result; a later value replaces an earlier one.
   *
   * @param name in snake case
   * @param value a number or a text
   */
  public void fact(String name, Object value) {
    facts.put(name, value);
  }

  /**
   * Records the divergence that the selection would have had with the row that ended it.
   *
   * @param divergence the number
   */
  public void rejected(double divergence) {
    fact("divergence_with_next", divergence);
  }

  /**
   * Runs a selection to its end, or until it is stopped if the progress keeps the picks made so
   * far.
   *
   * @param loop adds picks and returns why it ended
   * @return what was selected
   */
  public Selection collect(Supplier<StopReason> loop) {
    StopReason reason;
    try {
      reason = loop.get();
    } catch (CancellationException stopped) {
      if (!progress.keepsPicks()) {
        throw stopped;
      }
      reason = StopReason.INTERRUPTED;
    }
    return selection(reason);
  }

  /**
   * Makes the result.
   *
   * @param reason why
   * @return what was selected
   */
  public Selection selection(StopReason reason) {
    return new Selection(
        indices.toIntArray(),
        gains.toDoubleArray(),
        trace.toDoubleArray(),
        weightOf == null ? null : indices.intStream().mapToDouble(weightOf).toArray(),
        startingObjective,
        reason,
        facts);
  }
}
