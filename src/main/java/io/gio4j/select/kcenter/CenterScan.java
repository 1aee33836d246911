package io.gio4j.select.kcenter;

import io.gio4j.internal.RoundingError;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.simd.FloatOps;
import java.util.Arrays;

/**
 * Squared distances of rows to the nearest of the {@link Centers}, exactly, from comparisons in
 * float.
 *
 * <p>A comparison in float gives the squared distance less its largest possible error ({@link
 * RoundingError}), which is a lower bound. Only a centre whose bound is not above the distance
 * known so far is measured, by differences in double, so the result is the least of all distances
 * in double, whatever the bounds were.
 *
 * <p>For use by one thread.
 */
final class CenterScan {
  /** More than the relative error of a squared distance in double. */
  private static final double OF_DOUBLES = 0x1p-30;

  private final Centers centers;
  private final RowScaling scaling;
  private final FloatOps ops;
  private final int columns;
  private final double toBound;
  private final double underflow;
  private final float[] scaledRows;
  private final double[] norms;
  private final float[] terms;
  private final float[] products;
  private final int[] starts;
  private final float[] smallest;
  private final int[] lanes;
  private final float[] second;
  private final double[] origin;
  private final double[] point;
  private final double[] exact = new double[1];

  /** The centre that the last row's distance is from, if it was lowered. */
  private int found;

  /**
   * @param most rows at once
   */
  CenterScan(Centers centers, int most, FloatOps ops) {
    this.centers = centers;
    this.scaling = centers.scaling();
    this.ops = ops;
    this.columns = scaling.columns();
    this.toBound = scaling.scale() * scaling.scale() * (1 + OF_DOUBLES);
    this.underflow = RoundingError.underflow(columns);
    this.scaledRows = new float[scaling.isPlain() ? 0 : most * columns];
    this.norms = new double[most];
    this.terms = new float[most];
    this.products = new float[most * ops.lanes()];
    this.starts = new int[most];
    Arrays.setAll(starts, i -> i * columns);
    this.smallest = new float[most];
    this.lanes = new int[most];
    this.second = new float[most];
    this.origin = new double[columns];
    this.point = new double[columns];
  }

  /**
   * Lowers squared distances to those of nearer centres.
   *
   * @param rows consecutive rows
   * @param from the first panel of centres to compare
   * @param squared by row, the squared distance known so far, which may be infinite
   * @param nearest by row, receives the centre of a lowered distance; null where it is not needed
   * @param offset of the first row in {@code squared} and {@code nearest}
   */
  void lower(
      float[] rows,
      int count,
      int from,
      double[] squared,
      int[] nearest,
      int offset,
      Runnable check) {
    float[] scaled = scaling.isPlain() ? rows : scaledRows;
    if (!scaling.isPlain()) {
      scaling.apply(rows, 0, count, scaled);
    }
    ops.rows().squaredDistances(scaled, 0, count, columns, origin, norms, 0);
    for (int i = 0; i < count; i++) {
      terms[i] = (float) (centers.term(norms[i]) - underflow);
    }
    for (int panel = from; panel < centers.panels(); panel++) {
      check.run();
      multiply(scaled, count, panel);
      float[] added = centers.panel(panel).norms();
      ops.distances().nearest(count, terms, added, products, smallest, lanes, second);
      for (int i = 0; i < count; i++) {
        if (smallest[i] <= squared[offset + i] * toBound) {
          double known = squared[offset + i];
          squared[offset + i] = nearest(rows, i, panel, known);
          if (nearest != null && squared[offset + i] < known) {
            nearest[offset + i] = found;
          }
        }
      }
    }
  }

  /** Fills {@code products}, of which {@code -2 product + terms} are the lower bounds. */
  private void multiply(float[] scaled, int count, int panel) {
    float[] points = centers.panel(panel).values();
    if (scaling.byDifferences()) {
      ops.products().squaredDifferencesAt(scaled, starts, count, columns, points, products);
      float factor = (float) (-0.5 * (1 - centers.errorShare()));
      int end = count * ops.lanes(); // A call in the condition would prevent vectorisation.
      for (int i = 0; i < end; i++) {
        products[i] *= factor;
      }
    } else {
      ops.products().multiply(scaled, 0, count, columns, points, products);
    }
  }

  /** The least squared distance of a row, of one known and those to a panel's centres. */
  private double nearest(float[] rows, int i, int panel, double known) {
    int first = panel * ops.lanes();
    double least = nearer(rows, i, first + lanes[i], known);
    if (!(second[i] <= least * toBound)) {
      return least;
    }
    float[] added = centers.panel(panel).norms();
    for (int lane = 0; lane < centers.used(panel); lane++) {
      float bound = Math.fma(-2f, products[i * ops.lanes() + lane], terms[i] + added[lane]);
      if (lane != lanes[i] && bound <= least * toBound) {
        least = nearer(rows, i, first + lane, least);
      }
    }
    return least;
  }

  private double nearer(float[] rows, int i, int center, double known) {
    RowBlocks.widen(centers.row(center), 0, point);
    ops.rows().squaredDistances(rows, i * columns, 1, columns, point, exact, 0);
    if (exact[0] < known) {
      found = center;
      return exact[0];
    }
    return known;
  }
}
