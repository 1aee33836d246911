package io.gio4j.internal.neighbors;

import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.simd.FloatOps;

/**
 * Squared distances of a point from chosen rows, by exact differences in double. For use by one
 * thread.
 */
public final class ExactDistances {
  private final RowBlocks rows;
  private final Execution execution;
  private final FloatOps ops;
  private final float[] gathered;

  /** Prepares distances from rows of a matrix. */
  public ExactDistances(RowBlocks rows, Execution execution) {
    this.rows = rows;
    this.execution = execution;
    this.ops = execution.opsFor((long) rows.rows() * rows.columns());
    this.gathered = new float[rows.blockRows() * rows.columns()];
  }

  /**
   * Computes squared distances.
   *
   * @param chosen numbers of rows, of which the first {@code count} are used
   * @param squared receives {@code count} squared distances
   */
  public void of(double[] point, int[] chosen, int count, double[] squared) {
    int columns = rows.columns();
    for (int first = 0; first < count; first += rows.blockRows()) {
      execution.progress().check();
      int here = Math.min(rows.blockRows(), count - first);
      for (int i = 0; i < here; i++) {
        rows.copyRow(chosen[first + i], gathered, i * columns);
      }
      ops.rows().squaredDistances(gathered, 0, here, columns, point, squared, first);
    }
  }
}
