package io.gio4j.internal.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The register tiles of weights times rows: some columns of the sums of all lanes; see {@link
 * RowTiles}.
 */
final class ColumnTiles {
  private static final VectorSpecies<Float> FLOATS = SimdFloatOps.FLOATS;
  private static final int WIDTH = SimdFloatOps.WIDTH;
  private static final int LANES = SimdFloatOps.LANES;

  private ColumnTiles() {}

  static void eightColumns(
      float[] rows,
      int start,
      int count,
      int columns,
      float[] weights,
      float[] sums,
      int sumOffset) {
    FloatVector a0 = FloatVector.fromArray(FLOATS, sums, sumOffset);
    FloatVector b0 = FloatVector.fromArray(FLOATS, sums, sumOffset + WIDTH);
    FloatVector a1 = FloatVector.fromArray(FLOATS, sums, sumOffset + 1 * LANES);
    FloatVector b1 = FloatVector.fromArray(FLOATS, sums, sumOffset + 1 * LANES + WIDTH);
    FloatVector a2 = FloatVector.fromArray(FLOATS, sums, sumOffset + 2 * LANES);
    FloatVector b2 = FloatVector.fromArray(FLOATS, sums, sumOffset + 2 * LANES + WIDTH);
    FloatVector a3 = FloatVector.fromArray(FLOATS, sums, sumOffset + 3 * LANES);
    FloatVector b3 = FloatVector.fromArray(FLOATS, sums, sumOffset + 3 * LANES + WIDTH);
    FloatVector a4 = FloatVector.fromArray(FLOATS, sums, sumOffset + 4 * LANES);
    FloatVector b4 = FloatVector.fromArray(FLOATS, sums, sumOffset + 4 * LANES + WIDTH);
    FloatVector a5 = FloatVector.fromArray(FLOATS, sums, sumOffset + 5 * LANES);
    FloatVector b5 = FloatVector.fromArray(FLOATS, sums, sumOffset + 5 * LANES + WIDTH);
    FloatVector a6 = FloatVector.fromArray(FLOATS, sums, sumOffset + 6 * LANES);
    FloatVector b6 = FloatVector.fromArray(FLOATS, sums, sumOffset + 6 * LANES + WIDTH);
    FloatVector a7 = FloatVector.fromArray(FLOATS, sums, sumOffset + 7 * LANES);
    FloatVector b7 = FloatVector.fromArray(FLOATS, sums, sumOffset + 7 * LANES + WIDTH);
    for (int row = 0; row < count; row++) {
      int at = start + row * columns;
      FloatVector wa = FloatVector.fromArray(FLOATS, weights, row * LANES);
      FloatVector wb = FloatVector.fromArray(FLOATS, weights, row * LANES + WIDTH);
      FloatVector x0 = FloatVector.broadcast(FLOATS, rows[at]);
      a0 = x0.fma(wa, a0);
      b0 = x0.fma(wb, b0);
      FloatVector x1 = FloatVector.broadcast(FLOATS, rows[at + 1]);
      a1 = x1.fma(wa, a1);
      b1 = x1.fma(wb, b1);
      FloatVector x2 = FloatVector.broadcast(FLOATS, rows[at + 2]);
      a2 = x2.fma(wa, a2);
      b2 = x2.fma(wb, b2);
      FloatVector x3 = FloatVector.broadcast(FLOATS, rows[at + 3]);
      a3 = x3.fma(wa, a3);
      b3 = x3.fma(wb, b3);
      FloatVector x4 = FloatVector.broadcast(FLOATS, rows[at + 4]);
      a4 = x4.fma(wa, a4);
      b4 = x4.fma(wb, b4);
      FloatVector x5 = FloatVector.broadcast(FLOATS, rows[at + 5]);
      a5 = x5.fma(wa, a5);
      b5 = x5.fma(wb, b5);
      FloatVector x6 = FloatVector.broadcast(FLOATS, rows[at + 6]);
      a6 = x6.fma(wa, a6);
      b6 = x6.fma(wb, b6);
      FloatVector x7 = FloatVector.broadcast(FLOATS, rows[at + 7]);
      a7 = x7.fma(wa, a7);
      b7 = x7.fma(wb, b7);
    }
    a0.intoArray(sums, sumOffset);
    b0.intoArray(sums, sumOffset + WIDTH);
    a1.intoArray(sums, sumOffset + 1 * LANES);
    b1.intoArray(sums, sumOffset + 1 * LANES + WIDTH);
    a2.intoArray(sums, sumOffset + 2 * LANES);
    b2.intoArray(sums, sumOffset + 2 * LANES + WIDTH);
    a3.intoArray(sums, sumOffset + 3 * LANES);
    b3.intoArray(sums, sumOffset + 3 * LANES + WIDTH);
    a4.intoArray(sums, sumOffset + 4 * LANES);
    b4.intoArray(sums, sumOffset + 4 * LANES + WIDTH);
    a5.intoArray(sums, sumOffset + 5 * LANES);
    b5.intoArray(sums, sumOffset + 5 * LANES + WIDTH);
    a6.intoArray(sums, sumOffset + 6 * LANES);
    b6.intoArray(sums, sumOffset + 6 * LANES + WIDTH);
    a7.intoArray(sums, sumOffset + 7 * LANES);
    b7.intoArray(sums, sumOffset + 7 * LANES + WIDTH);
  }

  static void fourColumns(
      float[] rows,
      int start,
      int count,
      int columns,
      float[] weights,
      float[] sums,
      int sumOffset) {
    FloatVector a0 = FloatVector.fromArray(FLOATS, sums, sumOffset);
    FloatVector b0 = FloatVector.fromArray(FLOATS, sums, sumOffset + WIDTH);
    FloatVector a1 = FloatVector.fromArray(FLOATS, sums, sumOffset + 1 * LANES);
    FloatVector b1 = FloatVector.fromArray(FLOATS, sums, sumOffset + 1 * LANES + WIDTH);
    FloatVector a2 = FloatVector.fromArray(FLOATS, sums, sumOffset + 2 * LANES);
    FloatVector b2 = FloatVector.fromArray(FLOATS, sums, sumOffset + 2 * LANES + WIDTH);
    FloatVector a3 = FloatVector.fromArray(FLOATS, sums, sumOffset + 3 * LANES);
    FloatVector b3 = FloatVector.fromArray(FLOATS, sums, sumOffset + 3 * LANES + WIDTH);
    for (int row = 0; row < count; row++) {
      int at = start + row * columns;
      FloatVector wa = FloatVector.fromArray(FLOATS, weights, row * LANES);
      FloatVector wb = FloatVector.fromArray(FLOATS, weights, row * LANES + WIDTH);
      FloatVector x0 = FloatVector.broadcast(FLOATS, rows[at]);
      a0 = x0.fma(wa, a0);
      b0 = x0.fma(wb, b0);
      FloatVector x1 = FloatVector.broadcast(FLOATS, rows[at + 1]);
      a1 = x1.fma(wa, a1);
      b1 = x1.fma(wb, b1);
      FloatVector x2 = FloatVector.broadcast(FLOATS, rows[at + 2]);
      a2 = x2.fma(wa, a2);
      b2 = x2.fma(wb, b2);
      FloatVector x3 = FloatVector.broadcast(FLOATS, rows[at + 3]);
      a3 = x3.fma(wa, a3);
      b3 = x3.fma(wb, b3);
    }
    a0.intoArray(sums, sumOffset);
    b0.intoArray(sums, sumOffset + WIDTH);
    a1.intoArray(sums, sumOffset + 1 * LANES);
    b1.intoArray(sums, sumOffset + 1 * LANES + WIDTH);
    a2.intoArray(sums, sumOffset + 2 * LANES);
    b2.intoArray(sums, sumOffset + 2 * LANES + WIDTH);
    a3.intoArray(sums, sumOffset + 3 * LANES);
    b3.intoArray(sums, sumOffset + 3 * LANES + WIDTH);
  }

  static void oneColumn(
      float[] rows,
      int start,
      int count,
      int columns,
      float[] weights,
      float[] sums,
      int sumOffset) {
    FloatVector a0 = FloatVector.fromArray(FLOATS, sums, sumOffset);
    FloatVector b0 = FloatVector.fromArray(FLOATS, sums, sumOffset + WIDTH);
    for (int row = 0; row < count; row++) {
      int at = start + row * columns;
      FloatVector wa = FloatVector.fromArray(FLOATS, weights, row * LANES);
      FloatVector wb = FloatVector.fromArray(FLOATS, weights, row * LANES + WIDTH);
      FloatVector x0 = FloatVector.broadcast(FLOATS, rows[at]);
      a0 = x0.fma(wa, a0);
      b0 = x0.fma(wb, b0);
    }
    a0.intoArray(sums, sumOffset);
    b0.intoArray(sums, sumOffset + WIDTH);
  }
}
