package io.gio4j.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowMemory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Text in, vectors out, by the request. */
class ParseVectorsJobTest {
  @TempDir Path directory;

  @AfterEach
  void nothingIsHeld() {
    assertEquals(0, ArrowMemory.bytes());
  }

  private static Outcome run(String kind, String column, String onError) throws URISyntaxException {
    String name = kind.equals("arrow-file") ? "mixed.arrow" : "mixed.stream";
    Path path = Path.of(ParseVectorsJobTest.class.getResource("/arrow/" + name).toURI());
    String json =
        """
        {"kind": "parse-vectors",
         "text": {"name": "pool.csv", "kind": "%s", "path": "%s", %s "column": "%s"},
         "firstLine": 2, "onError": "%s"}
        """
            .formatted(
                kind, path, kind.equals("arrow-file") ? "" : "\"offset\": 0,", column, onError);
    return Json.read(json, Request.class).run(Progress.NONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"arrow-file", "arrow-stream"})
  void badRowsAreSkippedAndCounted(String kind) throws Exception {
    try (Outcome outcome = run(kind, "large", "skip")) {
      assertEquals(9, outcome.summary().get("rows"));
      assertEquals(2, outcome.summary().get("columns"));
      assertEquals(1, outcome.summary().get("skipped"));
      assertEquals("line 5: is missing (null)", outcome.summary().get("firstError"));
      Path file = directory.resolve("result");
      try (var channel =
          Files.newByteChannel(
              file,
              java.nio.file.StandardOpenOption.CREATE_NEW,
              java.nio.file.StandardOpenOption.WRITE)) {
        outcome.write(channel);
      }
      assertArrays(Files.readAllBytes(file));
    }
  }

  private static void assertArrays(byte[] stream) throws IOException {
    try (RootAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(new ByteArrayInputStream(stream), allocator)) {
      assertTrue(reader.loadNextBatch());
      var root = reader.getVectorSchemaRoot();
      assertEquals("[0,1,2,4,5,6,7,8,9]", root.getVector("kept").getObject(0).toString());
      String vectors = root.getVector("vectors").getObject(0).toString();
      assertTrue(vectors.startsWith("[[0.5,0.0],[1.5,0.1],[2.5,0.2],[4.5,0.4],"), vectors);
    }
  }

  @Test
  void aBadRowIsTheClientsError() {
    Throwable error =
        assertThrows(IllegalArgumentException.class, () -> run("arrow-file", "text", "raise"));
    assertEquals("pool.csv: line 5: is missing (null)", error.getMessage());
    assertEquals(ErrorCode.INVALID_ARGUMENT, Failure.of(error).code());
  }

  @Test
  void whatToDoOnErrorIsOneOfTwo() {
    Throwable error =
        assertThrows(IllegalArgumentException.class, () -> run("arrow-file", "text", "ignore"));
    assertEquals("onError: is 'ignore'; must be raise or skip", error.getMessage());
  }
}
