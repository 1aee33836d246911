package io.gio4j.gateway;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.score.TargetScores;

/** A number for each pool row, or one for each of them and each group of the target. */
record ScoreRequest(
    MatrixSource pool,
    MatrixSource target,
    @JsonSetter(nulls = Nulls.SET) MatrixSource groups,
    TargetScores.Kind how,
    boolean perGroup)
    implements Request {
  private record Numbers(int rows, int groups) {}

  @Override
  public Outcome run(Progress progress) {
    try (MappedMatrix mappedPool = pool.open();
        MappedMatrix mappedTarget = target.open()) {
      TargetScores scores =
          TargetScores.of(
              mappedPool.matrix(),
              mappedTarget.matrix(),
              groups == null ? null : WeightColumn.readIntegers(groups),
              how,
              progress);
      return Outcome.of(
          new Numbers(mappedPool.matrix().rows(), scores.byGroup().length),
          new ArrowResult().doubles("scores", perGroup ? flat(scores.byGroup()) : scores.best()));
    }
  }

  private static double[] flat(double[][] byGroup) {
    int rows = byGroup[0].length;
    if ((long) rows * byGroup.length > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "groups: %d of them for %d pool rows are more scores than an array holds; ask for the best"
              .formatted(byGroup.length, rows));
    }
    double[] flat = new double[rows * byGroup.length];
    for (int group = 0; group < byGroup.length; group++) {
      System.arraycopy(byGroup[group], 0, flat, group * rows, rows);
    }
    return flat;
  }
}
