package io.gio4j.internal.simd;

import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link NearOps} in registers.
 *
 * <p>Entries to keep are compressed to the front of a register, which is stored as a whole; the
 * next store overwrites the rest.
 */
final class SimdNearOps implements NearOps {
  private static final VectorSpecies<Float> FLOATS = SimdFloatOps.FLOATS;
  private static final VectorSpecies<Integer> INTS = SimdFloatOps.INTS;
  private static final VectorSpecies<Double> DOUBLES = SimdFloatOps.DOUBLES;
  private static final int WIDTH = SimdFloatOps.WIDTH;
  private static final int LANES = SimdFloatOps.LANES;

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
    FloatVector normsA = FloatVector.fromArray(FLOATS, pointNorms, 0);
    FloatVector normsB = FloatVector.fromArray(FLOATS, pointNorms, WIDTH);
    FloatVector limitsA = FloatVector.fromArray(FLOATS, limits, 0);
    FloatVector limitsB = FloatVector.fromArray(FLOATS, limits, WIDTH);
    FloatVector minusTwo = FloatVector.broadcast(FLOATS, -2f);
    FloatVector minusShare = FloatVector.broadcast(FLOATS, -errorShare);
    IntVector numbersA = IntVector.broadcast(INTS, firstPoint).addIndex(1);
    IntVector numbersB = IntVector.broadcast(INTS, firstPoint + WIDTH).addIndex(1);
    VectorMask<Float> usedA = FLOATS.indexInRange(0, used);
    VectorMask<Float> usedB = FLOATS.indexInRange(WIDTH, used);
    for (int row = 0; row < count; row++) {
      FloatVector a = normsA.add(rowNorms[row]);
      FloatVector b = normsB.add(rowNorms[row]);
      a = a.fma(minusShare, minusTwo.fma(FloatVector.fromArray(FLOATS, products, row * LANES), a));
      b =
          b.fma(
              minusShare,
              minusTwo.fma(FloatVector.fromArray(FLOATS, products, row * LANES + WIDTH), b));
      VectorMask<Float> hitsA = usedA.andNot(a.compare(VectorOperators.GT, limitsA));
      VectorMask<Float> hitsB = usedB.andNot(b.compare(VectorOperators.GT, limitsB));
      int foundA = hitsA.trueCount();
      int foundB = hitsB.trueCount();
      int at = row * stride + sizes[row];
      if (foundA > 0) {
        numbersA.compress(hitsA.cast(INTS)).intoArray(points, at);
        a.compress(hitsA).intoArray(bounds, at);
      }
      if (foundB > 0) {
        numbersB.compress(hitsB.cast(INTS)).intoArray(points, at + foundA);
        b.compress(hitsB).intoArray(bounds, at + foundA);
      }
      sizes[row] += foundA + foundB;
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
    int full = (to - from) / FloatOps.PARTIAL_SUMS * FloatOps.PARTIAL_SUMS;
    if (full == 0) {
      Arrays.fill(ratios, 1);
    } else if (WIDTH == FloatOps.PARTIAL_SUMS) {
      kept = keepBy16(from, from + full, kept, points, distances, limits, ratios);
    } else {
      kept = keepBy8(from, from + full, kept, points, distances, limits, ratios);
    }
    return ScalarNearOps.keepNearer(from, from + full, to, kept, points, distances, limits, ratios);
  }

  private static int keepBy16(
      int from,
      int to,
      int kept,
      int[] points,
      float[] distances,
      float[] limits,
      double[] ratios) {
    DoubleVector low = DoubleVector.broadcast(DOUBLES, 1);
    DoubleVector high = low;
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    int entry = kept;
    for (int e = from; e < to; e += 16) {
      FloatVector limit = FloatVector.fromArray(FLOATS, limits, 0, points, e);
      FloatVector distance = FloatVector.fromArray(FLOATS, distances, e);
      VectorMask<Float> nearer = distance.compare(VectorOperators.LT, limit);
      FloatVector ratio = one.blend(limit.div(distance), nearer);
      low = low.mul(ratio.convertShape(VectorOperators.F2D, DOUBLES, 0));
      high = high.mul(ratio.convertShape(VectorOperators.F2D, DOUBLES, 1));
      IntVector numbers = IntVector.fromArray(INTS, points, e);
      numbers.compress(nearer.cast(INTS)).intoArray(points, entry);
      distance.compress(nearer).intoArray(distances, entry);
      entry += nearer.trueCount();
    }
    low.intoArray(ratios, 0);
    high.intoArray(ratios, 8);
    return entry;
  }

  private static int keepBy8(
      int from,
      int to,
      int kept,
      int[] points,
      float[] distances,
      float[] limits,
      double[] ratios) {
    DoubleVector r0 = DoubleVector.broadcast(DOUBLES, 1);
    DoubleVector r1 = r0;
    DoubleVector r2 = r0;
    DoubleVector r3 = r0;
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    int entry = kept;
    for (int e = from; e < to; e += 16) {
      FloatVector limitA = FloatVector.fromArray(FLOATS, limits, 0, points, e);
      FloatVector distanceA = FloatVector.fromArray(FLOATS, distances, e);
      VectorMask<Float> nearerA = distanceA.compare(VectorOperators.LT, limitA);
      FloatVector ratioA = one.blend(limitA.div(distanceA), nearerA);
      FloatVector limitB = FloatVector.fromArray(FLOATS, limits, 0, points, e + 8);
      FloatVector distanceB = FloatVector.fromArray(FLOATS, distances, e + 8);
      VectorMask<Float> nearerB = distanceB.compare(VectorOperators.LT, limitB);
      FloatVector ratioB = one.blend(limitB.div(distanceB), nearerB);
      r0 = r0.mul(ratioA.convertShape(VectorOperators.F2D, DOUBLES, 0));
      r1 = r1.mul(ratioA.convertShape(VectorOperators.F2D, DOUBLES, 1));
      r2 = r2.mul(ratioB.convertShape(VectorOperators.F2D, DOUBLES, 0));
      r3 = r3.mul(ratioB.convertShape(VectorOperators.F2D, DOUBLES, 1));
      IntVector numbersA = IntVector.fromArray(INTS, points, e);
      IntVector numbersB = IntVector.fromArray(INTS, points, e + 8);
      numbersA.compress(nearerA.cast(INTS)).intoArray(points, entry);
      distanceA.compress(nearerA).intoArray(distances, entry);
      entry += nearerA.trueCount();
      numbersB.compress(nearerB.cast(INTS)).intoArray(points, entry);
      distanceB.compress(nearerB).intoArray(distances, entry);
      entry += nearerB.trueCount();
    }
    r0.intoArray(ratios, 0);
    r1.intoArray(ratios, 4);
    r2.intoArray(ratios, 8);
    r3.intoArray(ratios, 12);
    return entry;
  }
}
