package io.gio4j.cluster;

import io.gio4j.internal.HeapShare;
import java.util.Arrays;

/**
 * A distance for each row and each panel of centres that every centre of the panel, the row's own
 * apart, is at least away.
 *
 * <p>Distances come in double, rounded some times, and are kept as floats that are not above them:
 * the roundings here are the only ones that need care. Where one a panel would take more than a
 * share of the heap, several panels share one.
 */
final class PanelBounds {
  /** One rounding to float, and some thousand of double. */
  private static final double ROUNDING = 0x1.001p-24;

  private final int count;
  private final int panels;
  private final int panelsABound;
  private final float[] bounds;

  /** Bounds of which nothing is known yet. */
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

  /** Bounds of a row. */
  int count() {
    return count;
  }

  /** Which bound a panel has. */
  int boundOf(int panel) {
    return panel / panelsABound;
  }

  int firstPanel(int bound) {
    return bound * panelsABound;
  }

  /** The panel after the last one of a bound. */
  int endPanel(int bound) {
    return Math.min(panels, (bound + 1) * panelsABound);
  }

  /** Whether a centre may be as near as {@code distance}. */
  boolean mayHide(int row, int bound, double distance) {
    return bounds[row * count + bound] <= distance;
  }

  /** Nothing is known of a row any more. */
  void forget(int row) {
    Arrays.fill(bounds, row * count, (row + 1) * count, Float.NEGATIVE_INFINITY);
  }

  /** Every centre is at least so far away. */
  void set(int row, int bound, double distance) {
    bounds[row * count + bound] = below(Math.min(distance, Float.MAX_VALUE));
  }

  /** One more centre counts, which is so far away. */
  void include(int row, int bound, double distance) {
    bounds[row * count + bound] = Math.min(bounds[row * count + bound], below(distance));
  }

  /** Centres moved by at most so much, one distance a bound. */
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
