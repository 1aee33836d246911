package io.gio4j.gateway;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.neighbors.NearestRows;

/** The nearest rows of y to each row of x. */
record NearestRowsRequest(MatrixSource x, MatrixSource y, int k, boolean excludeSelf)
    implements Request {
  private record Numbers(int rows, int k, double unit) {}

  @Override
  public Outcome run(Progress progress) {
    try (MappedMatrix mappedX = x.open();
        MappedMatrix mappedY = y.open()) {
      NearestRows nearest =
          NearestRows.of(mappedX.matrix(), mappedY.matrix(), k, excludeSelf, progress);
      double[] distances = nearest.squaredDistances();
      for (int i = 0; i < distances.length; i++) {
        distances[i] = Math.sqrt(distances[i]);
      }
      return Outcome.of(
          new Numbers(
              mappedX.matrix().rows(),
              k,
              LengthUnit.TYPICAL.of(mappedX.matrix(), mappedY.matrix())),
          new ArrowResult().ints("indices", nearest.indices()).doubles("distances", distances));
    }
  }
}
