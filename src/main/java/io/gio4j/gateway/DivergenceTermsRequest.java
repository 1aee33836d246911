package io.gio4j.gateway;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.divergence.AveragedDivergence;
import java.util.Arrays;

/** The averaged divergence of x from y, and what each row of x adds to it. */
record DivergenceTermsRequest(MatrixSource x, MatrixSource y, int k, double eps)
    implements Request {
  private record Numbers(double value) {}

  @Override
  public Outcome run(Progress progress) {
    try (MappedMatrix mappedX = x.open();
        MappedMatrix mappedY = y.open()) {
      double[] terms =
          new AveragedDivergence(k, eps, false, LengthUnit.TYPICAL)
              .terms(mappedX.matrix(), mappedY.matrix(), progress);
      double value = Arrays.stream(terms).average().orElseThrow();
      return Outcome.of(new Numbers(value), new ArrowResult().doubles("terms", terms));
    }
  }
}
