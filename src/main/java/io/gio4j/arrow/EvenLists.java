package io.gio4j.arrow;

import io.gio4j.data.Faults;
import io.gio4j.data.UnreadableInputException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Lists that all have the same length, so that their numbers lie as those of fixed-size lists do;
 * offsets are checked to prove it. Programs that do not know the length in advance write vectors
 * like this, such as Hugging Face's {@code datasets}.
 *
 * <p>Offsets, 4 or 8 bytes a row, are copied in blocks before they are read, so a file that was
 * truncated under the mapping causes an exception instead of ending the JVM.
 */
final class EvenLists {
  private static final int OFFSETS = 1;
  private static final int BLOCK = 1 << 13;

  private final String name;
  private final boolean large;
  private final long[] block = new long[BLOCK];
  private final int[] ints = new int[BLOCK];

  /**
   * A column of lists.
   *
   * @param name what messages call it
   * @param large whether offsets have 64 bits, not 32
   */
  EvenLists(String name, boolean large) {
    this.name = name;
    this.large = large;
  }

  /**
   * {@return the length of the first list} 1 without any; the matrix is then rejected for having no
   * rows.
   */
  int width(List<ArrowTable.Part> parts) {
    if (parts.isEmpty()) {
      return 1;
    }
    read(parts.get(0), 0, 2);
    long width = block[1] - block[0];
    if (width < 1 || width > Integer.MAX_VALUE) {
      throw new UnreadableInputException(
          "%s has %d numbers in its first row; at least 1 is needed".formatted(name, width));
    }
    return (int) width;
  }

  /**
   * Where among the numbers the part's first row begins.
   *
   * @param row of the part's first row, for messages
   * @throws UnreadableInputException if a list has another length
   */
  long start(ArrowTable.Part part, long row, int width) {
    read(part, 0, 1);
    long start = block[0];
    long last = part.rows();
    for (long first = 0; first <= last; first += BLOCK) {
      int count = (int) Math.min(BLOCK, last + 1 - first);
      read(part, first, count);
      for (int i = 0; i < count; i++) {
        if (block[i] != start + (first + i) * width) {
          throw new UnreadableInputException(
              "%s has another length than %d in row %d; all rows need the same"
                  .formatted(name, width, row + Math.max(0, first + i - 1)));
        }
      }
    }
    return start;
  }

  private void read(ArrowTable.Part part, long first, int count) {
    MemorySegment offsets = part.buffers().get(OFFSETS);
    int bytes = large ? Long.BYTES : Integer.BYTES;
    if (offsets.byteSize() < (first + count) * bytes) {
      throw new UnreadableInputException(
          "%s: a batch of %d lists lacks offsets; the file is damaged"
              .formatted(name, part.rows()));
    }
    try {
      if (large) {
        MemorySegment.copy(
            offsets, ValueLayout.JAVA_LONG_UNALIGNED, first * bytes, block, 0, count);
      } else {
        MemorySegment.copy(offsets, ValueLayout.JAVA_INT_UNALIGNED, first * bytes, ints, 0, count);
      }
      Faults.show();
    } catch (InternalError fault) {
      throw new UnreadableInputException(
          name + ": its offsets are gone; the file was cut short", fault);
    }
    if (!large) {
      for (int i = 0; i < count; i++) {
        block[i] = ints[i];
      }
    }
  }
}
