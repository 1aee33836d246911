package io.gio4j.divergence;

import io.gio4j.internal.kernel.Kernels;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Sums of rho over all pairs of rows and points, as blocked matrix products.
 *
 * <p><b>Idea.</b> Squared distances come from products of rows with panels of points, {@code |x|^2
 * - 2 x.p + |p|^2}, all less a common origin so that norms are as small as they can be; rho is
 * applied to the panel's distances while they lie in cache. A pair that is so near that its digits
 * cancel is computed anew from differences in double, so equal rows have distance 0.
 *
 * <p><b>Exact sums.</b> rho of a pair is rounded to a whole number of a fixed unit (2^-21 of its
 * largest value, as fine as the products in float are) and whole numbers are added: the sum is the
 * same in any order, whichever points share a panel and whichever thread adds. So a sum over a
 * batch of points has the bits of a sum point by point, and three sums over the same pairs cancel
 * to 0.
 *
 * <p><b>Cost.</b> d multiply-adds a pair and about 20 instructions for rho, on 16 or 8 pairs at
 * once: for 384 columns the product is nine tenths.
 */
public final class EnergySums {
  private final EnergyKernel kernel;
  private final Kernels kernels;
  private final int columns;
  private final int lanes;
  private final float unit;

  /**
   * Sums for rows and points around one origin.
   *
   * @param largestReach of all of them, as {@link CentredRows#reach} gives it
   */
  public EnergySums(EnergyKernel kernel, int columns, double largestReach, Kernels kernels) {
    this.kernel = kernel;
    this.kernels = kernels;
    this.columns = columns;
    this.lanes = kernels.lanes();
    double units = Kernels.LARGEST_FIXED / kernel.largest(2 * largestReach);
    this.unit = (float) Math.copySign(Math.scalb(1.0, Math.getExponent(units)), kernel.factor());
  }

  /** The value of a sum. */
  public double value(long total) {
    return total * (kernel.factor() / unit); // Of one sign: whole numbers rise with rho.
  }

  /** A bound on rho of a pair, in size. */
  public double largest() {
    return Math.abs(value(Kernels.LARGEST_FIXED));
  }

  /** rho of a row with itself, rounded as in the sums. */
  public double self() {
    float[] values = new float[lanes];
    kernel.apply(kernels, lanes, values);
    long[] total = new long[1];
    kernels.addLaneTotals(1, 1, unit, values, total);
    return value(total[0]);
  }

  /** Rows of a matrix packed into panels; more can be added. Not safe for use meanwhile. */
  public final class Points {
    private final CentredRows source;
    private final List<float[]> panels = new ArrayList<>();
    private final List<float[]> norms = new ArrayList<>();
    private final List<long[]> weights = new ArrayList<>();
    private final IntArrayList rows = new IntArrayList();
    private final float[] centred = new float[columns];
    private boolean weighted;

    private Points(CentredRows source) {
      this.source = source;
    }

    public int size() {
      return rows.size();
    }

    /** Adds a row of the matrix that counts {@code weight} times. */
    public void add(int row, long weight) {
      int lane = size() % lanes;
      int panel = size() / lanes;
      if (panel == panels.size()) {
        panels.add(new float[columns * lanes]);
        norms.add(new float[lanes]);
        weights.add(new long[lanes]);
      }
      source.copyRow(row, centred);
      float[] packed = panels.get(panel);
      for (int column = 0; column < columns; column++) {
        packed[column * lanes + lane] = centred[column];
      }
      norms.get(panel)[lane] = source.norm(row);
      weights.get(panel)[lane] = weight;
      weighted |= weight != 1;
      rows.add(row);
    }

    /** A point's numbers as they are. */
    private float[] raw(int point) {
      return source.rows().values(rows.getInt(point));
    }

    /** Forgets all points, but not the memory they took. */
    public void clear() {
      rows.clear();
    }

    /** Panels; all but the last one hold {@link #panelSize} points. */
    public int panels() {
      return Math.ceilDiv(size(), lanes);
    }

    public int panelSize() {
      return lanes;
    }

    /** Points in a panel. */
    public int used(int panel) {
      return Math.min(lanes, size() - panel * lanes);
    }
  }

  /** No points yet, of a matrix. */
  public Points noPoints(CentredRows rows) {
    return new Points(rows);
  }

  /** Points made of all rows of a matrix. */
  public Points points(CentredRows rows) {
    Points points = new Points(rows);
    for (int row = 0; row < rows.rows().rows(); row++) {
      points.add(row, 1);
    }
    return points;
  }

  /** Working memory of one thread, for blocks of up to so many rows. */
  public Rows rows(int blockRows) {
    return new Rows(blockRows);
  }

  /** Some rows, ready to be compared with points. */
  public final class Rows {
    private final float[] products;
    private final int blockRows;
    private final double[] exact = new double[1];
    private float[] scratch = new float[0];
    private IntFunction<double[]> raw;
    private float[] centred;
    private float[] norms;
    private int count;
    private long[] weights;

    private Rows(int blockRows) {
      products = new float[blockRows * lanes];
      this.blockRows = blockRows;
    }

    /** Takes the rows of a block. */
    public void load(CentredRows rows, int block) {
      int first = rows.rows().firstRow(block);
      load(
          rows.isKept() ? rows.block(block) : rows.read(block, scratch()),
          rows.norms(block),
          rows.rows().count(block),
          row -> rows.rows().row(first + row));
    }

    /** Takes one row. */
    public void loadRow(CentredRows rows, int row) {
      rows.copyRow(row, scratch());
      load(scratch, new float[] {rows.norm(row)}, 1, ignored -> rows.rows().row(row));
    }

    private float[] scratch() {
      if (scratch.length == 0) {
        scratch = new float[blockRows * columns];
      }
      return scratch;
    }

    private void load(
        float[] rows, float[] squaredNorms, int rowCount, IntFunction<double[]> rawRow) {
      centred = rows;
      norms = squaredNorms;
      count = rowCount;
      raw = rawRow;
    }

    /** Adds to each row's total the sum over the points. */
    public void add(Points points, long[] totals) {
      for (int panel = 0; panel < points.panels(); panel++) {
        add(points, panel, totals);
      }
    }

    /** The same for one panel. */
    public void add(Points points, int panel, long[] totals) {
      compare(points, panel);
      addFirst(points.used(panel), totals);
    }

    /** Computes rho of all pairs with a panel, for {@link #addFirst} and what follows it. */
    public void compare(Points points, int panel) {
      kernels.laneProducts(centred, 0, count, columns, points.panels.get(panel), products);
      if (kernels.laneSquares(count, norms, points.norms.get(panel), products)) {
        mend(points, panel);
      }
      kernel.apply(kernels, count * lanes, products);
      weights = points.weighted ? points.weights.get(panel) : null;
    }

    /** Adds to each row's total the sum over the first {@code used} points of the panel. */
    public void addFirst(int used, long[] totals) {
      if (weights == null) {
        kernels.addLaneTotals(count, used, unit, products, totals);
      } else {
        kernels.addWeightedLaneTotals(count, used, unit, products, weights, totals);
      }
    }

    /** The nearest point to each row, the first of several. */
    public void nearest(Points points, char[] nearest, int offset) {
      float[] least = new float[count];
      Arrays.fill(least, Float.POSITIVE_INFINITY);
      for (int panel = 0; panel < points.panels(); panel++) {
        kernels.laneProducts(centred, 0, count, columns, points.panels.get(panel), products);
        float[] pointNorms = points.norms.get(panel);
        for (int row = 0; row < count; row++) {
          for (int lane = 0; lane < points.used(panel); lane++) {
            float squared = pointNorms[lane] - 2 * products[row * lanes + lane];
            if (squared < least[row]) {
              least[row] = squared;
              nearest[offset + row] = (char) (panel * lanes + lane);
            }
          }
        }
      }
    }

    /**
     * Rows that may reach a limit while the panel's points are added one after another; see {@link
     * Kernels#laneRises}. All rows if points have weights.
     */
    public int rises(
        int used,
        float[] starts,
        float[] slopes,
        float[] steps,
        float[] factors,
        float[] limits,
        int[] found) {
      if (weights == null) {
        return kernels.laneRises(
            count, used, unit, products, starts, slopes, steps, factors, limits, found);
      }
      Arrays.setAll(found, row -> row);
      return count;
    }

    /** The number of a row and a point of the panel compared last; the point's weight apart. */
    public int ofPair(int row, int point) {
      return Kernels.fixed(products[row * lanes + point], unit);
    }

    /** Computes anew, from differences in double, the squares that lost their digits. */
    private void mend(Points points, int panel) {
      int used = points.used(panel);
      for (int row = 0; row < count; row++) {
        double[] point = null;
        for (int lane = 0; lane < lanes; lane++) {
          int at = row * lanes + lane;
          if (!Float.isNaN(products[at])) {
            continue;
          }
          if (lane >= used) {
            products[at] = 0;
            continue;
          }
          if (point == null) {
            point = raw.apply(row);
          }
          float[] other = points.raw(panel * lanes + lane);
          kernels.squaredDistances(other, 0, 1, columns, point, exact, 0);
          products[at] = (float) exact[0];
        }
      }
    }
  }
}
