package io.gio4j.select.pursuit;

import io.gio4j.internal.BreakEven;
import io.gio4j.internal.Execution;
import io.gio4j.internal.select.Cholesky;
import io.gio4j.internal.simd.RowOps;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/**
 * Non-negative least squares in double: weights {@code w >= 0} of some rows a_i with the least
 *
 * <pre>|sum_i w_i a_i - b|^2 + ridge sum_i w_i^2 |a_i|^2</pre>
 *
 * <p><b>Method.</b> Lawson and Hanson's active sets: of the rows without weight the one that
 * correlates most with the residual enters, the least squares of the rows within are solved, and
 * where a weight would fall below 0, the weights move as far as they can and the row that stopped
 * them leaves. Rows come and go and weights stay, so every fit starts from the last one. It works
 * on rows of unit length, so the ridge has no scale, and rows of any lengths are treated alike.
 *
 * <p><b>Cost.</b> With k rows within, each row that enters costs m d for the correlations of all m
 * rows and k d + 2 k^2 for the least squares. Memory: the rows and 4 k^2 bytes.
 *
 * <p><b>Precision.</b> A row whose distance from the span of those within is below 1e-6 of its
 * length does not enter, as its weight would be made of rounding errors. A row enters only where
 * its correlation is above {@link Goal#leastCorrelation}. Every row that enters lowers the
 * objective, so it ends; should rounding undo that, it ends after as many entries as scipy allows,
 * with the weights that it has.
 *
 * <p>Source: Lawson and Hanson, Solving Least Squares Problems, 1974, chapter 23.
 */
final class Nnls {
  private static final int ENTRIES_PER_ROW = 3;

  /** Rows of a task: 16,000 multiply-adds at 256 columns. */
  private static final int ROWS_OF_A_TASK = 64;

  private static final BreakEven VECTOR = new BreakEven(1 << 12);

  /** Largest first, of equal ones the first row of the pool. */
  private static final Comparator<Atom> BY_SHARE =
      Comparator.<Atom>comparingDouble(atom -> -atom.share).thenComparingInt(atom -> atom.number);

  private final Goal goal;
  private final double ridge;
  private final Execution execution;
  private final int columns;

  private final List<Atom> atoms = new ArrayList<>();

  /** Those with weight, in the order of the factor. */
  private final List<Atom> within = new ArrayList<>();

  private final Cholesky factor = new Cholesky();
  private final double[] residual;

  Nnls(Goal goal, double ridge, Execution execution) {
    this.goal = goal;
    this.ridge = ridge;
    this.execution = execution;
    this.columns = goal.values().length;
    this.residual = goal.values().clone();
  }

  /** Adds a row that is not 0, without weight until the next {@link #solve}. */
  void add(int number, float[] row, double length) {
    double[] product = new double[1];
    ops(1).innerProducts(row, 0, 1, columns, goal.values(), product);
    atoms.add(new Atom(number, row, length, product[0] / length));
  }

  /** {@return the goal less the weighted rows; not to be changed} */
  double[] residual() {
    return residual;
  }

  /** {@return the squared length of the residual as a share of the goal's} */
  double loss() {
    return goal.loss(residual);
  }

  /** {@return the rows with weight, those that contribute most first} */
  List<Atom> support() {
    return within.stream().sorted(BY_SHARE).toList();
  }

  /** {@return the weight of a row of the pool that has one} */
  double weight(int number) {
    for (Atom atom : within) {
      if (atom.number == number) {
        return atom.weight();
      }
    }
    return 0;
  }

  /** Removes all rows but some; the weights of these stay until the next {@link #solve}. */
  void retain(Predicate<Atom> kept) {
    for (int place = within.size() - 1; place >= 0; place--) {
      if (!kept.test(within.get(place))) {
        leave(place);
      }
    }
    atoms.removeIf(kept.negate());
  }

  /** Removes the rows without weight and {@return their numbers}. */
  int[] removeWithoutWeight() {
    int[] numbers =
        atoms.stream().filter(atom -> atom.share == 0).mapToInt(atom -> atom.number).toArray();
    retain(atom -> atom.share > 0);
    return numbers;
  }

  /** Finds the weights. */
  void solve() {
    atoms.forEach(atom -> atom.isRefused = false);
    settle();
    long most = ENTRIES_PER_ROW * (long) atoms.size() + ROWS_OF_A_TASK;
    for (long entry = 0; entry < most; entry++) {
      execution.progress().check();
      Atom best = mostCorrelated();
      if (best == null) {
        return;
      }
      best.isRefused = !enter(best);
    }
  }

  /** The row without weight that correlates most with the residual; null where none gains. */
  private Atom mostCorrelated() {
    List<Atom> outside = atoms.stream().filter(atom -> atom.share == 0 && !atom.isRefused).toList();
    RowOps ops = ops(outside.size());
    double[] correlations = new double[outside.size()];
    execution
        .workers()
        .run(
            Math.ceilDiv(outside.size(), ROWS_OF_A_TASK),
            task -> {
              double[] product = new double[1];
              int end = Math.min(outside.size(), (task + 1) * ROWS_OF_A_TASK);
              for (int i = task * ROWS_OF_A_TASK; i < end; i++) {
                Atom atom = outside.get(i);
                ops.innerProducts(atom.row, 0, 1, columns, residual, product);
                correlations[i] = product[0] / atom.length;
              }
            });
    Atom best = null;
    double most = goal.leastCorrelation();
    for (int i = 0; i < correlations.length; i++) {
      if (correlations[i] > most) {
        best = outside.get(i);
        most = correlations[i];
      }
    }
    return best;
  }

  /** Lets a row in; returns false if it depends on the rows within. */
  private boolean enter(Atom atom) {
    double[] row = new double[columns];
    for (int column = 0; column < columns; column++) {
      row[column] = atom.row[column] / atom.length;
    }
    double[] products = new double[within.size()];
    double[] product = new double[1];
    RowOps ops = ops(within.size());
    for (int i = 0; i < products.length; i++) {
      Atom other = within.get(i);
      ops.innerProducts(other.row, 0, 1, columns, row, product);
      products[i] = product[0] / other.length;
    }
    if (!factor.append(products, 1 + ridge)) {
      return false;
    }
    within.add(atom);
    settle();
    return atom.share > 0;
  }

  /** Moves the weights within to their least squares, without letting one fall below 0. */
  private void settle() {
    boolean isBlocked = true;
    while (isBlocked) {
      double[] best = factor.solve(within.stream().mapToDouble(atom -> atom.moment).toArray());
      double step = 1;
      for (int i = 0; i < best.length; i++) {
        step = Math.min(step, reach(within.get(i).share, best[i]));
      }
      isBlocked = false;
      for (int i = best.length - 1; i >= 0; i--) {
        Atom atom = within.get(i);
        if (best[i] <= 0 && reach(atom.share, best[i]) <= step) {
          leave(i);
          isBlocked = true;
        } else {
          double moved = Math.max(0, atom.share + step * (best[i] - atom.share));
          atom.share = step == 1 ? best[i] : moved;
        }
      }
    }
    updateResidual();
  }

  /** How far a share can go towards another number before it is 0; 1 is all the way. */
  private static double reach(double share, double best) {
    return best > 0 ? 1 : share == 0 ? 0 : share / (share - best);
  }

  private void leave(int place) {
    factor.remove(place);
    within.remove(place).share = 0;
  }

  private void updateResidual() {
    System.arraycopy(goal.values(), 0, residual, 0, columns);
    RowOps ops = ops(within.size());
    double[] weight = new double[1];
    for (Atom atom : within) {
      weight[0] = -atom.weight();
      ops.addWeighted(atom.row, 0, 1, columns, weight, residual);
    }
  }

  private RowOps ops(int rows) {
    return VECTOR.ops(execution, (long) rows * columns).rows();
  }
}
