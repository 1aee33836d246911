package io.gio4j.select;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
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
    float[] rows = new float[n * origin.length];
    request.pool().copyRows(0, n, rows, 0);
    double reach = 0;
    for (var matrix : new FloatMatrix[] {request.pool(), request.target()}) {
      reach =
          Math.max(
              reach, EnergySums.reach(RowBlocks.of(matrix, execution), origin, kernels, execution));
    }
    EnergySums sums = new EnergySums(kernel, origin, reach, kernels);
    EnergySums.Rows pool = sums.rows(n);
    pool.load(rows, n);
    long[] cross = new long[n];
    pool.add(sums.points(request.target().rows(), request.target()::row), cross);
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
      int picked = best;
      pool.add(sums.points(1, i -> request.pool().row(picked)), within);
    }
    return picks;
  }
}
