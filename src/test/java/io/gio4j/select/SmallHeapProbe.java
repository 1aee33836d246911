package io.gio4j.select;

import io.gio4j.Progress;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.kernel.EnergyKernel;
import io.gio4j.neighbors.NearestRows;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.balanced.BalancedSelection;
import io.gio4j.select.balanced.BalancedSelectionConfig;
import io.gio4j.select.coverage.CoverageSelection;
import io.gio4j.select.coverage.CoverageSelectionConfig;
import io.gio4j.select.exact.ExactSelection;
import io.gio4j.select.exact.ExactSelectionConfig;
import io.gio4j.select.gradient.GradientSearch;
import io.gio4j.select.gradient.GradientSearchConfig;
import io.gio4j.select.gradient.StartVector;
import io.gio4j.select.nearest.JumpSelection;
import io.gio4j.select.nearest.JumpSelectionConfig;
import java.nio.file.Path;
import java.util.Arrays;

/** Selections from mapped rows in a process of its own: prints their picks and divergences. */
final class SmallHeapProbe {
  private SmallHeapProbe() {}

  /** Arguments: file, pool rows, target rows (which follow the pool's), columns. */
  public static void main(String[] arguments) {
    Path file = Path.of(arguments[0]);
    int poolRows = Integer.parseInt(arguments[1]);
    int targetRows = Integer.parseInt(arguments[2]);
    int columns = Integer.parseInt(arguments[3]);
    long targetOffset = 4L * poolRows * columns;
    try (MappedMatrix pool = MappedMatrix.raw("pool", file, 0, poolRows, columns);
        MappedMatrix target = MappedMatrix.raw("target", file, targetOffset, targetRows, columns);
        MappedMatrix start = MappedMatrix.raw("start", file, 0, 3, columns)) {
      GradientSearchConfig config =
          GradientSearchConfig.builder()
              .startVector(StartVector.JUMP)
              .maxIterations(5)
              .descentSteps(2)
              .build();
      GradientSearch.Result result =
          new GradientSearch(config)
              .select(
                  SelectionRequest.of(pool.matrix(), target.matrix()).withExisting(start.matrix()),
                  PythonRandom.seeded(1),
                  Progress.NONE);
      print(result.selection());
      print(
          new ExactSelection(ExactSelectionConfig.ofBudget(50))
              .select(
                  SelectionRequest.of(pool.matrix(), target.matrix()).withExisting(start.matrix()),
                  Progress.NONE));
      for (SelectionMethod method :
          new SelectionMethod[] {
            new CoverageSelection(new CoverageSelectionConfig(4L, 1, 1e-8)),
            new JumpSelection(JumpSelectionConfig.ofBudget(300)),
            new BalancedSelection(
                new BalancedSelectionConfig(100L, EnergyKernel.Kind.LAPLACE, null, null))
          }) {
        print(method.select(SelectionRequest.of(pool.matrix(), target.matrix()), Progress.NONE));
        print(method.select(SelectionRequest.of(target.matrix(), pool.matrix()), Progress.NONE));
      }
      NearestRows nearest =
          NearestRows.of(target.matrix(), target.matrix(), 3, true, Progress.NONE);
      System.out.println(Arrays.toString(nearest.indices()));
    }
  }

  private static void print(Selection selection) {
    System.out.println(Arrays.toString(selection.indices()));
    System.out.println(Arrays.toString(selection.trace()));
  }
}
