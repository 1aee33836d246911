package io.gio4j.internal;

import io.gio4j.internal.simd.FloatOps;
import java.util.SplittableRandom;

/**
 * A hash of each row of a matrix, the same for equal rows, by which {@link EqualRows} finds these.
 *
 * <p>Blocks are included one at a time, so that they can be hashed while something else reads them.
 */
public final class RowHashes {
  /** At 6.7e7 numbers, which the scalar code hashes in 65 ms. */
  private static final BreakEven VECTOR = new BreakEven(1 << 12);

  private final FloatOps ops;
  private final int[] high;
  private final int[] low;
  private final long[] hashes;

  /**
   * Starts without hashes.
   *
   * @param rows of the matrix
   * @param columns of the matrix
   */
  public RowHashes(int rows, int columns, Execution execution) {
    SplittableRandom random = new SplittableRandom(0);
    this.ops = VECTOR.ops(execution, (long) rows * columns);
    this.high = random.ints(columns).map(factor -> factor | 1).toArray();
    this.low = random.ints(columns).map(factor -> factor | 1).toArray();
    this.hashes = new long[rows];
  }

  /** {@return the hashes of all rows, after a pass over them} */
  static RowHashes of(RowBlocks matrix, Execution execution) {
    RowHashes result = new RowHashes(matrix.rows(), matrix.columns(), execution);
    execution
        .workers()
        .run(
            matrix.blocks(),
            block -> {
              execution.progress().check();
              matrix.read(block, rows -> result.include(matrix, block, rows));
            });
    return result;
  }

  /** Hashes the rows of a block. */
  public void include(RowBlocks matrix, int block, float[] rows) {
    int first = matrix.firstRow(block);
    for (int row = 0; row < matrix.count(block); row++) {
      hashes[first + row] = ops.rows().hash(rows, row * high.length, high, low);
    }
  }

  int rows() {
    return hashes.length;
  }

  long of(int row) {
    return hashes[row];
  }

  /** Copies all hashes, in the rows' order. */
  void copyTo(long[] destination, int from) {
    System.arraycopy(hashes, 0, destination, from, hashes.length);
  }
}
