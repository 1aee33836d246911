package io.gio4j.gateway;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.data.FloatMatrix;
import io.gio4j.select.ExactSelection;
import io.gio4j.select.ExactSelectionConfig;
import io.gio4j.select.SelectionRequest;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The exact optimum of the averaged divergence; {@code existing} and {@code weights} may be null.
 */
record ExactSelectionRequest(
    MatrixSource pool,
    MatrixSource target,
    MatrixSource existing,
    MatrixSource weights,
    Options options)
    implements Request {

  /** The options by their names in JSON; see {@link ExactSelectionConfig}. */
  record Options(Long budget, int neighbors, double epsilon, boolean discardNearest) {
    ExactSelectionConfig config() {
      return new ExactSelectionConfig(budget, neighbors, epsilon, discardNearest);
    }
  }

  @Override
  public Outcome run(Progress progress) {
    ExactSelection method = new ExactSelection(options.config());
    try (MappedMatrix mappedPool = pool.open();
        MappedMatrix mappedTarget = target.open();
        MappedMatrix mappedExisting = existing == null ? null : existing.open();
        MappedMatrix mappedWeights = weights == null ? null : weights.open()) {
      SelectionRequest request =
          new SelectionRequest(
              mappedPool.matrix(), mappedTarget.matrix(), matrixOf(mappedExisting));
      return outcome(method.select(request, matrixOf(mappedWeights), progress));
    }
  }

  private static FloatMatrix matrixOf(MappedMatrix mapped) {
    return mapped == null ? null : mapped.matrix();
  }

  private static Outcome outcome(ExactSelection.Result result) {
    int[] indices = result.selection().indices();
    Map<String, Object> numbers = new LinkedHashMap<>();
    numbers.put("startingKl", Double.isNaN(result.startingKl()) ? null : result.startingKl());
    numbers.put("stopReason", result.selection().stopReason().text());
    numbers.put("picked", indices.length);
    return Outcome.of(
        numbers,
        new ArrowResult()
            .ints("indices", indices)
            .doubles("kl", result.selection().trace())
            .doubles("gains", result.gains()));
  }
}
