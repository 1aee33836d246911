package io.gio4j.arrow;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.util.List;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.util.Text;
import org.junit.jupiter.api.Test;

class ArrowResultTest {
  private static ArrowResult result() {
    return new ArrowResult()
        .ints("indices", new int[] {7, 0, Integer.MAX_VALUE})
        .doubles("kl", new double[] {0.5, Double.NaN, Double.NEGATIVE_INFINITY, -0.0})
        .ints("none", new int[0])
        .floatRows("selected", 3, 2, row -> new float[] {row, row + 0.5f})
        .doubleRows("distances", 2, 3, row -> new double[] {row, 10 * row, 1e-300})
        .floatRows("empty", 0, 4, row -> new float[0])
        .floatBlocks("blocks", 2, List.of(new float[] {1, 2, 3, 4}, new float[0], new float[2]))
        .texts("texts", 4, 3, ArrowResultTest::addTexts)
        .texts("no texts", 0, 0, column -> {});
  }

  /** More bytes than room was made for. */
  private static void addTexts(ArrowResult.TextColumn column) {
    byte[] bytes = "<äb>".getBytes(UTF_8);
    column.add(bytes, 1, 4);
    column.add(bytes, 2, 2);
    column.add("long".repeat(1000).getBytes(UTF_8), 0, 4000);
    column.add(bytes, 3, 4);
  }

  private static byte[] written(ArrowResult result) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    result.write(Channels.newChannel(bytes));
    return bytes.toByteArray();
  }

  @Test
  void arraysComeBackFromOneBatchOfOneRow() throws IOException {
    byte[] bytes;
    try (ArrowResult result = result()) {
      bytes = written(result);
    }
    try (BufferAllocator allocator = new RootAllocator();
        ArrowStreamReader reader =
            new ArrowStreamReader(new ByteArrayInputStream(bytes), allocator)) {
      reader.loadNextBatch();
      VectorSchemaRoot root = reader.getVectorSchemaRoot();
      assertEquals(1, root.getRowCount());
      assertEquals(
          List.of(
              "indices",
              "kl",
              "none",
              "selected",
              "distances",
              "empty",
              "blocks",
              "texts",
              "no texts"),
          root.getSchema().getFields().stream().map(Field::getName).toList());
      assertEquals(List.of(7, 0, Integer.MAX_VALUE), values(root, "indices"));
      assertEquals(List.of(0.5, Double.NaN, Double.NEGATIVE_INFINITY, -0.0), values(root, "kl"));
      assertEquals(List.of(), values(root, "none"));
      assertEquals(
          List.of(List.of(0f, 0.5f), List.of(1f, 1.5f), List.of(2f, 2.5f)),
          values(root, "selected"));
      assertEquals(
          List.of(List.of(0.0, 0.0, 1e-300), List.of(1.0, 10.0, 1e-300)),
          values(root, "distances"));
      assertEquals(List.of(), values(root, "empty"));
      assertEquals(
          List.of(List.of(1f, 2f), List.of(3f, 4f), List.of(0f, 0f)), values(root, "blocks"));
      assertEquals(
          Stream.of("äb", null, "long".repeat(1000), "b")
              .map(text -> text == null ? null : new Text(text))
              .toList(),
          root.getVector("texts").getObject(0));
      assertEquals(List.of(), values(root, "no texts"));
      assertEquals(false, reader.loadNextBatch());
    }
  }

  private static Object values(VectorSchemaRoot root, String name) {
    FieldVector vector = root.getVector(name);
    assertEquals(0, vector.getNullCount(), name);
    return List.copyOf((List<?>) vector.getObject(0));
  }

  @Test
  void bytesAreThoseThatAreWrittenEachTime() {
    try (ArrowResult result = result()) {
      assertEquals(result.bytes(), written(result).length);
      assertEquals(result.bytes(), written(result).length);
    }
  }

  /** More values than one byte, one word or one page of a validity bitmap covers. */
  @Test
  void longArraysAreWholeAndWithoutNulls() throws IOException {
    for (int count : new int[] {1, 7, 8, 9, 64, 65, 40_001}) {
      int[] numbers = java.util.stream.IntStream.range(0, count).toArray();
      byte[] bytes;
      try (ArrowResult result =
          new ArrowResult()
              .ints("numbers", numbers)
              .floatRows("rows", count, 1, row -> new float[] {row})) {
        bytes = written(result);
      }
      try (BufferAllocator allocator = new RootAllocator();
          ArrowStreamReader reader =
              new ArrowStreamReader(new ByteArrayInputStream(bytes), allocator)) {
        reader.loadNextBatch();
        VectorSchemaRoot root = reader.getVectorSchemaRoot();
        assertEquals(java.util.Arrays.stream(numbers).boxed().toList(), values(root, "numbers"));
        assertEquals(
            java.util.Arrays.stream(numbers).mapToObj(row -> List.of((float) row)).toList(),
            values(root, "rows"));
      }
    }
  }

  @Test
  void closingGivesTheMemoryBack() {
    try (ArrowResult result = result()) {
      assertEquals(1, Long.signum(ArrowMemory.bytes()));
      written(result);
    }
    assertEquals(0, ArrowMemory.bytes());
  }
}
