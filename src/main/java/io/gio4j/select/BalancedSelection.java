package io.gio4j.select;

import io.gio4j.divergence.EnergyKernel;
import io.gio4j.divergence.TargetModel;
import io.gio4j.internal.Execution;
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
 * the first of several: the row that lowers E most. For LAPLACE and GAUSS this is kernel herding.
 *
 * <p><b>Cost.</b> One product of the pool with the target and one with the picks, N (n + budget) d
 * multiply-adds in float. Picking row by row would pass over the pool once a pick, bound by memory.
 * Instead a batch of picks is foreseen on a shortlist, and the product that tells all rows of them
 * also proves that no other row should have come before: the same picks, in as many passes as there
 * are batches ({@code BatchedGreedy}). Memory: 27 bytes a pool row, the target and a batch twice,
 * the shortlist, and the pool if it takes up to a third of the heap; a larger one is read anew for
 * every batch.
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
    Map<String, Double> facts = new LinkedHashMap<>();
    return picks.collect(
        () -> {
          TargetModel target = new TargetModel(request.target(), 0, execution);
          PoolEnergies energies = new PoolEnergies(request, target, config, execution);
          if (config.kernel() != EnergyKernel.Kind.EUCLIDEAN) {
            facts.put("scale", energies.kernel().scale());
          }
          picks.begin(energies.distance(), request.pool().rows());
          return select(energies, new BatchedGreedy(energies, weights, execution), weights, picks);
        },
        () -> facts);
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
