package io.gio4j.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.gradient.Gradient;
import io.gio4j.select.gradient.GradientSearch;
import io.gio4j.select.gradient.GradientSearchConfig;
import io.gio4j.select.gradient.StartVector;
import io.gio4j.testing.TestRows;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.types.pojo.Schema;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Work handed to the packaged engine as another program would. */
@Timeout(180)
class JobsIT {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final FloatMatrix POOL = TestRows.normal(1, 200, 16, 0.1);
  private static final FloatMatrix TARGET = TestRows.normal(2, 120, 16);
  private static final FloatMatrix START = TestRows.normal(3, 5, 16, 1);

  @TempDir static Path directory;
  private static Engine engine;

  @BeforeAll
  static void start() throws IOException {
    engine = Engine.start();
    write("pool", POOL);
    write("target", TARGET);
    write("start", START);
  }

  @AfterAll
  static void end() {
    engine.close();
  }

  /** An Arrow file of one column, as any Arrow library writes it. */
  private static void write(String name, FloatMatrix matrix) throws IOException {
    try (BufferAllocator allocator = new RootAllocator();
        VectorSchemaRoot root =
            VectorSchemaRoot.create(
                new Schema(List.of(io.gio4j.testing.ArrowFiles.vectors("v", matrix.columns()))),
                allocator);
        FileChannel channel =
            FileChannel.open(
                directory.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        ArrowFileWriter writer = new ArrowFileWriter(root, null, channel)) {
      FixedSizeListVector vectors = (FixedSizeListVector) root.getVector("v");
      Float4Vector numbers = (Float4Vector) vectors.getDataVector();
      for (int row = 0; row < matrix.rows(); row++) {
        vectors.setNotNull(row);
        float[] values = matrix.row(row);
        for (int column = 0; column < values.length; column++) {
          numbers.setSafe(row * values.length + column, values[column]);
        }
      }
      root.setRowCount(matrix.rows());
      writer.writeBatch();
    }
  }

  private static ObjectNode source(String name) {
    return MAPPER
        .createObjectNode()
        .put("name", name)
        .put("kind", "arrow_file")
        .put("path", directory.resolve(name).toString())
        .putNull("column");
  }

  private static ObjectNode search(PythonRandom random, int maxIterations, int steps) {
    ObjectNode request = MAPPER.createObjectNode().put("kind", "gradient_search");
    request.set("pool", source("pool"));
    request.set("target", source("target"));
    request.set("start", source("start"));
    ObjectNode options =
        request
            .putObject("options")
            .put("max_iterations", maxIterations)
            .put("random_restart_probability", 0.25)
            .put("discard_nearest", false)
            .put("unit", "one");
    options
        .putObject("gradient")
        .put("k", 5)
        .put("eps", 1e-8)
        .put("steps", steps)
        .put("learning_rate", 0.01)
        .putNull("scale_factor")
        .put("start_vector", "jump");
    options
        .putObject("stop")
        .put("criterion", "increase")
        .put("min_difference", 0)
        .put("min_kl", 0)
        .put("max_data_size", 1)
        .put("max_sequential_increases", 3)
        .put("resets_allowed", false)
        .put("max_resets", 2);
    ArrayNode state = request.putArray("random");
    Arrays.stream(random.state()).forEach(state::add);
    return request;
  }

  /** One descent of as many steps as an integer holds. */
  private static ObjectNode endless() {
    ObjectNode request = MAPPER.createObjectNode().put("kind", "descent");
    request.set("target", source("target"));
    request.set("selected", source("start"));
    request.set("start", source("point"));
    return request
        .put("steps", Integer.MAX_VALUE)
        .put("scale_factor", 1)
        .put("learning_rate", 0.01)
        .put("eps", 1e-8)
        .put("discard_nearest", false);
  }

  @Test
  void aSearchOnArrowFilesGivesWhatTheLibraryGives() throws IOException {
    PythonRandom random = PythonRandom.seeded(7);
    String request = search(random, 12, 10).toString();
    GradientSearch.Result expected =
        new GradientSearch(
                new GradientSearchConfig()
                    .withGradient(new Gradient().withSteps(10).withStartVector(StartVector.JUMP))
                    .withMaxIterations(12)
                    .withRandomRestartProbability(0.25))
            .select(SelectionRequest.of(POOL, TARGET).withExisting(START), random, Progress.NONE);
    assertTrue(expected.selection().indices().length > 3);

    try (Engine.Client client = engine.connect()) {
      client.ok("submit", "search", request);
      JsonNode status = client.end("search");
      assertEquals("DONE", status.get("state").asText(), status.toString());
      JsonNode result = status.get("result");
      assertEquals(expected.selection().startingObjective(), result.get("starting_kl").asDouble());
      assertArrayEquals(random.state(), MAPPER.convertValue(result.get("random"), long[].class));

      Path file = directory.resolve("result");
      Files.write(file, new byte[result.get("bytes").asInt() + 64]);
      // Py4J's clients send small integers as int; the offset is a long.
      assertEquals(
          result.get("bytes"), client.ok("collect", "search", file.toString(), 64).get("bytes"));
      assertEquals(
          result.get("bytes"), client.ok("collect", "search", file.toString(), 0L).get("bytes"));
      try (BufferAllocator allocator = new RootAllocator();
          ArrowStreamReader reader =
              new ArrowStreamReader(
                  new ByteArrayInputStream(Files.readAllBytes(file)), allocator)) {
        reader.loadNextBatch();
        VectorSchemaRoot root = reader.getVectorSchemaRoot();
        assertEquals(
            Arrays.stream(expected.selection().indices()).boxed().toList(),
            List.copyOf((List<?>) root.getVector("indices").getObject(0)));
        assertEquals(
            Arrays.stream(expected.selection().trace()).boxed().toList(),
            List.copyOf((List<?>) root.getVector("kl").getObject(0)));
      }
      assertTrue(client.ok("release", "search").get("released").asBoolean());
      assertEquals(0, client.ok("info").get("mapped_bytes").asLong());
    }
  }

  @Test
  void aLongJobIsCancelledFromAnotherConnection() throws IOException {
    write("point", TestRows.normal(4, 1, 16));
    try (Engine.Client client = engine.connect();
        Engine.Client other = engine.connect()) {
      client.ok("submit", "long", endless().toString());
      other.ok("cancel", "long");
      assertEquals("CANCELLED", client.end("long").get("state").asText());
      assertTrue(client.ok("release", "long").get("released").asBoolean());
    }
  }

  @Test
  void aRepeatedSubmitOnANewConnectionIsTheSameJob() throws IOException {
    String request = search(PythonRandom.seeded(1), 3, 2).toString();
    try (Engine.Client client = engine.connect()) {
      client.ok("submit", "twice", request);
    }
    try (Engine.Client client = engine.connect()) {
      client.ok("submit", "twice", "not even a request");
      assertEquals("DONE", client.end("twice").get("state").asText());
      assertEquals(1, client.ok("info").get("jobs").asInt());
      client.ok("release", "twice");
    }
  }

  /** Status of a search of many picks: larger than any buffer on the way. */
  @Test
  void aReplyOfManyEventsArrivesWhole() throws IOException {
    ObjectNode request = search(PythonRandom.seeded(2), 199, 1);
    ((ObjectNode) request.at("/options/stop")).put("criterion", "min_kl").put("min_kl", -1e9);
    try (Engine.Client client = engine.connect()) {
      client.ok("submit", "many", request.toString());
      client.end("many");
      JsonNode status = client.ok("poll", "many", 0, 0);
      assertEquals(201, status.get("events").size());
      assertEquals("exhausted", status.at("/result/stop_reason").asText());
      // 201 events and 625 integers of the generator's state.
      assertTrue(status.toString().length() > 12_000);
      client.ok("release", "many");
    }
  }

  @Test
  void textIsCarriedBothWaysWhateverItHolds() throws IOException {
    String odd = "a\\b\nc\r\"d\" \u00e9 \u65e5";
    try (Engine.Client client = engine.connect()) {
      JsonNode reply = client.call("poll", odd, 0, 0);
      assertEquals("UNKNOWN_JOB", reply.at("/error/code").asText());
      assertTrue(reply.at("/error/message").asText().contains("a\\b"), reply.toString());
    }
  }

  @Test
  void aBadRequestLeavesTheEngineAsItWas() throws IOException {
    try (Engine.Client client = engine.connect()) {
      assertEquals("INVALID_REQUEST", client.call("submit", "bad", "{").at("/error/code").asText());
      ObjectNode missing = search(PythonRandom.seeded(1), 3, 2);
      ((ObjectNode) missing.get("pool")).put("path", directory.resolve("none").toString());
      client.ok("submit", "missing", missing.toString());
      JsonNode status = client.end("missing");
      assertEquals("UNREADABLE_INPUT", status.at("/error/code").asText());
      assertTrue(status.at("/error/message").asText().startsWith("pool: there is no file "));
      client.ok("release", "missing");
      assertEquals(0, client.ok("info").get("jobs").asInt());
      assertEquals(0, client.ok("info").get("mapped_bytes").asLong());
    }
  }
}
