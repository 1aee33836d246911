package io.gio4j.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gio4j.Progress;
import io.gio4j.testing.Fuzzer;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Any text as a request: every failure has a code that tells the caller what to change. The
 * requests of the corpus name files that do not exist, so nothing is computed.
 */
@Tag("slow")
class RequestFuzzTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final String EXTREMES =
      """
      [null, true, false, 0, -1, 1, 2147483647, -2147483648, 2147483648, 9223372036854775807,
       9223372036854775808, 0.5, -0.5, 1e-320, 1e308, 1e999, "", "x", "NaN", "1", "\\u0000",
       "\\ud800", "/", [], {}, [1], {"kind": "raw"}, {"name": "nearest"}, [[]], [0, 1]]
      """;

  private static Path corpus() throws URISyntaxException {
    return Path.of(RequestFuzzTest.class.getResource("/requests").toURI());
  }

  /** A corpus that is refused at its first field would try nothing. */
  @Test
  void theCorpusGetsAsFarAsItsFiles() throws IOException, URISyntaxException {
    List<Path> requests;
    try (Stream<Path> files = Files.list(corpus())) {
      requests = files.toList();
    }
    assertTrue(requests.size() > 10);
    for (Path request : requests) {
      Failure failure = failure(Files.readString(request));
      assertEquals(ErrorCode.UNREADABLE_INPUT, failure.code(), request + ": " + failure.message());
    }
  }

  @Test
  void anyTextIsRefusedWithAReason() throws URISyntaxException {
    long tried =
        Fuzzer.of("request", corpus())
            .run(input -> {
              Failure failure = failure(new String(input, StandardCharsets.UTF_8));
              assertNotEquals(ErrorCode.INTERNAL, failure.code(), failure.message());
            });
    assertTrue(tried > 20, "only " + tried);
  }

  /** Values that are seldom meant, in place of each field's. */
  @Test
  void eachFieldAsEachExtreme() throws IOException, URISyntaxException {
    JsonNode extremes = MAPPER.readTree(EXTREMES);
    try (Stream<Path> files = Files.list(corpus())) {
      for (Path file : files.sorted().toList()) {
        ObjectNode request = (ObjectNode) MAPPER.readTree(file.toFile());
        for (ObjectNode object : objects(request)) {
          for (String field : fieldsOf(object)) {
            JsonNode before = object.get(field);
            for (JsonNode extreme : extremes) {
              object.set(field, extreme);
              Failure failure = failure(request.toString());
              assertNotEquals(
                  ErrorCode.INTERNAL,
                  failure.code(),
                  () ->
                      "%s: %s as %s: %s"
                          .formatted(file.getFileName(), field, extreme, failure.message()));
            }
            object.set(field, before);
          }
        }
      }
    }
  }

  private static List<ObjectNode> objects(ObjectNode root) {
    List<ObjectNode> found = new ArrayList<>(List.of(root));
    root.forEach(child -> {
      if (child instanceof ObjectNode object) {
        found.addAll(objects(object));
      }
    });
    return found;
  }

  private static List<String> fieldsOf(ObjectNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static Failure failure(String json) {
    try (Outcome _ = Json.read(json, Request.class).run(Progress.NONE)) {
      throw new AssertionError("computed: " + json);
    } catch (RuntimeException failure) {
      return Failure.of(failure);
    }
  }
}
