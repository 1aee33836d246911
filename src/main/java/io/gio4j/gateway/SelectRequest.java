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
import io.gio4j.select.TargetGroups;
import java.util.Map;

/** Rows of a pool by one of the methods; see {@link SelectionRequest} for what may be null. */
record SelectRequest(
    MatrixSource pool,
    MatrixSource target,
    @JsonSetter(nulls = Nulls.SET) MatrixSource existing,
    @JsonSetter(nulls = Nulls.SET) MatrixSource weights,
    @JsonSetter(nulls = Nulls.SET) MatrixSource scores,
    @JsonSetter(nulls = Nulls.SET) Groups groups,
    @JsonSetter(nulls = Nulls.SET) LimitsRequest limits,
    Long budget,
    long seed,
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "name") SelectionMethod method)
    implements Request {
  /** The group of each target row, as a column of numbers, and the shares of groups. */
  record Groups(MatrixSource rows, double[] shares) {
    TargetGroups read() {
      return new TargetGroups(WeightColumn.readIntegers(rows), shares);
    }
  }

  private record Numbers(
      Double startingObjective, String stopReason, int picked, Map<String, Object> facts) {}

  @Override
  public Outcome run(Progress progress) {
    try (MappedMatrix mappedPool = pool.open();
        MappedMatrix mappedTarget = target.open();
        MappedMatrix mappedExisting = existing == null ? null : existing.open();
        MappedMatrix mappedWeights = weights == null ? null : weights.open();
        MappedMatrix mappedScores = scores == null ? null : scores.open();
        LimitsRequest.Opened opened = LimitsRequest.open(limits)) {
      SelectionRequest request =
          new SelectionRequest(
              mappedPool.matrix(),
              mappedTarget.matrix(),
              matrixOf(mappedExisting),
              matrixOf(mappedWeights),
              matrixOf(mappedScores),
              groups == null ? null : groups.read(),
              opened.limits(),
              budget,
              seed);
      return outcome(method.select(request, progress));
    }
  }

  private static FloatMatrix matrixOf(MappedMatrix mapped) {
    return mapped == null ? null : mapped.matrix();
  }

  private static Outcome outcome(Selection selection) {
    double start = selection.startingObjective();
    ArrowResult arrays =
        new ArrowResult()
            .ints("indices", selection.indices())
            .doubles("gains", selection.gains())
            .doubles("trace", selection.trace());
    if (selection.weights() != null) {
      arrays.doubles("weights", selection.weights());
    }
    return Outcome.of(
        new Numbers(
            Double.isNaN(start) ? null : start,
            selection.stopReason().text(),
            selection.indices().length,
            selection.facts()),
        arrays);
  }
}
