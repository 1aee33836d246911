package io.gio4j.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowMemory;
import io.gio4j.data.FloatMatrix;
import io.gio4j.kernel.EnergyKernel;
import io.gio4j.select.Limits;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.balanced.Balanced;
import io.gio4j.select.coverage.Coverage;
import io.gio4j.select.exact.Exact;
import io.gio4j.select.gradient.Gradient;
import io.gio4j.select.gradient.StartVector;
import io.gio4j.select.kcenter.Kcenter;
import io.gio4j.select.kcenter.Start;
import io.gio4j.select.nearest.Nearest;
import io.gio4j.select.nearest.RoundRobin;
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
import java.util.Map;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Selections by their requests. */
class SelectJobTest {
  private static final FloatMatrix POOL = TestRows.normal(1, 40, 3, 0.3);
  private static final FloatMatrix TARGET = TestRows.normal(2, 20, 3);
  private static final FloatMatrix EXISTING = TestRows.normal(3, 4, 3);
  private static final FloatMatrix WEIGHTS = FloatMatrix.of(sevens(), 40, 1);

  @TempDir Path directory;

  @AfterEach
  void nothingIsHeld() {
    assertEquals(0, ArrowMemory.bytes());
  }

  private static final FloatMatrix COSTS = FloatMatrix.of(costs(), 40, 1);

  private static float[] costs() {
    float[] values = new float[40];
    for (int row = 0; row < values.length; row++) {
      values[row] = 1 + row * 5 % 8;
    }
    return values;
  }

  private static float[] sources() {
    float[] values = new float[40];
    for (int row = 0; row < values.length; row++) {
      values[row] = row * 7 % 3;
    }
    return values;
  }

  private static float[] sevens() {
    float[] values = new float[40];
    Arrays.fill(values, 7);
    return values;
  }

  private String raw(String name, FloatMatrix matrix) throws IOException {
    if (matrix == null) {
      return "null";
    }
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

  private Outcome run(FloatMatrix existing, FloatMatrix weights, String budget) throws IOException {
    return runMethod(
        existing, weights, budget, 0, "{\"name\": \"exact\", \"k\": 3, \"eps\": 1e-6}");
  }

  private Outcome runMethod(
      FloatMatrix existing, FloatMatrix weights, String budget, long seed, String method)
      throws IOException {
    return runMethod(existing, weights, "null", budget, seed, method);
  }

  private Outcome runMethod(
      FloatMatrix existing,
      FloatMatrix weights,
      String limits,
      String budget,
      long seed,
      String method)
      throws IOException {
    String json =
        """
        {"kind": "select", "pool": %s, "target": %s, "existing": %s, "weights": %s, "scores": null,
         "groups": null, "limits": %s, "budget": %s, "seed": %d, "method": %s}
        """
            .formatted(
                raw("pool", POOL),
                raw("target", TARGET),
                raw("existing", existing),
                raw("weights", weights),
                limits.replace('\'', '"'),
                budget,
                seed,
                method.replace('\'', '"'));
    return Json.read(json, Request.class).run(Progress.NONE);
  }

  private static Selection expected(FloatMatrix existing, FloatMatrix weights, Long budget) {
    return new Exact(3, 1e-6)
        .select(new SelectionRequest(POOL, TARGET, existing, weights, null, null, null, budget, 0));
  }

  @Test
  void everythingArrivesAndComesBack() throws IOException {
    try (Outcome outcome = run(EXISTING, WEIGHTS, "50")) {
      Selection expected = expected(EXISTING, WEIGHTS, 50L);
      assertEquals(8, expected.indices().length);
      assertEquals(expected.startingObjective(), Results.of(outcome).get("starting_objective"));
      assertEquals("budget", Results.of(outcome).get("stop_reason"));
      assertEquals(8, Results.of(outcome).get("picked"));
      ByteArrayOutputStream stream = new ByteArrayOutputStream();
      outcome.write(Channels.newChannel(stream));
      assertEquals(stream.size(), Results.of(outcome).get("bytes"));
      assertArrays(stream.toByteArray(), expected);
    }
  }

  private static void assertArrays(byte[] stream, Selection expected) throws IOException {
    try (RootAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(new ByteArrayInputStream(stream), allocator)) {
      assertTrue(reader.loadNextBatch());
      var root = reader.getVectorSchemaRoot();
      assertEquals(
          Arrays.toString(expected.indices()).replace(" ", ""),
          root.getVector("indices").getObject(0).toString());
      assertEquals(
          Arrays.toString(expected.trace()).replace(" ", ""),
          root.getVector("trace").getObject(0).toString());
      assertEquals(
          Arrays.toString(expected.gains()).replace(" ", "").replace("NaN", "\"NaN\""),
          root.getVector("gains").getObject(0).toString());
    }
  }

  @Test
  void existingRowsWeightsAndBudgetMayBeNull() throws IOException {
    try (Outcome outcome = run(null, null, "null")) {
      Selection expected = expected(null, null, null);
      assertNull(Results.of(outcome).get("starting_objective"));
      assertEquals(expected.stopReason().text(), Results.of(outcome).get("stop_reason"));
      assertEquals(expected.indices().length, Results.of(outcome).get("picked"));
    }
  }

  @Test
  void badOptionsAreTheClientsError() {
    Throwable error = assertThrows(RuntimeException.class, () -> run(null, null, "0"));
    assertEquals(
        new Failure(ErrorCode.INVALID_ARGUMENT, "budget: is 0; must be at least 1"),
        Failure.of(error));
    error = assertThrows(RuntimeException.class, () -> run(null, null, "1.5"));
    assertEquals(ErrorCode.INVALID_REQUEST, Failure.of(error).code());
  }

  private void assertRuns(String json, Long budget, long seed, SelectionMethod method)
      throws IOException {
    Selection expected =
        method.select(
            new SelectionRequest(POOL, TARGET, EXISTING, WEIGHTS, null, null, null, budget, seed));
    try (Outcome outcome = runMethod(EXISTING, WEIGHTS, "" + budget, seed, json)) {
      assertEquals(expected.stopReason().text(), Results.of(outcome).get("stop_reason"));
      assertEquals(expected.facts(), Results.of(outcome).get("facts"));
      ByteArrayOutputStream stream = new ByteArrayOutputStream();
      outcome.write(Channels.newChannel(stream));
      assertArrays(stream.toByteArray(), expected);
    }
  }

  @Test
  void balanced() throws IOException {
    assertRuns(
        "{'name': 'balanced', 'kernel': 'rational', 'scale': 2.5, 'alpha': 0.5}",
        60L,
        0,
        new Balanced(EnergyKernel.Kind.RATIONAL, 2.5, 0.5));
    assertRuns(
        "{'name': 'balanced', 'kernel': 'log', 'scale': null, 'alpha': null}",
        null,
        0,
        new Balanced().withKernel(EnergyKernel.Kind.LOG));
  }

  @Test
  void coverage() throws IOException {
    assertRuns("{'name': 'coverage', 'k': 2, 'eps': 1e-3}", 60L, 0, new Coverage(2, 1e-3));
    assertRuns("{'name': 'coverage', 'k': null, 'eps': 1e-8}", 160L, 0, new Coverage());
    assertRuns("{'name': 'coverage', 'k': null, 'eps': 1e-8}", null, 0, new Coverage());
  }

  @Test
  void gradient() throws IOException {
    assertRuns(
        "{'name': 'gradient', 'k': 4, 'eps': 1e-6, 'steps': 7, 'learning_rate': 0.02,"
            + " 'scale_factor': 3, 'start_vector': 'jump'}",
        60L,
        5,
        new Gradient(4, 1e-6, 7, 0.02, 3.0, StartVector.JUMP));
  }

  @Test
  void nearest() throws IOException {
    assertRuns("{'name': 'nearest'}", 60L, 3, new Nearest());
  }

  @Test
  void roundRobin() throws IOException {
    String shuffled = "{'name': 'round_robin', 'order': 'shuffled', 'lose_turn': false}";
    assertRuns(shuffled, 60L, 3, new RoundRobin());
    assertRuns(shuffled, null, 4, new RoundRobin());
    assertRuns(
        "{'name': 'round_robin', 'order': 'given', 'lose_turn': true}",
        60L,
        3,
        new RoundRobin(RoundRobin.Order.GIVEN, true));
    String kcenter = "{'name': 'kcenter', 'start': 'random', 'margin_weight': 1}";
    assertRuns(kcenter, 60L, 6, new Kcenter().withStart(Start.RANDOM));
  }

  /** Each limit alone changes what is picked, and nothing stays mapped. */
  @ParameterizedTest
  @ValueSource(strings = {"none", "excluded", "caps", "floors", "costs", "min_distance", "avoid"})
  void limits(String limit) throws IOException {
    FloatMatrix numbers = FloatMatrix.of(sources(), 40, 1);
    Limits limits =
        switch (limit) {
          case "excluded" -> new Limits().withExcluded(numbers);
          case "caps" -> new Limits().withCaps(numbers, Map.of(0, 1.5, 2, 3.0));
          case "floors" -> new Limits().withFloors(numbers, Map.of(1, 9L));
          case "costs" -> new Limits().withCosts(COSTS, 20);
          case "min_distance" -> new Limits().withMinDistance(1.5);
          case "avoid" -> new Limits().withAvoid(TARGET, 0.9);
          default -> new Limits();
        };
    SelectionRequest request = SelectionRequest.of(POOL, TARGET).withBudget(12).withLimits(limits);
    Selection expected = new Exact(3, 1e-6).select(request);
    String json =
        ("{'excluded': %s, 'sources': %s, 'caps': %s, 'floors': %s, 'costs': %s, 'max_cost': %s,"
                + " 'min_distance': %s, 'avoid': %s, 'avoid_distance': %s}")
            .formatted(
                raw("excluded", limits.excluded()),
                raw("sources", limits.sources()),
                limits.caps().isEmpty() ? "{}" : "{'0': 1.5, '2': 3}",
                limits.floors().isEmpty() ? "{}" : "{'1': 9}",
                raw("costs", limits.costs()),
                limits.maxCost(),
                limits.minDistance(),
                raw("avoid", limits.avoid()),
                limits.avoidDistance());
    String method = "{'name': 'exact', 'k': 3, 'eps': 1e-6}";
    try (Outcome outcome = runMethod(null, null, json, "12", 0, method)) {
      assertEquals(expected.stopReason().text(), Results.of(outcome).get("stop_reason"));
      ByteArrayOutputStream stream = new ByteArrayOutputStream();
      outcome.write(Channels.newChannel(stream));
      assertArrays(stream.toByteArray(), expected);
    }
    int[] unlimited = new Exact(3, 1e-6).select(request.withLimits(null)).indices();
    assertEquals(limit.equals("none"), Arrays.equals(unlimited, expected.indices()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'caps': {'web': 1} | limits.caps: Cannot",
        "'caps': {'0': null} | limits.caps.0: ",
        "'caps': null | limits.caps: ",
        "'caps': {}, 'most': 1 | limits.most: 'most' is unknown",
        "'floors': {'0': 1.5} | limits.floors.0: "
      })
  void limitsThatAreWrittenWrongAreNamed(String fields, String message) {
    String others = fields.contains("caps") ? "'floors': {}" : "'caps': {}";
    String json =
        "{'excluded': null, 'sources': null, 'costs': null, 'max_cost': null, 'min_distance': null,"
            + " 'avoid': null, 'avoid_distance': null, %s, %s}".formatted(others, fields);
    Throwable error =
        assertThrows(
            RuntimeException.class,
            () -> runMethod(null, null, json, "3", 0, "{'name': 'random'}"));
    assertEquals(ErrorCode.INVALID_REQUEST, Failure.of(error).code());
    assertTrue(Failure.of(error).message().startsWith(message), Failure.of(error).message());
  }

  /** An option that is missing, unknown or out of bounds is named, with those that there are. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "INVALID_REQUEST | {\"name\": \"coverage\", \"k\": 1}"
            + "| method.eps: 'eps' is missing; needed are eps, k",
        "INVALID_REQUEST | {\"name\": \"coverage\", \"k\": 1, \"eps\": 0, \"epsilon\": 0}"
            + "| method.epsilon: 'epsilon' is unknown; known are eps, k",
        "INVALID_REQUEST | {\"name\": \"nearest\", \"seed\": 1}"
            + "| method.seed: 'seed' is unknown; known are ",
        "INVALID_REQUEST | {\"name\": \"jump\"} | [balanced, bilevel, ",
        "INVALID_ARGUMENT | {\"name\": \"coverage\", \"k\": 0, \"eps\": 0}"
            + "| k: is 0; must be at least 1",
        "INVALID_ARGUMENT | {\"name\": \"balanced\", \"kernel\": \"LOG\", \"scale\": null,"
            + " \"alpha\": null}"
            + "| kernel: is 'LOG'; must be one of [rational, laplace, gauss, log, euclidean]",
        "INVALID_REQUEST | {\"name\": \"balanced\", \"kernel\": null, \"scale\": null,"
            + " \"alpha\": null}"
            + "| method.kernel: "
      })
  void anOptionThatDoesNotFitIsNamed(ErrorCode code, String method, String message) {
    Throwable error =
        assertThrows(RuntimeException.class, () -> runMethod(null, null, "1", 0, method));
    Failure failure = Failure.of(error);
    assertEquals(code, failure.code(), failure.message());
    assertTrue(failure.message().contains(message), failure.message());
  }
}
