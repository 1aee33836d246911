package io.gio4j.internal.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link DistanceOps} in registers. */
final class SimdDistanceOps implements DistanceOps {
  private static final VectorSpecies<Float> FLOATS = SimdFloatOps.FLOATS;
  private static final int WIDTH = SimdFloatOps.WIDTH;
  private static final int LANES = SimdFloatOps.LANES;

  @Override
  public void nearest(
      int count,
      float[] rowNorms,
      float[] pointNorms,
      float[] products,
      float[] smallest,
      int[] lane,
      float[] second) {
    FloatVector normsA = FloatVector.fromArray(FLOATS, pointNorms, 0);
    FloatVector normsB = FloatVector.fromArray(FLOATS, pointNorms, WIDTH);
    FloatVector minusTwo = FloatVector.broadcast(FLOATS, -2f);
    FloatVector infinity = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
    FloatVector index = FloatVector.zero(FLOATS).addIndex(1);
    for (int row = 0; row < count; row++) {
      FloatVector a =
          minusTwo.fma(
              FloatVector.fromArray(FLOATS, products, row * LANES), normsA.add(rowNorms[row]));
      FloatVector b =
          minusTwo.fma(
              FloatVector.fromArray(FLOATS, products, row * LANES + WIDTH),
              normsB.add(rowNorms[row]));
      float best = a.min(b).reduceLanes(VectorOperators.MIN);
      int at = a.compare(VectorOperators.EQ, best).firstTrue();
      if (at == WIDTH) {
        at += Math.min(WIDTH - 1, b.compare(VectorOperators.EQ, best).firstTrue());
      }
      a = a.blend(infinity, index.compare(VectorOperators.EQ, at));
      b = b.blend(infinity, index.compare(VectorOperators.EQ, at - WIDTH));
      smallest[row] = best;
      lane[row] = at;
      second[row] = a.min(b).reduceLanes(VectorOperators.MIN);
    }
  }

  @Override
  public boolean squares(
      int count, float[] rowNorms, float[] pointNorms, float flatSquare, float[] products) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector minusTwo = FloatVector.broadcast(FLOATS, -2f);
    FloatVector nan = FloatVector.broadcast(FLOATS, Float.NaN);
    VectorMask<Float> allKept = FLOATS.maskAll(true);
    for (int half = 0; half < LANES; half += WIDTH) {
      FloatVector pointNorm = FloatVector.fromArray(FLOATS, pointNorms, half);
      for (int row = 0; row < count; row++) {
        int at = row * LANES + half;
        FloatVector norms = pointNorm.add(rowNorms[row]);
        FloatVector squared = minusTwo.fma(FloatVector.fromArray(FLOATS, products, at), norms);
        VectorMask<Float> kept =
            squared.add(flatSquare).compare(VectorOperators.GE, norms.mul(FloatOps.CANCELLATION));
        FloatVector raised = squared.blend(zero, squared.compare(VectorOperators.LT, zero));
        nan.blend(raised, kept).intoArray(products, at);
        allKept = allKept.and(kept);
      }
    }
    return !allKept.allTrue();
  }

  @Override
  public boolean withEpsilon(
      int count,
      float[] rowNorms,
      float[] pointNorms,
      float epsilon,
      float[] products,
      float[] losses) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector minusTwo = FloatVector.broadcast(FLOATS, -2f);
    FloatVector smallest = FloatVector.broadcast(FLOATS, DistanceClip.SMALLEST_SQUARED);
    FloatVector largest = FloatVector.broadcast(FLOATS, DistanceClip.LARGEST_SQUARED);
    FloatVector nan = FloatVector.broadcast(FLOATS, Float.NaN);
    VectorMask<Float> allKept = FLOATS.maskAll(true);
    for (int half = 0; half < LANES; half += WIDTH) {
      FloatVector pointNorm = FloatVector.fromArray(FLOATS, pointNorms, half);
      for (int row = 0; row < count; row++) {
        int at = row * LANES + half;
        FloatVector norms = pointNorm.add(rowNorms[row]);
        FloatVector squared = minusTwo.fma(FloatVector.fromArray(FLOATS, products, at), norms);
        VectorMask<Float> kept =
            squared
                .compare(VectorOperators.GE, norms.mul(FloatOps.CANCELLATION))
                .and(norms.compare(VectorOperators.LT, Float.POSITIVE_INFINITY));
        // Not min and max: Java's rules for NaN and -0 make them several instructions.
        FloatVector raised = squared.blend(smallest, squared.compare(VectorOperators.LT, smallest));
        FloatVector clipped = raised.blend(largest, raised.compare(VectorOperators.GT, largest));
        nan.blend(clipped.sqrt().add(epsilon), kept).intoArray(products, at);
        FloatVector.fromArray(FLOATS, losses, at)
            .add(zero.blend(norms.div(raised), kept))
            .intoArray(losses, at);
        allKept = allKept.and(kept);
      }
    }
    return !allKept.allTrue();
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
    VectorMask<Float> cancelled = FLOATS.maskAll(false);
    for (int half = 0; half < LANES; half += WIDTH) {
      FloatVector pointNorm = FloatVector.fromArray(FLOATS, pointNorms, half);
      for (int row = 0; row < count; row++) {
        int at = row * LANES + half;
        FloatVector norms = pointNorm.add(rowNorms[normOffset + row]);
        FloatVector squared =
            FloatVector.broadcast(FLOATS, -2f)
                .fma(FloatVector.fromArray(FLOATS, products, at), norms);
        FloatVector distance = squared.sqrt();
        VectorMask<Float> inside =
            squared
                .compare(VectorOperators.GT, DistanceClip.SMALLEST_SQUARED)
                .and(squared.compare(VectorOperators.LT, DistanceClip.LARGEST_SQUARED));
        FloatVector weight =
            FloatVector.broadcast(FLOATS, 1f).div(distance.mul(distance.add(epsilon)));
        FloatVector.zero(FLOATS).blend(weight, inside).intoArray(weights, at);
        cancelled =
            cancelled.or(squared.compare(VectorOperators.LT, norms.mul(FloatOps.CANCELLATION)));
      }
    }
    return cancelled.anyTrue();
  }
}
