package io.gio4j.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * How the numbers of a {@link FloatMatrix} are stored. Each is converted to float32 while rows are
 * copied, exactly, so that a result has the bits of the same rows stored as float32, and a matrix
 * takes half of the memory, or a quarter.
 */
public enum NumberType {
  /** 32 bits of IEEE 754, read as they are. */
  FLOAT32(Float.BYTES) {
    @Override
    void copy(MemorySegment numbers, long first, float[] target, int offset, int count) {
      MemorySegment.copy(
          numbers, ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * first, target, offset, count);
    }
  },

  /** 16 bits of IEEE 754. */
  FLOAT16(Short.BYTES) {
    @Override
    void copy(MemorySegment numbers, long first, float[] target, int offset, int count) {
      shorts(
          numbers,
          first,
          count,
          (part, length, done) -> {
            for (int i = 0; i < length; i++) {
              target[offset + done + i] = Float.float16ToFloat(part[i]);
            }
          });
    }
  },

  /** The upper 16 bits of a float32. */
  BFLOAT16(Short.BYTES) {
    @Override
    void copy(MemorySegment numbers, long first, float[] target, int offset, int count) {
      shorts(
          numbers,
          first,
          count,
          (part, length, done) -> {
            for (int i = 0; i < length; i++) {
              target[offset + done + i] = Float.intBitsToFloat(part[i] << 16);
            }
          });
    }
  },

  /** Integers from -128 to 127. */
  INT8(Byte.BYTES) {
    @Override
    void copy(MemorySegment numbers, long first, float[] target, int offset, int count) {
      bytes(
          numbers,
          first,
          count,
          (part, length, done) -> {
            for (int i = 0; i < length; i++) {
              target[offset + done + i] = part[i];
            }
          });
    }
  },

  /** Integers from 0 to 255. */
  UINT8(Byte.BYTES) {
    @Override
    void copy(MemorySegment numbers, long first, float[] target, int offset, int count) {
      bytes(
          numbers,
          first,
          count,
          (part, length, done) -> {
            for (int i = 0; i < length; i++) {
              target[offset + done + i] = part[i] & 0xff;
            }
          });
    }
  };

  /** Numbers converted at a time: 8 KB at most, which stay in the first-level cache. */
  private static final int PART = 4096;

  private final int size;

  NumberType(int size) {
    this.size = size;
  }

  /** {@return the bytes of a number} */
  public int size() {
    return size;
  }

  /**
   * Converts consecutive numbers. They are copied in bulk before any is looked at, as a {@link
   * FloatMatrix} says why.
   *
   * @param first the place of the first among the numbers
   */
  abstract void copy(MemorySegment numbers, long first, float[] target, int offset, int count);

  /** Converts a part of the numbers, which begins {@code done} numbers after the first. */
  @FunctionalInterface
  private interface Conversion<T> {
    void convert(T part, int length, int done);
  }

  private static void shorts(
      MemorySegment numbers, long first, int count, Conversion<short[]> conversion) {
    short[] part = new short[Math.min(count, PART)];
    for (int done = 0; done < count; done += PART) {
      int length = Math.min(count - done, part.length);
      MemorySegment.copy(
          numbers, ValueLayout.JAVA_SHORT_UNALIGNED, 2 * (first + done), part, 0, length);
      conversion.convert(part, length, done);
    }
  }

  private static void bytes(
      MemorySegment numbers, long first, int count, Conversion<byte[]> conversion) {
    byte[] part = new byte[Math.min(count, PART)];
    for (int done = 0; done < count; done += PART) {
      int length = Math.min(count - done, part.length);
      MemorySegment.copy(numbers, ValueLayout.JAVA_BYTE, first + done, part, 0, length);
      conversion.convert(part, length, done);
    }
  }
}
