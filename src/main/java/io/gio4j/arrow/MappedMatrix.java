package io.gio4j.arrow;

import io.gio4j.data.FloatMatrix;
import io.gio4j.data.UnreadableInputException;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.ForeignAllocation;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.InvalidArrowFileException;
import org.apache.arrow.vector.ipc.ReadChannel;
import org.apache.arrow.vector.ipc.message.ArrowBlock;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.MessageMetadataResult;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * A float matrix read in place from a mapped file: an Arrow IPC stream or file, or plain rows as in
 * a {@code .npy} file. Shared memory of another process is such a file, {@code /proc/PID/fd/N}.
 *
 * <p>Nothing is copied. The mapping belongs to an Arrow buffer ({@code wrapForeignAllocation}),
 * record batches are slices of it, and {@link #close} gives it back. Metadata is read through the
 * channel, not the mapping, so a truncated file is an error and not a fault. Batches are taken
 * apart here and not by {@code VectorLoader}, which would allocate and fill a validity bitmap (32
 * MB a gigabyte) where the writer left it out, as pyarrow does.
 *
 * <pre>{@code
 * try (MappedMatrix pool = MappedMatrix.arrowFile("pool", Path.of("pool.arrow"), "embedding")) {
 *   FloatMatrix rows = pool.matrix();
 * }
 * }</pre>
 */
public final class MappedMatrix implements AutoCloseable {
  private static final int CONTINUATION = -1;

  private final ArrowBuf owner;
  private final FloatMatrix matrix;

  private MappedMatrix(ArrowBuf owner, FloatMatrix matrix) {
    this.owner = owner;
    this.matrix = matrix;
  }

  /** The rows; not to be used after {@link #close}. */
  public FloatMatrix matrix() {
    return matrix;
  }

  /** Unmaps the file. */
  @Override
  public void close() {
    owner.close();
  }

  /**
   * Maps plain little-endian float32 rows.
   *
   * @param name what messages call the matrix
   * @param offset byte of the file at which the first row begins
   * @throws UnreadableInputException if the file is missing or too short
   */
  public static MappedMatrix raw(String name, Path path, long offset, int rows, int columns) {
    long bytes = Math.multiplyExact(4L * rows, (long) columns);
    return open(
        name,
        path,
        (channel, mapping) -> {
          if (offset < 0 || mapping.size() - offset < bytes) {
            throw new UnreadableInputException(
                "%s: %s has %d bytes; %d rows of %d columns from byte %d on need %d"
                    .formatted(name, path, mapping.size(), rows, columns, offset, offset + bytes));
          }
          return new Rows(List.of(mapping.slice(offset, bytes)), columns);
        });
  }

  /**
   * Maps an Arrow IPC stream that begins at a byte of the file.
   *
   * @throws UnreadableInputException if it is no such stream, or not one of plain vectors
   */
  public static MappedMatrix arrowStream(String name, Path path, long offset) {
    return open(
        name,
        path,
        (channel, mapping) -> {
          Objects.checkIndex(offset, mapping.size());
          channel.position(offset);
          requireMessage(channel);
          ReadChannel in = new ReadChannel(channel);
          Batches batches = new Batches(name, MessageSerializer.deserializeSchema(in), null);
          while (requireMessage(channel)) {
            MessageMetadataResult message = MessageSerializer.readMessage(in);
            long body = channel.position();
            batches.add(message, mapping, body);
            channel.position(body + message.getMessageBodyLength());
          }
          return batches.rows();
        });
  }

  /**
   * Maps a column of an Arrow IPC file.
   *
   * @param column the column's name, or null for the only column of vectors
   * @throws UnreadableInputException if it is no such file, or the column not one of plain vectors
   */
  public static MappedMatrix arrowFile(String name, Path path, String column) {
    return open(
        name,
        path,
        (channel, mapping) -> {
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
          Batches batches = new Batches(name, schema, column);
          for (ArrowBlock block : blocks) {
            channel.position(block.getOffset());
            if (!requireMessage(channel)) {
              throw new EOFException("a batch is missing");
            }
            MessageMetadataResult message = MessageSerializer.readMessage(new ReadChannel(channel));
            batches.add(message, mapping, block.getOffset() + block.getMetadataLength());
          }
          return batches.rows();
        });
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

  /** A mapped file: the Arrow buffer that owns it, and the same memory with bounds. */
  private record Mapping(ArrowBuf owner, MemorySegment segment) {
    long size() {
      return segment.byteSize();
    }

    MemorySegment slice(long offset, long bytes) {
      return segment.asSlice(offset, bytes);
    }
  }

  /** Where in a mapping a matrix lies. */
  private record Rows(List<MemorySegment> chunks, int columns) {}

  @FunctionalInterface
  private interface Reader {
    Rows read(FileChannel channel, Mapping mapping) throws IOException;
  }

  private static MappedMatrix open(String name, Path path, Reader reader) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      if (channel.size() == 0) {
        throw new UnreadableInputException(name + ": " + path + " is empty");
      }
      Mapping mapping = map(channel);
      try {
        Rows rows = readable(name, path, () -> reader.read(channel, mapping));
        FloatMatrix matrix = FloatMatrix.over(name, rows.chunks(), rows.columns());
        return new MappedMatrix(mapping.owner(), matrix);
      } catch (Throwable failure) {
        // All references: Arrow leaves some behind when it throws within a damaged batch.
        mapping.owner().getReferenceManager().release(mapping.owner().refCnt());
        throw failure;
      }
    } catch (NoSuchFileException missing) {
      throw new UnreadableInputException(name + ": there is no file " + path, missing);
    } catch (IOException failure) {
      throw unreadable(name, path, failure);
    }
  }

  /**
   * Damaged metadata ends in runtime exceptions of many kinds, from Arrow and FlatBuffers alike.
   */
  private static Rows readable(String name, Path path, Callable<Rows> reading) {
    try {
      return reading.call();
    } catch (UnreadableInputException | OutOfMemoryException known) {
      throw known;
    } catch (Exception damaged) {
      throw unreadable(name, path, damaged);
    }
  }

  private static UnreadableInputException unreadable(String name, Path path, Exception cause) {
    return new UnreadableInputException(
        "%s: %s cannot be read (%s)".formatted(name, path, cause.getMessage()), cause);
  }

  @SuppressWarnings("MustBeClosedChecker") // the Arrow buffer closes the arena
  private static Mapping map(FileChannel channel) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment segment = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      ArrowBuf owner =
          ArrowMemory.allocator()
              .wrapForeignAllocation(
                  new ForeignAllocation(segment.byteSize(), segment.address()) {
                    @Override
                    protected void release0() {
                      arena.close();
                    }
                  });
      return new Mapping(owner, segment);
    } catch (Throwable failure) {
      if (arena.scope().isAlive()) {
        arena.close();
      }
      throw failure;
    }
  }

  /** The chunks of one column, collected batch by batch. */
  private static final class Batches {
    private final String name;
    private final VectorColumn column;
    private final List<MemorySegment> chunks = new ArrayList<>();

    Batches(String name, Schema schema, String column) {
      this.name = name;
      this.column = VectorColumn.find(name, schema, column);
    }

    void add(MessageMetadataResult message, Mapping mapping, long bodyOffset) throws IOException {
      if (message.headerType() != MessageHeader.RecordBatch) {
        return;
      }
      long bodyLength = message.getMessageBodyLength();
      Objects.checkFromIndexSize(bodyOffset, bodyLength, mapping.size());
      ArrowBuf body = mapping.owner().slice(bodyOffset, bodyLength);
      body.getReferenceManager().retain(); // deserializeRecordBatch releases its body once
      try (ArrowRecordBatch batch =
          MessageSerializer.deserializeRecordBatch(message.getMessage(), body)) {
        ArrowBuf values = column.values(name, batch);
        if (values != null) {
          long offset = values.memoryAddress() - mapping.owner().memoryAddress();
          chunks.add(mapping.slice(offset, values.capacity()));
        }
      }
    }

    Rows rows() {
      return new Rows(chunks, column.width());
    }
  }
}
