package io.gio4j.select.pursuit;

import io.gio4j.internal.Execution;
import io.gio4j.internal.select.RowWeights;
import java.util.BitSet;
import java.util.List;

/**
 * Compressive sampling matching pursuit with non-negative weights: whole sets of rows enter and
 * leave at once, so a fit of many rows takes few passes over the pool.
 *
 * <p>A round adds to the rows with weight as many as are wanted of those that correlate most with
 * the residual, fits the weights of all, keeps the rows that contribute most, as many as are
 * wanted, and fits theirs again. Where rows had to be cut the loss can rise: then the next round
 * begins at the best one and adds half as many, until a single row does not lower the loss.
 */
final class Pursuit {
  /** A round that takes less than this share of the loss away is none that lowers it. */
  private static final double LEAST_DECREASE = 1e-9;

  private final PoolRows pool;
  private final Goal goal;
  private final Gtp options;
  private final RowWeights weights;
  private final Execution execution;
  private int rounds;
  private boolean hasEnded;

  Pursuit(PoolRows pool, Goal goal, Gtp options, RowWeights weights, Execution execution) {
    this.pool = pool;
    this.goal = goal;
    this.options = options;
    this.weights = weights;
    this.execution = execution;
  }

  /** {@return rounds of all calls} */
  int rounds() {
    return rounds;
  }

  /** {@return whether the last call ended by itself and not because it had no rounds left} */
  boolean hasEnded() {
    return hasEnded;
  }

  /**
   * {@return the rows of a fit to the goal, those that contribute most first}
   *
   * @param out rows that are left out
   * @param budget rows wanted, a row of weight q counting as q
   */
  List<Fitted> pursue(BitSet out, long budget) {
    int wanted = (int) Math.min(budget, pool.count());
    Nnls fit = new Nnls(goal, options.ridge(), execution);
    List<Fitted> best = List.of();
    double least = 1;
    int entering = wanted;
    execution.progress().stage("pursue", wanted);
    for (int round = 0; round < options.maxRounds() && entering > 0; round++) {
      BitSet skipped = (BitSet) out.clone();
      fit.support().forEach(atom -> skipped.set(atom.number));
      int[] rows = pool.best(fit.residual(), goal.leastCorrelation(), skipped, entering);
      if (rows.length == 0) {
        hasEnded = true;
        return best;
      }
      rounds++;
      for (int row : rows) {
        fit.add(row, pool.values(row), pool.length(row));
      }
      fit.solve();
      cut(fit, budget);
      if (fit.loss() < (1 - LEAST_DECREASE) * least) {
        least = fit.loss();
        best = fit.support().stream().map(Fitted::of).toList();
        execution.progress().advance(best.size());
      } else {
        fit = fitOf(best);
        entering = Math.min(entering, rows.length) / 2;
      }
    }
    hasEnded = entering == 0;
    return best;
  }

  /** A fit with the rows of an earlier one. */
  private Nnls fitOf(List<Fitted> rows) {
    Nnls fit = new Nnls(goal, options.ridge(), execution);
    rows.forEach(each -> fit.add(each.number(), each.row(), each.length()));
    fit.solve();
    fit.removeWithoutWeight();
    return fit;
  }

  /** Keeps the rows that contribute most, up to the budget, and fits their weights. */
  private void cut(Nnls fit, long budget) {
    BitSet kept = new BitSet();
    long left = budget;
    List<Atom> support = fit.support();
    for (int i = 0; i < support.size() && left > 0; i++) {
      kept.set(support.get(i).number);
      left -= weights.of(support.get(i).number);
    }
    fit.retain(atom -> kept.get(atom.number));
    if (kept.cardinality() < support.size()) {
      fit.solve();
      fit.removeWithoutWeight();
    }
  }

  /**
   * A row of a fit with its weight.
   *
   * @param number in the pool
   * @param row its values, not to be changed
   * @param length their Euclidean length
   * @param weight its factor in the fit
   */
  record Fitted(int number, float[] row, double length, double weight) {
    private static Fitted of(Atom atom) {
      return new Fitted(atom.number, atom.row, atom.length, atom.weight());
    }

    Fitted withWeight(double value) {
      return new Fitted(number, row, length, value);
    }
  }
}
