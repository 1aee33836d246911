package io.gio4j.gateway;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.divergence.Descent;

/** A descent on the divergence of a target from a selection and one more row. */
record DescentRequest(
    MatrixSource target,
    MatrixSource selected,
    MatrixSource start,
    int steps,
    double scaleFactor,
    double learningRate,
    double eps,
    boolean discardNearest)
    implements Request {
  private record Numbers(double clipped) {}

  @Override
  public Outcome run(Progress progress) {
    try (MappedMatrix mappedTarget = target.open();
        MappedMatrix mappedSelected = selected.open();
        MappedMatrix mappedStart = start.open()) {
      double[] end =
          new Descent(steps, learningRate * scaleFactor, eps, discardNearest)
              .from(mappedStart.matrix(), mappedTarget.matrix(), mappedSelected.matrix(), progress);
      double clipped = LengthUnit.clippedShare(mappedTarget.matrix(), mappedStart.matrix(), 1);
      return Outcome.of(new Numbers(clipped), new ArrowResult().doubles("point", end));
    }
  }
}
