package io.gio4j.gateway;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.data.FloatMatrix;
import io.gio4j.divergence.LengthUnit;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.gradient.GradientSearch;
import io.gio4j.select.gradient.GradientSearchConfig;
import io.gio4j.select.gradient.StartVector;
import io.gio4j.select.gradient.StopCriterion;
import java.util.LinkedHashMap;
import java.util.Map;

/** The paper's search; {@code random} is the state of the client's generator. */
record GradientSearchRequest(
    MatrixSource pool, MatrixSource target, MatrixSource start, Options options, long[] random)
    implements Request {

  /** The options by their names in JSON; see {@link GradientSearchConfig}. */
  record Options(
      int neighbors,
      int maxIterations,
      String stopCriterion,
      double minDifference,
      boolean resetsAllowed,
      int maxResets,
      double maxDataSize,
      double minKl,
      int maxSequentialIncreases,
      double randomRestartProbability,
      Double scaleFactor,
      String startVector,
      int descentSteps,
      boolean discardNearest,
      double learningRate,
      double epsilon,
      String unit) {

    GradientSearchConfig config() {
      return new GradientSearchConfig(
          neighbors,
          maxIterations,
          Constants.of("stopCriterion", StopCriterion.class, stopCriterion),
          minDifference,
          resetsAllowed,
          maxResets,
          maxDataSize,
          minKl,
          maxSequentialIncreases,
          randomRestartProbability,
          scaleFactor,
          Constants.of("startVector", StartVector.class, startVector),
          descentSteps,
          discardNearest,
          learningRate,
          epsilon,
          Constants.of("unit", LengthUnit.class, unit));
    }
  }

  @Override
  public Outcome run(Progress progress) {
    GradientSearchConfig config = options.config();
    PythonRandom generator = PythonRandom.ofState(random);
    try (MappedMatrix mappedPool = pool.open();
        MappedMatrix mappedTarget = target.open();
        MappedMatrix mappedStart = start.open()) {
      FloatMatrix poolRows = mappedPool.matrix();
      FloatMatrix startRows = mappedStart.matrix();
      GradientSearch.Result result =
          new GradientSearch(config)
              .select(
                  SelectionRequest.of(poolRows, mappedTarget.matrix()).withExisting(startRows),
                  generator,
                  progress);
      FloatMatrix target = mappedTarget.matrix();
      double unit = config.unit().of(target, poolRows);
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
    Map<String, Object> numbers = new LinkedHashMap<>();
    numbers.put("startingKl", result.selection().startingObjective());
    numbers.put("scaleFactor", result.scaleFactor());
    numbers.put("clipped", clipped);
    numbers.put("justReset", result.justReset());
    numbers.put("resets", result.resets());
    numbers.put("increases", result.increases());
    numbers.put("stopReason", result.selection().stopReason().text());
    numbers.put("random", generator.state());
    numbers.put("picked", indices.length);
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
