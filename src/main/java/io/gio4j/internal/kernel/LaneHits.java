package io.gio4j.internal.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The search for near pairs among products, on whole registers. */
final class LaneHits {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int WIDTH = FLOATS.length();
  private static final int LANES = 2 * WIDTH;

  private LaneHits() {}

  /** See {@link Kernels#laneHits}. */
  static int find(
      int count,
      float[] rowNorms,
      float[] pointNorms,
      float[] limits,
      float errorShare,
      float[] products,
      int[] hits) {
    FloatVector normsA = FloatVector.fromArray(FLOATS, pointNorms, 0);
    FloatVector normsB = FloatVector.fromArray(FLOATS, pointNorms, WIDTH);
    FloatVector limitsA = FloatVector.fromArray(FLOATS, limits, 0);
    FloatVector limitsB = FloatVector.fromArray(FLOATS, limits, WIDTH);
    FloatVector minusTwo = FloatVector.broadcast(FLOATS, -2f);
    FloatVector minusShare = FloatVector.broadcast(FLOATS, -errorShare);
    long everyLane = -1L >>> (Long.SIZE - LANES);
    int found = 0;
    for (int row = 0; row < count; row++) {
      int at = row * LANES;
      FloatVector a = normsA.add(rowNorms[row]);
      FloatVector b = normsB.add(rowNorms[row]);
      a = a.fma(minusShare, minusTwo.fma(FloatVector.fromArray(FLOATS, products, at), a));
      b = b.fma(minusShare, minusTwo.fma(FloatVector.fromArray(FLOATS, products, at + WIDTH), b));
      a.intoArray(products, at);
      b.intoArray(products, at + WIDTH);
      long above =
          a.compare(VectorOperators.GT, limitsA).toLong()
              | b.compare(VectorOperators.GT, limitsB).toLong() << WIDTH;
      for (long left = above ^ everyLane; left != 0; left &= left - 1) {
        hits[found] = at + Long.numberOfTrailingZeros(left);
        found++;
      }
    }
    return found;
  }
}
