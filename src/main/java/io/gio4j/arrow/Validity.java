package io.gio4j.arrow;

import io.gio4j.data.Faults;
import io.gio4j.data.UnreadableInputException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;

/**
 * Which values of a column are null: a bitmap with a bit for each value, and the count of nulls.
 *
 * <p>Writers may leave the count open (-1), and may write a bitmap where nothing is null. A bitmap
 * is read in blocks, as {@link EvenLists} reads offsets.
 */
final class Validity {
  private static final int BLOCK = 1 << 13;

  private Validity() {}

  /**
   * Checks that nothing is null.
   *
   * @param name what messages call the column
   * @param bitmap of the node's values; empty if the writer left it out
   * @throws UnreadableInputException if a value is null, or count and bitmap contradict the length
   */
  static void requireAll(String name, ArrowFieldNode node, MemorySegment bitmap) {
    long values = node.getLength();
    long nulls = Math.max(0, node.getNullCount());
    if (node.getNullCount() < -1 || (bitmap.byteSize() > 0 && bitmap.byteSize() < bytes(values))) {
      throw new UnreadableInputException(
          "%s: of %d values, %d are said to be null, with %d bytes of validity; the file is damaged"
              .formatted(name, values, node.getNullCount(), bitmap.byteSize()));
    }
    if (nulls == 0 && bitmap.byteSize() > 0) {
      nulls = values - count(name, bitmap, values);
    }
    if (nulls > 0) {
      throw new UnreadableInputException(
          "%s has %d nulls; drop or fill them first".formatted(name, nulls));
    }
  }

  /** How many of the first {@code values} bits are 1. */
  private static long count(String name, MemorySegment bitmap, long values) {
    byte[] block = new byte[BLOCK];
    long bytes = bytes(values);
    long ones = 0;
    for (long first = 0; first < bytes; first += BLOCK) {
      int count = (int) Math.min(BLOCK, bytes - first);
      try {
        MemorySegment.copy(bitmap, ValueLayout.JAVA_BYTE, first, block, 0, count);
        Faults.show();
      } catch (InternalError fault) {
        throw new UnreadableInputException(
            name + ": its validity is gone; the file was truncated", fault);
      }
      if (first + count == bytes && values % Byte.SIZE != 0) {
        block[count - 1] &= (byte) ((1 << values % Byte.SIZE) - 1);
      }
      for (int i = 0; i < count; i++) {
        ones += Integer.bitCount(block[i] & 0xff);
      }
    }
    return ones;
  }

  private static long bytes(long values) {
    return values / Byte.SIZE + Math.min(1, values % Byte.SIZE);
  }
}
