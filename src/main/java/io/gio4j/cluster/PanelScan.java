package io.gio4j.cluster;

import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.kernel.Kernels;
import java.util.Arrays;

/**
 * The nearest centre of each row of one block, exactly, from float products.
 *
 * <p>A product in float errs by at most {@link #errorShare} of the norms' sum. Where the nearest
 * centre leads by more than both errors it is settled; else every centre that could be nearest is
 * compared by exact differences in double, the lowest index first. So assignments are those of an
 * exact computation, the same for any width of registers. Under 1 % of Fashion-MNIST's rows need
 * it.
 *
 * <p>Scratch of one thread; the block's rows are given anew for each block.
 */
final class PanelScan {
  /** Squared norms up to this can be added up in float without becoming infinite. */
  private static final float LARGEST_NORM = 1e37f;

  private final Kernels kernels;
  private final int columns;
  private final CenterPanels panels;
  private final float[] centers;
  private final double errorShare;

  private final float[] products;
  private final float[] askedNorms;
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

  /** By row and panel: what the panels scanned answered. */
  private final float[] panelSmallest;

  private final int[] panelNearest;
  private final float[] panelSecond;

  PanelScan(int blockRows, int columns, CenterPanels panels, float[] centers, Kernels kernels) {
    this.kernels = kernels;
    this.columns = columns;
    this.panels = panels;
    this.centers = centers;
    this.errorShare = errorShare(columns);
    this.products = new float[blockRows * kernels.lanes()];
    this.askedNorms = new float[blockRows];
    this.asked = new int[blockRows];
    this.askedOffsets = new int[blockRows];
    this.smallest = new float[blockRows];
    this.lanes = new int[blockRows];
    this.second = new float[blockRows];
    this.point = new double[columns];
    this.panelSmallest = new float[blockRows * panels.count()];
    this.panelNearest = new int[blockRows * panels.count()];
    this.panelSecond = new float[blockRows * panels.count()];
  }

  /**
   * Bound on the error of {@code |x|^2 - 2 x.c + |c|^2} as a share of {@code |x|^2 + |c|^2}: a
   * lane's product is a chain of at most 256 roundings, its segments are added up, and the norms
   * and the last step round a few times more; {@code 2 |x||c| <= |x|^2 + |c|^2}.
   */
  static double errorShare(int columns) {
    int roundings = Math.min(columns, Kernels.LANE_SEGMENT) + columns / Kernels.LANE_SEGMENT + 4;
    return roundings * 0x1p-24;
  }

  /**
   * Takes the next block and forgets the last one's answers.
   *
   * @param known the rows' squared norms, or null where they are not known yet
   * @return the rows' squared norms
   */
  float[] block(RowBlocks blocks, int block, float[] values, float[] known) {
    rows = values;
    count = blocks.count(block);
    rowNorms = known == null ? measured(blocks, block) : known;
    Arrays.fill(panelSmallest, 0, count * panels.count(), Float.POSITIVE_INFINITY);
    return rowNorms;
  }

  private float[] measured(RowBlocks blocks, int block) {
    float[] norms = new float[count];
    for (int row = 0; row < count; row++) {
      norms[row] = squaredNorm(row * columns);
      if (norms[row] > LARGEST_NORM) {
        throw new IllegalArgumentException(
            "%s: row %d is too long to be compared in float (squared norm %s, at most %s); scale the rows down"
                .formatted(blocks.name(), blocks.number(block, row), norms[row], LARGEST_NORM));
      }
    }
    return norms;
  }

  private float squaredNorm(int start) {
    Arrays.fill(point, 0);
    kernels.squaredDistances(rows, start, 1, columns, point, exact, 0);
    return (float) exact[0];
  }

  /** Says which rows a panel is to be compared with. */
  @FunctionalInterface
  interface Asks {
    boolean asks(int row);
  }

  /** Compares a panel with the rows that ask for it; returns how many did. */
  int scan(int panel, Asks asks) {
    int asking = 0;
    for (int row = 0; row < count; row++) {
      if (asks.asks(row)) {
        asked[asking] = row;
        askedOffsets[asking] = row * columns;
        askedNorms[asking] = rowNorms[row];
        asking++;
      }
    }
    if (asking > 0) {
      kernels.laneProductsAt(rows, askedOffsets, asking, columns, panels.points(panel), products);
      kernels.laneNearest(
          asking, askedNorms, panels.norms(panel), products, smallest, lanes, second);
      for (int i = 0; i < asking; i++) {
        int at = asked[i] * panels.count() + panel;
        panelSmallest[at] = smallest[i];
        panelNearest[at] = panels.members(panel)[lanes[i]];
        panelSecond[at] = second[i];
      }
    }
    return asking;
  }

  /**
   * The row's nearest centre among the panels scanned and one more that is known exactly.
   *
   * @param own that centre, or -1
   * @param ownSquared its exact squared distance
   */
  int nearest(int row, int own, double ownSquared) {
    int base = row * panels.count();
    double limit = own < 0 ? Double.POSITIVE_INFINITY : ownSquared;
    for (int panel = 0; panel < panels.count(); panel++) {
      if (panelSmallest[base + panel] < limit) {
        limit = Math.min(limit, panelSmallest[base + panel] + error(row, panel));
      }
    }
    int nearest = own >= 0 && ownSquared <= limit ? own : -1;
    for (int panel = 0; panel < panels.count(); panel++) {
      int at = base + panel;
      if (panelSmallest[at] - error(row, panel) > limit) {
        continue;
      }
      boolean another = nearest >= 0 && nearest != panelNearest[at];
      if (another || panelSecond[at] - error(row, panel) <= limit) {
        return exactNearest(row, own, ownSquared, limit);
      }
      nearest = panelNearest[at];
    }
    return nearest;
  }

  /** Bound on the error of any squared distance of a row to a centre of a panel. */
  double error(int row, int panel) {
    return errorShare * (rowNorms[row] + panels.largestNorm(panel));
  }

  private int exactNearest(int row, int own, double ownSquared, double limit) {
    int best = own;
    double bestSquared = own < 0 ? Double.POSITIVE_INFINITY : ownSquared;
    for (int panel = 0; panel < panels.count(); panel++) {
      if (panelSmallest[row * panels.count() + panel] - error(row, panel) > limit) {
        continue;
      }
      for (int center : panels.members(panel)) {
        double squared = squaredDistance(row, center);
        if (squared < bestSquared || (squared == bestSquared && center < best)) {
          bestSquared = squared;
          best = center;
        }
      }
    }
    return best;
  }

  /** The exact squared distance of a row to a centre. */
  double squaredDistance(int row, int center) {
    for (int column = 0; column < columns; column++) {
      point[column] = centers[center * columns + column];
    }
    kernels.squaredDistances(rows, row * columns, 1, columns, point, exact, 0);
    return exact[0];
  }

  /**
   * A distance that every centre of a scanned panel but {@code nearest} is at least away from the
   * row; NaN if the panel was not scanned.
   */
  float lowerBound(int row, int panel, int nearest) {
    int at = row * panels.count() + panel;
    if (panelSmallest[at] == Float.POSITIVE_INFINITY) {
      return Float.NaN;
    }
    float squared = panelNearest[at] == nearest ? panelSecond[at] : panelSmallest[at];
    double least = Math.sqrt(Math.max(0, squared - error(row, panel)));
    return Math.nextDown((float) least);
  }
}
