package io.gio4j.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gio4j.Progress;
import io.gio4j.arrow.ArrowMemory;
import io.gio4j.data.FloatMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.gradient.Gradient;
import io.gio4j.select.gradient.GradientSearch;
import io.gio4j.select.gradient.GradientSearchConfig;
import io.gio4j.select.gradient.StartVector;
import io.gio4j.select.gradient.StopCriterion;
import io.gio4j.select.gradient.StopOptions;
import io.gio4j.testing.ArrowFiles;
import io.gio4j.testing.ArrowFiles.Null;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The search by its request: every field arrives, and the whole result comes back. */
@Timeout(60)
class GradientSearchJobTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int COLUMNS = 2;

  @TempDir Path directory;

  private static ObjectNode options() {
    ObjectNode options =
        MAPPER
            .createObjectNode()
            .put("max_iterations", 9)
            .put("random_restart_probability", 0.125)
            .put("discard_nearest", true)
            .put("unit", "typical");
    options
        .putObject("gradient")
        .put("k", 3)
        .put("eps", 1e-6)
        .put("steps", 8)
        .put("learning_rate", 0.02)
        .put("scale_factor", 11.5)
        .put("start_vector", "jump");
    options
        .putObject("stop")
        .put("criterion", "min_difference")
        .put("min_difference", -7.5)
        .put("min_kl", -3.5)
        .put("max_data_size", 0.25)
        .put("max_sequential_increases", 6)
        .put("resets_allowed", true)
        .put("max_resets", 4);
    return options;
  }

  private static GradientSearchConfig config() {
    return new GradientSearchConfig(
        new Gradient(3, 1e-6, 8, 0.02, 11.5, StartVector.JUMP),
        new StopOptions(StopCriterion.MIN_DIFFERENCE, -7.5, -3.5, 0.25, 6, true, 4),
        9,
        0.125,
        true,
        LengthUnit.TYPICAL);
  }

  private static GradientSearchConfig read(ObjectNode options) {
    return Json.read(options.toString(), GradientSearchConfig.class);
  }

  @Test
  void everyOptionArrivesInItsPlace() {
    assertEquals(config(), read(options()));
    ObjectNode automatic = options();
    ((ObjectNode) automatic.get("gradient")).putNull("scale_factor");
    assertEquals(null, read(automatic).gradient().scaleFactor());
  }

  @Test
  void everyOptionIsRequired() {
    int tried = 0;
    for (String part : List.of("", "/gradient", "/stop")) {
      List<String> names = new ArrayList<>();
      options().at(part).fieldNames().forEachRemaining(names::add);
      tried += names.size();
      for (String option : names) {
        ObjectNode without = options();
        ((ObjectNode) without.at(part)).remove(option);
        GatewayException error = assertThrows(GatewayException.class, () -> read(without), option);
        assertEquals(ErrorCode.INVALID_REQUEST, error.code());
        assertTrue(
            error.getMessage().contains("'" + option + "' is missing; needed are "),
            error.getMessage());
      }
    }
    assertEquals(
        GradientSearchConfig.class.getRecordComponents().length
            + Gradient.class.getRecordComponents().length
            + StopOptions.class.getRecordComponents().length,
        tried);
  }

  @Test
  void unknownValuesAreRefusedWithTheKnownOnes() {
    assertRefused(
        "criterion: is 'never'; must be one of [increase, max_resets, min_difference,"
            + " sequential_increase_tolerance, min_kl, data_size]",
        "stop",
        "criterion",
        "never");
    assertRefused(
        "start_vector: is 'JUMP'; must be one of [mean, prev_opt, jump]",
        "gradient",
        "start_vector",
        "JUMP");
  }

  private static void assertRefused(String message, String part, String option, String value) {
    ObjectNode options = options();
    ((ObjectNode) options.get(part)).put(option, value);
    GatewayException error = assertThrows(GatewayException.class, () -> read(options));
    assertEquals(new Failure(ErrorCode.INVALID_ARGUMENT, message), Failure.of(error));
  }

  /** The constructor names the component, the client reads its own name. */
  @Test
  void valuesOutOfBoundsAreNamedAsTheClientCallsThem() {
    assertRefused(
        "learning_rate: is NaN; must be a finite number", "gradient", "learning_rate", "NaN");
    assertRefused("min_kl: is Infinity; must be a finite number", "stop", "min_kl", "Infinity");
  }

  private ObjectNode matrix(String name, boolean asFile, int... batchRows) {
    Path path = directory.resolve(name + ".arrow");
    var fields = List.of(ArrowFiles.vectors("embedding", COLUMNS));
    ObjectNode source = MAPPER.createObjectNode().put("name", name).put("path", path.toString());
    if (asFile) {
      ArrowFiles.writeFile(path, fields, Null.NONE, batchRows);
      return source.put("kind", "arrow_file").putNull("column");
    }
    ArrowFiles.writeStream(path, 24, fields, Null.NONE, batchRows);
    return source.put("kind", "arrow_stream").put("offset", 24).putNull("column");
  }

  /** Rows as {@link ArrowFiles} numbers them. */
  private static FloatMatrix numbered(int rows) {
    float[] values = new float[rows * COLUMNS];
    for (int i = 0; i < values.length; i++) {
      values[i] = 100 * (i / COLUMNS) + i % COLUMNS;
    }
    return FloatMatrix.of(values, rows, COLUMNS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theWholeResultComesBack(boolean asFile) throws IOException {
    PythonRandom random = PythonRandom.seeded(4);
    ObjectNode request =
        MAPPER
            .createObjectNode()
            .put("kind", "gradient_search")
            .set("pool", matrix("pool", asFile, 30, 10));
    request.set("target", matrix("target", asFile, 15));
    request.set("start", matrix("start", asFile, 3));
    request.set("options", options());
    ArrayNode state = request.putArray("random");
    Arrays.stream(random.state()).forEach(state::add);

    GatewayEntryPoint engine = new GatewayEntryPoint();
    engine.submit("a", request.toString());
    JsonNode status = MAPPER.readTree(engine.poll("a", 60_000, 100)).get("ok");
    GradientSearch.Result expected =
        new GradientSearch(config())
            .select(
                SelectionRequest.of(numbered(40), numbered(15)).withExisting(numbered(3)),
                random,
                Progress.NONE);
    int picked = expected.selection().indices().length;
    assertTrue(picked > 3, "a search that picks nothing shows nothing");

    JsonNode result = status.get("result");
    assertEquals(expected.selection().startingObjective(), result.get("starting_kl").asDouble());
    assertEquals(11.5, result.get("scale_factor").asDouble());
    assertEquals(expected.justReset(), result.get("just_reset").asBoolean());
    assertEquals(expected.resets(), result.get("resets").asInt());
    assertEquals(expected.increases(), result.get("increases").asInt());
    assertEquals(expected.selection().stopReason().text(), result.get("stop_reason").asText());
    assertEquals(picked, result.get("picked").asInt());
    assertArrayEquals(random.state(), MAPPER.convertValue(result.get("random"), long[].class));
    assertEvents(expected, status);

    int bytes = result.get("bytes").asInt();
    Path file = Files.write(directory.resolve("result"), new byte[bytes]);
    engine.collect("a", file.toString(), 0);
    engine.release("a");
    assertEquals(0, ArrowMemory.bytes());
    try (RootAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(new ByteArrayInputStream(Files.readAllBytes(file)), allocator)) {
      reader.loadNextBatch();
      assertEquals(boxed(expected.selection().indices()), values(reader, "indices"));
      assertEquals(boxed(expected.selection().trace()), values(reader, "kl"));
      assertEquals(boxed(expected.removed()), values(reader, "removed"));
      assertEquals(boxed(expected.point()), values(reader, "point"));
      assertEquals(selected(expected.selection().indices()), values(reader, "selected"));
    }
  }

  private static void assertEvents(GradientSearch.Result expected, JsonNode status) {
    JsonNode events = status.get("events");
    assertEquals(0, events.size(), "a poll that has seen them all gets none");
    // The start, every pick, and the candidate that was not accepted.
    assertEquals(expected.selection().indices().length + 2, status.get("event_count").asInt());
    assertEquals(expected.selection().indices().length, status.get("done").asInt());
    assertEquals(10, status.get("total").asInt());
    assertEquals("select", status.get("stage").asText());
  }

  private static List<Object> values(ArrowStreamReader reader, String name) throws IOException {
    return List.copyOf((List<?>) reader.getVectorSchemaRoot().getVector(name).getObject(0));
  }

  private static List<Integer> boxed(int[] values) {
    return Arrays.stream(values).boxed().toList();
  }

  private static List<Double> boxed(double[] values) {
    return Arrays.stream(values).boxed().toList();
  }

  /** Start rows, then picked ones. */
  private static List<List<Float>> selected(int[] picks) {
    List<List<Float>> rows = new ArrayList<>();
    for (int start = 0; start < 3; start++) {
      rows.add(List.of(100f * start, 100f * start + 1));
    }
    for (int pick : picks) {
      rows.add(List.of(100f * pick, 100f * pick + 1));
    }
    return rows;
  }
}
