package io.gio4j.gateway;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.data.FloatMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.gradient.GradientSearch;
import io.gio4j.select.gradient.GradientSearchConfig;

/** The paper's search; {@code random} is the state of the client's generator. */
record GradientSearchRequest(
    MatrixSource pool,
    MatrixSource target,
    MatrixSource start,
    GradientSearchConfig options,
    long[] random)
    implements Request {
  private record Numbers(
      double startingKl,
      double scaleFactor,
      double clipped,
      boolean justReset,
      int resets,
      int increases,
      String stopReason,
      long[] random,
      int picked) {}

  @Override
  public Outcome run(Progress progress) {
    PythonRandom generator = PythonRandom.ofState(random);
    try (MappedMatrix mappedPool = pool.open();
        MappedMatrix mappedTarget = target.open();
        MappedMatrix mappedStart = start.open()) {
      FloatMatrix poolRows = mappedPool.matrix();
      FloatMatrix startRows = mappedStart.matrix();
      GradientSearch.Result result =
          new GradientSearch(options)
              .select(
                  SelectionRequest.of(poolRows, mappedTarget.matrix()).withExisting(startRows),
                  generator,
                  progress);
      FloatMatrix target = mappedTarget.matrix();
      double unit = options.unit().of(target, poolRows);
      double clipped = LengthUnit.clippedShare(target, poolRows, unit);
      return outcome(result, clipped, poolRows, startRows, generator);
    }
  }

  private static Outcome outcome(
      GradientSearch.Result result,
      double clipped,
      FloatMatrix pool,
      FloatMatrix start,
      PythonRandom generator) {
    int[] indices = result.selection().indices();
    Numbers numbers =
        new Numbers(
            result.selection().startingObjective(),
            result.scaleFactor(),
            clipped,
            result.justReset(),
            result.resets(),
            result.increases(),
            result.selection().stopReason().text(),
            generator.state(),
            indices.length);
    int startCount = start.rows();
    ArrowResult arrays =
        new ArrowResult()
            .ints("indices", indices)
            .doubles("kl", result.selection().trace())
            .ints("removed", result.removed())
            .floatRows(
                "selected",
                startCount + indices.length,
                pool.columns(),
                row -> row < startCount ? start.row(row) : pool.row(indices[row - startCount]))
            .doubles("point", result.point());
    return Outcome.of(numbers, arrays);
  }
}
