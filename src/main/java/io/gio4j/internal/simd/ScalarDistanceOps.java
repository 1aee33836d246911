package io.gio4j.internal.simd;

/** {@link DistanceOps} in plain Java. */
final class ScalarDistanceOps implements DistanceOps {
  private static final int LANES = ScalarFloatOps.LANES;

  @Override
  public void nearest(
      int count,
      float[] rowNorms,
      float[] pointNorms,
      float[] products,
      float[] smallest,
      int[] lane,
      float[] second) {
    for (int row = 0; row < count; row++) {
      float best = Float.POSITIVE_INFINITY;
      float next = Float.POSITIVE_INFINITY;
      int at = 0;
      for (int i = 0; i < LANES; i++) {
        float squared = Math.fma(-2f, products[row * LANES + i], rowNorms[row] + pointNorms[i]);
        if (squared < best) {
          next = best;
          best = squared;
          at = i;
        } else if (squared < next) {
          next = squared;
        }
      }
      smallest[row] = best;
      lane[row] = at;
      second[row] = next;
    }
  }

  @Override
  public boolean gradientWeights(
      float[] rowNorms,
      int normOffset,
      int count,
      float[] pointNorms,
      float epsilon,
      float[] products,
      float[] weights) {
    boolean cancelled = false;
    for (int row = 0; row < count; row++) {
      for (int lane = 0; lane < LANES; lane++) {
        float norms = rowNorms[normOffset + row] + pointNorms[lane];
        float squared = Math.fma(-2f, products[row * LANES + lane], norms);
        float distance = (float) Math.sqrt(squared);
        boolean inside =
            squared > DistanceClip.SMALLEST_SQUARED && squared < DistanceClip.LARGEST_SQUARED;
        weights[row * LANES + lane] = inside ? 1f / (distance * (distance + epsilon)) : 0f;
        cancelled |= squared < FloatOps.CANCELLATION * norms;
      }
    }
    return cancelled;
  }

  @Override
  public boolean withEpsilon(
      int count,
      float[] rowNorms,
      float[] pointNorms,
      float epsilon,
      float[] products,
      float[] losses) {
    boolean lost = false;
    for (int row = 0; row < count; row++) {
      for (int lane = 0; lane < LANES; lane++) {
        int at = row * LANES + lane;
        float norms = rowNorms[row] + pointNorms[lane];
        float squared = Math.fma(-2f, products[at], norms);
        boolean kept = squared >= FloatOps.CANCELLATION * norms && norms < Float.POSITIVE_INFINITY;
        float raised =
            squared < DistanceClip.SMALLEST_SQUARED ? DistanceClip.SMALLEST_SQUARED : squared;
        float clipped =
            raised > DistanceClip.LARGEST_SQUARED ? DistanceClip.LARGEST_SQUARED : raised;
        products[at] = kept ? (float) Math.sqrt(clipped) + epsilon : Float.NaN;
        losses[at] += kept ? norms / raised : 0;
        lost |= !kept;
      }
    }
    return lost;
  }

  @Override
  public boolean squares(
      int count, float[] rowNorms, float[] pointNorms, float flatSquare, float[] products) {
    boolean lost = false;
    for (int row = 0; row < count; row++) {
      for (int lane = 0; lane < LANES; lane++) {
        int at = row * LANES + lane;
        float norms = rowNorms[row] + pointNorms[lane];
        float squared = Math.fma(-2f, products[at], norms);
        boolean kept = squared + flatSquare >= FloatOps.CANCELLATION * norms;
        products[at] = !kept ? Float.NaN : squared < 0 ? 0 : squared;
        lost |= !kept;
      }
    }
    return lost;
  }
}
