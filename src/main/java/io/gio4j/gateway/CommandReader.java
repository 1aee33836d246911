package io.gio4j.gateway;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Reads Py4J's commands: lines of text, the last of them {@code e}.
 *
 * <p>A command that is too large for the memory is still read to its end and dropped, so that the
 * next one can be read.
 */
final class CommandReader {
  /** Reading, decoding and parsing a command need up to five times its bytes at once. */
  private static final int HEAP_SHARE = 16;

  private static final int LAST_LINE = ('\n' << 16) | ('e' << 8) | '\n';

  private final InputStream in;
  private final long maxBytes;
  private final byte[] buffer = new byte[1 << 13];
  private int position;
  private int end;

  CommandReader(InputStream in) {
    this(in, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
  }

  /** Reads commands of at most {@code maxBytes}. */
  CommandReader(InputStream in, long maxBytes) {
    this.in = in;
    this.maxBytes = maxBytes;
  }

  /**
   * The lines of the next command but the last, or null where the stream ends before that one.
   *
   * @throws GatewayException with {@link ErrorCode#OUT_OF_MEMORY} where it is over the bound
   * @throws OutOfMemoryError where the heap is full before that
   */
  List<String> next() throws IOException {
    ByteArrayOutputStream command = new ByteArrayOutputStream();
    OutOfMemoryError full = null;
    long bytes = 0;
    // Starts as after a line feed: a command can consist of the last line alone.
    for (int tail = '\n'; tail != LAST_LINE; ) {
      if (position == end && !fill()) {
        return null;
      }
      int from = position;
      while (position < end && tail != LAST_LINE) {
        tail = ((tail << 8) | (buffer[position++] & 0xff)) & 0xff_ffff;
      }
      bytes += position - from;
      if (command != null) {
        try {
          command.write(buffer, from, position - from);
        } catch (OutOfMemoryError now) {
          full = now;
        }
        if (full != null || bytes > maxBytes) {
          command = null;
        }
      }
    }
    if (full != null) {
      throw full;
    }
    if (command == null) {
      throw new GatewayException(
          ErrorCode.OUT_OF_MEMORY,
          "the request has %d bytes; must be at most %d, a share of 1/%d of the engine's memory; give it more"
              .formatted(bytes, maxBytes, HEAP_SHARE));
    }
    List<String> lines = command.toString(StandardCharsets.UTF_8).lines().toList();
    return lines.subList(0, lines.size() - 1);
  }

  private boolean fill() throws IOException {
    position = 0;
    end = Math.max(in.read(buffer), 0);
    return end > 0;
  }
}
