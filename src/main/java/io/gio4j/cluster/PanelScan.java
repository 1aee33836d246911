package io.gio4j.cluster;

import io.gio4j.internal.RoundingError;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.simd.DistanceOps;
import io.gio4j.internal.simd.FloatOps;
import java.util.Arrays;

/**
 * The nearest centre of each row of one block, exactly, from comparisons in float.
 *
 * <p>A comparison in float gives a squared distance less the largest error that it may have ({@link
 * RoundingError}): a lower bound, and with twice that error an upper one. The smallest upper bound
 * leaves out every centre whose lower bound is above it. If one centre is left, it is the nearest;
 * else those left are compared by exact differences in double, and of equally near ones the lowest
 * index is taken. So assignments are those of an exact computation, for any register width. Under 1
 * % of Fashion-MNIST's rows need it.
 *
 * <p>The error is that of the compared centre, not of the longest in its panel: a single centre far
 * away does not loosen the bounds of the others.
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
  private final float[] askedTerms;
  private final int[] asked;
  private final int[] askedOffsets;
  private final float[] smallest;
  private final int[] lanes;
  private final float[] second;
  private final double[] exact = new double[1];
  private final double[] point;

  private float[] rows;
  private float[] rowNorms;
  private int count;

  /** By row and panel, the smallest lower bound; infinite for a panel that was not scanned. */
  private final float[] panelSmallest;

  /** The lanes with these bounds; undefined for a row that is too long. */
  private final int[] panelLane;

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
    this.askedTerms = new float[blockRows];
    this.asked = new int[blockRows];
    this.askedOffsets = new int[blockRows];
    this.smallest = new float[blockRows];
    this.lanes = new int[blockRows];
    this.second = new float[blockRows];
    this.point = new double[columns];
    this.panelSmallest = new float[blockRows * panels.count()];
    this.panelLane = new int[blockRows * panels.count()];
    this.panelSecond = new float[blockRows * panels.count()];
  }

  /**
   * Starts with the next block, and drops the results of the last one.
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

  /** Decides which rows a panel is compared with. */
  @FunctionalInterface
  interface Asks {
    boolean asks(int row);
  }

  /** Compares a panel with the rows for which {@code asks} holds; returns how many these are. */
  int scan(int panel, Asks asks) {
    int asking = 0;
    for (int row = 0; row < count; row++) {
      if (asks.asks(row)) {
        asked[asking++] = row;
      }
    }
    if (asking > 0) {
      compare(panel, asking);
      ops.distances()
          .nearest(asking, askedTerms, panels.terms(panel), products, smallest, lanes, second);
      for (int i = 0; i < asking; i++) {
        int at = asked[i] * panels.count() + panel;
        panelSmallest[at] = smallest[i];
        panelLane[at] = lanes[i];
        panelSecond[at] = second[i];
      }
    }
    return asking;
  }

  /** Whether a row is so much longer than all centres that its distances are equal in float. */
  private boolean isTooLong(int row) {
    return !(rowNorms[row] <= RowScaling.LARGEST_NORM);
  }

  /**
   * Fills {@code products} and {@code askedTerms} for the chosen rows, such that {@code -2 product
   * + (row's term + centre's term)} is a lower bound of the squared distance.
   */
  private void compare(int panel, int asking) {
    for (int i = 0; i < asking; i++) {
      scaleRow(asked[i]);
      askedOffsets[i] = asked[i] * columns;
      askedTerms[i] = rowTerm(asked[i]);
    }
    if (scaling.byDifferences()) {
      ops.products()
          .squaredDifferencesAt(
              scaled, askedOffsets, asking, columns, panels.points(panel), products);
      float factor = (float) (-0.5 * (1 - errorShare));
      int end = asking * ops.lanes(); // A call in the condition would keep this scalar.
      for (int i = 0; i < end; i++) {
        products[i] *= factor;
      }
    } else {
      ops.products()
          .multiplyAt(scaled, askedOffsets, asking, columns, panels.points(panel), products);
    }
  }

  private float rowTerm(int row) {
    double share = scaling.byDifferences() ? 0 : (1 - errorShare) * rowNorms[row];
    return (float) (share - underflow);
  }

  /**
   * Finds the row's nearest centre among the scanned panels and one more, whose distance is known.
   *
   * @param own that centre, or -1
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

  /** The centre of a scanned panel that has the smallest lower bound. */
  private int nearestOf(int row, int panel) {
    return panels.members(panel)[panelLane[row * panels.count() + panel]];
  }

  /** An upper bound of the squared distance to the nearest centre of a scanned panel. */
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
        asked[0] = row;
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
    return Math.fma(-2f, products[lane], askedTerms[0] + panels.terms(panel)[lane]);
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
   * A lower bound of the distances, in the scale of {@link RowScaling}, between the row and all
   * centres of a scanned panel but {@code nearest}.
   */
  double lowerBound(int row, int panel, int nearest) {
    int at = row * panels.count() + panel;
    float squared = nearestOf(row, panel) == nearest ? panelSecond[at] : panelSmallest[at];
    return Math.sqrt(Math.max(0, squared));
  }
}
