package io.gio4j.select;

import io.gio4j.Progress;
import io.gio4j.divergence.CentredRows;
import io.gio4j.divergence.EnergyKernel;
import io.gio4j.divergence.EnergySums;
import io.gio4j.divergence.TargetModel;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.kernel.KernelProvider;
import io.gio4j.internal.kernel.Kernels;

/** The greedy rule of a balanced selection, the whole pool scored at every pick. */
final class OneAtATime {
  private OneAtATime() {}

  static int[] picks(SelectionRequest request, EnergyKernel kernel, int budget) {
    Execution execution = Execution.watchedBy(Progress.NONE);
    Kernels kernels = KernelProvider.kernels();
    double[] origin = new TargetModel(request.target(), 0, execution).mean();
    int n = request.pool().rows();
    CentredRows rows =
        new CentredRows(RowBlocks.of(request.pool(), execution), origin, kernels, execution);
    CentredRows target =
        new CentredRows(RowBlocks.of(request.target(), execution), origin, kernels, execution);
    double reach = Math.max(rows.reach(), target.reach());
    EnergySums sums = new EnergySums(kernel, origin.length, reach, kernels);
    long[] cross = new long[n];
    add(sums, rows, sums.points(target), cross);
    long[] within = new long[n];
    boolean[] taken = new boolean[n];
    int[] picks = new int[budget];
    for (int pick = 0; pick < budget; pick++) {
      int best = -1;
      double bestScore = Double.NEGATIVE_INFINITY;
      for (int row = 0; row < n; row++) {
        double score =
            sums.value(within[row]) / (pick + 1.0)
                - sums.value(cross[row]) / request.target().rows();
        if (!taken[row] && score > bestScore) {
          best = row;
          bestScore = score;
        }
      }
      taken[best] = true;
      picks[pick] = best;
      EnergySums.Points picked = sums.noPoints(rows);
      picked.add(best, 1);
      add(sums, rows, picked, within);
    }
    return picks;
  }

  private static void add(
      EnergySums sums, CentredRows rows, EnergySums.Points points, long[] totals) {
    EnergySums.Rows compared = sums.rows(rows.rows().blockRows());
    for (int block = 0; block < rows.rows().blocks(); block++) {
      compared.load(rows, block);
      long[] added = new long[rows.rows().count(block)];
      compared.add(points, added);
      for (int row = 0; row < added.length; row++) {
        totals[rows.rows().firstRow(block) + row] += added[row];
      }
    }
  }
}
