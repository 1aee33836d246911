package io.gio4j.select.cover;

import io.gio4j.internal.simd.FloatOps;

/**
 * Sums over points of how much a row's similarity exceeds each point's level, in double.
 *
 * <p>Points are cut into chunks of {@value #CHUNK}; in each a point's number mod 16 says which
 * partial sum it goes to, and the chunks' totals are added in their order. So a sum has the same
 * bits for any number of threads and lanes, and also where points that add nothing are left out.
 */
final class Excess {
  /** A multiple of all lanes. With 8 rows of 64 columns a chunk takes 10 to 20 microseconds. */
  static final int CHUNK = 1024;

  private Excess() {}

  static int chunks(int points) {
    return Math.ceilDiv(points, CHUNK);
  }

  /** {@return the sum of the partial sums of a row, in halves, which become 0} */
  static double take(double[] partial, int row) {
    int first = row * FloatOps.PARTIAL_SUMS;
    for (int half = FloatOps.PARTIAL_SUMS / 2; half > 0; half /= 2) {
      for (int i = first; i < first + half; i++) {
        partial[i] += partial[i + half];
        partial[i + half] = 0;
      }
    }
    double sum = partial[first];
    partial[first] = 0;
    return sum;
  }
}
