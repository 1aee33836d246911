package io.gio4j.testing;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.LargeListVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.ipc.ArrowWriter;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/** Arrow files and streams as a program of Arrow Java writes them. */
public final class ArrowFiles {
  private static final ArrowType FLOAT = new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);

  private static final int WIDTH = 3;

  private ArrowFiles() {}

  /** A column of vectors of float32. */
  public static Field vectors(String name, int width) {
    return list(name, width, FLOAT);
  }

  /** A column of vectors of another type. */
  public static Field list(String name, int width, ArrowType item) {
    Field child = new Field("item", FieldType.nullable(item), null);
    return new Field(name, FieldType.nullable(new ArrowType.FixedSizeList(width)), List.of(child));
  }

  /** A column of lists of float32 that are all of one length, 3; of 32 or 64 bits an offset. */
  public static Field evenLists(String name, boolean large) {
    Field child = new Field("item", FieldType.nullable(FLOAT), null);
    ArrowType type = large ? ArrowType.LargeList.INSTANCE : ArrowType.List.INSTANCE;
    return new Field(name, FieldType.nullable(type), List.of(child));
  }

  /** A column of text. */
  public static Field text(String name) {
    return new Field(name, FieldType.nullable(ArrowType.Utf8.INSTANCE), null);
  }

  /** A column of lists of integers. */
  public static Field nested(String name) {
    Field child = new Field("item", FieldType.nullable(new ArrowType.Int(64, true)), null);
    return new Field(name, FieldType.nullable(ArrowType.List.INSTANCE), List.of(child));
  }

  /** Where a null is put, if anywhere. */
  public enum Null {
    NONE,
    ROW,
    NUMBER
  }

  /** Writes batches of the given numbers of rows; row r, column c of every vector is 100 r + c. */
  public static void writeFile(Path path, List<Field> fields, Null where, int... batchRows) {
    write(path, 0, fields, where, true, batchRows);
  }

  /** The same as a stream, from a byte of the file on. */
  public static void writeStream(
      Path path, long offset, List<Field> fields, Null where, int... batchRows) {
    write(path, offset, fields, where, false, batchRows);
  }

  private static void write(
      Path path, long offset, List<Field> fields, Null where, boolean file, int... batchRows) {
    try (BufferAllocator allocator = new RootAllocator();
        VectorSchemaRoot root = VectorSchemaRoot.create(new Schema(fields), allocator);
        FileChannel channel =
            FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        ArrowWriter writer =
            file
                ? new ArrowFileWriter(root, null, channel.position(offset))
                : new ArrowStreamWriter(root, null, channel.position(offset))) {
      writer.start();
      int row = 0;
      for (int rows : batchRows) {
        for (FieldVector vector : root.getFieldVectors()) {
          fill(vector, row, rows, where);
        }
        root.setRowCount(rows);
        writer.writeBatch();
        row += rows;
      }
      writer.end();
    } catch (IOException failure) {
      throw new java.io.UncheckedIOException(failure);
    }
  }

  private static void fillList(Float4Vector numbers, int from, int row) {
    for (int c = 0; c < WIDTH; c++) {
      numbers.setSafe(from + c, 100 * row + c);
    }
  }

  private static void spoil(FieldVector list, Float4Vector numbers, int rows, Null where) {
    switch (where) {
      case NONE -> {}
      case ROW -> list.setNull(rows - 1);
      case NUMBER -> numbers.setNull(rows * WIDTH - 1);
    }
  }

  private static void fill(FieldVector vector, int firstRow, int rows, Null where) {
    vector.reset();
    switch (vector) {
      case FixedSizeListVector list when list.getDataVector() instanceof Float4Vector numbers -> {
        int width = list.getListSize();
        for (int row = 0; row < rows; row++) {
          list.setNotNull(row);
          for (int c = 0; c < width; c++) {
            numbers.setSafe(row * width + c, 100 * (firstRow + row) + c);
          }
        }
        switch (where) {
          case NONE -> {}
          case ROW -> list.setNull(rows - 1);
          case NUMBER -> numbers.setNull(rows * width - 1);
        }
      }
      case LargeListVector list -> {
        Float4Vector numbers = (Float4Vector) list.getDataVector();
        for (int row = 0; row < rows; row++) {
          fillList(numbers, Math.toIntExact(list.startNewValue(row)), firstRow + row);
          list.endValue(row, WIDTH);
        }
        spoil(list, numbers, rows, where);
      }
      case ListVector list when list.getDataVector() instanceof Float4Vector numbers -> {
        for (int row = 0; row < rows; row++) {
          fillList(numbers, list.startNewValue(row), firstRow + row);
          list.endValue(row, WIDTH);
        }
        spoil(list, numbers, rows, where);
      }
      case VarCharVector text -> {
        for (int row = 0; row < rows; row++) {
          text.setSafe(row, "row %d".formatted(firstRow + row).getBytes(StandardCharsets.UTF_8));
        }
      }
      case ListVector list -> {
        BigIntVector items = (BigIntVector) list.getDataVector();
        for (int row = 0; row < rows; row++) {
          int from = list.startNewValue(row);
          items.setSafe(from, row);
          items.setSafe(from + 1, row);
          list.endValue(row, 2);
        }
      }
      default -> {}
    }
    vector.setValueCount(rows);
  }
}
