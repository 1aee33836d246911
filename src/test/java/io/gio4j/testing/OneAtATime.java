package io.gio4j.testing;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.energy.CentredRows;
import io.gio4j.internal.energy.EnergySums;
import io.gio4j.internal.energy.TypicalDistances;
import io.gio4j.internal.simd.SimdProvider;
import io.gio4j.kernel.EnergyKernel;
import io.gio4j.select.SelectionRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiPredicate;

/** The greedy rule of a balanced selection, the whole pool scored at every pick. */
public final class OneAtATime {
  private OneAtATime() {}

  public static int[] picks(SelectionRequest request, EnergyKernel kernel, int budget) {
    return picks(request, kernel, budget, (picked, row) -> true);
  }

  /** With a rule that says whether a row may be picked after others, if it is the best. */
  public static int[] picks(
      SelectionRequest request,
      EnergyKernel kernel,
      int budget,
      BiPredicate<List<Integer>, Integer> mayBePicked) {
    Execution execution = Execution.watchedBy(Progress.NONE);
    RowBlocks pool = RowBlocks.of(request.pool(), execution);
    RowBlocks targetRows = RowBlocks.of(request.target(), execution);
    RowScaling scaling =
        RowScaling.byLength(pool, TypicalDistances.of(targetRows, pool, execution).any());
    int n = request.pool().rows();
    EnergySums sums = new EnergySums(kernel, scaling, SimdProvider.ops());
    CentredRows[] both = sums.centred(execution, pool, targetRows);
    CentredRows rows = both[0];
    double[] cross = new double[n];
    add(sums, rows, sums.points(both[1]), cross);
    double[] within = new double[n];
    boolean[] taken = new boolean[n];
    List<Integer> picked = new ArrayList<>();
    while (picked.size() < budget) {
      int best = -1;
      double bestScore = Double.NEGATIVE_INFINITY;
      for (int row = 0; row < n; row++) {
        double score =
            sums.value(within[row]) / (picked.size() + 1.0)
                - sums.value(cross[row]) / request.target().rows();
        if (!taken[row] && score > bestScore) {
          best = row;
          bestScore = score;
        }
      }
      if (best < 0) {
        break;
      }
      taken[best] = true;
      if (mayBePicked.test(picked, best)) {
        picked.add(best);
        EnergySums.Points points = sums.noPoints(rows);
        points.add(best, 1);
        add(sums, rows, points, within);
      }
    }
    return picked.stream().mapToInt(Integer::intValue).toArray();
  }

  private static void add(
      EnergySums sums, CentredRows rows, EnergySums.Points points, double[] totals) {
    EnergySums.Rows compared = sums.rows(rows.rows().blockRows());
    for (int block = 0; block < rows.rows().blocks(); block++) {
      compared.load(rows, block);
      int first = rows.rows().firstRow(block);
      double[] sum = Arrays.copyOfRange(totals, first, first + rows.rows().count(block));
      compared.add(points, sum);
      System.arraycopy(sum, 0, totals, first, sum.length);
    }
  }
}
