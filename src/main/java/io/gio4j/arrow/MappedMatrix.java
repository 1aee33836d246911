package io.gio4j.arrow;

import io.gio4j.data.FloatMatrix;
import io.gio4j.data.NumberType;
import io.gio4j.data.UnreadableInputException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;

/**
 * A matrix read in place from a mapped file: a column of an Arrow IPC stream or file, or plain rows
 * as in a {@code .npy} file. Shared memory of another process is such a file, {@code
 * /proc/PID/fd/N}. Nothing is copied; {@link #close} unmaps the file.
 *
 * <pre>{@code
 * try (MappedMatrix pool = MappedMatrix.arrowFile("pool", Path.of("pool.arrow"), "embedding")) {
 *   FloatMatrix rows = pool.matrix();
 * }
 * }</pre>
 */
public final class MappedMatrix implements AutoCloseable {
  private static final Map<ArrowType, NumberType> TYPES =
      Map.of(
          new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE), NumberType.FLOAT32,
          new ArrowType.FloatingPoint(FloatingPointPrecision.HALF), NumberType.FLOAT16,
          new ArrowType.Int(8, true), NumberType.INT8,
          new ArrowType.Int(8, false), NumberType.UINT8);

  private final List<MappedFile> files;
  private final List<Rows> rows;
  private final FloatMatrix matrix;

  private MappedMatrix(List<MappedFile> files, List<Rows> rows, FloatMatrix matrix) {
    this.files = files;
    this.rows = rows;
    this.matrix = matrix;
  }

  /**
   * Consecutive rows of the matrix that lie one after another in the file.
   *
   * @param offset byte of the file at which the first begins
   * @param rows how many
   */
  public record Part(long offset, long rows) {}

  /** {@return the rows; using them after {@link #close} throws an IllegalStateException} */
  public FloatMatrix matrix() {
    return matrix;
  }

  /** {@return {@link FloatMatrix#unitRows} of the same file; closing either unmaps it} */
  public MappedMatrix unitRows() {
    return new MappedMatrix(files, rows, matrix.unitRows());
  }

  /**
   * {@return how the numbers are stored}
   *
   * @throws IllegalStateException if they lie in several files, or beside each other
   */
  public NumberType type() {
    return only().type();
  }

  private Rows only() {
    if (rows.size() != 1) {
      throw new IllegalStateException(
          "%s: is made of several matrices; parts and type are those of one"
              .formatted(matrix.name()));
    }
    return rows.getFirst();
  }

  /**
   * {@return where in the file the rows lie, in their order}
   *
   * @throws IllegalStateException if they lie in several files, or beside each other
   */
  public List<Part> parts() {
    Rows stored = only();
    MappedFile file = files.getFirst();
    long rowBytes = (long) stored.type().size() * stored.columns();
    return stored.chunks().stream()
        .map(chunk -> new Part(file.offsetOf(chunk), chunk.byteSize() / rowBytes))
        .toList();
  }

  /** Unmaps the file, or files. */
  @Override
  public void close() {
    files.forEach(MappedFile::close);
  }

  /**
   * The rows of several matrices, one after another, as if one file held them.
   *
   * @param name what messages call the matrix
   * @param parts at least one; closing the result closes them
   * @return the joined rows, to be closed
   * @throws IllegalArgumentException if there are no parts, their columns differ, or one has unit
   *     rows
   */
  public static MappedMatrix joined(String name, List<MappedMatrix> parts) {
    return new MappedMatrix(
        parts.stream().flatMap(part -> part.files.stream()).toList(),
        parts.stream().flatMap(part -> part.rows.stream()).toList(),
        FloatMatrix.joined(name, parts.stream().map(part -> part.matrix).toList()));
  }

  /**
   * The columns of several matrices of the same rows, beside each other: {@link
   * FloatMatrix#beside}.
   *
   * @param name what messages call the matrix
   * @param parts at least one, all of the same number of rows; closing the result closes them
   * @param factors one a part, finite and above 0
   * @return the matrix, to be closed
   * @throws IllegalArgumentException if there are no parts, their rows differ or factors are not
   *     such
   */
  public static MappedMatrix beside(String name, List<MappedMatrix> parts, double[] factors) {
    return new MappedMatrix(
        parts.stream().flatMap(part -> part.files.stream()).toList(),
        List.of(), // none of them alone has the numbers
        FloatMatrix.beside(name, parts.stream().map(part -> part.matrix).toList(), factors));
  }

  /**
   * Maps plain little-endian float32 rows.
   *
   * @param name what messages call the matrix
   * @param path the file
   * @param offset byte of the file at which the first row begins
   * @param rows how many, at least 1
   * @param columns of each row, at least 1
   * @return the mapped rows, to be closed
   * @throws IllegalArgumentException if there are no rows or no columns
   * @throws UnreadableInputException if the file is missing or too short
   */
  public static MappedMatrix raw(String name, Path path, long offset, int rows, int columns) {
    return raw(name, path, List.of(new Part(offset, rows)), NumberType.FLOAT32, columns);
  }

  /**
   * Maps plain little-endian rows that lie in several parts of a file.
   *
   * @param name what messages call the matrix
   * @param path the file
   * @param parts where the rows lie, in their order
   * @param type how the numbers are stored
   * @param columns of each row, at least 1
   * @return the mapped rows, to be closed
   * @throws IllegalArgumentException if there are no rows or no columns
   * @throws UnreadableInputException if the file is missing or too short
   */
  public static MappedMatrix raw(
      String name, Path path, List<Part> parts, NumberType type, int columns) {
    return open(
        name,
        path,
        (channel, file) ->
            new Rows(
                parts.stream().map(part -> rows(name, path, file, part, type, columns)).toList(),
                type,
                columns));
  }

  private static MemorySegment rows(
      String name, Path path, MappedFile file, Part part, NumberType type, int columns) {
    long bytes = Math.multiplyExact(Math.multiplyExact(part.rows(), type.size()), (long) columns);
    if (part.offset() < 0 || bytes < 0 || file.size() - part.offset() < bytes) {
      throw new UnreadableInputException(
          "%s: %s has %d bytes; %d rows of %d columns from byte %d on need %d"
              .formatted(
                  name,
                  path,
                  file.size(),
                  part.rows(),
                  columns,
                  part.offset(),
                  part.offset() + bytes));
    }
    return file.slice(part.offset(), bytes);
  }

  /**
   * Maps an Arrow IPC stream with one column of vectors.
   *
   * @param name what messages call the matrix
   * @param path the file
   * @param offset byte of the file at which the stream begins
   * @return the mapped rows, to be closed
   * @throws UnreadableInputException as for a column by its name
   */
  public static MappedMatrix arrowStream(String name, Path path, long offset) {
    return arrowStream(name, path, offset, null);
  }

  /**
   * Maps a column of an Arrow IPC stream.
   *
   * @param name what messages call the matrix
   * @param path the file
   * @param offset byte of the file at which the stream begins
   * @param column the column's name, or null for the only column of vectors
   * @return the mapped rows, to be closed
   * @throws UnreadableInputException if there is no such stream, it is compressed, or its vectors
   *     have nulls or different lengths
   */
  public static MappedMatrix arrowStream(String name, Path path, long offset, String column) {
    return open(
        name,
        path,
        (channel, file) -> vectors(ArrowTableReader.stream(name, channel, file, offset), column));
  }

  /**
   * Maps a column of an Arrow IPC file.
   *
   * @param name what messages call the matrix
   * @param path the file
   * @param column the column's name, or null for the only column of vectors
   * @return the mapped rows, to be closed
   * @throws UnreadableInputException if it is no such file, it is compressed, or the column has
   *     nulls or no vectors of one length and a {@link NumberType}
   */
  public static MappedMatrix arrowFile(String name, Path path, String column) {
    return open(
        name,
        path,
        (channel, file) -> vectors(ArrowTableReader.file(name, path, channel, file), column));
  }

  /** Where in a file a matrix lies, and how. */
  private record Rows(List<MemorySegment> chunks, NumberType type, int columns) {}

  private static MappedMatrix open(String name, Path path, MappedFile.Layout<Rows> layout) {
    return MappedFile.open(
        name,
        path,
        layout,
        (file, rows) ->
            new MappedMatrix(
                List.of(file),
                List.of(rows),
                FloatMatrix.over(name, rows.chunks(), rows.type(), rows.columns())));
  }

  private static Rows vectors(ArrowTable table, String wanted) {
    // Lists without a fixed length may hold anything; where there are vectors too, these are meant.
    boolean preferFixed =
        wanted == null && table.schema().getFields().stream().anyMatch(MappedMatrix::isFixed);
    int index =
        table.find(
            wanted,
            preferFixed ? MappedMatrix::isFixed : MappedMatrix::isVector,
            "FixedSizeList of float32",
            "vectors");
    Field column = table.schema().getFields().get(index);
    List<ArrowTable.Part> parts = table.column(index);
    String name = table.name() + ": column " + column.getName();
    parts.forEach(part -> requireNoNulls(name, part));
    NumberType type = TYPES.get(column.getChildren().get(0).getType());
    if (column.getType() instanceof ArrowType.FixedSizeList fixed) {
      int width = fixed.getListSize();
      List<MemorySegment> chunks = new ArrayList<>();
      for (ArrowTable.Part part : parts) {
        long numbers = part.nodes().get(1).getLength();
        if (numbers != Math.multiplyExact(part.rows(), (long) width)) {
          throw damaged(name, part, "lists of %d have %d numbers".formatted(width, numbers));
        }
        chunks.add(numbers(name, part, 0, type, width));
      }
      return new Rows(chunks, type, width);
    }
    EvenLists lists = new EvenLists(name, column.getType() instanceof ArrowType.LargeList);
    int width = lists.width(parts);
    List<MemorySegment> chunks = new ArrayList<>();
    long row = 0;
    for (ArrowTable.Part part : parts) {
      long start = lists.start(part, row, width);
      chunks.add(numbers(name, part, start, type, width));
      row += part.rows();
    }
    return new Rows(chunks, type, width);
  }

  private static boolean isFixed(Field field) {
    return field.getType() instanceof ArrowType.FixedSizeList && holdsNumbers(field);
  }

  private static boolean isVector(Field field) {
    boolean isList =
        field.getType() instanceof ArrowType.List || field.getType() instanceof ArrowType.LargeList;
    return isFixed(field) || (isList && holdsNumbers(field));
  }

  private static boolean holdsNumbers(Field field) {
    return field.getDictionary() == null && TYPES.containsKey(field.getChildren().get(0).getType());
  }

  private static void requireNoNulls(String name, ArrowTable.Part part) {
    List<MemorySegment> buffers = part.buffers();
    Validity.requireAll(name, part.nodes().get(0), buffers.getFirst());
    Validity.requireAll(name, part.nodes().get(1), buffers.get(buffers.size() - 2));
  }

  /** The part's rows, which begin {@code start} numbers into its last buffer. */
  private static MemorySegment numbers(
      String name, ArrowTable.Part part, long start, NumberType type, int width) {
    MemorySegment numbers = part.buffers().getLast();
    long count = part.nodes().get(1).getLength();
    long bytes = Math.multiplyExact(type.size(), count);
    if (numbers.byteSize() < bytes || numbers.byteSize() > ArrowTableReader.padded(bytes)) {
      throw damaged(name, part, "%d numbers have %d bytes".formatted(count, numbers.byteSize()));
    }
    long used = Math.multiplyExact(part.rows(), (long) width);
    if (start < 0 || used > count - start) {
      throw damaged(
          name, part, "%d numbers from %d on are needed of %d".formatted(used, start, count));
    }
    return numbers.asSlice(type.size() * start, type.size() * used);
  }

  private static UnreadableInputException damaged(String name, ArrowTable.Part part, String why) {
    return new UnreadableInputException(
        "%s: in a batch of %d rows, %s; the file is damaged".formatted(name, part.rows(), why));
  }
}
