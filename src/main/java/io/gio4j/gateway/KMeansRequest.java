package io.gio4j.gateway;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import io.gio4j.Progress;
import io.gio4j.arrow.ArrowResult;
import io.gio4j.arrow.MappedMatrix;
import io.gio4j.cluster.KMeans;
import io.gio4j.cluster.KMeansConfig;
import io.gio4j.cluster.KMeansModel;
import io.gio4j.cluster.Seeding;
import io.gio4j.data.FloatMatrix;
import java.util.LinkedHashMap;
import java.util.Map;

/** K-means; weights are a matrix of one column. */
record KMeansRequest(
    MatrixSource data, @JsonSetter(nulls = Nulls.SET) MatrixSource weights, Options options)
    implements Request {

  /** The options by their names in JSON; see {@link KMeansConfig}. */
  record Options(
      int clusters,
      int maxIterations,
      String stop,
      double tolerance,
      String seeding,
      long seed,
      Integer rowsPerCluster) {

    private static final Map<String, KMeansConfig.Stop> STOPS =
        Map.of(
            "center-shift",
            KMeansConfig.Stop.CENTER_SHIFT,
            "absolute-shift",
            KMeansConfig.Stop.ABSOLUTE_SHIFT,
            "inertia",
            KMeansConfig.Stop.INERTIA);

    private static final Map<String, Seeding> SEEDINGS =
        Map.of(
            "k-means||",
            Seeding.PARALLEL,
            "k-means++",
            Seeding.PLUS_PLUS,
            "random",
            Seeding.RANDOM);

    KMeansConfig config() {
      return new KMeansConfig(
          clusters,
          maxIterations,
          named("stop", stop, STOPS),
          tolerance,
          named("seeding", seeding, SEEDINGS),
          seed,
          rowsPerCluster == null ? 0 : rowsPerCluster);
    }

    private static <T> T named(String option, String text, Map<String, T> known) {
      T value = text == null ? null : known.get(text); // Map.of knows no null
      if (value == null) {
        throw new IllegalArgumentException(
            "%s: is '%s'; must be one of %s"
                .formatted(option, text, known.keySet().stream().sorted().toList()));
      }
      return value;
    }
  }

  @Override
  public Outcome run(Progress progress) {
    KMeansConfig config = options.config();
    try (MappedMatrix mapped = data.open()) {
      double[] masses = weights == null ? null : WeightColumn.read(weights);
      KMeansModel model = new KMeans(config).fit(mapped.matrix(), masses, progress);
      return outcome(model);
    }
  }

  private static Outcome outcome(KMeansModel model) {
    FloatMatrix centers = model.centers();
    Map<String, Object> numbers = new LinkedHashMap<>();
    numbers.put("clusters", centers.rows());
    numbers.put("iterations", model.iterations());
    numbers.put("stopReason", model.converged() ? "converged" : "max_iterations");
    numbers.put("inertia", model.inertia());
    numbers.put("trace", model.trace());
    numbers.put("moved", model.moved());
    numbers.put("computed", model.computed());
    return Outcome.of(
        numbers,
        new ArrowResult()
            .floatRows("centers", centers.rows(), centers.columns(), centers::row)
            .ints("assignments", model.assignments())
            .ints("sizes", model.sizes()));
  }
}
