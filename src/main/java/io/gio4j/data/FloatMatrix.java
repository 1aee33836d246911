package io.gio4j.data;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A matrix of float32 rows, row-major, read in place: on the heap, in a mapped file or in memory
 * shared with another process. There its numbers may be stored in fewer bits ({@link NumberType}).
 *
 * <p>The rows lie in one or more consecutive chunks of complete rows (an Arrow file has one chunk
 * per record batch); or several matrices lie beside each other ({@link #beside}). Algorithms do not
 * compute on this memory: they copy blocks of rows into arrays ({@link #copyRows}) first. A bulk
 * copy from a file that was truncated under the mapping ends in an {@link
 * UnreadableInputException}, whereas a Vector API load would end the JVM.
 *
 * <p>The matrix does not own its memory: whoever mapped it keeps it alive as long as it is in use.
 * Instances are immutable and safe to share between threads as far as their memory is.
 *
 * <pre>{@code
 * FloatMatrix pool = FloatMatrix.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2); // 3 rows, 2 columns
 * }</pre>
 */
public final class FloatMatrix {
  private final String name;
  private final MemorySegment[] chunks;
  private final NumberType[] types;
  private final long[] firstRows;
  private final int rows;
  private final int columns;

  /** Numbers of the rows within the chunks; null for all of them. */
  private final int[] picked;

  /** Whether rows are divided by their length while they are copied. */
  private final boolean unit;

  /** Whether a row without a length that it could be divided by stays zeros instead of NaN. */
  private final boolean keepsZeros;

  /** Matrices of the same rows that lie beside each other; null where chunks hold the rows. */
  private final Beside beside;

  private FloatMatrix(String name, MemorySegment[] chunks, NumberType[] types, int columns) {
    this.name = Objects.requireNonNull(name);
    if (columns < 1) {
      throw new IllegalArgumentException(
          name + ": has " + columns + " columns; at least 1 is needed");
    }
    this.chunks = chunks;
    this.types = types;
    this.firstRows = new long[this.chunks.length + 1];
    for (int i = 0; i < this.chunks.length; i++) {
      long bytes = this.chunks[i].byteSize();
      long rowBytes = (long) types[i].size() * columns;
      if (bytes % rowBytes != 0) {
        throw new IllegalArgumentException(
            "%s: chunk %d has %d bytes, not a multiple of its rows' %d bytes"
                .formatted(name, i, bytes, rowBytes));
      }
      firstRows[i + 1] = firstRows[i] + bytes / rowBytes;
    }
    long total = firstRows[this.chunks.length];
    if (total < 1) {
      throw new IllegalArgumentException(name + ": has no rows; at least 1 is needed");
    }
    if (total > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "%s: has %d rows; at most %d are possible, select from parts of it"
              .formatted(name, total, Integer.MAX_VALUE));
    }
    this.rows = (int) total;
    this.columns = columns;
    this.picked = null;
    this.unit = false;
    this.keepsZeros = false;
    this.beside = null;
  }

  private FloatMatrix(
      FloatMatrix whole,
      String name,
      int[] picked,
      boolean unit,
      boolean keepsZeros,
      Beside beside) {
    this.name = name;
    this.chunks = whole.chunks;
    this.types = whole.types;
    this.firstRows = whole.firstRows;
    this.rows = picked == null ? whole.rows : picked.length;
    this.columns = beside == null ? whole.columns : beside.columns();
    this.picked = picked;
    this.unit = unit;
    this.keepsZeros = keepsZeros;
    this.beside = beside;
  }

  /**
   * {@return a matrix over an array, which is not copied}
   *
   * @param values {@code rows * columns} numbers, row after row
   * @param rows at least 1
   * @param columns at least 1
   * @throws IllegalArgumentException if the length does not fit, or a dimension is below 1
   */
  public static FloatMatrix of(float[] values, int rows, int columns) {
    if ((long) rows * columns != values.length) {
      throw new IllegalArgumentException(
          "values: has %d numbers; %d rows of %d columns need %d"
              .formatted(values.length, rows, columns, (long) rows * columns));
    }
    return over("matrix", List.of(MemorySegment.ofArray(values)), columns);
  }

  /**
   * {@return a matrix of copied rows}
   *
   * @param rows at least one, all of the same length
   * @throws IllegalArgumentException if there are none, they are empty, or their lengths differ
   */
  public static FloatMatrix of(float[][] rows) {
    int columns = rows.length == 0 ? 0 : rows[0].length;
    float[] values = new float[rows.length * columns];
    for (int i = 0; i < rows.length; i++) {
      if (rows[i].length != columns) {
        throw new IllegalArgumentException(
            "rows: row %d has %d columns, row 0 has %d; all must have the same number"
                .formatted(i, rows[i].length, columns));
      }
      System.arraycopy(rows[i], 0, values, i * columns, columns);
    }
    return of(values, rows.length, columns);
  }

  /**
   * {@return a matrix over chunks of native or mapped memory, which are not copied}
   *
   * @param name what messages call this matrix
   * @param chunks little-endian float32 numbers; each chunk holds complete rows
   * @param columns numbers of each row, at least 1
   * @throws IllegalArgumentException if there are no rows, more than {@link Integer#MAX_VALUE}, or
   *     a chunk ends within a row
   */
  public static FloatMatrix over(String name, List<MemorySegment> chunks, int columns) {
    return over(name, chunks, NumberType.FLOAT32, columns);
  }

  /**
   * {@return a matrix over chunks of native or mapped memory, which are not copied}
   *
   * @param name what messages call this matrix
   * @param chunks little-endian numbers; each chunk holds complete rows
   * @param type how the numbers are stored
   * @param columns numbers of each row, at least 1
   * @throws IllegalArgumentException if there are no rows, more than {@link Integer#MAX_VALUE}, or
   *     a chunk ends within a row
   */
  public static FloatMatrix over(
      String name, List<MemorySegment> chunks, NumberType type, int columns) {
    NumberType[] types = new NumberType[chunks.size()];
    Arrays.fill(types, Objects.requireNonNull(type));
    return new FloatMatrix(name, chunks.toArray(MemorySegment[]::new), types, columns);
  }

  /**
   * {@return the rows of several matrices, one after another, not copied} They may be stored in
   * different types.
   *
   * @param name what messages call this matrix
   * @param parts at least one, neither picked from others nor unit rows nor {@link #beside}
   * @throws IllegalArgumentException if there are no parts, their columns differ, or one is such
   */
  public static FloatMatrix joined(String name, List<FloatMatrix> parts) {
    if (parts.isEmpty()) {
      throw new IllegalArgumentException(name + ": has no parts; at least one is needed");
    }
    int columns = parts.getFirst().columns;
    int place = 0;
    for (FloatMatrix part : parts) {
      if (part.columns != columns) {
        throw new IllegalArgumentException(
            "%s: part %d has %d columns, part 0 has %d; all must have the same number"
                .formatted(name, place, part.columns, columns));
      }
      if (part.unit || part.picked != null || part.beside != null) {
        throw new IllegalArgumentException(
            "%s: part %d has unit or picked rows, or matrices beside each other; join first, then take these"
                .formatted(name, place));
      }
      place++;
    }
    return new FloatMatrix(
        name,
        parts.stream().flatMap(part -> Arrays.stream(part.chunks)).toArray(MemorySegment[]::new),
        parts.stream().flatMap(part -> Arrays.stream(part.types)).toArray(NumberType[]::new),
        columns);
  }

  /**
   * {@return the columns of several matrices of the same rows, beside each other, not copied} Such
   * are gradients of the same examples at several checkpoints of a model. With each matrix times
   * the root of a weight, an inner product of two rows is the weighted sum of the matrices'
   * products, and a squared distance that of theirs.
   *
   * <p>Of unit rows ({@link #unitRows}) each matrix's own part of a row has length 1, or is zeros
   * where it is zeros; a row that is zeros in all of them is NaN, as there.
   *
   * <pre>{@code
   * FloatMatrix both = FloatMatrix.beside(
   *     "pool", List.of(early.unitRows(), late.unitRows()), new double[] {Math.sqrt(0.7), Math.sqrt(0.3)});
   * }</pre>
   *
   * @param name what messages call this matrix
   * @param parts at least one, all of the same number of rows; they may be unit rows, joined, and
   *     stored in different types
   * @param factors one a part, finite and above 0: its numbers are multiplied by it
   * @throws IllegalArgumentException if there are no parts, their rows differ, some are picked, or
   *     factors are not such
   */
  public static FloatMatrix beside(String name, List<FloatMatrix> parts, double[] factors) {
    if (parts.isEmpty() || parts.size() != factors.length) {
      throw new IllegalArgumentException(
          "%s: has %d parts and %d factors; at least one part, each with a factor, is needed"
              .formatted(name, parts.size(), factors.length));
    }
    FloatMatrix first = parts.getFirst();
    long columns = 0;
    for (int place = 0; place < factors.length; place++) {
      FloatMatrix part = parts.get(place);
      if (part.rows != first.rows) {
        throw new IllegalArgumentException(
            "%s: part %d has %d rows, part 0 has %d; all must have the same rows"
                .formatted(name, place, part.rows, first.rows));
      }
      if (part.picked != null) {
        throw new IllegalArgumentException(
            "%s: part %d has picked rows; take these of the whole".formatted(name, place));
      }
      if (!(factors[place] > 0 && factors[place] < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "%s: factor %d is %s; must be a finite number above 0"
                .formatted(name, place, factors[place]));
      }
      columns += part.columns;
    }
    if (columns > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "%s: has %d columns in %d parts; at most %d are possible"
              .formatted(name, columns, factors.length, Integer.MAX_VALUE));
    }
    FloatMatrix[] kept = parts.stream().map(FloatMatrix::keepingZeros).toArray(FloatMatrix[]::new);
    Beside beside = new Beside(kept, factors.clone(), (int) columns);
    return new FloatMatrix(first, Objects.requireNonNull(name), null, false, false, beside);
  }

  /**
   * Matrices of the same rows.
   *
   * @param factors by which the numbers of each are multiplied
   * @param columns of all together
   */
  private record Beside(FloatMatrix[] parts, double[] factors, int columns) {
    /** As they lie in memory. */
    Beside stored() {
      double[] ones = new double[factors.length];
      Arrays.fill(ones, 1);
      return new Beside(
          Arrays.stream(parts).map(FloatMatrix::storedRows).toArray(FloatMatrix[]::new),
          ones,
          columns);
    }

    boolean isUnit() {
      return Arrays.stream(parts).anyMatch(part -> part.unit);
    }

    /** One part after another, so that of a file rows are read that follow each other. */
    void copyRows(int row, int count, float[] target, int offset) {
      int start = offset;
      for (int place = 0; place < parts.length; place++) {
        for (int i = 0; i < count; i++) {
          parts[place].copyRows(row + i, 1, target, start + i * columns, factors[place]);
        }
        start += parts[place].columns;
      }
    }
  }

  /**
   * {@return these rows under another name, not copied}
   *
   * @param newName what messages call them
   */
  public FloatMatrix named(String newName) {
    return new FloatMatrix(this, newName, picked, unit, keepsZeros, beside);
  }

  /**
   * {@return these rows divided by their Euclidean lengths, not copied} Between such rows the
   * squared distance is {@code 2 - 2 cos}, so that what is computed from distances follows the
   * cosine of the rows' angle:
   *
   * <pre>{@code
   * Selection found = new Balanced().select(pool.unitRows(), target.unitRows(), 100);
   * }</pre>
   *
   * <p>Lengths are computed in double, in which the squares of no float32 overflow or vanish. A row
   * of zeros has none: it is NaN here, and what reads the matrix refuses it, naming the row.
   */
  public FloatMatrix unitRows() {
    return new FloatMatrix(this, name, picked, true, keepsZeros, beside);
  }

  /** {@return whether these are {@link #unitRows()}} */
  public boolean hasUnitRows() {
    return unit;
  }

  /**
   * {@return these rows, of which those of zeros stay zeros where {@link #unitRows()} makes them
   * NaN} Their inner product with any row is then 0, as of rows without a direction.
   */
  public FloatMatrix keepingZeros() {
    return new FloatMatrix(this, name, picked, unit, true, beside);
  }

  /**
   * {@return the same rows as they lie in memory, of {@link #unitRows()} with their lengths, of
   * {@link #beside} without factors}
   */
  public FloatMatrix storedRows() {
    return new FloatMatrix(
        this, name, picked, false, keepsZeros, beside == null ? null : beside.stored());
  }

  /**
   * {@return some of the rows, not copied} Messages keep calling them by their numbers here.
   *
   * @param numbers of the rows, at least one; ascending ones are fastest, since a file is then read
   *     from front to back
   * @throws IllegalArgumentException if there are none
   * @throws IndexOutOfBoundsException if there is no row of a number
   */
  public FloatMatrix pick(int[] numbers) {
    int[] own = Arrays.stream(numbers).map(row -> number(Objects.checkIndex(row, rows))).toArray();
    if (own.length == 0) {
      throw new IllegalArgumentException(name + ": no rows are picked; at least 1 is needed");
    }
    return new FloatMatrix(this, name, own, unit, keepsZeros, beside);
  }

  /**
   * {@return the number of a row in the matrix that it was picked from} Its own number where all
   * rows are in use.
   *
   * @param row from 0 to {@link #rows()} - 1
   */
  public int number(int row) {
    return picked == null ? row : picked[row];
  }

  /** {@return what error messages call this matrix} */
  public String name() {
    return name;
  }

  /** {@return how many rows there are, at least 1} */
  public int rows() {
    return rows;
  }

  /** {@return how many numbers each row has, at least 1} */
  public int columns() {
    return columns;
  }

  /**
   * Copies consecutive rows.
   *
   * @param row the first one
   * @param count how many
   * @param target receives {@code count * columns()} numbers, row after row
   * @param offset of the first number in {@code target}
   * @throws IndexOutOfBoundsException if there are no such rows, or they do not fit into {@code
   *     target}
   * @throws UnreadableInputException if the memory behind the rows is gone (a truncated file)
   */
  public void copyRows(int row, int count, float[] target, int offset) {
    copyRows(row, count, target, offset, 1);
  }

  private void copyRows(int row, int count, float[] target, int offset, double factor) {
    Objects.checkFromIndexSize(row, count, rows);
    if (picked == null) {
      copyInOrder(row, count, target, offset);
    } else {
      copyPicked(row, count, target, offset);
    }
    if (unit) {
      for (int i = 0; i < count; i++) {
        toLength(factor, target, offset + i * columns);
      }
    } else if (factor != 1) {
      multiply(factor, target, offset, count * columns);
    }
  }

  /** Four sums at a time, since each addition waits for the one before it in its sum. */
  private void toLength(double length, float[] values, int start) {
    double sum0 = 0;
    double sum1 = 0;
    double sum2 = 0;
    double sum3 = 0;
    int fours = start + columns / 4 * 4;
    int end = start + columns;
    for (int i = start; i < fours; i += 4) {
      sum0 += (double) values[i] * values[i];
      sum1 += (double) values[i + 1] * values[i + 1];
      sum2 += (double) values[i + 2] * values[i + 2];
      sum3 += (double) values[i + 3] * values[i + 3];
    }
    for (int i = fours; i < end; i++) {
      sum0 += (double) values[i] * values[i];
    }
    double square = sum0 + sum1 + (sum2 + sum3);
    if (square == 0 && keepsZeros) {
      return;
    }
    multiply(length / Math.sqrt(square), values, start, columns);
  }

  private static void multiply(double factor, float[] values, int start, int count) {
    for (int i = start; i < start + count; i++) {
      values[i] = (float) (values[i] * factor);
    }
  }

  private void copyPicked(int row, int count, float[] target, int offset) {
    int done = 0;
    while (done < count) {
      int run = 1;
      while (done + run < count && picked[row + done + run] == picked[row + done] + run) {
        run++;
      }
      copyInOrder(picked[row + done], run, target, offset + done * columns);
      done += run;
    }
  }

  private void copyInOrder(int row, int count, float[] target, int offset) {
    if (beside != null) {
      copyBeside(row, count, target, offset);
      return;
    }
    int chunk = chunkOf(row);
    int done = 0;
    while (done < count) {
      long inChunk = row + done - firstRows[chunk];
      int here = (int) Math.min(count - done, firstRows[chunk + 1] - row - done);
      try {
        types[chunk].copy(
            chunks[chunk], inChunk * columns, target, offset + done * columns, here * columns);
        Faults.show();
      } catch (InternalError fault) {
        throw UnreadableInputException.gone(name, "rows", row + done, row + done + here - 1, fault);
      }
      done += here;
      chunk++;
    }
  }

  private void copyBeside(int row, int count, float[] target, int offset) {
    beside.copyRows(row, count, target, offset);
    for (int i = 0; i < count && beside.isUnit() && !keepsZeros; i++) {
      int start = offset + i * columns;
      if (isZero(target, start, start + columns)) {
        Arrays.fill(target, start, start + columns, Float.NaN);
      }
    }
  }

  private static boolean isZero(float[] values, int start, int end) {
    int i = start;
    while (i < end && values[i] == 0) {
      i++;
    }
    return i == end;
  }

  /**
   * Checks that rows of both matrices can be compared.
   *
   * @param other named in the message
   * @throws IllegalArgumentException if the other one has another number of columns
   */
  public void requireColumnsOf(FloatMatrix other) {
    if (columns != other.columns) {
      throw new IllegalArgumentException(
          "%s: has %d columns but %s has %d; both must come from the same embedding"
              .formatted(name, columns, other.name, other.columns));
    }
  }

  /**
   * {@return one row as a new array of {@link #columns()} numbers}
   *
   * @param row from 0 to {@link #rows()} - 1
   * @throws IndexOutOfBoundsException if there is no such row
   * @throws UnreadableInputException if the memory behind it is gone (a truncated file)
   */
  public float[] row(int row) {
    float[] values = new float[columns];
    copyRows(row, 1, values, 0);
    return values;
  }

  private int chunkOf(long row) {
    int low = 0;
    int high = chunks.length - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (firstRows[middle] <= row) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  @Override
  public String toString() {
    return "%s (%d x %d)".formatted(name, rows, columns);
  }
}
