package io.gio4j.cluster;

import io.gio4j.internal.HeapShare;
import java.util.Arrays;

/**
 * Lower bounds of the distances between rows and the centres of a panel, the row's own centre
 * excepted: one for each row and panel.
 *
 * <p>Distances are passed in double, with some roundings, and kept as floats that are not above
 * them. Only this class needs to consider these roundings. Where one bound per panel would take
 * more than its share of the heap, several panels share one.
 */
final class PanelBounds {
  /** Covers one rounding to float and some thousand in double. */
  private static final double ROUNDING = 0x1.001p-24;

  private final int count;
  private final int panels;
  private final int panelsABound;
  private final float[] bounds;

  /** Starts with bounds of minus infinity, since nothing is known yet. */
  PanelBounds(int rows, int panels) {
    this(rows, panels, HeapShare.CENTER_BOUNDS.bytes());
  }

  PanelBounds(int rows, int panels, long bytes) {
    long fit = bytes / Float.BYTES / Math.max(1, rows);
    this.panels = panels;
    this.panelsABound = Math.ceilDiv(panels, Math.clamp(fit, 1, panels));
    this.count = Math.ceilDiv(panels, panelsABound);
    this.bounds = new float[Math.multiplyExact(rows, count)];
    Arrays.fill(bounds, Float.NEGATIVE_INFINITY);
  }

  /** {@return how many bounds a row has} */
  int count() {
    return count;
  }

  /** {@return the bound that belongs to a panel} */
  int boundOf(int panel) {
    return panel / panelsABound;
  }

  int firstPanel(int bound) {
    return bound * panelsABound;
  }

  /** {@return the panel after the last one of a bound} */
  int endPanel(int bound) {
    return Math.min(panels, (bound + 1) * panelsABound);
  }

  /** {@return whether a centre may be at most this far from the row} */
  boolean mayHaveNearer(int row, int bound, double distance) {
    return bounds[row * count + bound] <= distance;
  }

  /** Resets the bounds of a row to minus infinity. */
  void forget(int row) {
    Arrays.fill(bounds, row * count, (row + 1) * count, Float.NEGATIVE_INFINITY);
  }

  /** Sets a bound: every centre is at least this far away. */
  void set(int row, int bound, double distance) {
    bounds[row * count + bound] = below(Math.min(distance, Float.MAX_VALUE));
  }

  /** Lowers a bound, if necessary, for one more centre that is this far away. */
  void include(int row, int bound, double distance) {
    bounds[row * count + bound] = Math.min(bounds[row * count + bound], below(distance));
  }

  /** Lowers each bound of a row by the largest distance that one of its centres has moved. */
  void fall(int row, double[] distances) {
    int base = row * count;
    for (int bound = 0; bound < count; bound++) {
      bounds[base + bound] = below(bounds[base + bound] - distances[bound]);
    }
  }

  private static float below(double distance) {
    return (float) (distance - Math.abs(distance) * ROUNDING);
  }
}
