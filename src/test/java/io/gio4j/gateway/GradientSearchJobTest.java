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
import io.gio4j.divergence.LengthUnit;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.gradient.GradientSearch;
import io.gio4j.select.gradient.GradientSearchConfig;
import io.gio4j.select.gradient.StartVector;
import io.gio4j.select.gradient.StopCriterion;
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
    return MAPPER
        .createObjectNode()
        .put("neighbors", 3)
        .put("maxIterations", 9)
        .put("stopCriterion", "min_difference")
        .put("minDifference", -7.5)
        .put("resetsAllowed", true)
        .put("maxResets", 4)
        .put("maxDataSize", 0.25)
        .put("minKl", -3.5)
        .put("maxSequentialIncreases", 6)
        .put("randomRestartProbability", 0.125)
        .put("scaleFactor", 11.5)
        .put("startVector", "jump")
        .put("descentSteps", 8)
        .put("discardNearest", true)
        .put("learningRate", 0.02)
        .put("epsilon", 1e-6)
        .put("unit", "typical");
  }

  private static GradientSearchConfig config() {
    return new GradientSearchConfig(
        3,
        9,
        StopCriterion.MIN_DIFFERENCE,
        -7.5,
        true,
        4,
        0.25,
        -3.5,
        6,
        0.125,
        11.5,
        StartVector.JUMP,
        8,
        true,
        0.02,
        1e-6,
        LengthUnit.TYPICAL);
  }

  private static GradientSearchConfig read(ObjectNode options) {
    return Json.read(options.toString(), GradientSearchRequest.Options.class).config();
  }

  @Test
  void everyOptionArrivesInItsPlace() {
    assertEquals(config(), read(options()));
    assertEquals(null, read(options().putNull("scaleFactor")).scaleFactor());
  }

  @Test
  void everyOptionIsRequired() {
    List<String> names = new ArrayList<>();
    options().fieldNames().forEachRemaining(names::add);
    assertEquals(GradientSearchConfig.class.getRecordComponents().length, names.size());
    for (String option : names) {
      ObjectNode without = options();
      without.remove(option);
      GatewayException error = assertThrows(GatewayException.class, () -> read(without), option);
      assertTrue(error.getMessage().contains(option), error.getMessage());
    }
  }

  @Test
  void unknownValuesAreRefusedWithTheKnownOnes() {
    assertRefused(
        "stopCriterion: is 'never'; must be one of [increase, max_resets, min_difference,"
            + " sequential_increase_tolerance, min_kl, data_size]",
        options().put("stopCriterion", "never"));
    assertRefused(
        "startVector: is 'JUMP'; must be one of [mean, prev_opt, jump]",
        options().put("startVector", "JUMP"));
  }

  private static void assertRefused(String message, ObjectNode options) {
    assertEquals(
        message, assertThrows(IllegalArgumentException.class, () -> read(options)).getMessage());
  }

  private ObjectNode matrix(String name, boolean asFile, int... batchRows) {
    Path path = directory.resolve(name + ".arrow");
    var fields = List.of(ArrowFiles.vectors("embedding", COLUMNS));
    ObjectNode source = MAPPER.createObjectNode().put("name", name).put("path", path.toString());
    if (asFile) {
      ArrowFiles.writeFile(path, fields, Null.NONE, batchRows);
      return source.put("kind", "arrow-file").putNull("column");
    }
    ArrowFiles.writeStream(path, 24, fields, Null.NONE, batchRows);
    return source.put("kind", "arrow-stream").put("offset", 24);
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
            .put("kind", "gradient-search")
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
    assertEquals(expected.selection().startingObjective(), result.get("startingKl").asDouble());
    assertEquals(11.5, result.get("scaleFactor").asDouble());
    assertEquals(expected.justReset(), result.get("justReset").asBoolean());
    assertEquals(expected.resets(), result.get("resets").asInt());
    assertEquals(expected.increases(), result.get("increases").asInt());
    assertEquals(expected.selection().stopReason().text(), result.get("stopReason").asText());
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
    assertEquals(0, events.size(), "a poll that has seen them all is told none");
    // The start, every pick, and the candidate that was not accepted.
    assertEquals(expected.selection().indices().length + 2, status.get("eventCount").asInt());
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
