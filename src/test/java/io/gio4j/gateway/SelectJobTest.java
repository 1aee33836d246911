package io.gio4j.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.arrow.ArrowMemory;
import io.gio4j.data.FloatMatrix;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.coverage.CoverageSelection;
import io.gio4j.select.coverage.CoverageSelectionConfig;
import io.gio4j.select.exact.ExactSelection;
import io.gio4j.select.exact.ExactSelectionConfig;
import io.gio4j.select.nearest.JumpSelection;
import io.gio4j.select.nearest.JumpSelectionConfig;
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
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    {"name": "%s", "kind": "raw", "path": "%s", "columns": %d, "parts": [{"offset": 0, "rows": %d}]}\
    """
        .formatted(name, path, matrix.columns(), matrix.rows());
  }

  private Outcome run(FloatMatrix existing, FloatMatrix weights, String budget) throws IOException {
    return runMethod(
        existing,
        weights,
        """
        {"name": "exact", "budget": %s, "neighbors": 3, "epsilon": 1e-6}\
        """
            .formatted(budget));
  }

  private Outcome runMethod(FloatMatrix existing, FloatMatrix weights, String method)
      throws IOException {
    String json =
        """
        {"kind": "select", "pool": %s, "target": %s, "existing": %s, "weights": %s, "method": %s}
        """
            .formatted(
                raw("pool", POOL),
                raw("target", TARGET),
                raw("existing", existing),
                raw("weights", weights),
                method);
    return Json.read(json, Request.class).run(Progress.NONE);
  }

  private static Selection expected(FloatMatrix existing, FloatMatrix weights, Long budget) {
    return new ExactSelection(new ExactSelectionConfig(budget, 3, 1e-6, false))
        .select(
            SelectionRequest.of(POOL, TARGET).withExisting(existing).withWeights(weights),
            Progress.NONE);
  }

  @Test
  void everythingArrivesAndComesBack() throws IOException {
    try (Outcome outcome = run(EXISTING, WEIGHTS, "50")) {
      Selection expected = expected(EXISTING, WEIGHTS, 50L);
      assertEquals(8, expected.indices().length);
      assertEquals(expected.startingObjective(), outcome.summary().get("startingObjective"));
      assertEquals("budget", outcome.summary().get("stopReason"));
      assertEquals(8, outcome.summary().get("picked"));
      ByteArrayOutputStream stream = new ByteArrayOutputStream();
      outcome.write(Channels.newChannel(stream));
      assertEquals(stream.size(), (long) outcome.summary().get("bytes"));
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
      assertNull(outcome.summary().get("startingObjective"));
      assertEquals(expected.stopReason().text(), outcome.summary().get("stopReason"));
      assertEquals(expected.indices().length, outcome.summary().get("picked"));
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

  private void assertRuns(String json, SelectionMethod method) throws IOException {
    Selection expected =
        method.select(
            SelectionRequest.of(POOL, TARGET).withExisting(EXISTING).withWeights(WEIGHTS),
            Progress.NONE);
    try (Outcome outcome = runMethod(EXISTING, WEIGHTS, json)) {
      assertEquals(expected.stopReason().text(), outcome.summary().get("stopReason"));
      assertEquals(expected.facts(), outcome.summary().get("facts"));
      ByteArrayOutputStream stream = new ByteArrayOutputStream();
      outcome.write(Channels.newChannel(stream));
      assertArrays(stream.toByteArray(), expected);
    }
  }

  @Test
  void coverage() throws IOException {
    assertRuns(
        "{\"name\": \"coverage\", \"budget\": 60, \"neighbors\": 2, \"epsilon\": 1e-3}",
        new CoverageSelection(new CoverageSelectionConfig(60L, 2, 1e-3)));
    assertRuns(
        "{\"name\": \"coverage\", \"budget\": 160, \"neighbors\": null, \"epsilon\": 1e-8}",
        new CoverageSelection(new CoverageSelectionConfig(160L, null, 1e-8)));
    assertRuns(
        "{\"name\": \"coverage\", \"budget\": null, \"neighbors\": null, \"epsilon\": 1e-8}",
        new CoverageSelection(CoverageSelectionConfig.whileWorthwhile()));
  }

  @Test
  void jump() throws IOException {
    assertRuns(
        "{\"name\": \"jump\", \"budget\": 60, \"seed\": 3}",
        new JumpSelection(new JumpSelectionConfig(60L, 3)));
    assertRuns(
        "{\"name\": \"jump\", \"budget\": null, \"seed\": 4}",
        new JumpSelection(new JumpSelectionConfig(null, 4)));
  }
}
