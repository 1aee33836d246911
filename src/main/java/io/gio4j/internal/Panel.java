package io.gio4j.internal;

import io.gio4j.internal.simd.FloatOps;

/**
 * Points side by side in lanes, as {@link io.gio4j.internal.simd.ProductOps} expects them: the
 * first columns of all points, then the second ones, and so on. Lanes without a point hold 0.
 *
 * <p>Takes {@code 4 columns lanes} bytes.
 */
public final class Panel {
  private final int columns;
  private final int lanes;
  private final float[] values;
  private final float[] norms;

  /** An empty panel for the lanes of {@code ops}. */
  public Panel(int columns, FloatOps ops) {
    this.columns = columns;
    this.lanes = ops.lanes();
    this.values = new float[Math.multiplyExact(columns, lanes)];
    this.norms = new float[lanes];
  }

  /**
   * Puts a point into a lane.
   *
   * @param rows holds the point from {@code offset} on
   * @param norm the point's squared norm, or another number that a search uses in its place
   */
  public void put(int lane, float[] rows, int offset, float norm) {
    for (int column = 0; column < columns; column++) {
      values[column * lanes + lane] = rows[offset + column];
    }
    norms[lane] = norm;
  }

  /** {@code columns x lanes} numbers, not to be changed. */
  public float[] values() {
    return values;
  }

  /** {@return the norms passed to {@link #put}, by lane; not to be changed} */
  public float[] norms() {
    return norms;
  }

  /**
   * {@return the squared norm of a row: one chain of multiply-adds in double, columns ascending}
   */
  public static double squaredNorm(float[] rows, int offset, int columns) {
    double square = 0;
    for (int column = offset; column < offset + columns; column++) {
      square = Math.fma(rows[column], (double) rows[column], square);
    }
    return square;
  }
}
