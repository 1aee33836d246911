package io.gio4j.divergence;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.kernel.Kernels;

/**
 * The rows of a matrix less an origin, block by block, and their squared norms: what {@link
 * EnergySums} makes products of.
 *
 * <p>A matrix of up to a third of the heap is kept so; of a larger one only the norms are, and a
 * block is read and centred whenever it is asked for. Centring 1.5 GB anew for each batch of a
 * balanced selection took as long as the batch's product.
 */
public final class CentredRows {
  private static final long SHARE = 3;

  /**
   * Of a cache line. A kept block is touched in order before a product walks it eight rows at a
   * time: a product with 32 points over 300 MB took 32 ms of one core instead of 42.
   */
  private static final int FLOATS_IN_A_LINE = 16;

  /** Squared norms up to this can be added up in float without becoming infinite. */
  private static final double LARGEST_SQUARED_NORM = 1e37;

  private final RowBlocks rows;
  private final double[] origin;
  private final float[][] norms;
  private final float[][] kept;
  private float reach;

  /** Of no meaning; keeps the compiler from leaving out what touches a block. */
  @SuppressWarnings("unused")
  private int touched;

  /**
   * Centres all rows once.
   *
   * @param origin a point in the middle of the rows
   * @throws IllegalArgumentException if a row lies so far away that its norm is no float
   */
  public CentredRows(RowBlocks rows, double[] origin, Kernels kernels, Execution execution) {
    this(
        rows,
        origin,
        kernels,
        execution,
        4L * rows.rows() * rows.columns() <= Runtime.getRuntime().maxMemory() / SHARE);
  }

  /** The same, kept or not by the caller's choice. */
  CentredRows(RowBlocks rows, double[] origin, Kernels kernels, Execution execution, boolean keep) {
    this.rows = rows;
    this.origin = origin;
    this.norms = new float[rows.blocks()][];
    this.kept = keep ? new float[rows.blocks()][] : null;
    float[] reaches = new float[rows.blocks()];
    Scratch<float[]> spare = new Scratch<>(() -> new float[rows.blockRows() * rows.columns()]);
    execution
        .workers()
        .run(
            rows.blocks(),
            block -> {
              execution.progress().check();
              norms[block] = new float[rows.count(block)];
              if (kept == null) {
                spare.use(
                    scratch -> reaches[block] = measure(block, read(block, scratch), kernels));
              } else {
                kept[block] = read(block, new float[rows.count(block) * rows.columns()]);
                reaches[block] = measure(block, kept[block], kernels);
              }
            });
    for (float one : reaches) {
      reach = Math.max(reach, one);
    }
  }

  private float measure(int block, float[] centred, Kernels kernels) {
    double[] squared = new double[rows.count(block)];
    kernels.squaredDistances(
        centred, 0, squared.length, origin.length, new double[origin.length], squared, 0);
    double largest = 0;
    for (int row = 0; row < squared.length; row++) {
      if (!(squared[row] <= LARGEST_SQUARED_NORM)) {
        throw new IllegalArgumentException(
            "%s: row %d is too far out to be compared in float (distance %s from the others, at most %s); scale the rows down"
                .formatted(
                    rows.name(),
                    rows.number(block, row),
                    Math.sqrt(squared[row]),
                    Math.sqrt(LARGEST_SQUARED_NORM)));
      }
      norms[block][row] = (float) squared[row];
      largest = Math.max(largest, squared[row]);
    }
    return (float) Math.sqrt(largest);
  }

  private void centre(float[] values, int start) {
    for (int column = 0; column < origin.length; column++) {
      values[start + column] = (float) (values[start + column] - origin[column]);
    }
  }

  /** The rows as they are. */
  public RowBlocks rows() {
    return rows;
  }

  /** The largest distance of a row from the origin. */
  public float reach() {
    return reach;
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
    for (int row = 0; row < rows.count(block); row++) {
      centre(target, row * rows.columns());
    }
    return target;
  }

  /** Copies one row, less the origin, to an array's beginning. */
  void copyRow(int row, float[] target) {
    if (kept != null) {
      int start = row % rows.blockRows() * rows.columns();
      System.arraycopy(kept[row / rows.blockRows()], start, target, 0, rows.columns());
    } else {
      rows.copyRow(row, target, 0);
      centre(target, 0);
    }
  }

  /** A row's squared norm. */
  float norm(int row) {
    return norms[row / rows.blockRows()][row % rows.blockRows()];
  }
}
