package io.gio4j.arrow;

import io.gio4j.data.UnreadableInputException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import org.apache.arrow.flatbuf.Endianness;
import org.apache.arrow.flatbuf.Field;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.MetadataVersion;
import org.apache.arrow.flatbuf.Type;
import org.apache.arrow.flatbuf.Union;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * The metadata of Arrow IPC streams and files: messages, each a length, a FlatBuffer and a body,
 * and a file's footer (<a href="https://arrow.apache.org/docs/format/Columnar.html">Arrow's
 * format</a>).
 *
 * <p>Metadata is read through the channel, not the mapping, so a truncated file causes an exception
 * and not a fault. FlatBuffers for Java has no verifier, but whatever a damaged one points to is
 * read from its own bytes on the heap, within bounds that the JVM checks: the worst it can yield is
 * a wrong number, which {@link ArrowTableReader} compares with others. No memory is allocated by a
 * length before the length is compared with the bytes that exist.
 */
final class ArrowMetadata {
  private static final byte[] MAGIC = "ARROW1".getBytes(StandardCharsets.US_ASCII);

  /** At the start of a file the magic bytes are padded to a multiple of 8. */
  static final int HEAD_BYTES = 8;

  private static final int TAIL_BYTES = Integer.BYTES + MAGIC.length;

  /** Since Arrow 0.15 it comes before a message's length. */
  private static final int CONTINUATION = -1;

  /** A schema of 100,000 columns has about 20 MB; a damaged length can be anything up to 2 GB. */
  private static final int MAX_BYTES = 64 << 20;

  /** As in Arrow C++; damage can make a field its own descendant. */
  private static final int MAX_DEPTH = 64;

  private ArrowMetadata() {}

  /**
   * A message that lies completely in the file.
   *
   * @param start byte of the file at which its length lies
   * @param body byte at which its body begins
   */
  record Message(org.apache.arrow.flatbuf.Message flat, long start, long body) {
    long end() {
      return body + flat.bodyLength();
    }

    boolean is(byte headerType) {
      return flat.headerType() == headerType;
    }
  }

  /** A file's footer, and the byte at which it begins. */
  record Footer(org.apache.arrow.flatbuf.Footer flat, long start) {}

  /**
   * The message at a byte of the file; null at the end of the stream, which is {@code limit} or a
   * length of 0.
   *
   * @param limit byte before which the message must end
   */
  static Message message(FileChannel channel, long start, long limit) throws IOException {
    if (start == limit) {
      return null;
    }
    ByteBuffer prefix = read(channel, start, (int) Math.min(2 * Integer.BYTES, limit - start));
    if (prefix.remaining() < Integer.BYTES) {
      throw noMessage(start);
    }
    long metadata = start + Integer.BYTES;
    int length = prefix.getInt();
    if (length == CONTINUATION && prefix.remaining() == Integer.BYTES) {
      metadata += Integer.BYTES;
      length = prefix.getInt();
    }
    if (length == 0) {
      return null;
    }
    if (length < 0 || length > limit - metadata) {
      throw noMessage(start);
    }
    var flat =
        org.apache.arrow.flatbuf.Message.getRootAsMessage(flatBuffer(channel, metadata, length));
    requireVersion(flat.version());
    Message message = new Message(flat, start, metadata + length);
    if (flat.bodyLength() < 0 || flat.bodyLength() > limit - message.body()) {
      throw noMessage(start);
    }
    return message;
  }

  private static EOFException noMessage(long start) {
    return new EOFException("at byte %d there is no whole message".formatted(start));
  }

  /** The footer of an Arrow IPC file; null if it is no such file. */
  static Footer footer(FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < HEAD_BYTES + TAIL_BYTES) {
      return null;
    }
    ByteBuffer head = read(channel, 0, MAGIC.length);
    ByteBuffer tail = read(channel, size - TAIL_BYTES, TAIL_BYTES);
    int length = tail.getInt();
    if (!head.equals(ByteBuffer.wrap(MAGIC)) || !tail.equals(ByteBuffer.wrap(MAGIC))) {
      return null;
    }
    long start = size - TAIL_BYTES - length;
    if (length <= 0 || start < HEAD_BYTES) {
      throw new EOFException("its footer cannot have %d bytes".formatted(length));
    }
    var flat = org.apache.arrow.flatbuf.Footer.getRootAsFooter(flatBuffer(channel, start, length));
    requireVersion(flat.version());
    return new Footer(flat, start);
  }

  private static void requireVersion(int version) throws IOException {
    if (version != MetadataVersion.V4 && version != MetadataVersion.V5) {
      throw new IOException(
          "its metadata has version %d; 4 and 5 can be read".formatted(version + 1));
    }
  }

  /** {@return the schema in a message} */
  static Schema schema(String name, Message message) throws IOException {
    if (message == null || !message.is(MessageHeader.Schema)) {
      throw new IOException("it does not begin with a schema");
    }
    var flat = new org.apache.arrow.flatbuf.Schema();
    message.flat().header(flat);
    return schema(name, flat);
  }

  /** The schema of a message or a footer. */
  static Schema schema(String name, org.apache.arrow.flatbuf.Schema flat) throws IOException {
    if (flat == null) {
      throw new IOException("it has no schema");
    }
    if (flat.endianness() != Endianness.Little) {
      throw new UnreadableInputException(
          name + ": is not little-endian; write it so, so that it can be read in place");
    }
    // An item of a vector takes at least 4 bytes, so there cannot be more items than this.
    int most = flat.getByteBuffer().capacity() / Integer.BYTES;
    requireAtMost(most, flat.customMetadataLength());
    int left = most - flat.fieldsLength();
    for (int i = 0; i < flat.fieldsLength(); i++) {
      left = requireFinite(flat.fields(i), left, 1);
    }
    return Schema.convertSchema(flat);
  }

  /**
   * Checks a field before Arrow reads it recursively; returns how many more fields there can be.
   */
  private static int requireFinite(Field field, int most, int depth) throws IOException {
    int left = most - field.childrenLength();
    requireAtMost(most, field.childrenLength());
    requireAtMost(most, field.customMetadataLength());
    if (field.typeType() == Type.Union) {
      requireAtMost(most, ((Union) field.type(new Union())).typeIdsLength());
    }
    if (depth > MAX_DEPTH) {
      throw new IOException("its columns are nested more than %d deep".formatted(MAX_DEPTH));
    }
    for (int i = 0; i < field.childrenLength(); i++) {
      left = requireFinite(field.children(i), left, depth + 1);
    }
    return left;
  }

  private static void requireAtMost(int most, int count) throws IOException {
    if (count < 0 || count > most) {
      throw new IOException("its schema says %d where %d are possible".formatted(count, most));
    }
  }

  private static ByteBuffer flatBuffer(FileChannel channel, long start, int length)
      throws IOException {
    if (length > MAX_BYTES) {
      throw new IOException(
          "at byte %d there are %d bytes of metadata; at most %d are read"
              .formatted(start, length, MAX_BYTES));
    }
    return read(channel, start, length);
  }

  private static ByteBuffer read(FileChannel channel, long start, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, start + bytes.position()) < 0) {
        throw new EOFException("it ends at byte %d".formatted(start + bytes.position()));
      }
    }
    return bytes.flip();
  }
}
