package io.gio4j.gateway;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.divergence.EnergyDistance;
import io.gio4j.kernel.EnergyKernel;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** The energy distance of two samples, and each row's part in it. */
record EnergyRequest(
    MatrixSource x, MatrixSource y, EnergyKernel.Kind kernel, Double scale, Double alpha)
    implements Request {
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
      Map<String, Object> numbers = new LinkedHashMap<>();
      numbers.put("value", distance.value());
      numbers.put("scale", distance.kernel().scale());
      numbers.put("xy", mean(distance.xyOfX()));
      numbers.put("xx", mean(distance.xxOfX()));
      numbers.put("yy", mean(distance.yyOfY()));
      return Outcome.of(
          numbers,
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
