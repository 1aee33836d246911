package io.gio4j.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.score.TargetScores;
import io.gio4j.testing.TestRows;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoreJobTest {
  private static final FloatMatrix POOL = TestRows.normal(1, 20, 4);
  private static final FloatMatrix TARGET = TestRows.normal(2, 3, 4);
  private static final int[] GROUPS = {1, 0, 1};

  @TempDir private Path directory;

  private String raw(String name, FloatMatrix matrix) throws IOException {
    float[] values = new float[matrix.rows() * matrix.columns()];
    matrix.copyRows(0, matrix.rows(), values, 0);
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    Path file = Files.write(directory.resolve(name), bytes.array());
    return """
    {"kind": "raw", "name": "%s", "path": "%s", "type": "float32", "columns": %d,
     "parts": [{"offset": 0, "rows": %d}]}\
    """
        .formatted(name, file, matrix.columns(), matrix.rows());
  }

  private Outcome run(String how, String groups, boolean perGroup) throws IOException {
    return Json.read(
            """
            {"kind": "score", "pool": %s, "target": %s, "groups": %s, "how": "%s",
             "per_group": %s}\
            """
                .formatted(raw("pool", POOL), raw("target", TARGET), groups, how, perGroup),
            Request.class)
        .run(Progress.NONE);
  }

  private static double[] scores(Outcome outcome) throws IOException {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    outcome.write(Channels.newChannel(stream));
    try (RootAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(new ByteArrayInputStream(stream.toByteArray()), allocator)) {
      assertTrue(reader.loadNextBatch());
      List<?> found = (List<?>) reader.getVectorSchemaRoot().getVector("scores").getObject(0);
      return found.stream().mapToDouble(each -> (Double) each).toArray();
    }
  }

  @Test
  void scoresAreThoseOfTheEngine() throws IOException {
    String groups = raw("groups", FloatMatrix.of(new float[] {1, 0, 1}, 3, 1));
    for (TargetScores.Kind kind : TargetScores.Kind.values()) {
      String how = kind == TargetScores.Kind.MEAN ? "mean" : "max";
      double[][] expected = TargetScores.byGroup(POOL, TARGET, GROUPS, kind, Progress.NONE);
      double[] best = TargetScores.best(POOL, TARGET, GROUPS, kind, Progress.NONE);
      try (Outcome outcome = run(how, groups, false)) {
        assertArrayEquals(best, scores(outcome));
      }
      try (Outcome outcome = run(how, groups, true)) {
        double[] both = scores(outcome);
        assertEquals(40, both.length);
        assertEquals(expected[0][19], both[19]);
        assertEquals(expected[1][0], both[20]);
      }
      try (Outcome outcome = run(how, "null", false)) {
        assertArrayEquals(
            TargetScores.best(POOL, TARGET, null, kind, Progress.NONE), scores(outcome));
      }
    }
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    String half = raw("half", FloatMatrix.of(new float[] {1, 0.5f, 0}, 3, 1));
    assertEquals(
        "groups: row 1 is 0.5; must be an integer",
        assertThrows(IllegalArgumentException.class, () -> run("max", half, false)).getMessage());
    assertEquals(
        ErrorCode.INVALID_ARGUMENT,
        Failure.of(assertThrows(RuntimeException.class, () -> run("median", "null", false)))
            .code());
  }
}
