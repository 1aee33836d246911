package io.gio4j.gateway;

import io.gio4j.Progress;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.divergence.AveragedDivergence;

/** The averaged divergence of x from y, with the reference's constants. */
record DivergenceRequest(MatrixSource x, MatrixSource y, int k, double eps, boolean discardNearest)
    implements Request {
  private record Numbers(double value, double clipped) {}

  @Override
  public Outcome run(Progress progress) {
    try (MappedMatrix mappedX = x.open();
        MappedMatrix mappedY = y.open()) {
      double value =
          new AveragedDivergence(k, eps, discardNearest, LengthUnit.ONE)
              .estimate(mappedX.matrix(), mappedY.matrix(), progress);
      double clipped = LengthUnit.clippedShare(mappedX.matrix(), mappedY.matrix(), 1);
      return Outcome.of(new Numbers(value, clipped));
    }
  }
}
