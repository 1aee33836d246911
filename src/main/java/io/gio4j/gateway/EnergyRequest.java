package io.gio4j.gateway;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.divergence.EnergyDistance;
import io.gio4j.kernel.EnergyKernel;
import java.util.Arrays;

/** The energy distance of two samples, and each row's part in it. */
record EnergyRequest(
    MatrixSource x, MatrixSource y, EnergyKernel.Kind kernel, Double scale, Double alpha)
    implements Request {
  private record Numbers(double value, double scale, double xy, double xx, double yy) {}

  @Override
  public Outcome run(Progress progress) {
    try (MappedMatrix mappedX = x.open();
        MappedMatrix mappedY = y.open()) {
      EnergyDistance distance =
          EnergyDistance.between(
              mappedX.matrix(),
              mappedY.matrix(),
              kernel,
              scale,
              alpha == null ? EnergyKernel.DEFAULT_ALPHA : alpha,
              progress);
      return Outcome.of(
          new Numbers(
              distance.value(),
              distance.kernel().scale(),
              mean(distance.xyOfX()),
              mean(distance.xxOfX()),
              mean(distance.yyOfY())),
          new ArrowResult()
              .doubles("xy_of_x", distance.xyOfX())
              .doubles("xx_of_x", distance.xxOfX())
              .doubles("xy_of_y", distance.xyOfY())
              .doubles("yy_of_y", distance.yyOfY()));
    }
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).sum() / values.length;
  }
}
