package io.gio4j.arrow;

import io.gio4j.arrow.ArrowMetadata.Footer;
import io.gio4j.arrow.ArrowMetadata.Message;
import io.gio4j.data.UnreadableInputException;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.arrow.flatbuf.Block;
import org.apache.arrow.flatbuf.DictionaryBatch;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Reads the schema and the record batches of an Arrow IPC stream or file.
 *
 * <p>Dictionaries are skipped. What the format states twice has to agree (a file's schema and its
 * copy in the footer, the footer's blocks and the messages, the rows of a batch and those of its
 * columns), and buffers have to lie one after another in their body as every writer puts them, so a
 * damaged number is rejected instead of being read as other rows.
 */
final class ArrowTableReader {
  /** Writers pad buffers to a multiple of 8 bytes, of this at most. */
  private static final long PADDING = 64;

  private final String name;
  private final Schema schema;
  private final FileChannel channel;
  private final MappedFile file;
  private final List<ArrowTable.Batch> batches = new ArrayList<>();

  private ArrowTableReader(String name, Schema schema, FileChannel channel, MappedFile file) {
    this.name = name;
    this.schema = schema;
    this.channel = channel;
    this.file = file;
  }

  /** The stream that begins at a byte of the file. */
  static ArrowTable stream(String name, FileChannel channel, MappedFile file, long offset)
      throws IOException {
    if (offset < 0 || offset >= file.size()) {
      throw new EOFException("it has %d bytes, none at %d".formatted(file.size(), offset));
    }
    Message first = ArrowMetadata.message(channel, offset, file.size());
    ArrowTableReader reader =
        new ArrowTableReader(name, ArrowMetadata.schema(name, first), channel, file);
    Message message = first;
    while ((message = ArrowMetadata.message(channel, message.end(), file.size())) != null) {
      if (!reader.isDictionary(message)) {
        reader.add(message);
      }
    }
    return reader.table();
  }

  /** The whole file as an Arrow IPC file. */
  static ArrowTable file(String name, Path path, FileChannel channel, MappedFile file)
      throws IOException {
    Footer footer = ArrowMetadata.footer(channel);
    if (footer == null) {
      throw new UnreadableInputException(
          "%s: %s is no Arrow IPC file (it does not begin and end with ARROW1)"
              .formatted(name, path));
    }
    ArrowTableReader reader =
        new ArrowTableReader(
            name, ArrowMetadata.schema(name, footer.flat().schema()), channel, file);
    Message first = leadingSchema(channel, footer);
    if (first != null
        && !ArrowMetadata.schema(name, first).getFields().equals(reader.schema.getFields())) {
      throw new IOException("its schema and the copy of it in the footer differ");
    }
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < footer.flat().recordBatchesLength(); i++) {
      messages.add(message(channel, footer, footer.flat().recordBatches(i)));
      reader.add(messages.getLast());
    }
    messages.sort(Comparator.comparingLong(Message::start));
    Message before = first;
    for (Message message : messages) {
      if (before != null) {
        reader.requireNoBatch(before.end(), message.start());
      }
      before = message;
    }
    if (before != null) {
      reader.requireNoBatch(before.end(), footer.start());
    }
    return reader.table();
  }

  /**
   * The schema as a file's first message; null where there is none: polars omits its length, and
   * readers use the copy in the footer.
   */
  private static Message leadingSchema(FileChannel channel, Footer footer) {
    try {
      Message first = ArrowMetadata.message(channel, ArrowMetadata.HEAD_BYTES, footer.start());
      return first != null && first.is(MessageHeader.Schema) ? first : null;
    } catch (IOException | IndexOutOfBoundsException noMessage) {
      return null;
    }
  }

  /** The message that a block of the footer names. */
  private static Message message(FileChannel channel, Footer footer, Block block)
      throws IOException {
    long start = block.offset();
    if (start >= ArrowMetadata.HEAD_BYTES && start < footer.start()) {
      Message message = ArrowMetadata.message(channel, start, footer.start());
      if (message != null
          && message.body() - start == block.metaDataLength()
          && message.flat().bodyLength() == block.bodyLength()) {
        return message;
      }
    }
    throw new IOException(
        "the footer names byte %d, where there is no such batch".formatted(start));
  }

  /** Checks that only dictionaries and zeros lie between batches of a file. */
  private void requireNoBatch(long from, long to) throws IOException {
    if (from > to) {
      throw new IOException("the batch at byte %d overlaps another".formatted(to));
    }
    Message message = ArrowMetadata.message(channel, from, to);
    while (message != null) {
      if (!isDictionary(message)) {
        throw new IOException(
            "the footer leaves out the message at byte %d".formatted(message.start()));
      }
      message = ArrowMetadata.message(channel, message.end(), to);
    }
  }

  /** Whether a message is the dictionary of a column of this schema. */
  private boolean isDictionary(Message message) {
    if (!message.is(MessageHeader.DictionaryBatch)) {
      return false;
    }
    DictionaryBatch dictionary = new DictionaryBatch();
    message.flat().header(dictionary);
    return schema.getFields().stream().anyMatch(field -> encodedBy(field, dictionary.id()));
  }

  private static boolean encodedBy(Field field, long dictionary) {
    return (field.getDictionary() != null && field.getDictionary().getId() == dictionary)
        || field.getChildren().stream().anyMatch(child -> encodedBy(child, dictionary));
  }

  private ArrowTable table() {
    return new ArrowTable(name, schema, batches);
  }

  private void add(Message message) throws IOException {
    if (!message.is(MessageHeader.RecordBatch)) {
      throw new IOException("at byte %d there is no record batch".formatted(message.start()));
    }
    RecordBatch flat = new RecordBatch();
    message.flat().header(flat);
    if (flat.compression() != null) {
      throw new UnreadableInputException(
          name + ": is compressed; write it uncompressed, so that it can be read in place");
    }
    List<ArrowFieldNode> nodes = new ArrayList<>();
    for (int i = 0; i < flat.nodesLength(); i++) {
      nodes.add(new ArrowFieldNode(flat.nodes(i).length(), flat.nodes(i).nullCount()));
    }
    List<Long> viewBuffers = new ArrayList<>();
    for (int i = 0; i < flat.variadicBufferCountsLength(); i++) {
      viewBuffers.add(flat.variadicBufferCounts(i));
    }
    ArrowTable.Batch batch =
        new ArrowTable.Batch(flat.length(), nodes, buffers(message, flat), viewBuffers);
    ArrowTable.Walk walk = new ArrowTable.Walk(batch);
    for (Field column : schema.getFields()) {
      if (nodes.get(walk.node()).getLength() != batch.rows()) {
        throw new IOException(
            "in the batch at byte %d, column %s has not as many rows as the batch"
                .formatted(message.start(), column.getName()));
      }
      walk.step(column);
    }
    if (walk.node() != nodes.size() || walk.buffer() != batch.buffers().size()) {
      throw new IOException(
          "the batch at byte %d does not fit the schema".formatted(message.start()));
    }
    batches.add(batch);
  }

  private List<MemorySegment> buffers(Message message, RecordBatch flat) throws IOException {
    List<MemorySegment> buffers = new ArrayList<>();
    long bodyLength = message.flat().bodyLength();
    long end = 0;
    for (int i = 0; i < flat.buffersLength(); i++) {
      long offset = flat.buffers(i).offset();
      long length = flat.buffers(i).length();
      if (length == 0) {
        buffers.add(MemorySegment.NULL);
        continue;
      }
      boolean isNext = offset >= end && offset - end < PADDING && offset % Long.BYTES == 0;
      if (!isNext || length < 0 || length > bodyLength - offset) {
        throw new IOException(
            "in the batch at byte %d, buffer %d does not lie where it can"
                .formatted(message.start(), i));
      }
      buffers.add(file.slice(message.body() + offset, length));
      end = offset + length;
    }
    if (bodyLength - end >= PADDING) {
      throw new IOException("the batch at byte %d has no such body".formatted(message.start()));
    }
    return buffers;
  }

  /** A buffer's bytes with the padding that a writer may have counted. */
  static long padded(long bytes) {
    return Math.addExact(bytes, PADDING - 1) / PADDING * PADDING;
  }
}
