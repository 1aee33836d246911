package io.gio4j.gateway;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.neighbors.PairwiseDistances;

/** All distances between rows of x and rows of y. */
record DistancesRequest(MatrixSource x, MatrixSource y) implements Request {
  @Override
  public Outcome run(Progress progress) {
    try (MappedMatrix mappedX = x.open();
        MappedMatrix mappedY = y.open()) {
      double[][] rows = PairwiseDistances.between(mappedX.matrix(), mappedY.matrix(), progress);
      return Outcome.of(
          new ArrowResult().doubleRows("distances", rows.length, rows[0].length, row -> rows[row]));
    }
  }
}
