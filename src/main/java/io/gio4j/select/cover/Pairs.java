package io.gio4j.select.cover;

import io.gio4j.internal.EqualRows;
import io.gio4j.internal.Panel;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.simd.FloatOps;
import java.util.stream.IntStream;

/**
 * Working memory of one thread, which compares some rows with the points of a panel.
 *
 * <p>The numbers are floats: products of rows of length 1 or of scaled ones, their squares, or
 * negative squared distances, so that the larger number is always the more similar. Squared
 * distances come from products of centred rows, {@code |x|^2 - 2 x.p + |p|^2}; a pair whose digits
 * cancel is computed from differences in double, and rows of few columns from differences in float.
 * So each number has a relative error of at most about 1e-5, and products one of 1e-7 of the
 * lengths.
 */
final class Pairs {
  private final Comparison comparison;
  private final FloatOps ops;
  private final int columns;
  private final int lanes;
  private final float[] values;
  private final int[] starts;
  private final Panel spare;
  private final float[] point;
  private final double[] row;
  private final double[] exact = new double[1];

  Pairs(Comparison comparison, int mostRows) {
    this.comparison = comparison;
    this.ops = comparison.ops();
    this.columns = comparison.columns();
    this.lanes = ops.lanes();
    this.values = new float[mostRows * lanes];
    this.starts = IntStream.range(0, mostRows).map(place -> place * columns).toArray();
    this.spare = new Panel(columns, ops);
    this.point = new float[columns];
    this.row = new double[columns];
  }

  /** {@return the results, {@code rows x lanes}, until the next comparison} */
  float[] values() {
    return values;
  }

  /** Compares rows with a panel: the larger a number, the more similar, up to the point's cap. */
  void compare(RowBatch rows, Points points, int panel) {
    compareAsDistances(rows, points, panel);
    if (comparison.similarity().isDistance()) {
      for (int i = 0; i < rows.count() * lanes; i++) {
        values[i] = -values[i];
      }
    }
    points.lowerToCaps(panel, rows.count(), values);
  }

  /** As {@link #compare}, but with squared distances, not negative ones, and without caps. */
  void compareAsDistances(RowBatch rows, Points points, int panel) {
    Panel packed = points.panel(panel, spare, point);
    RowScaling scaling = comparison.scaling();
    int count = rows.count();
    if (scaling != null && scaling.byDifferences()) {
      ops.products()
          .squaredDifferencesAt(rows.values(), starts, count, columns, packed.values(), values);
      return;
    }
    ops.products().multiply(rows.values(), 0, count, columns, packed.values(), values);
    if (scaling != null) {
      if (ops.distances().squares(count, rows.norms(), packed.norms(), 0, values)) {
        recomputeLost(rows, points, panel);
      }
    } else if (comparison.similarity() == Similarity.SQUARED_COSINE) {
      for (int i = 0; i < count * lanes; i++) {
        values[i] *= values[i];
      }
    }
  }

  private void recomputeLost(RowBatch rows, Points points, int panel) {
    double scale = comparison.scaling().scale();
    int used = points.used(panel);
    for (int i = 0; i < rows.count(); i++) {
      int id = rows.source().id(rows.number(i));
      boolean widened = false;
      for (int lane = 0; lane < lanes; lane++) {
        int at = i * lanes + lane;
        if (!Float.isNaN(values[at])) {
          continue;
        }
        int other = lane < used ? points.row(panel * lanes + lane) : -1;
        if (other < 0 || (id != EqualRows.NONE && id == points.source().id(other))) {
          values[at] = 0;
          continue;
        }
        if (!widened) {
          rows.source().rows().copyRow(rows.number(i), point, 0);
          RowBlocks.widen(point, 0, row);
          widened = true;
        }
        points.source().rows().copyRow(other, point, 0);
        ops.rows().squaredDistances(point, 0, 1, columns, row, exact, 0);
        values[at] = (float) (exact[0] * scale * scale);
      }
    }
  }
}
