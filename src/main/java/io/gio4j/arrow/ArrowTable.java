package io.gio4j.arrow;

import io.gio4j.data.UnreadableInputException;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.TypeLayout;
import org.apache.arrow.vector.compression.NoCompressionCodec;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.InvalidArrowFileException;
import org.apache.arrow.vector.ipc.ReadChannel;
import org.apache.arrow.vector.ipc.message.ArrowBlock;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.MessageMetadataResult;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * The schema and the record batches of an Arrow IPC stream or file, as they lie in a mapped file.
 *
 * <p>Metadata is read through the channel, not the mapping, so a truncated file is an error and not
 * a fault. Batches are taken apart here and not by {@code VectorLoader}, which would allocate and
 * fill a validity bitmap (32 MB a gigabyte) where the writer left it out, as pyarrow does.
 */
record ArrowTable(String name, Schema schema, List<Batch> batches) {
  private static final int CONTINUATION = -1;

  /** Nodes and buffers of all columns, and how many buffers each column of views has on top. */
  private record Batch(
      List<ArrowFieldNode> nodes, List<MemorySegment> buffers, List<Long> viewBuffers) {}

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
    Objects.checkIndex(offset, file.size());
    channel.position(offset);
    requireMessage(channel);
    ReadChannel in = new ReadChannel(channel);
    ArrowTable table =
        new ArrowTable(name, MessageSerializer.deserializeSchema(in), new ArrayList<>());
    while (requireMessage(channel)) {
      MessageMetadataResult message = MessageSerializer.readMessage(in);
      long body = channel.position();
      table.add(message, file, body);
      channel.position(body + message.getMessageBodyLength());
    }
    return table;
  }

  /** The whole file as an Arrow IPC file. */
  static ArrowTable file(String name, Path path, FileChannel channel, MappedFile file)
      throws IOException {
    ArrowFileReader reader = new ArrowFileReader(channel, ArrowMemory.allocator());
    Schema schema;
    List<ArrowBlock> blocks;
    try {
      blocks = reader.getRecordBlocks();
      schema = reader.getVectorSchemaRoot().getSchema();
    } catch (InvalidArrowFileException notArrow) {
      throw new UnreadableInputException(
          "%s: %s is no Arrow IPC file (%s)".formatted(name, path, notArrow.getMessage()),
          notArrow);
    } finally {
      reader.close(false);
    }
    ArrowTable table = new ArrowTable(name, schema, new ArrayList<>());
    for (ArrowBlock block : blocks) {
      channel.position(block.getOffset());
      if (!requireMessage(channel)) {
        throw new EOFException("a batch is missing");
      }
      MessageMetadataResult message = MessageSerializer.readMessage(new ReadChannel(channel));
      table.add(message, file, block.getOffset() + block.getMetadataLength());
    }
    return table;
  }

  /**
   * Looks at the length of the message that begins here, before Arrow allocates as much; noise can
   * say 2 GB. False at the end of the stream: the file's end, or a length of 0.
   */
  private static boolean requireMessage(FileChannel channel) throws IOException {
    ByteBuffer prefix = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    long position = channel.position();
    while (prefix.hasRemaining() && channel.read(prefix, position + prefix.position()) >= 0) {
      // A read may give less than was asked for.
    }
    if (prefix.position() == 0) {
      return false;
    }
    // Since Arrow 0.15 a mark of four bytes comes before the length.
    int length = prefix.getInt(0) == CONTINUATION ? prefix.getInt(4) : prefix.getInt(0);
    if (length < 0 || length > channel.size() - position) {
      throw new EOFException("at byte %d there is no whole message".formatted(position));
    }
    return length > 0;
  }

  private void add(MessageMetadataResult message, MappedFile file, long bodyOffset)
      throws IOException {
    if (message.headerType() != MessageHeader.RecordBatch) {
      return;
    }
    long bodyLength = message.getMessageBodyLength();
    Objects.checkFromIndexSize(bodyOffset, bodyLength, file.size());
    ArrowBuf body = file.buffer().slice(bodyOffset, bodyLength);
    body.getReferenceManager().retain(); // deserializeRecordBatch releases its body once
    try (ArrowRecordBatch batch =
        MessageSerializer.deserializeRecordBatch(message.getMessage(), body)) {
      if (batch.getBodyCompression().getCodec() != NoCompressionCodec.COMPRESSION_TYPE) {
        throw new UnreadableInputException(
            name + ": is compressed; write it uncompressed, so that it can be read in place");
      }
      batches.add(
          new Batch(
              batch.getNodes(),
              batch.getBuffers().stream().map(file::slice).toList(),
              batch.getVariadicBufferCounts()));
    }
  }

  /**
   * Finds a column by its name, or the only one of its kind when {@code wanted} is null.
   *
   * @param kind which columns will do
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

  /** Steps over a batch's columns, whose nodes and buffers lie one after another. */
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
