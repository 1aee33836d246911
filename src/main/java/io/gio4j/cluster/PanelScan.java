package io.gio4j.cluster;

import io.gio4j.internal.RoundingError;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.simd.DistanceOps;
import io.gio4j.internal.simd.FloatOps;
import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * The nearest centre of each row of one block, exactly, from comparisons in float.
 *
 * <p>A comparison in float computes the squared distance minus its largest possible error ({@link
 * RoundingError}), which is a lower bound; adding twice that error gives an upper bound. A centre
 * whose lower bound is above the smallest upper bound cannot be the nearest. If one centre remains,
 * it is the nearest; otherwise the remaining ones are compared by exact differences in double, and
 * of equally near ones the lowest index is taken. So assignments are those of an exact computation,
 * for any register width. Fewer than 1 % of Fashion-MNIST's rows need the comparison in double.
 *
 * <p>The error is computed for each centre, not for the longest centre of its panel, so that a
 * single centre far away does not loosen the bounds of the others.
 *
 * <p>For use by one thread, for one block after another.
 */
final class PanelScan {
  private final FloatOps ops;
  private final int columns;
  private final CenterPanels panels;
  private final float[] centers;
  private final RowScaling scaling;
  private final double errorShare;
  private final double underflow;
  private final double squaredScale;

  /** The block's scaled rows; the unscaled array where scaling changes nothing. */
  private float[] scaled;

  private final boolean[] isScaled;
  private final float[] products;
  private final float[] chosenTerms;
  private final int[] chosen;
  private final int[] chosenOffsets;
  private final float[] smallest;
  private final int[] lanes;
  private final float[] second;
  private final double[] exact = new double[1];
  private final double[] point;

  private float[] rows;
  private float[] rowNorms;
  private int count;

  /** By row and panel, the smallest lower bound; infinite where a row was not compared. */
  private final float[] panelSmallest;

  /** The lanes that have these bounds; undefined for a row that {@link #isTooLong}. */
  private final int[] panelLane;

  /** The second smallest lower bounds. */
  private final float[] panelSecond;

  PanelScan(
      int blockRows,
      int columns,
      CenterPanels panels,
      float[] centers,
      RowScaling scaling,
      FloatOps ops) {
    this.ops = ops;
    this.columns = columns;
    this.panels = panels;
    this.centers = centers;
    this.scaling = scaling;
    this.errorShare =
        scaling.byDifferences()
            ? RoundingError.ofDifferences(columns)
            : RoundingError.ofProducts(columns);
    this.underflow = RoundingError.underflow(columns);
    this.squaredScale = scaling.scale() * scaling.scale();
    this.scaled = new float[scaling.isPlain() ? 0 : blockRows * columns];
    this.isScaled = new boolean[blockRows];
    this.products = new float[blockRows * ops.lanes()];
    this.chosenTerms = new float[blockRows];
    this.chosen = new int[blockRows];
    this.chosenOffsets = new int[blockRows];
    this.smallest = new float[blockRows];
    this.lanes = new int[blockRows];
    this.second = new float[blockRows];
    this.point = new double[columns];
    this.panelSmallest = new float[blockRows * panels.count()];
    this.panelLane = new int[blockRows * panels.count()];
    this.panelSecond = new float[blockRows * panels.count()];
  }

  /**
   * Moves on to a block, and drops the results of the previous one.
   *
   * @param known the squared norms of the scaled rows, or null where they are not known yet
   * @return the rows' squared norms
   */
  float[] block(RowBlocks blocks, int block, float[] values, float[] known) {
    rows = values;
    count = blocks.count(block);
    Arrays.fill(isScaled, 0, count, scaling.isPlain());
    if (scaling.isPlain()) {
      scaled = values;
    }
    Arrays.fill(panelSmallest, 0, count * panels.count(), Float.POSITIVE_INFINITY);
    rowNorms = known == null ? measured() : known;
    return rowNorms;
  }

  private float[] measured() {
    for (int row = 0; row < count; row++) {
      scaleRow(row);
    }
    double[] squared = new double[count];
    ops.rows().squaredDistances(scaled, 0, count, columns, new double[columns], squared, 0);
    float[] norms = new float[count];
    for (int row = 0; row < count; row++) {
      norms[row] = (float) squared[row];
    }
    return norms;
  }

  private void scaleRow(int row) {
    if (!isScaled[row]) {
      scaling.apply(rows, row, 1, scaled);
      isScaled[row] = true;
    }
  }

  /** Compares a panel with those rows of the block that need it; returns how many these are. */
  int scan(int panel, IntPredicate needed) {
    int chosenCount = 0;
    for (int row = 0; row < count; row++) {
      if (needed.test(row)) {
        chosen[chosenCount++] = row;
      }
    }
    if (chosenCount > 0) {
      compare(panel, chosenCount);
      ops.distances()
          .nearest(
              chosenCount, chosenTerms, panels.terms(panel), products, smallest, lanes, second);
      for (int i = 0; i < chosenCount; i++) {
        int at = chosen[i] * panels.count() + panel;
        panelSmallest[at] = smallest[i];
        panelLane[at] = lanes[i];
        panelSecond[at] = second[i];
      }
    }
    return chosenCount;
  }

  /** Whether a row is so much longer than all centres that its distances are equal in float. */
  private boolean isTooLong(int row) {
    return !(rowNorms[row] <= RowScaling.LARGEST_NORM);
  }

  /**
   * Fills {@code products} and {@code chosenTerms} for the chosen rows, such that {@code -2 product
   * + (row's term + centre's term)} is a lower bound of the squared distance.
   */
  private void compare(int panel, int chosenCount) {
    for (int i = 0; i < chosenCount; i++) {
      scaleRow(chosen[i]);
      chosenOffsets[i] = chosen[i] * columns;
      chosenTerms[i] = rowTerm(chosen[i]);
    }
    if (scaling.byDifferences()) {
      ops.products()
          .squaredDifferencesAt(
              scaled, chosenOffsets, chosenCount, columns, panels.points(panel), products);
      float factor = (float) (-0.5 * (1 - errorShare));
      int end = chosenCount * ops.lanes(); // A call in the condition would prevent vectorisation.
      for (int i = 0; i < end; i++) {
        products[i] *= factor;
      }
    } else {
      ops.products()
          .multiplyAt(scaled, chosenOffsets, chosenCount, columns, panels.points(panel), products);
    }
  }

  private float rowTerm(int row) {
    double share = scaling.byDifferences() ? 0 : (1 - errorShare) * rowNorms[row];
    return (float) (share - underflow);
  }

  /**
   * Finds the row's nearest centre among its own one and those of the panels compared with it.
   *
   * @param own the row's own centre, or -1
   * @param ownSquared its exact squared distance
   */
  int nearest(int row, int own, double ownSquared) {
    if (isTooLong(row)) {
      return nearestOfAll(row);
    }
    int base = row * panels.count();
    double limit = own < 0 ? Double.POSITIVE_INFINITY : ownSquared * squaredScale;
    for (int panel = 0; panel < panels.count(); panel++) {
      if (panelSmallest[base + panel] < limit) {
        limit = Math.min(limit, upperBound(row, panel));
      }
    }
    int nearest = own >= 0 && ownSquared * squaredScale <= limit ? own : -1;
    for (int panel = 0; panel < panels.count(); panel++) {
      int at = base + panel;
      if (panelSmallest[at] > limit) {
        continue;
      }
      int center = nearestOf(row, panel);
      boolean another = nearest >= 0 && nearest != center;
      if (another || panelSecond[at] <= limit) {
        return exactNearest(row, own, ownSquared, limit);
      }
      nearest = center;
    }
    return nearest;
  }

  /** The centre with the smallest lower bound, of a panel compared with the row. */
  private int nearestOf(int row, int panel) {
    return panels.members(panel)[panelLane[row * panels.count() + panel]];
  }

  /** An upper bound of the squared distance to {@link #nearestOf}. */
  private double upperBound(int row, int panel) {
    int at = row * panels.count() + panel;
    double norms =
        scaling.byDifferences()
            ? Math.max(0, panelSmallest[at])
            : rowNorms[row] + panels.norm(nearestOf(row, panel));
    return panelSmallest[at] + 2 * (errorShare * norms + underflow);
  }

  private int exactNearest(int row, int own, double ownSquared, double limit) {
    int best = own;
    double bestSquared = own < 0 ? Double.POSITIVE_INFINITY : ownSquared;
    for (int panel = 0; panel < panels.count(); panel++) {
      int at = row * panels.count() + panel;
      if (panelSmallest[at] > limit) {
        continue;
      }
      boolean hasSeveral = panelSecond[at] <= limit;
      if (hasSeveral) {
        chosen[0] = row;
        compare(panel, 1);
      }
      int[] members = panels.members(panel);
      for (int lane = 0; lane < members.length; lane++) {
        int center = members[lane];
        boolean isLeft = hasSeveral ? lowerBound(panel, lane) <= limit : lane == panelLane[at];
        if (isLeft) {
          double squared = squaredDistance(row, center);
          if (squared < bestSquared || (squared == bestSquared && center < best)) {
            bestSquared = squared;
            best = center;
          }
        }
      }
    }
    return best;
  }

  /** The lower bound that {@link DistanceOps#nearest} computes for the first chosen row. */
  private float lowerBound(int panel, int lane) {
    return Math.fma(-2f, products[lane], chosenTerms[0] + panels.terms(panel)[lane]);
  }

  private int nearestOfAll(int row) {
    int best = -1;
    double bestSquared = Double.POSITIVE_INFINITY;
    for (int center = 0; center < centers.length / columns; center++) {
      double squared = squaredDistance(row, center);
      if (squared < bestSquared) {
        bestSquared = squared;
        best = center;
      }
    }
    return best;
  }

  /** The exact squared distance of a row to a centre. */
  double squaredDistance(int row, int center) {
    for (int column = 0; column < columns; column++) {
      point[column] = centers[center * columns + column];
    }
    ops.rows().squaredDistances(rows, row * columns, 1, columns, point, exact, 0);
    return exact[0];
  }

  /**
   * A lower bound of the distances, in the scale of {@link RowScaling}, between a row and the
   * centres other than {@code nearest} of a panel compared with it.
   */
  double lowerBound(int row, int panel, int nearest) {
    int at = row * panels.count() + panel;
    float squared = nearestOf(row, panel) == nearest ? panelSecond[at] : panelSmallest[at];
    return Math.sqrt(Math.max(0, squared));
  }
}
