package io.gio4j.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A method from outside the engine, {@code org.example.Toy}, as a client calls it. */
@Timeout(60)
class ToyMethodTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path directory;
  private final GatewayEntryPoint engine = new GatewayEntryPoint();

  private String request(String method) throws IOException {
    Path rows = Files.write(directory.resolve("rows"), new byte[4 * 8]);
    String matrix =
        "{'name': 'x', 'kind': 'raw', 'path': '%s', 'type': 'float32', 'columns': 1, 'parts': [{'offset': 0, 'rows': 8}]}"
            .formatted(rows);
    return ("{'kind': 'select', 'pool': %s, 'target': %s, 'existing': null, 'weights': null, 'scores': null, 'groups': null, 'limits': null,"
            + " 'budget': 3, 'seed': 11, 'method': %s}")
        .formatted(matrix, matrix, method)
        .replace('\'', '"');
  }

  private static JsonNode parse(String reply) throws IOException {
    return MAPPER.readTree(reply);
  }

  @Test
  void itIsSubmittedAndCollectedLikeAnyOther() throws IOException {
    engine.submit(
        "a", request("{'name': 'toy', 'first_row': 5, 'direction': 'up_the_pool', 'gain': null}"));
    JsonNode status = parse(engine.poll("a", 60_000, 0)).get("ok");
    assertEquals("DONE", status.get("state").asText(), status.toString());
    JsonNode result = status.get("result");
    assertEquals(3, result.get("picked").asInt());
    assertEquals("budget", result.get("stop_reason").asText());
    assertEquals(parse("{\"last_row\": 3, \"seed\": 11}"), result.get("facts"));

    Path file = Files.write(directory.resolve("result"), new byte[result.get("bytes").asInt()]);
    engine.collect("a", file.toString(), 0);
    engine.release("a");
    try (RootAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(new ByteArrayInputStream(Files.readAllBytes(file)), allocator)) {
      reader.loadNextBatch();
      assertEquals(
          "[5,4,3]", reader.getVectorSchemaRoot().getVector("indices").getObject(0).toString());
      assertEquals(
          "[1.0,1.0,1.0]", reader.getVectorSchemaRoot().getVector("gains").getObject(0).toString());
    }
  }

  private void assertRefused(String code, String message, String method) throws IOException {
    JsonNode error = parse(engine.submit("a", request(method))).path("error");
    assertEquals(code, error.path("code").asText());
    assertTrue(error.path("message").asText().contains(message), error.toString());
  }

  @Test
  void itsOptionsAreCheckedLikeAnyOther() throws IOException {
    assertRefused(
        "INVALID_REQUEST",
        "method.gain: 'gain' is missing; needed are direction, first_row, gain",
        "{'name': 'toy', 'first_row': 5, 'direction': 'up_the_pool'}");
    assertRefused(
        "INVALID_REQUEST",
        "method.rows: 'rows' is unknown; known are direction, first_row, gain",
        "{'name': 'toy', 'first_row': 5, 'direction': 'up_the_pool', 'gain': 1, 'rows': 2}");
    assertRefused(
        "INVALID_ARGUMENT",
        "direction: is 'sideways'; must be one of [down_the_pool, up_the_pool]",
        "{'name': 'toy', 'first_row': 5, 'direction': 'sideways', 'gain': 1}");
    assertRefused(
        "INVALID_ARGUMENT",
        "first_row: is -1; must be at least 0",
        "{'name': 'toy', 'first_row': -1, 'direction': 'up_the_pool', 'gain': 1}");
    assertRefused("INVALID_REQUEST", ", toy, ", "{'name': 'to'}");
  }
}
