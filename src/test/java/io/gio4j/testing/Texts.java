package io.gio4j.testing;

import io.gio4j.data.TextColumn;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Columns of text on the heap. */
public final class Texts {
  private Texts() {}

  /** A column of one chunk; null is a null. */
  public static TextColumn column(String... texts) {
    return new TextColumn("text", List.of(chunk(false, List.of(), texts)));
  }

  /**
   * A column whose chunks have the given number of rows, by turns with offsets of 32 and 64 bits.
   */
  public static TextColumn chunked(String[] texts, int chunkRows) {
    List<TextColumn.Chunk> chunks = new ArrayList<>();
    for (int first = 0; first < texts.length; first += chunkRows) {
      int end = Math.min(texts.length, first + chunkRows);
      String[] here = java.util.Arrays.copyOfRange(texts, first, end);
      // Rows of a slice do not begin at the first byte.
      chunks.add(chunk(chunks.size() % 2 == 1, List.of("before"), here));
    }
    return new TextColumn("text", chunks);
  }

  private static TextColumn.Chunk chunk(boolean large, List<String> before, String... texts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    before.forEach(text -> bytes.writeBytes(text.getBytes(StandardCharsets.UTF_8)));
    int[] ints = new int[texts.length + 1];
    long[] longs = new long[texts.length + 1];
    byte[] validity = new byte[texts.length / 8 + 1];
    boolean nulls = false;
    for (int i = 0; i <= texts.length; i++) {
      ints[i] = bytes.size();
      longs[i] = bytes.size();
      if (i < texts.length && texts[i] != null) {
        validity[i / 8] |= (byte) (1 << i % 8);
        bytes.writeBytes(texts[i].getBytes(StandardCharsets.UTF_8));
      } else if (i < texts.length) {
        nulls = true;
      }
    }
    return new TextColumn.Chunk(
        texts.length,
        large,
        nulls ? MemorySegment.ofArray(validity) : null,
        large ? MemorySegment.ofArray(longs) : MemorySegment.ofArray(ints),
        MemorySegment.ofArray(bytes.toByteArray()));
  }
}
