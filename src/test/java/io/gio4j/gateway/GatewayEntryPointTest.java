package io.gio4j.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gio4j.arrow.ArrowMemory;
import io.gio4j.data.FloatMatrix;
import io.gio4j.distance.LengthUnit;
import io.gio4j.divergence.AveragedDivergence;
import io.gio4j.testing.TestRows;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every call as a client makes it: texts and numbers in, JSON out. */
@Timeout(60)
class GatewayEntryPointTest {
  /** Longer than any job here; a poll returns earlier, when there is news. */
  private static final int LONG = 60_000;

  private static final FloatMatrix X = TestRows.normal(1, 60, 4);
  private static final FloatMatrix Y = TestRows.normal(2, 30, 4, 0.5);

  @TempDir Path directory;
  private final GatewayEntryPoint engine = new GatewayEntryPoint();
  private String x;
  private String y;

  @BeforeEach
  void writeRows() throws IOException {
    x = raw("x", X);
    y = raw("y", Y);
  }

  /** A job released while it runs gives its memory back when it stops. */
  @AfterEach
  void nothingIsHeld() throws InterruptedException {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("gio4j-job-")) {
        thread.join();
      }
    }
    assertEquals(0, ArrowMemory.bytes());
  }

  private String raw(String name, FloatMatrix matrix) throws IOException {
    float[] values = new float[matrix.rows() * matrix.columns()];
    matrix.copyRows(0, matrix.rows(), values, 0);
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    Path path = Files.write(directory.resolve(name + ".raw"), bytes.array());
    return "{'name': '%s', 'kind': 'raw', 'path': '%s', 'type': 'float32', 'columns': %d, 'parts': [{'offset': 0, 'rows': %d}]}"
        .formatted(name, path, matrix.columns(), matrix.rows());
  }

  private String divergence(int k) {
    return quoted(
        "{'kind': 'divergence', 'x': %s, 'y': %s, 'k': %d, 'eps': 1e-8,".formatted(x, y, k)
            + " 'discard_nearest': false}");
  }

  private String descent(int steps) {
    return quoted(
        ("{'kind': 'descent', 'target': %s, 'selected': %s, 'start': %s, 'steps': %d,"
                + " 'scale_factor': 1, 'learning_rate': 0.01, 'eps': 1e-8,"
                + " 'discard_nearest': false}")
            .formatted(x, y, y.replace("'rows': 30", "'rows': 1"), steps));
  }

  /** Runs until it is stopped. */
  private String endless() {
    return descent(Integer.MAX_VALUE);
  }

  private static String quoted(String json) {
    return json.replace('\'', '"');
  }

  private static JsonNode parse(String json) {
    try {
      return new ObjectMapper().readTree(json);
    } catch (IOException failure) {
      throw new AssertionError(json, failure);
    }
  }

  private static JsonNode ok(String reply) {
    JsonNode json = parse(reply);
    assertTrue(json.has("ok"), reply);
    return json.get("ok");
  }

  private static void assertError(String code, String message, String reply) {
    JsonNode error = parse(reply).path("error");
    assertEquals(code, error.path("code").asText(), reply);
    assertTrue(error.path("message").asText().contains(message), reply);
  }

  /** The job's last status. */
  private JsonNode end(String job) {
    JsonNode status = ok(engine.poll(job, LONG, 0));
    for (int seen = 0; !List.of("DONE", "FAILED", "CANCELLED").contains(text(status, "state")); ) {
      seen = status.get("event_count").asInt();
      status = ok(engine.poll(job, LONG, seen));
    }
    return status;
  }

  private static String text(JsonNode json, String field) {
    return json.path(field).asText();
  }

  @Test
  void handshakeAnswersTheFactsOfTheReadyLine() {
    JsonNode ready = parse(engine.ready(12_345));
    assertEquals(12_345, ready.get("port").asInt());
    assertEquals(ProcessHandle.current().pid(), ready.get("pid").asLong());
    for (String fact : List.of("java", "simd", "threads", "max_heap_bytes")) {
      assertTrue(ready.has(fact), fact);
    }
    String version = text(ready, "version");
    String same = quoted("{'version': '%s', 'protocol': 1}".formatted(version));
    assertEquals(ready, ok(engine.handshake(same)));
    assertEquals(0, ok(engine.info()).get("jobs").asInt());
    assertEquals(ready.get("threads"), ok(engine.info()).get("threads"));
  }

  @ParameterizedTest
  @CsvSource({"0.0.0, 1", "unpackaged, 2"})
  void anotherVersionOrProtocolIsRefusedWithBoth(String version, int protocol) {
    assertError(
        "VERSION_MISMATCH",
        "the engine is unpackaged (protocol 1) but its client is %s (protocol %d)"
            .formatted(version, protocol),
        engine.handshake(quoted("{'version': '%s', 'protocol': %d}".formatted(version, protocol))));
  }

  @Test
  void aJobGoesFromSubmitToReleaseWithItsResult() {
    assertTrue(
        List.of("QUEUED", "RUNNING", "DONE")
            .contains(text(ok(engine.submit("a", divergence(5))), "state")));
    JsonNode status = end("a");
    assertEquals("DONE", text(status, "state"));
    assertTrue(status.get("error").isNull());
    assertEquals(0, status.get("result").get("bytes").asLong());
    assertEquals(
        new AveragedDivergence(5, 1e-8, false, LengthUnit.ONE).estimate(X, Y),
        status.get("result").get("value").asDouble());

    assertEquals(1, ok(engine.info()).get("jobs").asInt());
    assertTrue(ok(engine.release("a")).get("released").asBoolean());
    assertFalse(ok(engine.release("a")).get("released").asBoolean());
    assertError("UNKNOWN_JOB", "there is no job a", engine.poll("a", 0, 0));
    assertEquals(0, ok(engine.info()).get("jobs").asInt());
  }

  @Test
  void arraysAreCollectedIntoAnExistingFile() throws IOException {
    engine.submit("a", quoted("{'kind': 'distances', 'x': %s, 'y': %s}".formatted(x, y)));
    int bytes = end("a").get("result").get("bytes").asInt();
    Path file = Files.write(directory.resolve("result"), new byte[bytes + 20]);

    assertEquals(bytes, ok(engine.collect("a", file.toString(), 13)).get("bytes").asInt());
    byte[] written = Files.readAllBytes(file);
    assertEquals(bytes + 20, written.length);
    assertArrayEquals(new byte[13], Arrays.copyOf(written, 13));
    try (RootAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(new ByteArrayInputStream(written, 13, bytes), allocator)) {
      assertTrue(reader.loadNextBatch());
      List<?> rows = (List<?>) reader.getVectorSchemaRoot().getVector("distances").getObject(0);
      assertEquals(X.rows(), rows.size());
      assertEquals(Y.rows(), ((List<?>) rows.get(0)).size());
    }
    engine.collect("a", file.toString(), 0);
    assertArrayEquals(
        Arrays.copyOfRange(written, 13, 13 + bytes),
        Arrays.copyOf(Files.readAllBytes(file), bytes),
        "collecting again gives the same");

    assertError(
        "INVALID_ARGUMENT",
        "offset: is 21 in a file of %d bytes; the result needs %d".formatted(bytes + 20, bytes),
        engine.collect("a", file.toString(), 21));
    assertError("INVALID_ARGUMENT", "offset: is -1", engine.collect("a", file.toString(), -1));
    String missing = directory.resolve("missing").toString();
    assertError("INVALID_ARGUMENT", missing, engine.collect("a", missing, 0));
    engine.release("a");
  }

  @Test
  void aRepeatedSubmitIsTheSameJob() {
    engine.submit("a", endless());
    engine.submit("a", divergence(5));
    assertEquals(1, ok(engine.info()).get("jobs").asInt());
    engine.cancel("a");
    assertEquals("CANCELLED", text(end("a"), "state"));
    engine.release("a");
  }

  @Test
  void cancelEndsAJobAndIsNoErrorAfterwards() {
    engine.submit("a", endless());
    assertTrue(ok(engine.poll("a", 0, 0)).get("result").isNull());
    assertError("NOT_DONE", "only a job that is DONE", engine.collect("a", "/nowhere", 0));
    ok(engine.cancel("a"));
    assertEquals("CANCELLED", text(end("a"), "state"));
    assertEquals("CANCELLED", text(ok(engine.cancel("a")), "state"));
    assertEquals("CANCELLED", text(ok(engine.cancel("never submitted")), "state"));
    assertError("NOT_DONE", "the job is CANCELLED", engine.collect("a", "/nowhere", 0));
    engine.release("a");
  }

  /** That it stops shows in {@link #nothingIsHeld}, which waits for its thread. */
  @Test
  void releaseStopsARunningJob() {
    engine.submit("a", endless());
    engine.release("a");
    assertError("UNKNOWN_JOB", "no job a", engine.poll("a", 0, 0));
  }

  @Test
  void aPollWaitsForTheEndOfAJobThatIsCancelledMeanwhile() throws InterruptedException {
    engine.submit("a", endless());
    String[] reply = new String[1];
    Thread poll = Thread.ofPlatform().start(() -> reply[0] = engine.poll("a", LONG, 0));
    while (poll.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    engine.cancel("a");
    poll.join();
    assertEquals("CANCELLED", text(ok(reply[0]), "state"));
    engine.release("a");
  }

  @Test
  void aPollWithoutPatienceAnswersAtOnce() {
    engine.submit("a", endless());
    assertTrue(List.of("QUEUED", "RUNNING").contains(text(ok(engine.poll("a", 0, 0)), "state")));
    assertTrue(List.of("QUEUED", "RUNNING").contains(text(ok(engine.poll("a", 5, 0)), "state")));
    engine.release("a");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 'INVALID_ARGUMENT', 'k: is 0; must lie between 1 and 59, the rows of x less one'",
    "60, 'INVALID_ARGUMENT', 'k: is 60; must lie between'"
  })
  void aJobThatFailsSaysWhy(int k, String code, String message) {
    engine.submit("a", divergence(k));
    assertFailed(code, message);
  }

  @Test
  void aJobOnAMissingOrShortFileSaysWhich() {
    engine.submit("a", divergence(5).replace("x.raw", "gone.raw"));
    assertFailed("UNREADABLE_INPUT", "x: there is no file " + directory.resolve("gone.raw"));
    engine.submit("a", divergence(5).replace("\"rows\": 60", "\"rows\": 61"));
    assertFailed("UNREADABLE_INPUT", "has 960 bytes; 61 rows of 4 columns from byte 0 on need 976");
  }

  private void assertFailed(String code, String message) {
    JsonNode status = end("a");
    assertEquals("FAILED", text(status, "state"));
    assertEquals(code, text(status.get("error"), "code"), status.toString());
    assertTrue(text(status.get("error"), "message").contains(message), status.toString());
    assertTrue(status.get("result").isNull());
    assertError("NOT_DONE", "the job is FAILED", engine.collect("a", "/nowhere", 0));
    engine.release("a");
  }

  @Test
  void anIllFormedRequestIsNoJob() {
    assertError("INVALID_REQUEST", "kind", engine.submit("a", "{}"));
    assertError("UNKNOWN_JOB", "no job a", engine.poll("a", 0, 0));
    assertError("UNKNOWN_JOB", "no job a", engine.collect("a", "/nowhere", 0));
    engine.submit("a", divergence(5));
    assertEquals("DONE", text(end("a"), "state"));
    engine.release("a");
  }

  /** One naming strategy both ways, whatever a result holds. */
  @Test
  void allNamesAreInSnakeCase() {
    Map<String, String> requests =
        Map.of(
            "select",
            "'target': %s, 'existing': null, 'weights': null, 'scores': null, 'groups': null,"
                + " 'limits': null, 'budget': null, 'seed': 1, 'method':"
                + " {'name': 'gradient', 'k': 3, 'eps': 1e-8, 'steps': 2, 'learning_rate': 0.01,"
                + " 'scale_factor': null, 'start_vector': 'jump'}, 'pool': %s",
            "nearest_rows",
            "'x': %s, 'y': %s, 'k': 3, 'exclude_self': false",
            "divergence_terms",
            "'x': %s, 'y': %s, 'k': 3, 'eps': 1e-8",
            "energy",
            "'x': %s, 'y': %s, 'kernel': 'log', 'scale': null, 'alpha': null",
            "nearest_centers",
            "'data': %s, 'centers': %s");
    List<String> names = new ArrayList<>();
    addNames(ok(engine.info()), names);
    for (var request : requests.entrySet()) {
      String fields = request.getValue().formatted(x, y);
      engine.submit("a", quoted("{'kind': '%s', %s}".formatted(request.getKey(), fields)));
      JsonNode status = end("a");
      assertEquals("DONE", text(status, "state"), status.toString());
      ((ObjectNode) status.get("result")).remove("timings"); // Its names are the stages.
      addNames(status, names);
      engine.release("a");
    }
    assertTrue(names.containsAll(List.of("event_count", "stop_reason", "divergence_with_next")));
    for (String name : names) {
      assertTrue(name.matches("[a-z]+(_[a-z]+)*"), name);
    }
  }

  private static void addNames(JsonNode node, List<String> names) {
    node.fieldNames().forEachRemaining(names::add);
    node.forEach(child -> addNames(child, names));
  }

  /** A message of several lines would break a client that shows one. */
  @Test
  void failuresAreOneLineWithAStableCode() {
    assertFailure(ErrorCode.INTERNAL, "IllegalStateException: first", "first\nsecond");
    assertEquals(
        new Failure(ErrorCode.INTERNAL, "NullPointerException: null"),
        Failure.of(new NullPointerException()));
    Failure full = Failure.of(new OutOfMemoryError("Java heap space"));
    assertEquals(ErrorCode.OUT_OF_MEMORY, full.code());
    assertTrue(full.message().contains("Java heap space"), full.message());
    assertEquals(
        ErrorCode.OUT_OF_MEMORY,
        Failure.of(new org.apache.arrow.memory.OutOfMemoryException("direct")).code());
  }

  /** Where the heap is full there may be no memory to say so. */
  @Test
  void aFailureThatCannotBeDescribedForWantOfMemoryIsOutOfMemory() {
    Failure full =
        Failure.of(
            new IllegalStateException() {
              private static final long serialVersionUID = 1L;

              @Override
              public String getMessage() {
                throw new OutOfMemoryError("Java heap space");
              }
            });
    assertEquals(ErrorCode.OUT_OF_MEMORY, full.code());
    assertTrue(full.message().contains("give it more"), full.message());
  }

  private static void assertFailure(ErrorCode code, String message, String thrown) {
    assertEquals(new Failure(code, message), Failure.of(new IllegalStateException(thrown)));
  }
}
