package io.gio4j.select.uot;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.select.RowWeights;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Sinkhorn's iteration for a plan whose target marginal is exact and whose pool marginal is not.
 *
 * <p>With {@code a_i = 1/n}, {@code b_j} the share of pool row j and {@code e_ij} its cost over the
 * regularisation, the plan is {@code p_ij = a_i b_j exp(f_i + g_j - e_ij)}. An iteration sets
 *
 * <pre>l_j = log sum_i a_i exp(f_i - e_ij)      g_j = -phi l_j
 * f_i = -log sum_j b_j exp(g_j - e_ij)     phi = reg_marginal / (reg_marginal + reg)</pre>
 *
 * and row j has the mass {@code b_j exp((1 - phi) l_j)}.
 *
 * <p><b>Range.</b> Logarithms are doubles, and exponents relative to the row's largest, so that
 * nothing overflows and a row's sum is at least 1. No target row gets lost in the sums of the
 * others: {@code f} makes its share of each iteration 1, so that at its nearest rows its exponent
 * is at most about {@code 2 log N} below the largest, of 87 that a float has.
 *
 * <p><b>Passes.</b> f of an iteration needs g of all rows, but each row's g only the f before: an
 * iteration is one pass over the pool. Its blocks go to at most {@value #PARTS} parts by their
 * number alone; each has sums of its own, which are added in order.
 */
final class Transport {
  /** Parts of a pass, each a task. */
  private static final int PARTS = 64;

  /** Sums of all parts together, at most: 32 MB, unless there are more target rows. */
  private static final int SUMS = 1 << 22;

  /** Keep logarithms of sums finite; the next iteration would go on from there. */
  private static final double LEAST_SUM = 1e-300;

  private static final double LARGEST_EXPONENT = 600;

  /** Below the exponents that matter, and within the range of a float. */
  private static final float NOTHING = -100;

  private final RowBlocks pool;
  private final PairSquares squares;
  private final double perSquare;
  private final Execution execution;
  private final double[] logShares;
  private final int targets;
  private final int parts;
  private final Scratch<Memory> memories;

  /** By target row, its lowest cost; 0 in an empty lane. */
  private final double[] nearest;

  /** By target row, f less its lowest cost, as the sum would lose the digits of one of them. */
  private final double[] factors;

  /** By pool row, l of the last pass. */
  private final double[] logSums;

  /** Of a factor of a pool row in the last pass, the largest. */
  private double change;

  private int iterations;

  /** Working memory of a thread. */
  private final class Memory {
    private final PairSquares.Block block = squares.block();
    private final double[] largest = new double[pool.blockRows()];
    private final double[] sums = new double[pool.blockRows()];
    private final float[] exponentials = new float[pool.blockRows() * squares.lanes()];
  }

  /**
   * Prepares the first factors.
   *
   * @param targets how many target rows there are
   * @param weights of the pool's rows
   * @param reg the regularisation, in the unit of a squared distance over 4
   */
  Transport(
      RowBlocks pool,
      int targets,
      RowWeights weights,
      PairSquares squares,
      double reg,
      Execution execution) {
    this.pool = pool;
    this.squares = squares;
    this.perSquare = Math.min(squares.factor() / 4 / reg, Double.MAX_VALUE / Float.MAX_VALUE);
    this.execution = execution;
    this.targets = targets;
    this.parts = Math.clamp(SUMS / targets, 1, Math.min(PARTS, pool.blocks()));
    this.memories = new Scratch<>(Memory::new);
    this.nearest = new double[squares.panels() * squares.lanes()];
    this.factors = new double[nearest.length];
    this.logSums = new double[pool.rows()];
    this.logShares = new double[pool.rows()];
    double all = weights.total(pool.rows());
    Arrays.setAll(logShares, row -> Math.log(weights.of(row) / all));
  }

  /**
   * Iterates until no factor of a pool row changes by more than a share of it.
   *
   * @return whether that was reached
   */
  boolean iterate(double phi, int maxIterations, double tolerance) {
    findNearest();
    // The first f, with every g 0.
    pass(0);
    Arrays.fill(logSums, 0);
    change = Double.POSITIVE_INFINITY;
    while (iterations < maxIterations && !(change <= tolerance)) {
      pass(phi);
      iterations++;
    }
    return change <= tolerance;
  }

  /** {@return the iterations done} */
  int iterations() {
    return iterations;
  }

  /** {@return the mass of each pool row} */
  double[] masses(double phi) {
    double[] masses = new double[logSums.length];
    Arrays.setAll(masses, row -> Math.exp(logShares[row] + (1 - phi) * logSums[row]));
    return masses;
  }

  /** Finds each target row's lowest cost, which as its f keeps the first sums within range. */
  private void findNearest() {
    double[][] least = new double[parts][factors.length];
    run(
        (part, block, memory) -> {
          for (int panel = 0; panel < squares.panels(); panel++) {
            int at = memory.block.at(panel);
            float[] values = memory.block.values();
            for (int row = 0; row < memory.block.count(); row++) {
              for (int lane = 0; lane < squares.lanes(); lane++) {
                int target = panel * squares.lanes() + lane;
                double cost = perSquare * values[at + row * squares.lanes() + lane];
                least[part][target] = Math.min(least[part][target], cost);
              }
            }
          }
        },
        part -> Arrays.fill(least[part], Double.POSITIVE_INFINITY));
    for (int target = 0; target < targets; target++) {
      nearest[target] = Double.POSITIVE_INFINITY;
      for (int part = 0; part < parts; part++) {
        nearest[target] = Math.min(nearest[target], least[part][target]);
      }
    }
  }

  /** One iteration: l and g of each row, and f for the next one. */
  private void pass(double phi) {
    double[][] sums = new double[parts][factors.length];
    double[] changes = new double[parts];
    run(
        (part, block, memory) -> {
          int first = pool.firstRow(block);
          int count = memory.block.count();
          largest(memory);
          Arrays.fill(memory.sums, 0, count, 0);
          for (int panel = 0; panel < squares.panels(); panel++) {
            exponentials(memory, panel);
            squares
                .ops()
                .totals()
                .add(count, squares.used(panel), memory.exponentials, memory.sums);
          }
          for (int row = 0; row < count; row++) {
            double logSum = memory.largest[row] + Math.log(memory.sums[row] / targets);
            double moved = Math.abs(phi * (logSum - logSums[first + row]));
            changes[part] = Math.max(changes[part], moved);
            logSums[first + row] = logSum;
            double exponent = memory.largest[row] + logShares[first + row] - phi * logSum;
            memory.sums[row] = Math.exp(Math.min(exponent, LARGEST_EXPONENT));
          }
          for (int panel = 0; panel < squares.panels(); panel++) {
            exponentials(memory, panel);
            addTo(sums[part], memory, panel);
          }
        },
        part -> {});
    change = Arrays.stream(changes).max().orElseThrow();
    for (int target = 0; target < targets; target++) {
      double sum = 0;
      for (int part = 0; part < parts; part++) {
        sum += sums[part][target];
      }
      factors[target] -= Math.log(Math.clamp(sum, LEAST_SUM, 1 / LEAST_SUM));
    }
  }

  /** What is done with a block. */
  @FunctionalInterface
  private interface Step {
    void run(int part, int block, Memory memory);
  }

  private void run(Step step, IntConsumer begin) {
    execution
        .workers()
        .run(
            parts,
            part -> {
              begin.accept(part);
              int from = (int) ((long) part * pool.blocks() / parts);
              int to = (int) ((part + 1L) * pool.blocks() / parts);
              for (int block = from; block < to; block++) {
                int number = block;
                execution.progress().check();
                memories.use(memory -> {
                  memory.block.load(number);
                  step.run(part, number, memory);
                });
              }
            });
  }

  /** {@return f less the cost} */
  private double exponent(int target, double square) {
    return nearest[target] - perSquare * square + factors[target];
  }

  /** Finds the largest exponent of each row. */
  private void largest(Memory memory) {
    int lanes = squares.lanes();
    Arrays.fill(memory.largest, Double.NEGATIVE_INFINITY);
    for (int panel = 0; panel < squares.panels(); panel++) {
      execution.progress().check();
      int at = memory.block.at(panel);
      float[] values = memory.block.values();
      for (int row = 0; row < memory.block.count(); row++) {
        double most = memory.largest[row];
        for (int lane = 0; lane < squares.used(panel); lane++) {
          double square = values[at + row * lanes + lane];
          most = Math.max(most, exponent(panel * lanes + lane, square));
        }
        memory.largest[row] = most;
      }
    }
  }

  /** Computes the exponentials of a panel, relative to each row's largest. */
  private void exponentials(Memory memory, int panel) {
    execution.progress().check();
    int lanes = squares.lanes();
    int count = memory.block.count();
    int at = memory.block.at(panel);
    float[] values = memory.block.values();
    for (int row = 0; row < count; row++) {
      double most = memory.largest[row];
      for (int lane = 0; lane < lanes; lane++) {
        double square = values[at + row * lanes + lane];
        double exponent = exponent(panel * lanes + lane, square) - most;
        memory.exponentials[row * lanes + lane] = (float) Math.clamp(exponent, NOTHING, 0);
      }
    }
    squares.ops().functions().exponentials(count * lanes, 1, memory.exponentials);
  }

  /** Adds each row's terms, rows in their order, to the sums of the target rows of a panel. */
  private void addTo(double[] sums, Memory memory, int panel) {
    int lanes = squares.lanes();
    for (int row = 0; row < memory.block.count(); row++) {
      double factor = memory.sums[row];
      for (int lane = 0; lane < lanes; lane++) {
        sums[panel * lanes + lane] += factor * memory.exponentials[row * lanes + lane];
      }
    }
  }
}
