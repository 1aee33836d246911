package io.gio4j.arrow;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.Types.MinorType;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.FieldType;

/**
 * The arrays of a result as one Arrow record batch of one row: each array is a list in a column of
 * its own, so arrays of any lengths lie in one buffer, and a reader views them without a copy.
 *
 * <p>Holds memory outside the heap until {@link #close}.
 */
public final class ArrowResult implements AutoCloseable {
  private static final FieldType DOUBLE =
      FieldType.notNullable(new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE));
  private static final FieldType FLOAT =
      FieldType.notNullable(new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE));
  private static final FieldType INT = FieldType.notNullable(MinorType.INT.getType());

  private final List<FieldVector> columns = new ArrayList<>();

  /** Adds integers. */
  public ArrowResult ints(String name, int[] values) {
    ListVector list = list(name);
    IntVector items = (IntVector) list.addOrGetVector(INT).getVector();
    fill(items, values.length).copyFrom(MemorySegment.ofArray(values));
    return finish(list, values.length);
  }

  /** Adds numbers in double. */
  public ArrowResult doubles(String name, double[] values) {
    ListVector list = list(name);
    Float8Vector items = (Float8Vector) list.addOrGetVector(DOUBLE).getVector();
    fill(items, values.length).copyFrom(MemorySegment.ofArray(values));
    return finish(list, values.length);
  }

  /** Gives the numbers of a row, to be copied. */
  @FunctionalInterface
  public interface FloatRows {
    /** The row's numbers. */
    float[] row(int row);
  }

  /** Gives the numbers of a row in double, to be copied. */
  @FunctionalInterface
  public interface DoubleRows {
    /** The row's numbers. */
    double[] row(int row);
  }

  /** Adds a matrix of floats. */
  public ArrowResult floatRows(String name, int rows, int width, FloatRows source) {
    ListVector list = list(name);
    FixedSizeListVector vectors = vectors(list, width);
    Float4Vector items = (Float4Vector) vectors.addOrGetVector(FLOAT).getVector();
    MemorySegment target = fill(items, Math.multiplyExact(rows, width));
    for (int row = 0; row < rows; row++) {
      MemorySegment.copy(
          source.row(row), 0, target, ValueLayout.JAVA_FLOAT, 4L * row * width, width);
    }
    return finish(list, vectors, rows);
  }

  /** Adds a matrix of doubles. */
  public ArrowResult doubleRows(String name, int rows, int width, DoubleRows source) {
    ListVector list = list(name);
    FixedSizeListVector vectors = vectors(list, width);
    Float8Vector items = (Float8Vector) vectors.addOrGetVector(DOUBLE).getVector();
    MemorySegment target = fill(items, Math.multiplyExact(rows, width));
    for (int row = 0; row < rows; row++) {
      MemorySegment.copy(
          source.row(row), 0, target, ValueLayout.JAVA_DOUBLE, 8L * row * width, width);
    }
    return finish(list, vectors, rows);
  }

  private ListVector list(String name) {
    ListVector list =
        new ListVector(
            name, ArrowMemory.allocator(), FieldType.notNullable(ArrowType.List.INSTANCE), null);
    columns.add(list);
    return list;
  }

  private static FixedSizeListVector vectors(ListVector list, int width) {
    return (FixedSizeListVector)
        list.addOrGetVector(FieldType.notNullable(new ArrowType.FixedSizeList(width))).getVector();
  }

  /** Makes room for values, all of them valid, and returns the memory for them. */
  @SuppressWarnings("restricted") // the buffer was allocated above, of this very size
  private static MemorySegment fill(BaseFixedWidthVector items, int count) {
    items.allocateNew(count);
    allValid(items, count);
    items.setValueCount(count);
    return MemorySegment.ofAddress(items.getDataBufferAddress())
        .reinterpret((long) count * items.getTypeWidth());
  }

  private static void allValid(ValueVector vector, int count) {
    vector.getValidityBuffer().setOne(0L, Math.ceilDiv(count, Byte.SIZE));
  }

  private ArrowResult finish(ListVector list, FixedSizeListVector vectors, int rows) {
    vectors.setInitialCapacity(rows);
    vectors.reAlloc();
    for (int row = 0; row < rows; row++) {
      vectors.setNotNull(row);
    }
    vectors.setValueCount(rows);
    return finish(list, rows);
  }

  private ArrowResult finish(ListVector list, int count) {
    list.setInitialCapacity(1);
    list.reAlloc();
    list.startNewValue(0);
    list.endValue(0, count);
    list.setValueCount(1);
    return this;
  }

  /** Bytes that {@link #write} will write. */
  public long bytes() {
    Counter counter = new Counter();
    write(counter);
    return counter.bytes;
  }

  /** Writes an Arrow IPC stream. */
  public void write(WritableByteChannel channel) {
    try (ArrowStreamWriter writer =
        new ArrowStreamWriter(new VectorSchemaRoot(columns), null, channel)) {
      writer.start();
      writer.writeBatch();
      writer.end();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  @Override
  public void close() {
    columns.forEach(FieldVector::close);
  }

  /** Takes everything and keeps only how much it was. */
  private static final class Counter implements WritableByteChannel {
    private long bytes;

    @Override
    public int write(ByteBuffer source) {
      int count = source.remaining();
      source.position(source.limit());
      bytes += count;
      return count;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }
}
