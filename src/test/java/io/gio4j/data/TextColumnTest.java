package io.gio4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.testing.Texts;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextColumnTest {
  @TempDir Path directory;

  /** Any part of the column, with scratch that held another one before. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8, 9, 40, 100})
  void everyRangeOfRowsIsCopied(int chunkRows) {
    String[] texts =
        IntStream.range(0, 40)
            .mapToObj(row -> row % 7 == 3 ? null : "é".repeat(row % 5) + row)
            .toArray(String[]::new);
    TextColumn column = Texts.chunked(texts, chunkRows);
    assertEquals(40, column.rows());
    TextColumn.Scratch scratch = new TextColumn.Scratch();
    for (int first = 0; first < texts.length; first++) {
      for (int count = 1; count <= texts.length - first; count++) {
        column.copyRows(first, count, scratch);
        for (int i = 0; i < count; i++) {
          int length = scratch.start(i + 1) - scratch.start(i);
          String copied =
              new String(scratch.bytes(), scratch.start(i), length, StandardCharsets.UTF_8);
          assertEquals(texts[first + i] == null, scratch.isMissing(i));
          assertEquals(texts[first + i] == null ? "" : texts[first + i], copied);
        }
      }
    }
  }

  @Test
  void rowsOutsideAreRefused() {
    TextColumn column = Texts.column("a", "b");
    TextColumn.Scratch scratch = new TextColumn.Scratch();
    assertThrows(IndexOutOfBoundsException.class, () -> column.copyRows(1, 2, scratch));
    assertThrows(IndexOutOfBoundsException.class, () -> column.copyRows(-1, 1, scratch));
  }

  @Test
  void noRowsAreNoColumn() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> new TextColumn("text", List.of()))
            .getMessage();
    assertEquals("text: has 0 rows; must have from 1 to 2147483647", message);
  }

  private static TextColumn.Chunk chunk(int rows, int... offsets) {
    return new TextColumn.Chunk(
        rows, false, null, MemorySegment.ofArray(offsets), MemorySegment.ofArray(new byte[10]));
  }

  @Test
  void offsetsOutsideTheTextsAreDamage() {
    for (int[] offsets : new int[][] {{-1, 3, 5}, {0, 4, 3}, {0, 4, 11}, {5, 4, 5}}) {
      TextColumn column = new TextColumn("text", List.of(chunk(2, offsets)));
      String message =
          assertThrows(
                  UnreadableInputException.class,
                  () -> column.copyRows(0, 2, new TextColumn.Scratch()))
              .getMessage();
      assertTrue(message.endsWith("lies outside the texts; the file is damaged"), message);
    }
  }

  @Test
  void missingOffsetsAreDamage() {
    List<TextColumn.Chunk> chunks = List.of(chunk(3, 0, 1, 2));
    String message =
        assertThrows(UnreadableInputException.class, () -> new TextColumn("text", chunks))
            .getMessage();
    assertEquals(
        "text: a batch of 3 texts lacks offsets or validity bits; the file is damaged", message);
  }

  /** A truncated file is an error, not the JVM's end. */
  @Test
  void aTruncatedFileIsAnError() throws IOException {
    Path file = Files.write(directory.resolve("text"), new byte[1 << 20]);
    try (Arena arena = Arena.ofShared();
        FileChannel channel =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, 1 << 20, arena);
      MemorySegment offsets = MemorySegment.ofArray(new int[] {0, 8, 1 << 20});
      TextColumn column =
          new TextColumn("text", List.of(new TextColumn.Chunk(2, false, null, offsets, bytes)));
      channel.truncate(16);
      String message =
          assertThrows(
                  UnreadableInputException.class,
                  () -> column.copyRows(0, 2, new TextColumn.Scratch()))
              .getMessage();
      assertEquals(
          "text: rows 0 to 1 can no longer be read; the file was truncated or its disk failed",
          message);
    }
  }
}
