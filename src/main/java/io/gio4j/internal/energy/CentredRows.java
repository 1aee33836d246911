package io.gio4j.internal.energy;

import io.gio4j.internal.EqualRows;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.simd.FloatOps;

/**
 * The rows of a matrix scaled by a {@link RowScaling}, block by block, and their squared norms: the
 * operands of the products of {@link EnergySums}.
 *
 * <p>Blocks are kept where they fit {@link io.gio4j.internal.HeapShare#CENTRED}; else only the
 * norms are kept, and a block is read and centred whenever it is needed.
 */
public final class CentredRows {
  /**
   * Floats of a cache line. A kept block is read once in order, a float per line, before a product
   * reads it eight rows at a time: a product with 32 points over 300 MB then took 32 ms of one core
   * instead of 42.
   */
  private static final int FLOATS_IN_A_LINE = 16;

  /** Squared norms up to this can be added up in float without becoming infinite. */
  private static final double LARGEST_SQUARED_NORM = 1e37;

  private final RowBlocks rows;
  private final int[] ids;
  private final RowScaling scaling;
  private final float[][] norms;
  private final float[][] kept;

  /** Written only so that the compiler does not remove the reads that load a block into cache. */
  @SuppressWarnings("unused")
  private int touched;

  /**
   * Centres all rows once.
   *
   * @param ids of the rows as {@link EqualRows} numbers them; null where they are not needed
   * @param keep whether to keep all blocks, or to read them again each time
   * @throws IllegalArgumentException if a row is so long that its squared norm overflows a float
   */
  CentredRows(
      RowBlocks rows,
      int[] ids,
      RowScaling scaling,
      FloatOps ops,
      Execution execution,
      boolean keep) {
    this.rows = rows;
    this.ids = ids;
    this.scaling = scaling;
    this.norms = new float[rows.blocks()][];
    this.kept = keep ? new float[rows.blocks()][] : null;
    Scratch<float[]> spare = new Scratch<>(() -> new float[rows.blockRows() * rows.columns()]);
    execution
        .workers()
        .run(
            rows.blocks(),
            block -> {
              execution.progress().check();
              norms[block] = new float[rows.count(block)];
              if (kept == null) {
                spare.use(scratch -> measure(block, read(block, scratch), ops));
              } else {
                kept[block] = read(block, new float[rows.count(block) * rows.columns()]);
                measure(block, kept[block], ops);
              }
            });
  }

  private void measure(int block, float[] centred, FloatOps ops) {
    double[] squared = new double[rows.count(block)];
    double[] zero = new double[rows.columns()];
    ops.rows().squaredDistances(centred, 0, squared.length, zero.length, zero, squared, 0);
    for (int row = 0; row < squared.length; row++) {
      if (!(squared[row] <= LARGEST_SQUARED_NORM)) {
        throw new IllegalArgumentException(
            "%s: row %d is too far out to be compared with the others in float (at a distance of %.3g, at most %.3g is possible with the distances between target rows); drop or clip such rows"
                .formatted(
                    rows.name(),
                    rows.number(block, row),
                    scaling.distanceFromOffset(rows.row(rows.firstRow(block) + row)),
                    Math.sqrt(LARGEST_SQUARED_NORM) / scaling.scale()));
      }
      norms[block][row] = (float) squared[row];
    }
  }

  /** {@return the unscaled rows} */
  public RowBlocks rows() {
    return rows;
  }

  /** {@return the id that equal rows share; {@link EqualRows#NONE} if there is none} */
  int id(int row) {
    return ids == null ? EqualRows.NONE : ids[row];
  }

  /** A block's squared norms. */
  float[] norms(int block) {
    return norms[block];
  }

  /** Whether blocks are kept. */
  public boolean isKept() {
    return kept != null;
  }

  /** The rows of a block that is kept, not to be changed. */
  float[] block(int block) {
    float[] values = kept[block];
    int seen = 0;
    for (int i = 0; i < values.length; i += FLOATS_IN_A_LINE) {
      seen |= Float.floatToRawIntBits(values[i]);
    }
    touched = seen;
    return values;
  }

  /** Reads a block's rows into an array. */
  float[] read(int block, float[] target) {
    rows.copy(block, target);
    scaling.apply(target, 0, rows.count(block), target);
    return target;
  }

  /** Copies one row, scaled, to an array's beginning. */
  void copyRow(int row, float[] target) {
    if (kept != null) {
      int start = row % rows.blockRows() * rows.columns();
      System.arraycopy(kept[row / rows.blockRows()], start, target, 0, rows.columns());
    } else {
      rows.copyRow(row, target, 0);
      scaling.apply(target, 0, 1, target);
    }
  }

  /** A row's squared norm. */
  float norm(int row) {
    return norms[row / rows.blockRows()][row % rows.blockRows()];
  }
}
