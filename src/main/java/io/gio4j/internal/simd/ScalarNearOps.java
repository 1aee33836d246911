package io.gio4j.internal.simd;

import java.util.Arrays;

/**
 * {@link NearOps} in plain Java, for any number of lanes: registers of 128 bits keep entries this
 * way too, as ARM's have no instruction that compresses, and without one the Vector API is slow.
 */
final class ScalarNearOps implements NearOps {
  private final int lanes;

  ScalarNearOps(int lanes) {
    this.lanes = lanes;
  }

  @Override
  public void find(
      int count,
      int used,
      float[] rowNorms,
      float[] pointNorms,
      float[] limits,
      float errorShare,
      float[] products,
      int firstPoint,
      int stride,
      int[] points,
      float[] bounds,
      int[] sizes) {
    for (int row = 0; row < count; row++) {
      int entry = row * stride + sizes[row];
      for (int lane = 0; lane < used; lane++) {
        float norms = rowNorms[row] + pointNorms[lane];
        float bound =
            Math.fma(-errorShare, norms, Math.fma(-2f, products[row * lanes + lane], norms));
        if (!(bound > limits[lane])) {
          points[entry] = firstPoint + lane;
          bounds[entry] = bound;
          entry++;
        }
      }
      sizes[row] = entry - row * stride;
    }
  }

  @Override
  public int keepNearer(
      int from,
      int to,
      int kept,
      int[] points,
      float[] distances,
      float[] limits,
      double[] ratios) {
    Arrays.fill(ratios, 1);
    return keepNearer(from, from, to, kept, points, distances, limits, ratios);
  }

  /** {@link #keepNearer} for the entries from {@code from} on. */
  static int keepNearer(
      int partFrom,
      int from,
      int to,
      int kept,
      int[] points,
      float[] distances,
      float[] limits,
      double[] ratios) {
    int entry = kept;
    for (int e = from; e < to; e++) {
      float limit = limits[points[e]];
      float distance = distances[e];
      if (distance < limit) {
        points[entry] = points[e];
        distances[entry] = distance;
        entry++;
        ratios[(e - partFrom) % FloatOps.PARTIAL_SUMS] *= limit / distance;
      }
    }
    return entry;
  }
}
