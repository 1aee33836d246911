package io.gio4j.gateway;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.data.FloatMatrix;
import io.gio4j.score.TargetScores;

/** A number for each pool row, or one for each of them and each group of the target. */
record ScoreRequest(
    MatrixSource pool,
    MatrixSource target,
    @JsonSetter(nulls = Nulls.SET) MatrixSource groups,
    TargetScores.Kind how,
    boolean perGroup)
    implements Request {
  private record Numbers(int rows) {}

  @Override
  public Outcome run(Progress progress) {
    try (MappedMatrix mappedPool = pool.open();
        MappedMatrix mappedTarget = target.open()) {
      FloatMatrix rows = mappedPool.matrix();
      FloatMatrix wanted = mappedTarget.matrix();
      int[] groupOfRow = groups == null ? null : WeightColumn.readIntegers(groups);
      double[] scores =
          perGroup
              ? flat(TargetScores.byGroup(rows, wanted, groupOfRow, how, progress))
              : TargetScores.best(rows, wanted, groupOfRow, how, progress);
      return Outcome.of(new Numbers(rows.rows()), new ArrowResult().doubles("scores", scores));
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
