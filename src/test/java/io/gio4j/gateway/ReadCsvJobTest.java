package io.gio4j.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowMemory;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines in, columns out, by the request. */
class ReadCsvJobTest {
  private static final String UNKNOWN =
      "{\"delimiter\": null, \"column\": null, \"fields\": null, \"length\": null}";

  @TempDir Path directory;

  @AfterEach
  void nothingIsHeld() {
    assertEquals(0, ArrowMemory.bytes());
  }

  private Outcome run(String text, String layout, boolean texts) throws IOException {
    Path file = Files.writeString(directory.resolve("text"), "before" + text + "behind");
    String json =
        """
        {"kind": "read_csv",
         "text": {"name": "pool.csv", "path": "%s", "offset": 6, "bytes": %d},
         "layout": %s, "texts": %b}
        """
            .formatted(file, text.length(), layout, texts);
    return Json.read(json, Request.class).run(Progress.NONE);
  }

  private static Map<String, String> arrays(Outcome outcome) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    outcome.write(Channels.newChannel(bytes));
    Map<String, String> arrays = new TreeMap<>();
    try (RootAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(new ByteArrayInputStream(bytes.toByteArray()), allocator)) {
      assertTrue(reader.loadNextBatch());
      for (FieldVector vector : reader.getVectorSchemaRoot().getFieldVectors()) {
        arrays.put(vector.getName(), vector.getObject(0).toString());
      }
    }
    return arrays;
  }

  @Test
  void columnsAndWhatWasBad() throws IOException {
    try (Outcome outcome = run("a,\"[1, 2]\"\n,\"[3, 4]\"\n\nb,c\n", UNKNOWN, true)) {
      Map<String, Object> summary = Results.of(outcome);
      assertEquals(2, summary.get("rows"));
      assertEquals(4, summary.get("lines"));
      assertEquals(1, summary.get("skipped"));
      assertEquals(
          "{\"delimiter\":\",\",\"column\":1,\"fields\":2,\"length\":2}",
          Json.write(summary.get("layout")));
      assertEquals(
          "{\"line\":3,\"reason\":\"begins with 'c'; a JSON array of numbers is needed\"}",
          Json.write(summary.get("first_bad")));
      assertEquals(
          Map.of(
              "_c0", "[\"a\",null]",
              "_c1", "[\"[1, 2]\",\"[3, 4]\"]",
              "vectors", "[[1.0,2.0],[3.0,4.0]]"),
          arrays(outcome));
    }
  }

  @Test
  void textsOnlyWhenAskedFor() throws IOException {
    try (Outcome outcome = run("a,[1]", UNKNOWN, false)) {
      assertEquals(Map.of("vectors", "[[1.0]]"), arrays(outcome));
      assertNull(Results.of(outcome).get("first_bad"));
    }
  }

  @Test
  void noRowsAreNoArrays() throws IOException {
    try (Outcome outcome = run("\n\n", UNKNOWN, true)) {
      assertEquals(0L, outcome.bytes());
      assertEquals(UNKNOWN.replace(" ", ""), Json.write(Results.of(outcome).get("layout")));
    }
  }

  @Test
  void aLayoutThatCannotBeIsTheClientsError() {
    Throwable error = assertThrows(IllegalArgumentException.class, () -> run("a,b", UNKNOWN, true));
    assertEquals(ErrorCode.INVALID_ARGUMENT, Failure.of(error).code());
    String delimiter = UNKNOWN.replaceFirst("null", "\"ab\"");
    assertEquals(
        ErrorCode.INVALID_ARGUMENT,
        assertThrows(GatewayException.class, () -> run("a,b", delimiter, true)).code());
  }
}
