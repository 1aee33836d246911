package io.gio4j.select.balanced;

import io.gio4j.internal.HeapShare;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.energy.EnergySums;

/**
 * By block of the pool, what a rollback starts from: the rows' totals before the last panel of
 * picks was added, and rho of rows and panel.
 *
 * <p>Without it 700 picks from 60,000 x 384 took a third more products. Nothing is kept where rows
 * have so few columns that recomputing a panel is cheap, or where there is no room.
 */
final class RollbackState {
  /**
   * Columns for each lane of a panel above which recomputing a panel costs more than keeping it.
   */
  private static final int COLUMNS_A_LANE = 4;

  private final boolean isKept;
  private final int panelSize;
  private final double[][] totals;
  private final float[][] values;

  RollbackState(RowBlocks pool, EnergySums sums) {
    this.panelSize = sums.panelSize();
    boolean isSlow = pool.columns() >= COLUMNS_A_LANE * panelSize;
    long bytes = (8L + 4L * panelSize) * pool.rows();
    this.isKept = isSlow && HeapShare.MATRIX.holds(bytes);
    this.totals = new double[isKept ? pool.blocks() : 0][];
    this.values = new float[isKept ? pool.blocks() : 0][];
  }

  /** Keeps a block's totals, and its rows as they were compared with the panel. */
  void keep(int block, double[] before, EnergySums.Rows compared) {
    if (!isKept) {
      return;
    }
    if (totals[block] == null) {
      totals[block] = new double[before.length];
      values[block] = new float[before.length * panelSize];
    }
    System.arraycopy(before, 0, totals[block], 0, before.length);
    compared.copyTo(values[block]);
  }

  /**
   * Restores a block's comparison with its last panel of points.
   *
   * @return the totals before it, for the caller to change; null if nothing is kept
   */
  double[] restore(int block, EnergySums.Rows rows, EnergySums.Points points, int panel) {
    if (!isKept) {
      return null;
    }
    rows.restore(values[block], points, panel);
    return totals[block];
  }
}
