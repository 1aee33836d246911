package io.gio4j.select.balanced;

import io.gio4j.internal.Execution;
import io.gio4j.internal.energy.TypicalDistances;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RowWeights;
import io.gio4j.kernel.EnergyKernel;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.StopReason;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Rows that together look like the target: the greedy descent of an energy distance.
 *
 * <p><b>Idea.</b> {@code E(X, W) = 2 mean rho(x, w) - mean rho(x, x') - mean rho(w, w')} is 0 only
 * where the selection W is distributed as the target X. Its first term draws picks towards the
 * target, as the averaged divergence does (with rho = log it is the same term); its last one keeps
 * them apart, so modes come in the target's proportions and duplicates are not taken. Each pick is
 * the row g with the largest
 *
 * <pre>-mean_i rho(x_i, g) + 1/(m+1) sum_{w in W} rho(g, w)</pre>
 *
 * the first of several: the row that lowers E most. For RATIONAL, LAPLACE and GAUSS this is kernel
 * herding.
 *
 * <p><b>Cost.</b> One product of the pool with the target and one with the picks, N (n + budget) d
 * multiply-adds in float. Picking row by row would pass over the pool once a pick, bound by memory.
 * Instead a batch of picks is speculated on a shortlist, and the product that updates every row's
 * score also finds the first pick that another row would have beaten: the same picks, in as many
 * passes as there are batches ({@code BatchedGreedy}). Memory: 35 bytes a pool row, the target and
 * a batch twice, the shortlist, and the pool if it takes up to a third of the heap; a larger one is
 * read anew for every batch.
 *
 * <p><b>Scale of the data.</b> Picks are those of the greedy rule in double wherever more than 1e-5
 * of a score decides, and exactly the same for data times a power of two. A row on which the target
 * has no influence, because rho is 0 as a float or the same for unlike rows, is never picked: the
 * selection ends with {@link StopReason#NO_INFLUENCE}.
 *
 * <p>Existing rows are members of W from the start. A pool row of weight q counts as q rows in W,
 * and is chosen by what its first one would gain.
 *
 * <p>Sources: Chen, Welling and Smola 2010, Super-samples from kernel herding, equation 8; Szekely
 * and Rizzo 2013 for the energy distance. It is not in the paper of GIO.
 */
public final class BalancedSelection implements SelectionMethod {
  private final BalancedSelectionConfig config;

  public BalancedSelection(BalancedSelectionConfig config) {
    this.config = Objects.requireNonNull(config);
  }

  @Override
  public Selection select(SelectionRequest request, Execution execution) {
    RowWeights weights = new RowWeights(request);
    Picks picks = new Picks(config.budget(), weights, execution.progress());
    Map<String, Object> facts = new LinkedHashMap<>();
    return picks.collect(
        () -> {
          PoolEnergies energies = new PoolEnergies(request, config, execution);
          if (config.kernel() != EnergyKernel.Kind.EUCLIDEAN) {
            facts.put("scale", energies.kernel().scale());
            facts.put("scaleFrom", scaleFrom(energies.typical()));
          }
          picks.begin(energies.distance(), request.pool().rows());
          if (energies.isBlind()) {
            return StopReason.NO_INFLUENCE;
          }
          return select(energies, new BatchedGreedy(energies, weights, execution), weights, picks);
        },
        () -> facts);
  }

  /** What the scale follows from. */
  private String scaleFrom(TypicalDistances typical) {
    if (config.scale() != null) {
      return "given";
    }
    return typical.targetDecides() ? "target" : "pool";
  }

  private StopReason select(
      PoolEnergies energies, BatchedGreedy greedy, RowWeights weights, Picks picks) {
    while (!picks.full()) {
      PendingPicks next = greedy.next(picks.left());
      if (next.size() == 0) {
        return StopReason.EXHAUSTED;
      }
      for (int pick = 0; pick < next.size() && !picks.full(); pick++) {
        int row = next.row(pick);
        if (energies.isOutOfReach(row)) {
          return StopReason.NO_INFLUENCE;
        }
        energies.select(row, weights.of(row), next.total(pick));
        double distance = energies.distance();
        if (config.budget() == null && distance >= picks.objective()) {
          return StopReason.INCREASE;
        }
        picks.add(row, picks.objective() - distance, distance);
      }
    }
    return StopReason.BUDGET;
  }
}
