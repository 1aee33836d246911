package io.gio4j.internal.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link ProductOps} in registers: cuts rows and columns into the tiles of {@link RowTiles} and
 * {@link ColumnTiles}.
 */
final class SimdProductOps implements ProductOps {
  private static final VectorSpecies<Float> FLOATS = SimdFloatOps.FLOATS;
  private static final int WIDTH = SimdFloatOps.WIDTH;
  private static final int LANES = SimdFloatOps.LANES;

  @Override
  public void multiply(
      float[] rows, int offset, int count, int columns, float[] points, float[] out) {
    for (int segment = 0; segment < columns; segment += FloatOps.LANE_SEGMENT) {
      int end = Math.min(columns, segment + FloatOps.LANE_SEGMENT);
      int row = 0;
      for (; RowTiles.EIGHT && row + 8 <= count; row += 8) {
        int r0 = offset + row * columns;
        int r2 = r0 + 2 * columns;
        int r4 = r2 + 2 * columns;
        int r6 = r4 + 2 * columns;
        RowTiles.eightRows(
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
        RowTiles.fourRows(
            rows, r0, r0 + columns, r2, r2 + columns, segment, end, points, out, row * LANES);
      }
      for (; row < count; row++) {
        RowTiles.oneRow(rows, offset + row * columns, segment, end, points, out, row * LANES);
      }
    }
  }

  @Override
  public void squaredDifferencesAt(
      float[] rows, int[] offsets, int count, int columns, float[] points, float[] out) {
    int row = 0;
    for (; row + 4 <= count; row += 4) {
      RowTiles.fourRowsDifferences(
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
      RowTiles.oneRowDifferences(rows, offsets[row], columns, points, out, row * LANES);
    }
  }

  @Override
  public void multiplyAt(
      float[] rows, int[] offsets, int count, int columns, float[] points, float[] out) {
    for (int segment = 0; segment < columns; segment += FloatOps.LANE_SEGMENT) {
      int end = Math.min(columns, segment + FloatOps.LANE_SEGMENT);
      int row = 0;
      for (; RowTiles.EIGHT && row + 8 <= count; row += 8) {
        RowTiles.eightRows(
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
        RowTiles.fourRows(
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
        RowTiles.oneRow(rows, offsets[row], segment, end, points, out, row * LANES);
      }
    }
  }

  @Override
  public void addWeights(int count, float[] weights, float[] sums) {
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
  public void addRows(
      float[] rows, int offset, int count, int columns, float[] weights, float[] sums) {
    int column = 0;
    for (; RowTiles.EIGHT && column + 8 <= columns; column += 8) {
      ColumnTiles.eightColumns(
          rows, offset + column, count, columns, weights, sums, column * LANES);
    }
    for (; column + 4 <= columns; column += 4) {
      ColumnTiles.fourColumns(rows, offset + column, count, columns, weights, sums, column * LANES);
    }
    for (; column < columns; column++) {
      ColumnTiles.oneColumn(rows, offset + column, count, columns, weights, sums, column * LANES);
    }
  }
}
