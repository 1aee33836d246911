package io.gio4j.select;

import io.gio4j.Progress;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.data.FloatMatrix;
import io.gio4j.kernel.EnergyKernel;
import io.gio4j.neighbors.NearestRows;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.balanced.Balanced;
import io.gio4j.select.coverage.Coverage;
import io.gio4j.select.exact.Exact;
import io.gio4j.select.gradient.Gradient;
import io.gio4j.select.gradient.GradientSearch;
import io.gio4j.select.gradient.GradientSearchConfig;
import io.gio4j.select.gradient.StartVector;
import io.gio4j.select.nearest.Nearest;
import io.gio4j.select.nearest.RoundRobin;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;

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
          new GradientSearchConfig()
              .withGradient(new Gradient().withStartVector(StartVector.JUMP).withSteps(2))
              .withMaxIterations(5);
      GradientSearch.Result result =
          new GradientSearch(config)
              .select(
                  SelectionRequest.of(pool.matrix(), target.matrix()).withExisting(start.matrix()),
                  PythonRandom.seeded(1),
                  Progress.NONE);
      print(result.selection());
      print(
          new Exact()
              .select(
                  SelectionRequest.of(pool.matrix(), target.matrix())
                      .withExisting(start.matrix())
                      .withBudget(50)));
      printBoth(new Coverage().withK(1), pool.matrix(), target.matrix(), 4);
      int[] groups = IntStream.range(0, targetRows).map(row -> row % 2).toArray();
      print(
          new Coverage()
              .withK(1)
              .select(
                  SelectionRequest.of(pool.matrix(), target.matrix())
                      .withGroups(new TargetGroups(groups, new double[] {1, 5}))
                      .withBudget(4)));
      printBoth(new RoundRobin(), pool.matrix(), target.matrix(), 300);
      printBoth(new Nearest(), pool.matrix(), target.matrix(), 300);
      printBoth(
          new Balanced().withKernel(EnergyKernel.Kind.LAPLACE),
          pool.matrix(),
          target.matrix(),
          100);
      NearestRows nearest =
          NearestRows.of(target.matrix(), target.matrix(), 3, true, Progress.NONE);
      System.out.println(Arrays.toString(nearest.indices()));
    }
  }

  private static void printBoth(
      SelectionMethod method, FloatMatrix one, FloatMatrix other, long budget) {
    print(method.select(one, other, budget));
    print(method.select(other, one, budget));
  }

  private static void print(Selection selection) {
    System.out.println(Arrays.toString(selection.indices()));
    System.out.println(Arrays.toString(selection.trace()));
  }
}
