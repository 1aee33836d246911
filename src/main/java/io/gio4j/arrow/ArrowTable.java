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
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.arrow.flatbuf.Block;
import org.apache.arrow.flatbuf.DictionaryBatch;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.vector.TypeLayout;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * The schema and the record batches of an Arrow IPC stream or file, as they lie in a mapped file.
 *
 * <p>Batches are taken apart here and not by {@code VectorLoader}, which would allocate and fill a
 * validity bitmap (32 MB a gigabyte) where the writer left it out, as pyarrow does. Dictionaries
 * are skipped. What the format states twice has to agree (a file's schema and its copy in the
 * footer, the footer's blocks and the messages, the rows of a batch and those of its columns), and
 * buffers have to lie one after another in their body as every writer puts them, so a damaged
 * number is rejected instead of being read as other rows.
 */
record ArrowTable(String name, Schema schema, List<Batch> batches) {
  /** Writers pad buffers to a multiple of 8 bytes, of this at most. */
  private static final long PADDING = 64;

  /** Nodes and buffers of all columns, and how many extra buffers each column of views has. */
  private record Batch(
      long rows, List<ArrowFieldNode> nodes, List<MemorySegment> buffers, List<Long> viewBuffers) {}

  /**
   * One column of one batch.
   *
   * @param nodes the column's node, then those of its children
   * @param buffers the column's buffers, then those of its children
   */
  record Part(List<ArrowFieldNode> nodes, List<MemorySegment> buffers) {
    long rows() {
      return nodes.get(0).getLength();
    }

    long nulls() {
      return nodes.get(0).getNullCount();
    }
  }

  /** The stream that begins at a byte of the file. */
  static ArrowTable stream(String name, FileChannel channel, MappedFile file, long offset)
      throws IOException {
    if (offset < 0 || offset >= file.size()) {
      throw new EOFException("it has %d bytes, none at %d".formatted(file.size(), offset));
    }
    Message first = ArrowMetadata.message(channel, offset, file.size());
    ArrowTable table = new ArrowTable(name, ArrowMetadata.schema(name, first), new ArrayList<>());
    Message message = first;
    while ((message = ArrowMetadata.message(channel, message.end(), file.size())) != null) {
      if (!table.isDictionary(message)) {
        table.add(message, file);
      }
    }
    return table;
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
    ArrowTable table =
        new ArrowTable(name, ArrowMetadata.schema(name, footer.flat().schema()), new ArrayList<>());
    Message first = leadingSchema(channel, footer);
    if (first != null
        && !ArrowMetadata.schema(name, first).getFields().equals(table.schema.getFields())) {
      throw new IOException("its schema and the copy of it in the footer differ");
    }
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < footer.flat().recordBatchesLength(); i++) {
      messages.add(message(channel, footer, footer.flat().recordBatches(i)));
      table.add(messages.getLast(), file);
    }
    messages.sort(Comparator.comparingLong(Message::start));
    Message before = first;
    for (Message message : messages) {
      if (before != null) {
        table.requireNoBatch(channel, before.end(), message.start());
      }
      before = message;
    }
    if (before != null) {
      table.requireNoBatch(channel, before.end(), footer.start());
    }
    return table;
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
  private void requireNoBatch(FileChannel channel, long from, long to) throws IOException {
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

  private void add(Message message, MappedFile file) throws IOException {
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
    Batch batch = new Batch(flat.length(), nodes, buffers(message, flat, file), viewBuffers);
    Walk walk = new Walk(batch);
    for (Field column : schema.getFields()) {
      if (nodes.get(walk.node).getLength() != batch.rows) {
        throw new IOException(
            "in the batch at byte %d, column %s has not as many rows as the batch"
                .formatted(message.start(), column.getName()));
      }
      walk.step(column);
    }
    if (walk.node != nodes.size() || walk.buffer != batch.buffers.size()) {
      throw new IOException(
          "the batch at byte %d does not fit the schema".formatted(message.start()));
    }
    batches.add(batch);
  }

  private static List<MemorySegment> buffers(Message message, RecordBatch flat, MappedFile file)
      throws IOException {
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

  /**
   * Finds a column by its name, or the only one of its kind when {@code wanted} is null.
   *
   * @param kind which columns match
   * @param type what messages call their type
   * @param content what messages call what they hold
   */
  int find(String wanted, Predicate<Field> kind, String type, String content) {
    List<Field> fields = schema.getFields();
    int found = -1;
    for (int index = 0; index < fields.size(); index++) {
      Field field = fields.get(index);
      if (wanted == null ? kind.test(field) : field.getName().equals(wanted)) {
        if (!kind.test(field)) {
          throw new UnreadableInputException(
              "%s: column %s is %s; %s is needed, cast it first"
                  .formatted(name, field.getName(), typeOf(field), type));
        }
        if (found >= 0) {
          throw new UnreadableInputException(
              "%s: columns %s and %s both hold %s; name the one to use"
                  .formatted(name, fields.get(found).getName(), field.getName(), content));
        }
        found = index;
      }
    }
    if (found < 0) {
      throw new UnreadableInputException(
          "%s: has no column%s of %s; its columns are %s"
              .formatted(
                  name,
                  wanted == null ? "" : " " + wanted,
                  type,
                  fields.stream().map(Field::toString).collect(Collectors.joining(", "))));
    }
    return found;
  }

  private static String typeOf(Field field) {
    return field.getDictionary() == null ? field.getType().toString() : "encoded by a dictionary";
  }

  /** A column's parts, batch by batch; batches without rows are left out. */
  List<Part> column(int index) {
    List<Part> parts = new ArrayList<>();
    for (Batch batch : batches) {
      Walk walk = new Walk(batch);
      schema.getFields().subList(0, index).forEach(walk::step);
      int node = walk.node;
      int buffer = walk.buffer;
      walk.step(schema.getFields().get(index));
      Part part =
          new Part(
              batch.nodes().subList(node, walk.node), batch.buffers().subList(buffer, walk.buffer));
      if (part.rows() > 0) {
        parts.add(part);
      }
    }
    return parts;
  }

  /** Iterates over a batch's columns, whose nodes and buffers are consecutive. */
  private static final class Walk {
    private final Batch batch;
    private int node;
    private int buffer;
    private int views;

    Walk(Batch batch) {
      this.batch = batch;
    }

    void step(Field field) {
      node++;
      if (field.getDictionary() != null) {
        buffer += 2; // the batch holds integers: their validity and their values
        return;
      }
      buffer += TypeLayout.getTypeBufferCount(field.getType());
      if (field.getType() instanceof ArrowType.Utf8View
          || field.getType() instanceof ArrowType.BinaryView) {
        buffer += Math.toIntExact(batch.viewBuffers().get(views));
        views++;
      }
      field.getChildren().forEach(this::step);
    }
  }
}
