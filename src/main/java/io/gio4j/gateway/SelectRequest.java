package io.gio4j.gateway;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.Nulls;
import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.data.FloatMatrix;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import java.util.LinkedHashMap;
import java.util.Map;

/** Rows of a pool by one of the methods; see {@link SelectionRequest} for what may be null. */
record SelectRequest(
    MatrixSource pool,
    MatrixSource target,
    @JsonSetter(nulls = Nulls.SET) MatrixSource existing,
    @JsonSetter(nulls = Nulls.SET) MatrixSource weights,
    Long budget,
    long seed,
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "name") SelectionMethod method)
    implements Request {

  @Override
  public Outcome run(Progress progress) {
    try (MappedMatrix mappedPool = pool.open();
        MappedMatrix mappedTarget = target.open();
        MappedMatrix mappedExisting = existing == null ? null : existing.open();
        MappedMatrix mappedWeights = weights == null ? null : weights.open()) {
      SelectionRequest request =
          new SelectionRequest(
              mappedPool.matrix(),
              mappedTarget.matrix(),
              matrixOf(mappedExisting),
              matrixOf(mappedWeights),
              budget,
              seed);
      return outcome(method.select(request, progress));
    }
  }

  private static FloatMatrix matrixOf(MappedMatrix mapped) {
    return mapped == null ? null : mapped.matrix();
  }

  private static Outcome outcome(Selection selection) {
    Map<String, Object> numbers = new LinkedHashMap<>();
    double start = selection.startingObjective();
    numbers.put("starting_objective", Double.isNaN(start) ? null : start);
    numbers.put("stop_reason", selection.stopReason().text());
    numbers.put("picked", selection.indices().length);
    numbers.put("facts", selection.facts());
    return Outcome.of(
        numbers,
        new ArrowResult()
            .ints("indices", selection.indices())
            .doubles("gains", selection.gains())
            .doubles("trace", selection.trace()));
  }
}
