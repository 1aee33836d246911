package io.gio4j.arrow;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.VarCharVector;
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
  private static final FieldType TEXT = FieldType.nullable(ArrowType.Utf8.INSTANCE);
  private static final FieldType INT = FieldType.notNullable(MinorType.INT.getType());

  private final BufferAllocator allocator;
  private final List<FieldVector> columns = new ArrayList<>();

  /** No arrays yet. */
  public ArrowResult() {
    this(ArrowMemory.allocator());
  }

  private ArrowResult(BufferAllocator allocator) {
    this.allocator = allocator;
  }

  /** Loads the classes of a result, in memory that {@link ArrowMemory#bytes} does not count. */
  public static void warmUp() {
    try (BufferAllocator apart = new RootAllocator();
        ArrowResult result = new ArrowResult(apart).ints("indices", new int[] {0})) {
      result.bytes();
    }
  }

  /**
   * Adds a list of int32.
   *
   * @param name of the column
   * @param values copied
   * @return this result
   */
  public ArrowResult ints(String name, int[] values) {
    ListVector list = list(name, INT);
    IntVector items = (IntVector) list.getDataVector();
    fill(items, values.length).copyFrom(MemorySegment.ofArray(values));
    return finish(list, values.length);
  }

  /**
   * Adds a list of float64.
   *
   * @param name of the column
   * @param values copied
   * @return this result
   */
  public ArrowResult doubles(String name, double[] values) {
    ListVector list = list(name, DOUBLE);
    Float8Vector items = (Float8Vector) list.getDataVector();
    fill(items, values.length).copyFrom(MemorySegment.ofArray(values));
    return finish(list, values.length);
  }

  /** Source of float rows. */
  @FunctionalInterface
  public interface FloatRows {
    /**
     * {@return the numbers of a row, which are copied before the next call}
     *
     * @param row from 0
     */
    float[] row(int row);
  }

  /** Source of double rows. */
  @FunctionalInterface
  public interface DoubleRows {
    /**
     * {@return the numbers of a row, which are copied before the next call}
     *
     * @param row from 0
     */
    double[] row(int row);
  }

  /**
   * Adds a matrix of float32, as fixed-size lists.
   *
   * @param name of the column
   * @param rows of the matrix
   * @param width numbers of each row
   * @param source called once for each row, in order
   * @return this result
   */
  public ArrowResult floatRows(String name, int rows, int width, FloatRows source) {
    ListVector list = list(name, FieldType.notNullable(new ArrowType.FixedSizeList(width)));
    MemorySegment target = fillRows(list, rows, width, FLOAT);
    for (int row = 0; row < rows; row++) {
      MemorySegment.copy(
          source.row(row), 0, target, ValueLayout.JAVA_FLOAT, 4L * row * width, width);
    }
    return finish(list, rows);
  }

  /**
   * Adds a matrix of float64, as fixed-size lists.
   *
   * @param name of the column
   * @param rows of the matrix
   * @param width numbers of each row
   * @param source called once for each row, in order
   * @return this result
   */
  public ArrowResult doubleRows(String name, int rows, int width, DoubleRows source) {
    ListVector list = list(name, FieldType.notNullable(new ArrowType.FixedSizeList(width)));
    MemorySegment target = fillRows(list, rows, width, DOUBLE);
    for (int row = 0; row < rows; row++) {
      MemorySegment.copy(
          source.row(row), 0, target, ValueLayout.JAVA_DOUBLE, 8L * row * width, width);
    }
    return finish(list, rows);
  }

  /**
   * Adds a matrix of float32 that lies in several arrays.
   *
   * @param name of the column
   * @param width numbers of each row
   * @param blocks consecutive rows, a multiple of {@code width} numbers each
   * @return this result
   */
  public ArrowResult floatBlocks(String name, int width, List<float[]> blocks) {
    int count = blocks.stream().mapToInt(block -> block.length).reduce(0, Math::addExact);
    ListVector list = list(name, FieldType.notNullable(new ArrowType.FixedSizeList(width)));
    MemorySegment target = fillRows(list, count / width, width, FLOAT);
    long at = 0;
    for (float[] block : blocks) {
      MemorySegment.copy(block, 0, target, ValueLayout.JAVA_FLOAT, at, block.length);
      at += 4L * block.length;
    }
    return finish(list, count / width);
  }

  /** Column to which texts are added one after another. */
  @FunctionalInterface
  public interface TextColumn {
    /**
     * Adds a text; an empty one becomes a null.
     *
     * @param bytes UTF-8, copied
     * @param from first byte
     * @param to byte after the last one
     */
    void add(byte[] bytes, int from, int to);
  }

  /**
   * Adds a list of texts.
   *
   * @param name of the column
   * @param count texts that memory is reserved for
   * @param bytes of all texts that memory is reserved for; more of them cost a copy
   * @param source adds the texts to the column that it is given
   * @return this result
   */
  public ArrowResult texts(String name, int count, long bytes, Consumer<TextColumn> source) {
    ListVector list = list(name, TEXT);
    TextItems items = new TextItems((VarCharVector) list.getDataVector());
    items.vector.allocateNew(bytes, count);
    source.accept(items);
    items.vector.setValueCount(items.count);
    return finish(list, items.count);
  }

  private static final class TextItems implements TextColumn {
    private final VarCharVector vector;
    private int count;

    TextItems(VarCharVector vector) {
      this.vector = vector;
    }

    @Override
    public void add(byte[] bytes, int from, int to) {
      if (from == to) {
        vector.setNull(count);
      } else {
        vector.setSafe(count, bytes, from, to - from);
      }
      count++;
    }
  }

  /**
   * A list of one row. Its offsets are allocated before its items: allocating them later would
   * double the memory of the items, with a copy.
   */
  private ListVector list(String name, FieldType items) {
    ListVector list =
        new ListVector(name, allocator, FieldType.notNullable(ArrowType.List.INSTANCE), null);
    columns.add(list);
    list.addOrGetVector(items);
    list.setInitialCapacity(1);
    list.allocateNew();
    return list;
  }

  /** Makes room for rows in a list of them, and returns the memory for their numbers. */
  private static MemorySegment fillRows(ListVector list, int rows, int width, FieldType number) {
    FixedSizeListVector vectors = (FixedSizeListVector) list.getDataVector();
    BaseFixedWidthVector items = (BaseFixedWidthVector) vectors.addOrGetVector(number).getVector();
    vectors.setInitialCapacity(rows);
    vectors.allocateNew();
    allValid(vectors, rows);
    MemorySegment target = fill(items, Math.multiplyExact(rows, width));
    vectors.setValueCount(rows);
    return target;
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

  private ArrowResult finish(ListVector list, int count) {
    list.startNewValue(0);
    list.endValue(0, count);
    list.setValueCount(1);
    return this;
  }

  /** {@return how many bytes {@link #write} will write} */
  public long bytes() {
    Counter counter = new Counter();
    write(counter);
    return counter.bytes;
  }

  /**
   * Writes an Arrow IPC stream.
   *
   * @param channel stays open
   * @throws UncheckedIOException if it cannot be written to
   */
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

  /** Counts the bytes written to it and drops them. */
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
