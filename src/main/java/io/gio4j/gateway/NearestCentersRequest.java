package io.gio4j.gateway;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.cluster.NearestCenters;

/** The nearest centre of each row. */
record NearestCentersRequest(MatrixSource data, MatrixSource centers) implements Request {
  @Override
  public Outcome run(Progress progress) {
    try (MappedMatrix mappedData = data.open();
        MappedMatrix mappedCenters = centers.open()) {
      NearestCenters nearest =
          NearestCenters.of(mappedData.matrix(), mappedCenters.matrix(), progress);
      double[] distances = nearest.squaredDistances();
      for (int row = 0; row < distances.length; row++) {
        distances[row] = Math.sqrt(distances[row]);
      }
      return Outcome.of(
          new ArrowResult()
              .ints("assignments", nearest.assignments())
              .doubles("distances", distances));
    }
  }
}
