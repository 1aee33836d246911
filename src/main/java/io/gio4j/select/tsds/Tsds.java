package io.gio4j.select.tsds;

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
 * Task-specific data selection: each target row spreads its mass over its nearest pool rows, and
 * near-duplicates share what one of them would get.
 *
 * <p><b>Idea.</b> Each of the M target rows has the mass 1/M to hand out. Keeping it near is cheap
 * transport, spreading it is diverse. Neighbour k of target row j, at distance {@code d_jk}, takes
 * at most {@code 1 / (M s rho_jk)}, where {@code rho} is how many rows there are at its place,
 *
 * <pre>rho(c) = sum over retrieved rows c' of max(0, 1 - |c - c'|^2 / sigma^2)</pre>
 *
 * so that a row and its near-duplicates take about as much together as a row that stands alone. One
 * level s, common to all target rows, says how thinly mass is spread. It rises until spreading
 * further would cost more transport than it is worth,
 *
 * <pre>alpha sum_j sum_{k &lt;= K_j} (d_{j,K_j+1} - d_jk) / rho_jk &gt;= (1 - alpha) c M</pre>
 *
 * with {@code K_j} the neighbours that are full: those whose {@code 1 / rho} add up to s at most.
 * What is left of 1/M goes to neighbour {@code K_j + 1}; {@code K_j} may be 0, and at alpha = 1 all
 * mass is at the nearest rows. With sigma = 0 every density is 1: one K for all target rows, the
 * KNN-Uniform of the paper.
 *
 * <p><b>Picks</b> are rows of probability above 0, by {@link PickOrder}: the script's sample with
 * replacement can draw a row twice, which a selection cannot hold. A gain is the row's probability,
 * the trace their sum so far: the share of the target's mass that the picks hold. When no row with
 * a probability is left the selection ends as {@link StopReason#SATURATED}, and so it does without
 * a budget: no row is picked because of its number. The facts {@code sigma} and {@code c} are the
 * lengths in use, {@code level} is s, {@code rows_with_probability} how many rows have one.
 *
 * <p><b>Lengths.</b> Given as null, {@code sigma} is 0.75 m and {@code c} is 5 m, where m is the
 * median distance of a target row to its tenth nearest pool row ({@code RetrievedRows}). Data times
 * any factor then have the same picks. The script's 0.75 and 5 are lengths in the unit of the data
 * and suit rows of length 1.
 *
 * <p><b>Cost.</b> One product of pool and target in float, N n d multiply-adds, and one of the rows
 * reached with the rows retrieved; distances and densities in double. A sigma beyond most distances
 * is slow: then every row has its densityNeighbors nearest found. Memory: 12 bytes for each of the
 * {@code n max_neighbors} rows retrieved, at most a quarter of the heap (60 MB for each 1,000
 * target rows by default), 20 bytes a pool row and 40 for each with a probability, 50 MB for
 * densities, and the pool and the rows retrieved only if they are under 1/32 of the heap.
 *
 * <p>A pool row of weight q counts as q equal rows: in densities, in what it takes and in the
 * budget; the order is then that of the probability over q. With a target in groups a row has the
 * mass of its weight instead of 1/M, as if it were repeated. Existing rows are ignored.
 *
 * <p>Use it for a subset in the target's proportions from a pool full of near-duplicates. Do not
 * use it where the budget is far above the rows near the target: it ends early. Densities of rows
 * at the border of what was retrieved are too low, as in the script.
 *
 * <p>Source: Liu, Karbasi and Rekatsinas 2024 (arXiv 2410.11303).
 *
 * @param alpha the weight of near against diverse, 0 to 1: at 1 the nearest rows alone, at 0 all
 *     that are retrieved; 0.5 by default
 * @param c what diversity is worth, a length above 0; null: follows the data
 * @param sigma the length beyond which rows are no duplicates, at least 0; null: follows the data
 * @param maxNeighbors pool rows that are retrieved for each target row, at least 1; 5,000 by
 *     default
 * @param densityNeighbors nearest rows that count in a density, the row itself among them, at least
 *     1; 1,000 by default
 * @param order in which rows are picked
 * @param neighborCaps what else bounds the two numbers of neighbours
 */
public record Tsds(
    double alpha,
    Double c,
    Double sigma,
    int maxNeighbors,
    int densityNeighbors,
    PickOrder order,
    NeighborCaps neighborCaps)
    implements SelectionMethod {
  private static final double ALPHA = 0.5;
  private static final int MAX_NEIGHBORS = 5_000;
  private static final int DENSITY_NEIGHBORS = 1_000;

  /** The script's constants, which suit distances of about 1, in units of the spacing. */
  private static final double C_SHARE = 5;

  private static final double SIGMA_SHARE = 0.75;

  /** The share of the pool that bounds neighbours in the script. */
  private static final int SCRIPT_SHARE = 10;

  /**
   * Checks every bound that does not depend on the data.
   *
   * @throws IllegalArgumentException if a number is out of its bounds
   */
  public Tsds {
    Objects.requireNonNull(order, "order");
    Objects.requireNonNull(neighborCaps, "neighborCaps");
    if (!(alpha >= 0 && alpha <= 1)) {
      throw new IllegalArgumentException("alpha: is " + alpha + "; must lie between 0 and 1");
    }
    if (c != null && !(c > 0 && Double.isFinite(c))) {
      throw new IllegalArgumentException("c: is " + c + "; must be a number above 0");
    }
    if (sigma != null && !(sigma >= 0 && Double.isFinite(sigma))) {
      throw new IllegalArgumentException("sigma: is " + sigma + "; must be a number of at least 0");
    }
    requirePositive("max_neighbors", maxNeighbors);
    requirePositive("density_neighbors", densityNeighbors);
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": is " + value + "; must be at least 1");
    }
  }

  /** The defaults. */
  public Tsds() {
    this(
        ALPHA,
        null,
        null,
        MAX_NEIGHBORS,
        DENSITY_NEIGHBORS,
        PickOrder.PROBABILITY,
        NeighborCaps.POOL);
  }

  /**
   * With another weight of near against diverse.
   *
   * @param value 0 to 1
   * @return a changed copy
   */
  public Tsds withAlpha(double value) {
    return new Tsds(value, c, sigma, maxNeighbors, densityNeighbors, order, neighborCaps);
  }

  /**
   * With a worth of diversity, which otherwise follows the data.
   *
   * @param value a length above 0
   * @return a changed copy
   */
  public Tsds withC(double value) {
    return new Tsds(alpha, value, sigma, maxNeighbors, densityNeighbors, order, neighborCaps);
  }

  /**
   * With a length of duplicates, which otherwise follows the data.
   *
   * @param value at least 0
   * @return a changed copy
   */
  public Tsds withSigma(double value) {
    return new Tsds(alpha, c, value, maxNeighbors, densityNeighbors, order, neighborCaps);
  }

  /**
   * With another number of retrieved rows.
   *
   * @param value at least 1
   * @return a changed copy
   */
  public Tsds withMaxNeighbors(int value) {
    return new Tsds(alpha, c, sigma, value, densityNeighbors, order, neighborCaps);
  }

  /**
   * With another number of rows that count in a density.
   *
   * @param value at least 1
   * @return a changed copy
   */
  public Tsds withDensityNeighbors(int value) {
    return new Tsds(alpha, c, sigma, maxNeighbors, value, order, neighborCaps);
  }

  /**
   * With another order of the picks.
   *
   * @param value the order
   * @return a changed copy
   */
  public Tsds withOrder(PickOrder value) {
    return new Tsds(alpha, c, sigma, maxNeighbors, densityNeighbors, value, neighborCaps);
  }

  /**
   * With other bounds of the numbers of neighbours.
   *
   * @param value what bounds them
   * @return a changed copy
   */
  public Tsds withNeighborCaps(NeighborCaps value) {
    return new Tsds(alpha, c, sigma, maxNeighbors, densityNeighbors, order, value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    Picks picks = Picks.withGroups(request, execution);
    return picks.collect(() -> {
      BitSet forbidden = picks.forbidden();
      if (forbidden.cardinality() == request.pool().rows()) {
        return picks.ended();
      }
      Probabilities found = probabilities(request, forbidden, picks, execution);
      int[] ranked = found.ranked(order, request.seed(), picks.weights());
      picks.begin(Double.NaN, ranked.length);
      double sum = 0;
      for (int row : ranked) {
        if (picks.full()) {
          return StopReason.BUDGET;
        }
        if (picks.allows(row)) {
          sum += found.of(row);
          picks.add(row, found.of(row), sum);
        }
      }
      boolean areAllPicked = picks.count() == ranked.length;
      return areAllPicked && !picks.full() && ranked.length < request.pool().rows()
          ? StopReason.SATURATED
          : picks.ended();
    });
  }

  private Probabilities probabilities(
      SelectionRequest request, BitSet forbidden, Picks picks, Execution execution) {
    RowBlocks target = RowBlocks.of(request.target(), execution);
    RowBlocks pool = RowBlocks.of(request.pool(), execution);
    int most = pool.rows() - forbidden.cardinality();
    if (neighborCaps == NeighborCaps.SCRIPT) {
      most = Math.max(1, most / SCRIPT_SHARE);
    }
    RetrievedRows near =
        new RetrievedRows(target, pool, forbidden, Math.min(maxNeighbors, most), execution);
    double spacing = near.spacing();
    double width = sigma == null ? SIGMA_SHARE * spacing : sigma;
    double worth = c == null ? C_SHARE * spacing : c;
    picks.fact("sigma", width);
    picks.fact("c", worth);
    Densities densities =
        new Densities(
            pool,
            near.union(),
            picks.weights(),
            width,
            Math.min(densityNeighbors, most),
            execution);
    int full = neighborCaps == NeighborCaps.SCRIPT ? near.count() - 1 : near.count();
    Spreading spreading = new Spreading(near, densities, full, request.targetWeights(), execution);
    spreading.raise(alpha, worth);
    Probabilities found = new Probabilities(spreading.masses(pool.rows()));
    picks.fact("level", spreading.level());
    picks.fact("rows_with_probability", (double) found.count());
    return found;
  }
}
