package io.gio4j.select.uot;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.internal.HeapShare;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RequiredBudget;
import io.gio4j.internal.select.Scored;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Unbalanced optimal transport: each target row sends its mass to pool rows near it, and the rows
 * that receive most are picked.
 *
 * <p><b>Idea.</b> The plan P of n target rows and N pool rows minimises
 *
 * <pre>sum_ij P_ij C_ij + reg KL(P | a b^T) + reg_marginal KL(P^T 1 | b)     with P 1 = a</pre>
 *
 * where {@code C_ij = |x_i - y_j|^2 / 4}, which is {@code (1 - cos) / 2} between rows of length 1,
 * {@code a_i = 1/n} and {@code b_j = 1/N}. The target's mass is sent in full; how evenly the pool
 * receives it costs little, so mass goes where the target is. A small {@code reg} keeps it at the
 * nearest rows, a large one spreads it; a large {@code reg_marginal} gives all pool rows the same.
 * It is the plan of {@code ot.unbalanced.sinkhorn_unbalanced} of POT with {@code reg_m=(inf,
 * reg_marginal)} and the KL divergence.
 *
 * <p><b>Picks</b> come by descending mass, of equal ones the earlier. A gain is the row's mass, the
 * trace their sum: the share of the target's mass that the picks have received. It ends as {@link
 * StopReason#SATURATED} where a mass is 0 in double. Facts: {@code reg}, {@code reg_marginal},
 * {@code iterations}, and {@code transport_stop}, which is {@code tolerance}, or {@code
 * max_iterations} where factors still changed more than that.
 *
 * <p><b>Default.</b> Of unit rows (metric "cosine") {@code reg} is 0.01, as in the comparison that
 * this method is from. Of others it is 0.02 times the median of C over sampled pairs, which is the
 * same for unit rows in all directions; data times any factor then have the same picks.
 *
 * <p><b>Cost.</b> One product of pool and target in float, N n d multiply-adds, where 4 N n bytes
 * fit an eighth of the heap, else one in each pass; two exponentials a pair and pass. Passes are
 * the iterations and two more: a handful by default, since an iteration reduces what is left of the
 * error to {@code reg_marginal / (reg_marginal + reg)}. Logarithms are in double and nothing under-
 * or overflows, but costs are floats: a {@code reg} below 1e-6 of the largest cost of a pair is
 * about the nearest rows alone, as float distances order them. Memory: 24 bytes a pool row, at most
 * 32 MB of sums, the rows in up to 0.4 of the heap and the pairs.
 *
 * <p>A pool row of weight q counts as q equal rows, in b and in the budget; the order is then that
 * of the mass over q. Existing rows are ignored. The request needs a budget.
 *
 * <p>Do not use it where near-duplicates in the pool should share what one of them would get: each
 * receives about as much as a row alone. {@link io.gio4j.select.tsds.Tsds} makes them share.
 *
 * <p>Sources: Chizat, Peyre, Schmitzer and Vialard 2018 (arXiv 1607.05816), algorithm 1; as a
 * selection in arXiv 2602.14696.
 *
 * @param reg the weight of the plan's divergence, above 0; null: follows the data
 * @param regMarginal the weight of the pool's marginal, above 0; null: a hundredth of reg
 * @param maxIterations at least 1; 1,000 by default
 * @param tolerance the relative change of a pool row's factor that ends the iteration, above 0;
 *     1e-6 by default
 */
public record Uot(Double reg, Double regMarginal, int maxIterations, double tolerance)
    implements SelectionMethod {
  private static final int MAX_ITERATIONS = 1_000;
  private static final double TOLERANCE = 1e-6;

  /** Of unit rows, as in arXiv 2602.14696. */
  private static final double UNIT_REG = 0.01;

  /** Of the median cost of other rows: that of unit rows in all directions is 1/2. */
  private static final double REG_SHARE = 0.02;

  /** 1e-4 beside a reg of 0.01 in arXiv 2602.14696. */
  private static final double MARGINAL_SHARE = 0.01;

  /**
   * Checks the options.
   *
   * @throws IllegalArgumentException if a number is not finite and above 0
   */
  public Uot {
    requirePositive("reg", reg);
    requirePositive("reg_marginal", regMarginal);
    requirePositive("tolerance", tolerance);
    if (maxIterations < 1) {
      throw new IllegalArgumentException(
          "max_iterations: is " + maxIterations + "; must be at least 1");
    }
  }

  private static void requirePositive(String name, Double value) {
    if (value != null && !(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          name + ": is " + value + "; must be a finite number above 0");
    }
  }

  /** The defaults. */
  public Uot() {
    this(null, null, MAX_ITERATIONS, TOLERANCE);
  }

  /**
   * With a weight of the plan's divergence.
   *
   * @param value above 0; null: follows the data
   * @return a changed copy
   */
  public Uot withReg(Double value) {
    return new Uot(value, regMarginal, maxIterations, tolerance);
  }

  /**
   * With a weight of the pool's marginal.
   *
   * @param value above 0; null: a hundredth of reg
   * @return a changed copy
   */
  public Uot withRegMarginal(Double value) {
    return new Uot(reg, value, maxIterations, tolerance);
  }

  /**
   * With another bound on iterations.
   *
   * @param value at least 1
   * @return a changed copy
   */
  public Uot withMaxIterations(int value) {
    return new Uot(reg, regMarginal, value, tolerance);
  }

  /**
   * With another change that ends the iteration.
   *
   * @param value above 0
   * @return a changed copy
   */
  public Uot withTolerance(double value) {
    return new Uot(reg, regMarginal, maxIterations, value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    return select(request, execution, HeapShare.TRANSPORT_COSTS.bytes());
  }

  /** Runs with other room for costs, which tests choose and which does not affect the picks. */
  Selection select(SelectionRequest request, Execution execution, long costBytes) {
    RequiredBudget.of(request, "uot");
    Picks picks = new Picks(request, execution);
    return picks.collect(() -> {
      double[] masses = masses(request, picks, execution, costBytes);
      Scored[] order =
          IntStream.range(0, masses.length)
              .mapToObj(row -> new Scored(-masses[row] / picks.weights().of(row), row))
              .toArray(Scored[]::new);
      execution.progress().check();
      Arrays.sort(order);
      picks.begin(Double.NaN, order.length);
      double sum = 0;
      for (Scored each : order) {
        if (picks.full()) {
          return StopReason.BUDGET;
        }
        double mass = masses[each.row()];
        if (mass == 0) {
          return StopReason.SATURATED;
        }
        if (picks.allows(each.row())) {
          sum += mass;
          picks.add(each.row(), mass, sum);
        }
      }
      return picks.ended();
    });
  }

  private double[] masses(
      SelectionRequest request, Picks picks, Execution execution, long costBytes) {
    RowBlocks target = RowBlocks.of(request.target(), execution);
    RowBlocks pool = RowBlocks.of(request.pool(), execution);
    boolean unit = request.pool().hasUnitRows() && request.target().hasUnitRows();
    double given = unit ? UNIT_REG : REG_SHARE * TypicalCost.of(target, pool);
    double weight = reg == null ? given : reg;
    double marginal = regMarginal == null ? MARGINAL_SHARE * weight : regMarginal;
    double phi = 1 / (1 + weight / marginal);
    picks.fact("reg", weight);
    picks.fact("reg_marginal", marginal);
    execution.progress().stage("transport", 0);
    PairSquares squares = new PairSquares(target, pool, 4 * weight, costBytes, execution);
    Transport transport =
        new Transport(pool, target.rows(), picks.weights(), squares, weight, execution);
    boolean done = transport.iterate(phi, maxIterations, tolerance);
    picks.fact("iterations", transport.iterations());
    picks.fact("transport_stop", done ? "tolerance" : "max_iterations");
    return transport.masses(phi);
  }
}
