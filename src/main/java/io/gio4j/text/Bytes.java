package io.gio4j.text;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Searches ASCII characters in UTF-8, eight bytes at a time: a file of vectors is searched three
 * times before its numbers are parsed, which byte by byte takes half as long as parsing them.
 */
final class Bytes {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long LOW_BITS = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;

  private Bytes() {}

  /** Whether it is white space, or a control character, as Spark trims lines. */
  static boolean isBlank(byte character) {
    return (character & 0xff) <= ' ';
  }

  /** The first place of a character between two positions, or the second one. */
  static int indexOf(char wanted, byte[] text, int from, int to) {
    return indexOfEither(wanted, wanted, text, from, to);
  }

  /** The first place of one of two characters between two positions, or the second one. */
  static int indexOfEither(char one, char other, byte[] text, int from, int to) {
    int at = from;
    for (; at <= to - Long.BYTES; at += Long.BYTES) {
      long eight = (long) LONGS.get(text, at);
      long found = zeroBytes(eight ^ one * LOW_BITS) | zeroBytes(eight ^ other * LOW_BITS);
      if (found != 0) {
        return at + Long.numberOfTrailingZeros(found) / Byte.SIZE;
      }
    }
    while (at < to && text[at] != one && text[at] != other) {
      at++;
    }
    return at;
  }

  /** {@return the text with U+FFFD in place of what is not UTF-8} */
  static byte[] repaired(byte[] text) {
    return isAscii(text)
        ? text
        : new String(text, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
  }

  private static boolean isAscii(byte[] text) {
    long any = 0;
    int at = 0;
    for (; at <= text.length - Long.BYTES; at += Long.BYTES) {
      any |= (long) LONGS.get(text, at);
    }
    for (; at < text.length; at++) {
      any |= text[at];
    }
    return (any & HIGH_BITS) == 0;
  }

  /**
   * {@return the high bit of each byte that is zero, up to the first one; bits above may be
   * anything}
   */
  private static long zeroBytes(long bytes) {
    return (bytes - LOW_BITS) & ~bytes & HIGH_BITS;
  }
}
