package io.gio4j.internal.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The register tiles of products: some rows times the points in the lanes.
 *
 * <p><b>Tiles.</b> A tile has some rows (or columns) by two registers of lanes. With 32 registers
 * (512 bit, and ARM) it has eight rows: 16 sums, 2 loads and a broadcast take 19 registers, and
 * reach 230 GFLOP/s against 210 with four rows on a Zen 5 core, and 208 against 172 for weights
 * times rows. With 16 registers (256 bit) it has four, which take 11 registers; a tile that needs
 * one register too many costs a factor of four there, since C2 spills (24 against 88 GFLOP/s on Zen
 * 3).
 *
 * <p>The code is straight-line on purpose: sums are named locals, and loops call nothing.
 */
final class RowTiles {
  private static final VectorSpecies<Float> FLOATS = SimdFloatOps.FLOATS;
  private static final int WIDTH = SimdFloatOps.WIDTH;
  private static final int LANES = SimdFloatOps.LANES;

  /** Whether there are enough registers for tiles of eight. */
  static final boolean EIGHT =
      FLOATS.vectorBitSize() == 512 || System.getProperty("os.arch").equals("aarch64");

  private RowTiles() {}

  static void eightRows(
      float[] rows,
      int r0,
      int r1,
      int r2,
      int r3,
      int r4,
      int r5,
      int r6,
      int r7,
      int from,
      int to,
      float[] points,
      float[] out,
      int outOffset) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector a0 = zero;
    FloatVector b0 = zero;
    FloatVector a1 = zero;
    FloatVector b1 = zero;
    FloatVector a2 = zero;
    FloatVector b2 = zero;
    FloatVector a3 = zero;
    FloatVector b3 = zero;
    FloatVector a4 = zero;
    FloatVector b4 = zero;
    FloatVector a5 = zero;
    FloatVector b5 = zero;
    FloatVector a6 = zero;
    FloatVector b6 = zero;
    FloatVector a7 = zero;
    FloatVector b7 = zero;
    for (int column = from; column < to; column++) {
      FloatVector pa = FloatVector.fromArray(FLOATS, points, column * LANES);
      FloatVector pb = FloatVector.fromArray(FLOATS, points, column * LANES + WIDTH);
      FloatVector x0 = FloatVector.broadcast(FLOATS, rows[r0 + column]);
      a0 = x0.fma(pa, a0);
      b0 = x0.fma(pb, b0);
      FloatVector x1 = FloatVector.broadcast(FLOATS, rows[r1 + column]);
      a1 = x1.fma(pa, a1);
      b1 = x1.fma(pb, b1);
      FloatVector x2 = FloatVector.broadcast(FLOATS, rows[r2 + column]);
      a2 = x2.fma(pa, a2);
      b2 = x2.fma(pb, b2);
      FloatVector x3 = FloatVector.broadcast(FLOATS, rows[r3 + column]);
      a3 = x3.fma(pa, a3);
      b3 = x3.fma(pb, b3);
      FloatVector x4 = FloatVector.broadcast(FLOATS, rows[r4 + column]);
      a4 = x4.fma(pa, a4);
      b4 = x4.fma(pb, b4);
      FloatVector x5 = FloatVector.broadcast(FLOATS, rows[r5 + column]);
      a5 = x5.fma(pa, a5);
      b5 = x5.fma(pb, b5);
      FloatVector x6 = FloatVector.broadcast(FLOATS, rows[r6 + column]);
      a6 = x6.fma(pa, a6);
      b6 = x6.fma(pb, b6);
      FloatVector x7 = FloatVector.broadcast(FLOATS, rows[r7 + column]);
      a7 = x7.fma(pa, a7);
      b7 = x7.fma(pb, b7);
    }
    if (from > 0) {
      a0 = FloatVector.fromArray(FLOATS, out, outOffset).add(a0);
      b0 = FloatVector.fromArray(FLOATS, out, outOffset + WIDTH).add(b0);
      a1 = FloatVector.fromArray(FLOATS, out, outOffset + 1 * LANES).add(a1);
      b1 = FloatVector.fromArray(FLOATS, out, outOffset + 1 * LANES + WIDTH).add(b1);
      a2 = FloatVector.fromArray(FLOATS, out, outOffset + 2 * LANES).add(a2);
      b2 = FloatVector.fromArray(FLOATS, out, outOffset + 2 * LANES + WIDTH).add(b2);
      a3 = FloatVector.fromArray(FLOATS, out, outOffset + 3 * LANES).add(a3);
      b3 = FloatVector.fromArray(FLOATS, out, outOffset + 3 * LANES + WIDTH).add(b3);
      a4 = FloatVector.fromArray(FLOATS, out, outOffset + 4 * LANES).add(a4);
      b4 = FloatVector.fromArray(FLOATS, out, outOffset + 4 * LANES + WIDTH).add(b4);
      a5 = FloatVector.fromArray(FLOATS, out, outOffset + 5 * LANES).add(a5);
      b5 = FloatVector.fromArray(FLOATS, out, outOffset + 5 * LANES + WIDTH).add(b5);
      a6 = FloatVector.fromArray(FLOATS, out, outOffset + 6 * LANES).add(a6);
      b6 = FloatVector.fromArray(FLOATS, out, outOffset + 6 * LANES + WIDTH).add(b6);
      a7 = FloatVector.fromArray(FLOATS, out, outOffset + 7 * LANES).add(a7);
      b7 = FloatVector.fromArray(FLOATS, out, outOffset + 7 * LANES + WIDTH).add(b7);
    }
    a0.intoArray(out, outOffset);
    b0.intoArray(out, outOffset + WIDTH);
    a1.intoArray(out, outOffset + 1 * LANES);
    b1.intoArray(out, outOffset + 1 * LANES + WIDTH);
    a2.intoArray(out, outOffset + 2 * LANES);
    b2.intoArray(out, outOffset + 2 * LANES + WIDTH);
    a3.intoArray(out, outOffset + 3 * LANES);
    b3.intoArray(out, outOffset + 3 * LANES + WIDTH);
    a4.intoArray(out, outOffset + 4 * LANES);
    b4.intoArray(out, outOffset + 4 * LANES + WIDTH);
    a5.intoArray(out, outOffset + 5 * LANES);
    b5.intoArray(out, outOffset + 5 * LANES + WIDTH);
    a6.intoArray(out, outOffset + 6 * LANES);
    b6.intoArray(out, outOffset + 6 * LANES + WIDTH);
    a7.intoArray(out, outOffset + 7 * LANES);
    b7.intoArray(out, outOffset + 7 * LANES + WIDTH);
  }

  static void fourRows(
      float[] rows,
      int r0,
      int r1,
      int r2,
      int r3,
      int from,
      int to,
      float[] points,
      float[] out,
      int outOffset) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector a0 = zero;
    FloatVector b0 = zero;
    FloatVector a1 = zero;
    FloatVector b1 = zero;
    FloatVector a2 = zero;
    FloatVector b2 = zero;
    FloatVector a3 = zero;
    FloatVector b3 = zero;
    for (int column = from; column < to; column++) {
      FloatVector pa = FloatVector.fromArray(FLOATS, points, column * LANES);
      FloatVector pb = FloatVector.fromArray(FLOATS, points, column * LANES + WIDTH);
      FloatVector x0 = FloatVector.broadcast(FLOATS, rows[r0 + column]);
      a0 = x0.fma(pa, a0);
      b0 = x0.fma(pb, b0);
      FloatVector x1 = FloatVector.broadcast(FLOATS, rows[r1 + column]);
      a1 = x1.fma(pa, a1);
      b1 = x1.fma(pb, b1);
      FloatVector x2 = FloatVector.broadcast(FLOATS, rows[r2 + column]);
      a2 = x2.fma(pa, a2);
      b2 = x2.fma(pb, b2);
      FloatVector x3 = FloatVector.broadcast(FLOATS, rows[r3 + column]);
      a3 = x3.fma(pa, a3);
      b3 = x3.fma(pb, b3);
    }
    if (from > 0) {
      a0 = FloatVector.fromArray(FLOATS, out, outOffset).add(a0);
      b0 = FloatVector.fromArray(FLOATS, out, outOffset + WIDTH).add(b0);
      a1 = FloatVector.fromArray(FLOATS, out, outOffset + 1 * LANES).add(a1);
      b1 = FloatVector.fromArray(FLOATS, out, outOffset + 1 * LANES + WIDTH).add(b1);
      a2 = FloatVector.fromArray(FLOATS, out, outOffset + 2 * LANES).add(a2);
      b2 = FloatVector.fromArray(FLOATS, out, outOffset + 2 * LANES + WIDTH).add(b2);
      a3 = FloatVector.fromArray(FLOATS, out, outOffset + 3 * LANES).add(a3);
      b3 = FloatVector.fromArray(FLOATS, out, outOffset + 3 * LANES + WIDTH).add(b3);
    }
    a0.intoArray(out, outOffset);
    b0.intoArray(out, outOffset + WIDTH);
    a1.intoArray(out, outOffset + 1 * LANES);
    b1.intoArray(out, outOffset + 1 * LANES + WIDTH);
    a2.intoArray(out, outOffset + 2 * LANES);
    b2.intoArray(out, outOffset + 2 * LANES + WIDTH);
    a3.intoArray(out, outOffset + 3 * LANES);
    b3.intoArray(out, outOffset + 3 * LANES + WIDTH);
  }

  static void oneRow(
      float[] rows, int start, int from, int to, float[] points, float[] out, int outOffset) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector a0 = zero;
    FloatVector b0 = zero;
    for (int column = from; column < to; column++) {
      FloatVector pa = FloatVector.fromArray(FLOATS, points, column * LANES);
      FloatVector pb = FloatVector.fromArray(FLOATS, points, column * LANES + WIDTH);
      FloatVector x0 = FloatVector.broadcast(FLOATS, rows[start + column]);
      a0 = x0.fma(pa, a0);
      b0 = x0.fma(pb, b0);
    }
    if (from > 0) {
      a0 = FloatVector.fromArray(FLOATS, out, outOffset).add(a0);
      b0 = FloatVector.fromArray(FLOATS, out, outOffset + WIDTH).add(b0);
    }
    a0.intoArray(out, outOffset);
    b0.intoArray(out, outOffset + WIDTH);
  }

  /** Squared differences of four consecutive rows, from {@code start} on. */
  static void fourRowsDifferences(
      float[] rows,
      int r0,
      int r1,
      int r2,
      int r3,
      int columns,
      float[] points,
      float[] out,
      int outOffset) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector a0 = zero;
    FloatVector b0 = zero;
    FloatVector a1 = zero;
    FloatVector b1 = zero;
    FloatVector a2 = zero;
    FloatVector b2 = zero;
    FloatVector a3 = zero;
    FloatVector b3 = zero;
    for (int column = 0; column < columns; column++) {
      FloatVector pa = FloatVector.fromArray(FLOATS, points, column * LANES);
      FloatVector pb = FloatVector.fromArray(FLOATS, points, column * LANES + WIDTH);
      FloatVector x0 = FloatVector.broadcast(FLOATS, rows[r0 + column]);
      FloatVector da0 = x0.sub(pa);
      FloatVector db0 = x0.sub(pb);
      a0 = da0.fma(da0, a0);
      b0 = db0.fma(db0, b0);
      FloatVector x1 = FloatVector.broadcast(FLOATS, rows[r1 + column]);
      FloatVector da1 = x1.sub(pa);
      FloatVector db1 = x1.sub(pb);
      a1 = da1.fma(da1, a1);
      b1 = db1.fma(db1, b1);
      FloatVector x2 = FloatVector.broadcast(FLOATS, rows[r2 + column]);
      FloatVector da2 = x2.sub(pa);
      FloatVector db2 = x2.sub(pb);
      a2 = da2.fma(da2, a2);
      b2 = db2.fma(db2, b2);
      FloatVector x3 = FloatVector.broadcast(FLOATS, rows[r3 + column]);
      FloatVector da3 = x3.sub(pa);
      FloatVector db3 = x3.sub(pb);
      a3 = da3.fma(da3, a3);
      b3 = db3.fma(db3, b3);
    }
    a0.intoArray(out, outOffset);
    b0.intoArray(out, outOffset + WIDTH);
    a1.intoArray(out, outOffset + 1 * LANES);
    b1.intoArray(out, outOffset + 1 * LANES + WIDTH);
    a2.intoArray(out, outOffset + 2 * LANES);
    b2.intoArray(out, outOffset + 2 * LANES + WIDTH);
    a3.intoArray(out, outOffset + 3 * LANES);
    b3.intoArray(out, outOffset + 3 * LANES + WIDTH);
  }

  static void oneRowDifferences(
      float[] rows, int start, int columns, float[] points, float[] out, int outOffset) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector a0 = zero;
    FloatVector b0 = zero;
    for (int column = 0; column < columns; column++) {
      FloatVector pa = FloatVector.fromArray(FLOATS, points, column * LANES);
      FloatVector pb = FloatVector.fromArray(FLOATS, points, column * LANES + WIDTH);
      FloatVector x0 = FloatVector.broadcast(FLOATS, rows[start + column]);
      FloatVector da0 = x0.sub(pa);
      FloatVector db0 = x0.sub(pb);
      a0 = da0.fma(da0, a0);
      b0 = db0.fma(db0, b0);
    }
    a0.intoArray(out, outOffset);
    b0.intoArray(out, outOffset + WIDTH);
  }
}
