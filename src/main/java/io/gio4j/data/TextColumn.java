package io.gio4j.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A column of texts in UTF-8 read in place, as Arrow lays them out: the bytes of all rows one after
 * another, and where each row begins.
 *
 * <p>As with {@link FloatMatrix}, blocks of rows are copied into scratch in bulk before they are
 * looked at, so a file that was truncated under the mapping is an error and not the JVM's end. The
 * column does not own its memory.
 */
public final class TextColumn {
  private static final ValueLayout.OfInt INTS = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONGS = ValueLayout.JAVA_LONG_UNALIGNED;

  private final String name;
  private final List<Chunk> chunks;
  private final int rows;

  /**
   * The rows of one record batch.
   *
   * @param rows how many
   * @param large whether offsets have 64 bits, not 32
   * @param validity one bit a row, set where there is a text; null if there is one everywhere
   * @param offsets {@code rows + 1} positions in {@code bytes}: row i lies from offset i to i + 1
   * @param bytes the texts
   */
  public record Chunk(
      int rows, boolean large, MemorySegment validity, MemorySegment offsets, MemorySegment bytes) {
    private boolean isWhole() {
      long needed = (rows + 1L) * (large ? Long.BYTES : Integer.BYTES);
      return offsets.byteSize() >= needed
          && (validity == null || validity.byteSize() >= Math.ceilDiv(rows, Byte.SIZE));
    }
  }

  /** Rows copied from a column, to be used again for other rows. */
  public static final class Scratch {
    private byte[] bytes = {};
    private int[] starts = {};
    private boolean[] missing = {};
    private int[] ints = {};
    private long[] longs = {};
    private byte[] validity = {};

    /** Holds the text of row {@code i} from {@link #start}{@code (i)} to {@code start(i + 1)}. */
    public byte[] bytes() {
      return bytes;
    }

    public int start(int row) {
      return starts[row];
    }

    /** Whether the row is null. */
    public boolean isMissing(int row) {
      return missing[row];
    }
  }

  /**
   * A column over chunks of native or mapped memory, which are not copied.
   *
   * @param name what messages call this column
   * @throws UnreadableInputException if a chunk lacks offsets or validity bits
   */
  public TextColumn(String name, List<Chunk> chunks) {
    this.name = Objects.requireNonNull(name);
    this.chunks = List.copyOf(chunks);
    long total = chunks.stream().mapToLong(Chunk::rows).sum();
    if (total < 1 || total > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "%s: has %d rows; must have from 1 to %d".formatted(name, total, Integer.MAX_VALUE));
    }
    for (Chunk chunk : chunks) {
      if (!chunk.isWhole()) {
        throw new UnreadableInputException(
            "%s: a batch of %d texts lacks offsets or validity bits; the file is damaged"
                .formatted(name, chunk.rows()));
      }
    }
    this.rows = (int) total;
  }

  /** What error messages call this column. */
  public String name() {
    return name;
  }

  public int rows() {
    return rows;
  }

  /** Bytes of memory that the texts take; some of them may belong to no row. */
  public long bytes() {
    return chunks.stream().mapToLong(chunk -> chunk.bytes().byteSize()).sum();
  }

  /**
   * Copies {@code count} rows from {@code row} on.
   *
   * @throws UnreadableInputException if the memory behind the rows is gone (a truncated file), or
   *     offsets point outside the texts
   */
  public void copyRows(int row, int count, Scratch target) {
    Objects.checkFromIndexSize(row, count, rows);
    if (target.missing.length < count) {
      target.starts = new int[count + 1];
      target.missing = new boolean[count];
    }
    target.starts[0] = 0;
    int done = 0;
    int inChunk = row;
    for (Chunk chunk : chunks) {
      int here = Math.min(count - done, chunk.rows() - inChunk);
      if (here > 0) {
        try {
          copy(chunk, inChunk, here, target, done, row + done);
        } catch (InternalError fault) {
          throw UnreadableInputException.gone(name, row + done, row + done + here - 1, fault);
        }
        done += here;
      }
      inChunk = Math.max(0, inChunk - chunk.rows());
    }
  }

  private void copy(Chunk chunk, int first, int count, Scratch target, int at, int row) {
    copyOffsets(chunk, first, count, target);
    long from = target.longs[0];
    long length = target.longs[count] - from;
    int used = target.starts[at];
    if (length > Integer.MAX_VALUE - Byte.SIZE - used) {
      throw new IllegalArgumentException(
          "%s: rows %d to %d have %d bytes; so much at once is no text of vectors"
              .formatted(name, row, row + count - 1, used + length));
    }
    for (int i = 0; i < count; i++) {
      if (target.longs[i] < 0
          || target.longs[i + 1] < target.longs[i]
          || target.longs[i + 1] > chunk.bytes().byteSize()) {
        throw new UnreadableInputException(
            "%s: row %d lies outside the texts; the file is damaged".formatted(name, row + i));
      }
      target.starts[at + i + 1] = (int) (used + target.longs[i + 1] - from);
    }
    int end = (int) (used + length);
    if (target.bytes.length < end) {
      // A quarter more, so that blocks of slowly growing rows do not each allocate.
      int room = (int) Math.min(Integer.MAX_VALUE - Byte.SIZE, end + end / 4L);
      target.bytes = Arrays.copyOf(target.bytes, room);
    }
    MemorySegment.copy(
        chunk.bytes(), ValueLayout.JAVA_BYTE, from, target.bytes, used, (int) length);
    Faults.show();
    copyValidity(chunk, first, count, target, at);
  }

  private static void copyOffsets(Chunk chunk, int first, int count, Scratch target) {
    if (target.longs.length <= count) {
      target.longs = new long[count + 1];
      target.ints = new int[count + 1];
    }
    if (chunk.large()) {
      MemorySegment.copy(chunk.offsets(), LONGS, 8L * first, target.longs, 0, count + 1);
      Faults.show();
      return;
    }
    MemorySegment.copy(chunk.offsets(), INTS, 4L * first, target.ints, 0, count + 1);
    Faults.show();
    for (int i = 0; i <= count; i++) {
      target.longs[i] = target.ints[i];
    }
  }

  private static void copyValidity(Chunk chunk, int first, int count, Scratch target, int at) {
    if (chunk.validity() == null) {
      Arrays.fill(target.missing, at, at + count, false);
      return;
    }
    int firstByte = first / Byte.SIZE;
    int bytes = (first + count - 1) / Byte.SIZE - firstByte + 1;
    if (target.validity.length < bytes) {
      target.validity = new byte[bytes];
    }
    MemorySegment.copy(
        chunk.validity(), ValueLayout.JAVA_BYTE, firstByte, target.validity, 0, bytes);
    Faults.show();
    for (int i = 0; i < count; i++) {
      int bit = first - firstByte * Byte.SIZE + i;
      target.missing[at + i] = (target.validity[bit / Byte.SIZE] >> (bit % Byte.SIZE) & 1) == 0;
    }
  }

  @Override
  public String toString() {
    return "%s (%d texts)".formatted(name, rows);
  }
}
