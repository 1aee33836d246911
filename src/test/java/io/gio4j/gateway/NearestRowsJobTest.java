package io.gio4j.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowMemory;
import io.gio4j.cluster.KMeans;
import io.gio4j.cluster.KMeansConfig;
import io.gio4j.cluster.KMeansModel;
import io.gio4j.data.FloatMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.divergence.AveragedDivergence;
import io.gio4j.neighbors.NearestRows;
import io.gio4j.testing.TestRows;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nearest rows, K-means and the divergence's terms by their requests. */
class NearestRowsJobTest {
  private static final FloatMatrix X = TestRows.normal(1, 12, 3);
  private static final FloatMatrix Y = TestRows.normal(2, 30, 3);

  @TempDir Path directory;

  @AfterEach
  void nothingIsHeld() {
    assertEquals(0, ArrowMemory.bytes());
  }

  private String raw(String name, FloatMatrix matrix) throws IOException {
    float[] values = new float[matrix.rows() * matrix.columns()];
    matrix.copyRows(0, matrix.rows(), values, 0);
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    Path path = Files.write(directory.resolve(name), bytes.array());
    return """
    {"name": "%s", "kind": "raw", "path": "%s", "type": "float32", "columns": %d, "parts": [{"offset": 0, "rows": %d}]}\
    """
        .formatted(name, path, matrix.columns(), matrix.rows());
  }

  private static Outcome run(String json) {
    return Json.read(json, Request.class).run(Progress.NONE);
  }

  private static void assertArray(Outcome outcome, String name, String expected)
      throws IOException {
    assertEquals(expected.replace(" ", ""), array(outcome, name).orElseThrow());
  }

  private static Optional<String> array(Outcome outcome, String name) throws IOException {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    outcome.write(Channels.newChannel(stream));
    try (RootAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(new ByteArrayInputStream(stream.toByteArray()), allocator)) {
      assertTrue(reader.loadNextBatch());
      return Optional.ofNullable(reader.getVectorSchemaRoot().getVector(name))
          .map(array -> array.getObject(0).toString());
    }
  }

  @Tag("slow")
  @Test
  void unitRowsAreThoseOfAnotherMatrix() throws IOException {
    String unit = "{\"kind\": \"unit\", \"rows\": %s}";
    String x = unit.formatted(raw("x", X));
    String y = unit.formatted(raw("y", Y));
    NearestRows expected = NearestRows.of(X.unitRows(), Y.unitRows(), 2, false, Progress.NONE);
    NearestRows plain = NearestRows.of(X, Y, 2, false, Progress.NONE);
    assertFalse(Arrays.equals(plain.indices(), expected.indices()));
    try (Outcome outcome = nearest(x, y, 2, false)) {
      assertArray(outcome, "indices", Arrays.toString(expected.indices()));
    }

    String joined = "{\"name\": \"x\", \"kind\": \"joined\", \"parts\": [%s]}";
    try (Outcome outcome = nearest(unit.formatted(joined.formatted(raw("x", X))), y, 2, false)) {
      assertArray(outcome, "indices", Arrays.toString(expected.indices()));
    }
    assertRefused(ErrorCode.INVALID_ARGUMENT, "part 0 has unit", joined.formatted(x));
    assertRefused(ErrorCode.INVALID_REQUEST, "rows", unit.formatted("null"));
  }

  @Test
  void matricesBesideEachOtherAreOne() throws IOException {
    String beside = "{\"name\": \"x\", \"kind\": \"beside\", \"parts\": [%s], \"factors\": %s}";
    String unit = "{\"kind\": \"unit\", \"rows\": %s}";
    String x = beside.formatted(raw("x", X) + ", " + unit.formatted(raw("x", X)), "[0.5, 4]");
    String y = beside.formatted(raw("y", Y) + ", " + unit.formatted(raw("y", Y)), "[0.5, 4]");
    double[] factors = {0.5, 4};
    NearestRows expected =
        NearestRows.of(
            FloatMatrix.beside("x", List.of(X, X.unitRows()), factors),
            FloatMatrix.beside("y", List.of(Y, Y.unitRows()), factors),
            2,
            false,
            Progress.NONE);
    assertFalse(
        Arrays.equals(NearestRows.of(X, Y, 2, false, Progress.NONE).indices(), expected.indices()));
    try (Outcome outcome = nearest(x, y, 2, false)) {
      assertArray(outcome, "indices", Arrays.toString(expected.indices()));
    }
    assertRefused(
        ErrorCode.INVALID_ARGUMENT,
        "1 parts and 2 factors",
        beside.formatted(raw("x", X), "[1, 2]"));
    assertRefused(ErrorCode.INVALID_REQUEST, "parts", beside.formatted("null", "[1]"));
    assertRefused(ErrorCode.INVALID_REQUEST, "factors", beside.formatted(raw("x", X), "null"));
  }

  private void assertRefused(ErrorCode code, String reason, String matrix) {
    Throwable error = assertThrows(RuntimeException.class, () -> nearest(matrix, matrix, 2, false));
    assertEquals(code, Failure.of(error).code());
    assertTrue(error.getMessage().contains(reason), error.getMessage());
  }

  private Outcome nearest(String x, String y, int k, boolean excludeSelf) {
    return run(
        """
        {"kind": "nearest_rows", "x": %s, "y": %s, "k": %d, "exclude_self": %s}
        """
            .formatted(x, y, k, excludeSelf));
  }

  @Test
  void nearestRows() throws IOException {
    NearestRows expected = NearestRows.of(X, Y, 4, false, Progress.NONE);
    try (Outcome outcome = nearest(raw("x", X), raw("y", Y), 4, false)) {
      assertEquals(12, Results.of(outcome).get("rows"));
      assertEquals(4, Results.of(outcome).get("k"));
      assertArray(outcome, "indices", Arrays.toString(expected.indices()));
      double[] distances = Arrays.stream(expected.squaredDistances()).map(Math::sqrt).toArray();
      assertArray(outcome, "distances", Arrays.toString(distances));
    }
  }

  @Test
  void oneselfIsLeftOutWhereAsked() throws IOException {
    NearestRows expected = NearestRows.of(X, X, 2, true, Progress.NONE);
    String x = raw("x", X);
    try (Outcome outcome = nearest(x, x, 2, true)) {
      assertArray(outcome, "indices", Arrays.toString(expected.indices()));
    }
    Throwable error = assertThrows(RuntimeException.class, () -> nearest(x, x, 12, true));
    assertEquals(
        new Failure(
            ErrorCode.INVALID_ARGUMENT,
            "k: is 12; must lie between 1 and 11, the rows of x less one"),
        Failure.of(error));
  }

  @Test
  void duplicatesOfThePoolAndOfAnotherMatrix() throws IOException {
    FloatMatrix pool = FloatMatrix.of(new float[][] {{0}, {1}, {2}, {1}});
    FloatMatrix scores = FloatMatrix.of(new float[][] {{1}, {3}, {2}, {0}});
    String asked =
        """
        {"kind": "deduplicate", "pool": %s, "against": %s, "scores": %s, "options":
        {"squared_radius": 1.0, "keep": "%s", "chains": %s, "seed": 0}}
        """;
    String rows = raw("pool", pool);
    String column = raw("scores", scores);
    try (Outcome outcome = run(asked.formatted(rows, null, column, "score", false))) {
      assertEquals(1, Results.of(outcome).get("kept"));
      assertEquals(true, Results.of(outcome).get("complete"));
      assertArray(outcome, "near", "[1, -1, 1, 1]");
      assertArray(outcome, "squared_distances", "[1.0, 0.0, 1.0, 0.0]");
      assertArray(outcome, "order", "[1, 2, 0, 3]");
      assertArray(outcome, "copy_of", "[0, 1, 2, 1]");
      assertArray(outcome, "earlier", "[1, 1]");
      assertArray(outcome, "later", "[2, 0]");
      assertArray(outcome, "pair_squared_distances", "[1.0, 1.0]");
    }
    try (Outcome outcome = run(asked.formatted(rows, null, null, "first", true))) {
      assertArray(outcome, "near", "[-1, 0, 1, 1]");
    }
    String against = raw("against", FloatMatrix.of(new float[][] {{5}, {3}}));
    try (Outcome outcome = run(asked.formatted(rows, against, null, "first", false))) {
      assertEquals(false, Results.of(outcome).get("complete"));
      assertArray(outcome, "near", "[-1, -1, 1, -1]");
      assertTrue(array(outcome, "earlier").isEmpty());
    }
  }

  @Test
  void distancesOfKmeansAreThoseOfItsNearestCenters() throws IOException {
    KMeansModel model = new KMeans(KMeansConfig.of(4, 1)).fit(Y, Progress.NONE);
    String centers = raw("centers", model.centers());
    String y = raw("y", Y);
    String distances;
    try (Outcome outcome =
        run(
            "{\"kind\": \"nearest_centers\", \"data\": %s, \"centers\": %s}"
                .formatted(y, centers))) {
      distances = array(outcome, "distances").orElseThrow();
    }
    try (Outcome outcome = run(kmeans(y).formatted(", \"distances\": true"))) {
      assertArray(outcome, "distances", distances);
    }
    try (Outcome outcome = run(kmeans(y).formatted(", \"distances\": false"))) {
      assertArray(outcome, "assignments", Arrays.toString(model.assignments()));
      assertTrue(array(outcome, "distances").isEmpty());
    }
    Throwable error = assertThrows(GatewayException.class, () -> run(kmeans(y).formatted("")));
    assertTrue(error.getMessage().contains("'distances' is missing"), error.getMessage());
  }

  private static String kmeans(String data) {
    return """
    {"kind": "kmeans", "data": %s, "weights": null, "options": {"clusters": 4, "max_iterations": 20,
    "stop": "center_shift", "tolerance": 1e-4, "seeding": "parallel", "seed": 1,
    "rows_per_cluster": 0}%%s}\
    """
        .formatted(data);
  }

  @Test
  void termsOfTheDivergence() throws IOException {
    double[] terms =
        new AveragedDivergence(3, 1e-6, false, LengthUnit.TYPICAL).terms(X, Y, Progress.NONE);
    String json =
        """
        {"kind": "divergence_terms", "x": %s, "y": %s, "k": 3, "eps": 1e-6}
        """
            .formatted(raw("x", X), raw("y", Y));
    try (Outcome outcome = run(json)) {
      assertEquals(Arrays.stream(terms).average().orElseThrow(), Results.of(outcome).get("value"));
      assertArray(outcome, "terms", Arrays.toString(terms));
    }
  }

  @Tag("slow")
  @Test
  void saysWhereTheRowsLie() throws IOException {
    String json = raw("x", X).replace("[{\"offset\": 0, \"rows\": 12}]", "%s");
    String parts = "[{\"offset\":36,\"rows\":5},{\"offset\":0,\"rows\":2}]";
    Outcome outcome = run("{\"kind\": \"layout\", \"data\": " + json.formatted(parts) + "}");
    assertEquals(3, Results.of(outcome).get("columns"));
    assertEquals(parts, Json.write(Results.of(outcome).get("parts")));
  }
}
