package io.gio4j.select.pursuit;

import io.gio4j.internal.Execution;
import io.gio4j.internal.select.Picks;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One selection by {@link Gtp}: a pursuit, its refills, and the picks with their losses. */
final class GtpSelection {
  private final Gtp options;
  private final Picks picks;
  private final Execution execution;
  private final Goal goal;
  private final PoolRows pool;
  private final Pursuit pursuit;
  private final boolean refills;
  private final List<Pursuit.Fitted> found = new ArrayList<>();
  private final BitSet forbidden;
  private long left;

  GtpSelection(Gtp options, SelectionRequest request, Picks picks, Execution execution) {
    this.options = options;
    this.picks = picks;
    this.execution = execution;
    this.goal = Goal.of(request.target(), request.targetWeights(), execution);
    this.pool = new PoolRows(request.pool(), execution);
    this.forbidden = picks.forbidden();
    this.pursuit = new Pursuit(pool, goal, options, picks.weights(), execution);
    this.refills = request.budget() != null;
    this.left = refills ? request.budget() : goal.values().length;
  }

  /** Adds all picks and says why they end. */
  StopReason pick() {
    take(pursuit.pursue(forbidden, left));
    int support = found.size();
    boolean hasEnded = pursuit.hasEnded();
    boolean isEqual = options.refill() == Gtp.Refill.EQUAL && refills;
    if (isEqual && support > 0) {
      fillEqually();
    } else if (options.refill() == Gtp.Refill.EXCLUDE_NEAR && refills) {
      hasEnded = pursueAgain(hasEnded);
    }
    picks.fact("rounds", pursuit.rounds());
    picks.fact("passes", pool.passes());
    picks.fact("support", support);
    addPicks(isEqual);
    if (left <= 0) {
      return refills ? StopReason.BUDGET : StopReason.SATURATED;
    }
    if (found.size() == pool.count() - forbidden.cardinality()) {
      return picks.ended();
    }
    return hasEnded ? StopReason.SATURATED : StopReason.MAX_ITERATIONS;
  }

  private void take(List<Pursuit.Fitted> more) {
    for (Pursuit.Fitted each : more) {
      left -= picks.weights().of(each.number());
      found.add(each);
    }
  }

  /** Pursues the goal on the rows that are not near to picks, until the budget or none is left. */
  private boolean pursueAgain(boolean hadEnded) {
    double near = options.near() == null ? Gtp.DEFAULT_NEAR : options.near();
    BitSet out = (BitSet) forbidden.clone();
    boolean hasEnded = hadEnded;
    int fits = 1;
    int known = 0;
    while (left > 0 && known < found.size()) {
      List<Pursuit.Fitted> last = found.subList(known, found.size());
      last.forEach(pick -> out.set(pick.number()));
      pool.addNear(last, near, out);
      known = found.size();
      take(pursuit.pursue(out, left));
      hasEnded = pursuit.hasEnded();
      fits += found.size() > known ? 1 : 0;
    }
    double share = 1.0 / fits;
    found.replaceAll(pick -> pick.withWeight(share * pick.weight()));
    return hasEnded;
  }

  private void fillEqually() {
    execution.progress().stage("refill", left);
    long wanted = left;
    EqualGreedy greedy = left > 0 ? new EqualGreedy(pool, goal, found, forbidden, execution) : null;
    while (left > 0) {
      Pursuit.Fitted next = greedy.next();
      if (next == null) {
        return;
      }
      take(List.of(next));
      execution.progress().advance(wanted - left);
    }
  }

  private void addPicks(boolean isEqual) {
    EqualSum sum = new EqualSum(goal);
    Map<Integer, Double> weights = new HashMap<>();
    for (Pursuit.Fitted pick : found) {
      sum.add(pick.row());
      weights.put(pick.number(), pick.weight());
    }
    double equal = sum.weight();
    picks.weigh(row -> isEqual ? equal : weights.get(row));
    picks.fact("unweighted_loss", sum.loss());
    addLosses(isEqual);
  }

  private void addLosses(boolean isEqual) {
    picks.begin(Double.NaN, found.size());
    EqualSum sum = new EqualSum(goal);
    double[] residual = goal.values().clone();
    double before = 1;
    for (Pursuit.Fitted pick : found) {
      sum.add(pick.row());
      for (int column = 0; column < residual.length; column++) {
        residual[column] -= pick.weight() * pick.row()[column];
      }
      double loss = isEqual ? sum.loss() : goal.loss(residual);
      picks.add(pick.number(), before - loss, loss);
      before = loss;
    }
    picks.fact("weighted_loss", before);
  }
}
