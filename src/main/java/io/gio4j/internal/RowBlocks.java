package io.gio4j.internal;

import io.gio4j.data.FloatMatrix;

/**
 * A matrix cut into blocks of rows that fit a core's second-level cache, each in an array.
 *
 * <p>A matrix of up to {@link #PACKED_SHARE} of the heap is copied once and kept; a larger one is
 * read block by block whenever it is asked for, into the caller's scratch. Rows are checked to be
 * finite once, at the start, in both cases.
 */
public final class RowBlocks {
  /**
   * Floats in a block: 128 KB, beside which the lanes' points and sums (98 KB each at 768 columns)
   * still fit an L2 cache of 512 KB. Fewer than 32 rows would make the sums' loads and stores
   * count.
   */
  private static final int BLOCK_FLOATS = 32_768;

  /** Kernels take rows in fours; whole eights leave no remainder but in the last block. */
  private static final int ROW_MULTIPLE = 8;

  private static final int MAX_BLOCK_ROWS = 4096;

  /** One over the share of the heap up to which a matrix is kept packed. */
  private static final long PACKED_SHARE = 4;

  private static final int INFINITY_BITS = 0x7f800000;

  private final FloatMatrix matrix;
  private final int blockRows;
  private final int blocks;
  private final float[][] packed;

  private RowBlocks(FloatMatrix matrix, int blockRows, float[][] packed) {
    this.matrix = matrix;
    this.blockRows = blockRows;
    this.blocks = Math.ceilDiv(matrix.rows(), blockRows);
    this.packed = packed;
  }

  /**
   * The matrix in blocks.
   *
   * @throws IllegalArgumentException if a number is NaN or infinite, naming the first such row
   */
  public static RowBlocks of(FloatMatrix matrix, Execution execution) {
    int blockRows =
        Math.clamp(BLOCK_FLOATS / matrix.columns(), ROW_MULTIPLE, MAX_BLOCK_ROWS)
            / ROW_MULTIPLE
            * ROW_MULTIPLE;
    int blocks = Math.ceilDiv(matrix.rows(), blockRows);
    long bytes = 4L * matrix.rows() * matrix.columns();
    boolean keep = bytes <= Runtime.getRuntime().maxMemory() / PACKED_SHARE;
    RowBlocks result = new RowBlocks(matrix, blockRows, keep ? new float[blocks][] : null);
    int[] firstBad = new int[blocks];
    execution
        .workers()
        .run(
            blocks,
            block -> {
              execution.progress().check();
              int count = result.count(block);
              float[] rows = new float[count * matrix.columns()];
              matrix.copyRows(result.firstRow(block), count, rows, 0);
              firstBad[block] = firstNotFinite(rows);
              if (keep) {
                result.packed[block] = rows;
              }
            });
    for (int block = 0; block < blocks; block++) {
      if (firstBad[block] >= 0) {
        int row = result.firstRow(block) + firstBad[block] / matrix.columns();
        int column = firstBad[block] % matrix.columns();
        throw new IllegalArgumentException(
            "%s: row %d is not finite (column %d is %s); drop or repair such rows first"
                .formatted(matrix.name(), row, column, matrix.row(row)[column]));
      }
    }
    return result;
  }

  private static int firstNotFinite(float[] values) {
    // The largest bit pattern without its sign: integer maxima fill SIMD registers, tests do not.
    int largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Float.floatToRawIntBits(value) & Integer.MAX_VALUE);
    }
    if (largest < INFINITY_BITS) {
      return -1;
    }
    int i = 0;
    while (Float.isFinite(values[i])) {
      i++;
    }
    return i;
  }

  /** What messages call the matrix. */
  public String name() {
    return matrix.name();
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

  /** Rows in every block but the last. */
  public int blockRows() {
    return blockRows;
  }

  /** Whether blocks are kept, so that {@link #block} costs nothing. */
  public boolean isPacked() {
    return packed != null;
  }

  public int firstRow(int block) {
    return block * blockRows;
  }

  public int count(int block) {
    return Math.min(blockRows, matrix.rows() - firstRow(block));
  }

  /** Scratch for {@link #block}; empty where it needs none. */
  public float[] scratch() {
    return isPacked() ? new float[0] : new float[blockRows * columns()];
  }

  /** The rows of a block, to be read only: an array that is kept, or {@code scratch} filled. */
  public float[] block(int block, float[] scratch) {
    if (isPacked()) {
      return packed[block];
    }
    matrix.copyRows(firstRow(block), count(block), scratch, 0);
    return scratch;
  }

  /** One row in double. */
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
