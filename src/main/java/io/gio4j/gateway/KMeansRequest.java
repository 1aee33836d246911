package io.gio4j.gateway;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.cluster.KMeans;
import io.gio4j.cluster.KMeansConfig;
import io.gio4j.cluster.KMeansModel;
import io.gio4j.data.FloatMatrix;
import java.util.Arrays;

/**
 * K-means; weights are a matrix of one column.
 *
 * @param distances whether the result has the distance of each row to its centre
 */
record KMeansRequest(
    MatrixSource data,
    @JsonSetter(nulls = Nulls.SET) MatrixSource weights,
    KMeansConfig options,
    boolean distances)
    implements Request {
  private record Numbers(
      int clusters,
      int iterations,
      String stopReason,
      double inertia,
      double[] trace,
      long[] moved,
      double[] computed) {}

  @Override
  public Outcome run(Progress progress) {
    try (MappedMatrix mapped = data.open()) {
      double[] rowWeights = weights == null ? null : WeightColumn.read(weights);
      KMeansModel model = new KMeans(options).fit(mapped.matrix(), rowWeights, progress);
      return outcome(model);
    }
  }

  private Outcome outcome(KMeansModel model) {
    FloatMatrix centers = model.centers();
    Numbers numbers =
        new Numbers(
            centers.rows(),
            model.iterations(),
            model.converged() ? "converged" : "max_iterations",
            model.inertia(),
            model.trace(),
            model.moved(),
            model.computed());
    ArrowResult arrays =
        new ArrowResult()
            .floatRows("centers", centers.rows(), centers.columns(), centers::row)
            .ints("assignments", model.assignments())
            .ints("sizes", model.sizes());
    if (distances) {
      double[] squared = model.squaredDistances();
      arrays.doubles("distances", Arrays.stream(squared).map(Math::sqrt).toArray());
    }
    return Outcome.of(numbers, arrays);
  }
}
