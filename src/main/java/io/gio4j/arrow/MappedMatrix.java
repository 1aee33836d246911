package io.gio4j.arrow;

import io.gio4j.data.FloatMatrix;
import io.gio4j.data.UnreadableInputException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;

/**
 * A float matrix read in place from a mapped file: a column of an Arrow IPC stream or file, or
 * plain rows as in a {@code .npy} file. Shared memory of another process is such a file, {@code
 * /proc/PID/fd/N}. Nothing is copied; {@link #close} unmaps the file.
 *
 * <pre>{@code
 * try (MappedMatrix pool = MappedMatrix.arrowFile("pool", Path.of("pool.arrow"), "embedding")) {
 *   FloatMatrix rows = pool.matrix();
 * }
 * }</pre>
 */
public final class MappedMatrix implements AutoCloseable {
  private static final ArrowType FLOAT = new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);

  /** Buffers of a column of vectors: validity of the lists, validity of the numbers, numbers. */
  private static final int NUMBERS = 2;

  private final MappedFile file;
  private final FloatMatrix matrix;

  private MappedMatrix(MappedFile file, FloatMatrix matrix) {
    this.file = file;
    this.matrix = matrix;
  }

  /** The rows; not to be used after {@link #close}. */
  public FloatMatrix matrix() {
    return matrix;
  }

  /** Unmaps the file. */
  @Override
  public void close() {
    file.close();
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
        (channel, file) -> {
          if (offset < 0 || file.size() - offset < bytes) {
            throw new UnreadableInputException(
                "%s: %s has %d bytes; %d rows of %d columns from byte %d on need %d"
                    .formatted(name, path, file.size(), rows, columns, offset, offset + bytes));
          }
          return new Rows(List.of(file.slice(offset, bytes)), columns);
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
        (channel, file) -> vectors(ArrowTable.stream(name, channel, file, offset), null));
  }

  /**
   * Maps a column of an Arrow IPC file.
   *
   * @param column the column's name, or null for the only column of vectors
   * @throws UnreadableInputException if it is no such file, or the column not one of plain vectors
   */
  public static MappedMatrix arrowFile(String name, Path path, String column) {
    return open(
        name, path, (channel, file) -> vectors(ArrowTable.file(name, path, channel, file), column));
  }

  /** Where in a file a matrix lies. */
  private record Rows(List<MemorySegment> chunks, int columns) {}

  private static MappedMatrix open(String name, Path path, MappedFile.Layout<Rows> layout) {
    return MappedFile.open(
        name,
        path,
        layout,
        (file, rows) ->
            new MappedMatrix(file, FloatMatrix.over(name, rows.chunks(), rows.columns())));
  }

  private static Rows vectors(ArrowTable table, String wanted) {
    int index = table.find(wanted, MappedMatrix::isVector, "FixedSizeList of float32", "vectors");
    Field column = table.schema().getFields().get(index);
    int width = ((ArrowType.FixedSizeList) column.getType()).getListSize();
    return new Rows(
        table.column(index).stream()
            .map(part -> numbers(table.name(), column.getName(), part, width))
            .toList(),
        width);
  }

  private static boolean isVector(Field field) {
    return field.getDictionary() == null
        && field.getType() instanceof ArrowType.FixedSizeList
        && field.getChildren().get(0).getType().equals(FLOAT);
  }

  private static MemorySegment numbers(
      String name, String column, ArrowTable.Part part, int width) {
    part.nodes()
        .forEach(node -> {
          if (node.getNullCount() > 0) {
            throw new UnreadableInputException(
                "%s: column %s has %d nulls; drop or fill them first"
                    .formatted(name, column, node.getNullCount()));
          }
        });
    MemorySegment numbers = part.buffers().get(NUMBERS);
    long bytes = 4L * part.rows() * width;
    if (numbers.byteSize() < bytes) {
      throw new UnreadableInputException(
          "%s: a batch of %d rows has %d bytes of numbers; %d are needed, the file is damaged"
              .formatted(name, part.rows(), numbers.byteSize(), bytes));
    }
    return numbers.asSlice(0, bytes);
  }
}
