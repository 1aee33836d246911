package io.gio4j.internal;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.simd.RowOps;
import java.util.function.Consumer;

/**
 * A matrix cut into blocks of rows that fit a core's second-level cache, each in an array.
 *
 * <p>A matrix within its {@link HeapShare} is copied once and kept; a larger one is read block by
 * block whenever it is needed, into arrays that are reused. In both cases rows are checked once, at
 * the start, to be finite.
 */
public final class RowBlocks {
  /**
   * Floats in a block: 128 KB, beside which the lanes' points and sums (98 KB each at 768 columns)
   * still fit an L2 cache of 512 KB. With fewer than 32 rows the loads and stores of the sums would
   * take noticeable time.
   */
  private static final int BLOCK_FLOATS = 32_768;

  /** Products take four or eight rows at a time; only the last block then has a remainder. */
  private static final int ROW_MULTIPLE = 8;

  private static final int MAX_BLOCK_ROWS = 4096;

  /** At 6.7e7 numbers, which the scalar code looks through in 50 ms. */
  private static final BreakEven VECTOR = new BreakEven(1 << 12);

  private static final FirstLook NOTHING = (blocks, block, rows) -> {};

  private final FloatMatrix matrix;
  private final int blockRows;
  private final int blocks;
  private final float[][] packed;
  private final Scratch<float[]> spare;
  private float largest;

  private RowBlocks(FloatMatrix matrix, int blockRows, float[][] packed) {
    this.matrix = matrix;
    this.blockRows = blockRows;
    this.blocks = Math.ceilDiv(matrix.rows(), blockRows);
    this.packed = packed;
    this.spare = new Scratch<>(() -> new float[blockRows * matrix.columns()]);
  }

  /**
   * Checks a matrix and cuts it into blocks.
   *
   * @throws IllegalArgumentException if a number is NaN or infinite, naming the first such row
   */
  public static RowBlocks of(FloatMatrix matrix, Execution execution) {
    return of(matrix, execution, HeapShare.MATRIX, NOTHING);
  }

  /** Receives each block when it is read for the first time; its numbers are finite. */
  @FunctionalInterface
  public interface FirstLook {
    void at(RowBlocks blocks, int block, float[] rows);
  }

  /**
   * Also passes each block to {@code look} during the check, which saves a pass over a pool that is
   * larger than memory. If a number is not finite, some blocks may have been passed already.
   */
  public static RowBlocks of(FloatMatrix matrix, Execution execution, FirstLook look) {
    return of(matrix, execution, HeapShare.MATRIX, look);
  }

  /** Cuts a matrix that is read many times, for which it gets a larger share of the heap. */
  public static RowBlocks readOften(FloatMatrix matrix, Execution execution) {
    return of(matrix, execution, HeapShare.TARGET, NOTHING);
  }

  private static RowBlocks of(
      FloatMatrix matrix, Execution execution, HeapShare share, FirstLook look) {
    int blockRows = blockRows(matrix.columns());
    int blocks = Math.ceilDiv(matrix.rows(), blockRows);
    boolean keep = share.holds(4L * matrix.rows() * matrix.columns());
    RowBlocks result = new RowBlocks(matrix, blockRows, keep ? new float[blocks][] : null);
    result.readAll(execution, look);
    return result;
  }

  /** {@return the rows in every block but the last, for a number of columns} */
  public static int blockRows(int columns) {
    return Math.clamp(BLOCK_FLOATS / columns, ROW_MULTIPLE, MAX_BLOCK_ROWS)
        / ROW_MULTIPLE
        * ROW_MULTIPLE;
  }

  /** Checks every number once and keeps the blocks if they fit. */
  private void readAll(Execution execution, FirstLook look) {
    int[] firstBad = new int[blocks];
    float[] largestOf = new float[blocks];
    RowOps ops = VECTOR.ops(execution, (long) rows() * columns()).rows();
    execution
        .workers()
        .run(
            blocks,
            block -> {
              execution.progress().check();
              int numbers = count(block) * columns();
              if (isPacked()) {
                packed[block] = new float[numbers];
                matrix.copyRows(firstRow(block), count(block), packed[block], 0);
              }
              read(
                  block,
                  rows -> {
                    largestOf[block] = ops.largest(rows, numbers);
                    firstBad[block] = firstNotFinite(rows, largestOf[block]);
                    if (firstBad[block] < 0) {
                      look.at(this, block, rows);
                    }
                  });
            });
    for (int block = 0; block < blocks; block++) {
      largest = Math.max(largest, largestOf[block]);
      if (firstBad[block] >= 0) {
        throw unusable(firstRow(block) + firstBad[block] / columns(), firstBad);
      }
    }
  }

  private IllegalArgumentException unusable(int row, int[] firstBad) {
    float[] values = matrix.storedRows().row(row);
    for (int column = 0; column < values.length; column++) {
      if (!Float.isFinite(values[column])) {
        return new IllegalArgumentException(
            "%s: row %d is not finite (column %d is %s); drop or repair such rows first"
                .formatted(name(), matrix.number(row), column, values[column]));
      }
    }
    return new IllegalArgumentException(
        ("%s: row %d is all zeros, %d of %d rows in all, and has no direction for"
                + " metric='cosine'; drop such rows first, as missing='skip' does")
            .formatted(name(), matrix.number(row), zeroRows(firstBad), rows()));
  }

  /** Rows of zeros, each of which lies in a block with a bad row. */
  private int zeroRows(int[] firstBad) {
    int found = 0;
    for (int block = 0; block < blocks; block++) {
      for (int row = 0; firstBad[block] >= 0 && row < count(block); row++) {
        float[] values = matrix.storedRows().row(firstRow(block) + row);
        int column = 0;
        while (column < values.length && values[column] == 0) {
          column++;
        }
        found += column == values.length ? 1 : 0;
      }
    }
    return found;
  }

  private static int firstNotFinite(float[] values, float largest) {
    if (Float.isFinite(largest)) {
      return -1;
    }
    int i = 0;
    while (Float.isFinite(values[i])) {
      i++;
    }
    return i;
  }

  /** {@return what messages call the matrix} */
  public String name() {
    return matrix.name();
  }

  /** {@return the matrix itself, for reading a few rows} */
  public FloatMatrix matrix() {
    return matrix;
  }

  public int rows() {
    return matrix.rows();
  }

  public int columns() {
    return matrix.columns();
  }

  public int blocks() {
    return blocks;
  }

  /** {@return the largest absolute value} */
  public float largest() {
    return largest;
  }

  /** {@return the rows in every block but the last} */
  public int blockRows() {
    return blockRows;
  }

  /** Whether blocks are kept, so that {@link #read} costs nothing. */
  public boolean isPacked() {
    return packed != null;
  }

  public int firstRow(int block) {
    return block * blockRows;
  }

  /** {@return the number by which messages call a row of a block} */
  public int number(int block, int row) {
    return matrix.number(firstRow(block) + row);
  }

  public int count(int block) {
    return Math.min(blockRows, matrix.rows() - firstRow(block));
  }

  /** {@return the array of a block, of blocks that are kept} */
  public float[] kept(int block) {
    return packed[block];
  }

  /**
   * Reads a block. The rows are the array's first {@link #count} ones, not to be changed, and valid
   * only during the call.
   */
  public void read(int block, Consumer<float[]> use) {
    if (isPacked()) {
      use.accept(packed[block]);
      return;
    }
    spare.use(rows -> {
      matrix.copyRows(firstRow(block), count(block), rows, 0);
      use.accept(rows);
    });
  }

  /** Copies a block's rows to the beginning of an array, for the caller to change. */
  public void copy(int block, float[] target) {
    if (isPacked()) {
      System.arraycopy(packed[block], 0, target, 0, packed[block].length);
    } else {
      matrix.copyRows(firstRow(block), count(block), target, 0);
    }
  }

  /** {@return a copy of one row} */
  public float[] values(int row) {
    float[] values = new float[columns()];
    copyRow(row, values, 0);
    return values;
  }

  /** Copies one row into an array. */
  public void copyRow(int row, float[] target, int offset) {
    if (isPacked()) {
      System.arraycopy(
          packed[row / blockRows], row % blockRows * columns(), target, offset, columns());
    } else {
      matrix.copyRows(row, 1, target, offset);
    }
  }

  /** {@return one row in double} */
  public double[] row(int row) {
    double[] values = new double[columns()];
    if (isPacked()) {
      widen(packed[row / blockRows], row % blockRows, values);
    } else {
      widen(matrix.row(row), 0, values);
    }
    return values;
  }

  /** Copies a row of a block into doubles. */
  public static void widen(float[] rows, int row, double[] values) {
    int start = row * values.length;
    for (int column = 0; column < values.length; column++) {
      values[column] = rows[start + column];
    }
  }
}
