package io.gio4j.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * Text as bytes in native or mapped memory, read in place.
 *
 * <p>As with {@link FloatMatrix}, parts are copied in bulk before they are read, so a file that was
 * truncated under the mapping causes an exception instead of ending the JVM. The text does not own
 * its memory.
 */
public final class ByteText {
  private final String name;
  private final MemorySegment bytes;

  /**
   * A text over memory, which is not copied.
   *
   * @param name what messages call it
   * @param bytes read at every use, so they must stay alive and unchanged
   * @throws IllegalArgumentException if it has more bytes than an array can
   */
  public ByteText(String name, MemorySegment bytes) {
    this.name = Objects.requireNonNull(name);
    this.bytes = bytes;
    if (bytes.byteSize() > Integer.MAX_VALUE - Byte.SIZE) {
      throw new IllegalArgumentException(
          "%s: has %d bytes; at most %d are read at once"
              .formatted(name, bytes.byteSize(), Integer.MAX_VALUE - Byte.SIZE));
    }
  }

  /** {@return what error messages call this text} */
  public String name() {
    return name;
  }

  /** {@return how many bytes it has} */
  public int size() {
    return (int) bytes.byteSize();
  }

  /**
   * {@return a copy of some bytes}
   *
   * @param from first byte, from 0
   * @param to byte after the last one
   * @throws IndexOutOfBoundsException if there are no such bytes
   * @throws UnreadableInputException if the memory behind them is gone (a truncated file)
   */
  public byte[] copy(int from, int to) {
    Objects.checkFromToIndex(from, to, size());
    byte[] copied = new byte[to - from];
    try {
      MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, from, copied, 0, copied.length);
      Faults.show();
    } catch (InternalError fault) {
      throw UnreadableInputException.gone(name, "bytes", from, to - 1L, fault);
    }
    return copied;
  }

  @Override
  public String toString() {
    return "%s (%d bytes)".formatted(name, size());
  }
}
