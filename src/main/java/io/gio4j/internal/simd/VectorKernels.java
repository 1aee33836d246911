package io.gio4j.internal.simd;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The kernels by the Vector API, at the machine's preferred width: 256 or 512 bits.
 *
 * <p><b>Layout.</b> Rows as they lie, read by scalar loads that the multiply-add broadcasts; points
 * in lanes, {@code columns x lanes} with two registers of lanes a column.
 *
 * <p><b>Tiles.</b> See {@link LaneTiles}.
 *
 * <p><b>Pitfalls kept out.</b> Species are constants, sums are named locals, and no call stands in
 * a loop: a vector that crosses a call which is not inlined is boxed.
 */
final class VectorKernels implements Kernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;

  /** Floats that convert to one register of doubles. */
  private static final VectorSpecies<Float> HALF =
      FloatVector.SPECIES_PREFERRED.length() == 16
          ? FloatVector.SPECIES_256
          : FloatVector.SPECIES_128;

  private static final int WIDTH = FLOATS.length();
  private static final int LANES = 2 * WIDTH;
  private static final int DOUBLE_WIDTH = DOUBLES.length();

  static int bits() {
    return FLOATS.vectorBitSize();
  }

  @Override
  public String name() {
    return "vector" + bits();
  }

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public void squaredDistances(
      float[] rows,
      int offset,
      int count,
      int columns,
      double[] point,
      double[] out,
      int outOffset) {
    if (columns < PARTIAL_SUMS) {
      ScalarKernels.narrowDistances(rows, offset, count, columns, point, out, outOffset);
      return;
    }
    double[] sums = new double[PARTIAL_SUMS];
    int full = columns - columns % PARTIAL_SUMS;
    int row = 0;
    if (DOUBLE_WIDTH == 8) {
      double[] others = new double[PARTIAL_SUMS];
      for (; row + 2 <= count; row += 2) {
        int start = offset + row * columns;
        twoRowsOf8(rows, start, columns, full, point, sums, others);
        out[outOffset + row] =
            ScalarKernels.finishDistance(rows, start, full, columns, point, sums);
        out[outOffset + row + 1] =
            ScalarKernels.finishDistance(rows, start + columns, full, columns, point, others);
      }
    }
    for (; row < count; row++) {
      int start = offset + row * columns;
      if (DOUBLE_WIDTH == 8) {
        oneRowOf8(rows, start, full, point, sums);
      } else {
        oneRowOf4(rows, start, full, point, sums);
      }
      out[outOffset + row] = ScalarKernels.finishDistance(rows, start, full, columns, point, sums);
    }
  }

  private static DoubleVector widen(float[] rows, int at) {
    return (DoubleVector)
        FloatVector.fromArray(HALF, rows, at).convertShape(VectorOperators.F2D, DOUBLES, 0);
  }

  private static void twoRowsOf8(
      float[] rows,
      int start,
      int columns,
      int full,
      double[] point,
      double[] sums,
      double[] others) {
    int second = start + columns;
    DoubleVector a0 = DoubleVector.zero(DOUBLES);
    DoubleVector a1 = a0;
    DoubleVector b0 = a0;
    DoubleVector b1 = a0;
    for (int column = 0; column < full; column += PARTIAL_SUMS) {
      DoubleVector p0 = DoubleVector.fromArray(DOUBLES, point, column);
      DoubleVector p1 = DoubleVector.fromArray(DOUBLES, point, column + 8);
      DoubleVector x0 = widen(rows, start + column).sub(p0);
      DoubleVector x1 = widen(rows, start + column + 8).sub(p1);
      DoubleVector y0 = widen(rows, second + column).sub(p0);
      DoubleVector y1 = widen(rows, second + column + 8).sub(p1);
      a0 = x0.fma(x0, a0);
      a1 = x1.fma(x1, a1);
      b0 = y0.fma(y0, b0);
      b1 = y1.fma(y1, b1);
    }
    a0.intoArray(sums, 0);
    a1.intoArray(sums, 8);
    b0.intoArray(others, 0);
    b1.intoArray(others, 8);
  }

  private static void oneRowOf8(float[] rows, int start, int full, double[] point, double[] sums) {
    DoubleVector a0 = DoubleVector.zero(DOUBLES);
    DoubleVector a1 = a0;
    for (int column = 0; column < full; column += PARTIAL_SUMS) {
      DoubleVector x0 =
          widen(rows, start + column).sub(DoubleVector.fromArray(DOUBLES, point, column));
      DoubleVector x1 =
          widen(rows, start + column + 8).sub(DoubleVector.fromArray(DOUBLES, point, column + 8));
      a0 = x0.fma(x0, a0);
      a1 = x1.fma(x1, a1);
    }
    a0.intoArray(sums, 0);
    a1.intoArray(sums, 8);
  }

  private static void oneRowOf4(float[] rows, int start, int full, double[] point, double[] sums) {
    DoubleVector a0 = DoubleVector.zero(DOUBLES);
    DoubleVector a1 = a0;
    DoubleVector a2 = a0;
    DoubleVector a3 = a0;
    for (int column = 0; column < full; column += PARTIAL_SUMS) {
      DoubleVector x0 =
          widen(rows, start + column).sub(DoubleVector.fromArray(DOUBLES, point, column));
      DoubleVector x1 =
          widen(rows, start + column + 4).sub(DoubleVector.fromArray(DOUBLES, point, column + 4));
      DoubleVector x2 =
          widen(rows, start + column + 8).sub(DoubleVector.fromArray(DOUBLES, point, column + 8));
      DoubleVector x3 =
          widen(rows, start + column + 12).sub(DoubleVector.fromArray(DOUBLES, point, column + 12));
      a0 = x0.fma(x0, a0);
      a1 = x1.fma(x1, a1);
      a2 = x2.fma(x2, a2);
      a3 = x3.fma(x3, a3);
    }
    a0.intoArray(sums, 0);
    a1.intoArray(sums, 4);
    a2.intoArray(sums, 8);
    a3.intoArray(sums, 12);
  }

  @Override
  public void addWeightedRows(
      float[] rows, int offset, int count, int columns, double[] weights, double[] sum) {
    int column = 0;
    for (; column + 4 * DOUBLE_WIDTH <= columns; column += 4 * DOUBLE_WIDTH) {
      DoubleVector s0 = DoubleVector.fromArray(DOUBLES, sum, column);
      DoubleVector s1 = DoubleVector.fromArray(DOUBLES, sum, column + DOUBLE_WIDTH);
      DoubleVector s2 = DoubleVector.fromArray(DOUBLES, sum, column + 2 * DOUBLE_WIDTH);
      DoubleVector s3 = DoubleVector.fromArray(DOUBLES, sum, column + 3 * DOUBLE_WIDTH);
      for (int row = 0; row < count; row++) {
        int at = offset + row * columns + column;
        DoubleVector weight = DoubleVector.broadcast(DOUBLES, weights[row]);
        s0 = weight.fma(widen(rows, at), s0);
        s1 = weight.fma(widen(rows, at + DOUBLE_WIDTH), s1);
        s2 = weight.fma(widen(rows, at + 2 * DOUBLE_WIDTH), s2);
        s3 = weight.fma(widen(rows, at + 3 * DOUBLE_WIDTH), s3);
      }
      s0.intoArray(sum, column);
      s1.intoArray(sum, column + DOUBLE_WIDTH);
      s2.intoArray(sum, column + 2 * DOUBLE_WIDTH);
      s3.intoArray(sum, column + 3 * DOUBLE_WIDTH);
    }
    for (; column < columns; column++) {
      double s = sum[column];
      for (int row = 0; row < count; row++) {
        s = Math.fma(weights[row], rows[offset + row * columns + column], s);
      }
      sum[column] = s;
    }
  }

  @Override
  public void laneProducts(
      float[] rows, int offset, int count, int columns, float[] points, float[] out) {
    for (int segment = 0; segment < columns; segment += LANE_SEGMENT) {
      int end = Math.min(columns, segment + LANE_SEGMENT);
      int row = 0;
      for (; LaneTiles.EIGHT && row + 8 <= count; row += 8) {
        int r0 = offset + row * columns;
        int r2 = r0 + 2 * columns;
        int r4 = r2 + 2 * columns;
        int r6 = r4 + 2 * columns;
        LaneTiles.eightRows(
            rows,
            r0,
            r0 + columns,
            r2,
            r2 + columns,
            r4,
            r4 + columns,
            r6,
            r6 + columns,
            segment,
            end,
            points,
            out,
            row * LANES);
      }
      for (; row + 4 <= count; row += 4) {
        int r0 = offset + row * columns;
        int r2 = r0 + 2 * columns;
        LaneTiles.fourRows(
            rows, r0, r0 + columns, r2, r2 + columns, segment, end, points, out, row * LANES);
      }
      for (; row < count; row++) {
        LaneTiles.oneRow(rows, offset + row * columns, segment, end, points, out, row * LANES);
      }
    }
  }

  @Override
  public void laneSquaredDifferencesAt(
      float[] rows, int[] offsets, int count, int columns, float[] points, float[] out) {
    int row = 0;
    for (; row + 4 <= count; row += 4) {
      LaneTiles.fourRowsDifferences(
          rows,
          offsets[row],
          offsets[row + 1],
          offsets[row + 2],
          offsets[row + 3],
          columns,
          points,
          out,
          row * LANES);
    }
    for (; row < count; row++) {
      LaneTiles.oneRowDifferences(rows, offsets[row], columns, points, out, row * LANES);
    }
  }

  @Override
  public void laneProductsAt(
      float[] rows, int[] offsets, int count, int columns, float[] points, float[] out) {
    for (int segment = 0; segment < columns; segment += LANE_SEGMENT) {
      int end = Math.min(columns, segment + LANE_SEGMENT);
      int row = 0;
      for (; LaneTiles.EIGHT && row + 8 <= count; row += 8) {
        LaneTiles.eightRows(
            rows,
            offsets[row],
            offsets[row + 1],
            offsets[row + 2],
            offsets[row + 3],
            offsets[row + 4],
            offsets[row + 5],
            offsets[row + 6],
            offsets[row + 7],
            segment,
            end,
            points,
            out,
            row * LANES);
      }
      for (; row + 4 <= count; row += 4) {
        LaneTiles.fourRows(
            rows,
            offsets[row],
            offsets[row + 1],
            offsets[row + 2],
            offsets[row + 3],
            segment,
            end,
            points,
            out,
            row * LANES);
      }
      for (; row < count; row++) {
        LaneTiles.oneRow(rows, offsets[row], segment, end, points, out, row * LANES);
      }
    }
  }

  @Override
  public void laneNearest(
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
  public boolean laneWeights(
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
                .compare(VectorOperators.GT, SMALLEST_SQUARED_DISTANCE)
                .and(squared.compare(VectorOperators.LT, LARGEST_SQUARED_DISTANCE));
        FloatVector weight =
            FloatVector.broadcast(FLOATS, 1f).div(distance.mul(distance.add(epsilon)));
        FloatVector.zero(FLOATS).blend(weight, inside).intoArray(weights, at);
        cancelled = cancelled.or(squared.compare(VectorOperators.LT, norms.mul(CANCELLATION)));
      }
    }
    return cancelled.anyTrue();
  }

  @Override
  public boolean laneDistances(
      int count,
      float[] rowNorms,
      float[] pointNorms,
      float epsilon,
      float[] products,
      float[] losses) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector minusTwo = FloatVector.broadcast(FLOATS, -2f);
    FloatVector smallest = FloatVector.broadcast(FLOATS, SMALLEST_SQUARED_DISTANCE);
    FloatVector largest = FloatVector.broadcast(FLOATS, LARGEST_SQUARED_DISTANCE);
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
                .compare(VectorOperators.GE, norms.mul(CANCELLATION))
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
  public boolean laneSquares(
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
            squared.add(flatSquare).compare(VectorOperators.GE, norms.mul(CANCELLATION));
        FloatVector raised = squared.blend(zero, squared.compare(VectorOperators.LT, zero));
        nan.blend(raised, kept).intoArray(products, at);
        allKept = allKept.and(kept);
      }
    }
    return !allKept.allTrue();
  }

  @Override
  public void squareRoots(int count, float[] values) {
    LaneFunctions.squareRoots(count, values);
  }

  @Override
  public void exponentials(int count, float factor, float[] values) {
    LaneFunctions.exponentials(count, factor, values);
  }

  @Override
  public void logarithms(int count, float factor, float[] values) {
    LaneFunctions.logarithms(count, factor, values);
  }

  @Override
  public void reciprocals(int count, float factor, float[] values) {
    LaneFunctions.reciprocals(count, factor, values);
  }

  /** Eight rows are widened to doubles first: half the instructions of a chain over floats. */
  @Override
  public void addLaneTotals(int count, int used, float[] values, double[] totals) {
    double[] widened = new double[8 * LANES];
    int row = 0;
    for (; row + 8 <= count; row += 8) {
      for (int i = 0; i < widened.length; i += DOUBLE_WIDTH) {
        widen(values, row * LANES + i).intoArray(widened, i);
      }
      addEightTotals(used, widened, row, totals);
    }
    ScalarKernels.addTotals(row, count, LANES, used, values, totals);
  }

  private static void addEightTotals(int used, double[] values, int row, double[] totals) {
    double t0 = totals[row];
    double t1 = totals[row + 1];
    double t2 = totals[row + 2];
    double t3 = totals[row + 3];
    double t4 = totals[row + 4];
    double t5 = totals[row + 5];
    double t6 = totals[row + 6];
    double t7 = totals[row + 7];
    for (int lane = 0; lane < used; lane++) {
      t0 += values[lane];
      t1 += values[LANES + lane];
      t2 += values[2 * LANES + lane];
      t3 += values[3 * LANES + lane];
      t4 += values[4 * LANES + lane];
      t5 += values[5 * LANES + lane];
      t6 += values[6 * LANES + lane];
      t7 += values[7 * LANES + lane];
    }
    totals[row] = t0;
    totals[row + 1] = t1;
    totals[row + 2] = t2;
    totals[row + 3] = t3;
    totals[row + 4] = t4;
    totals[row + 5] = t5;
    totals[row + 6] = t6;
    totals[row + 7] = t7;
  }

  @Override
  public int laneRises(
      int count,
      int used,
      float[] values,
      float[] starts,
      float[] slopes,
      float[] steps,
      float[] factors,
      float[] limits,
      int[] rows) {
    return LaneFunctions.laneRises(
        count, used, values, starts, slopes, steps, factors, limits, rows);
  }

  @Override
  public void laneHits(
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
    LaneHits.find(
        count,
        used,
        rowNorms,
        pointNorms,
        limits,
        errorShare,
        products,
        firstPoint,
        stride,
        points,
        bounds,
        sizes);
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
    return LaneHits.keepNearer(from, to, kept, points, distances, limits, ratios);
  }

  @Override
  public void multiply(int count, float[] factors, double[] products) {
    int i = 0;
    for (; i + DOUBLE_WIDTH <= count; i += DOUBLE_WIDTH) {
      DoubleVector.fromArray(DOUBLES, products, i).mul(widen(factors, i)).intoArray(products, i);
    }
    for (; i < count; i++) {
      products[i] *= factors[i];
    }
  }

  @Override
  public void addLaneWeights(int count, float[] weights, float[] sums) {
    FloatVector a = FloatVector.fromArray(FLOATS, sums, 0);
    FloatVector b = FloatVector.fromArray(FLOATS, sums, WIDTH);
    for (int row = 0; row < count; row++) {
      a = a.add(FloatVector.fromArray(FLOATS, weights, row * LANES));
      b = b.add(FloatVector.fromArray(FLOATS, weights, row * LANES + WIDTH));
    }
    a.intoArray(sums, 0);
    b.intoArray(sums, WIDTH);
  }

  @Override
  public void addLaneRows(
      float[] rows, int offset, int count, int columns, float[] weights, float[] sums) {
    int column = 0;
    for (; LaneTiles.EIGHT && column + 8 <= columns; column += 8) {
      LaneTiles.eightColumns(rows, offset + column, count, columns, weights, sums, column * LANES);
    }
    for (; column + 4 <= columns; column += 4) {
      LaneTiles.fourColumns(rows, offset + column, count, columns, weights, sums, column * LANES);
    }
    for (; column < columns; column++) {
      LaneTiles.oneColumn(rows, offset + column, count, columns, weights, sums, column * LANES);
    }
  }
}
