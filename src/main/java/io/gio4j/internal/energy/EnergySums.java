package io.gio4j.internal.energy;

import io.gio4j.internal.EqualRows;
import io.gio4j.internal.Execution;
import io.gio4j.internal.HeapShare;
import io.gio4j.internal.Panel;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.TotalOps;
import io.gio4j.kernel.EnergyKernel;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Sums of rho over all pairs of rows and points, as blocked matrix products.
 *
 * <p><b>Idea.</b> Squared distances come from products of rows with panels of points, {@code |x|^2
 * - 2 x.p + |p|^2}, all under one {@link RowScaling} so that norms are as small as possible; rho is
 * applied to the panel's distances while they lie in cache. Where a pair is so near that its digits
 * cancel, and rho still distinguishes such distances, it is computed from differences in double.
 * Rows of few columns are compared by differences in float, which lose no digits.
 *
 * <p><b>Sums.</b> The size of rho (rho over its factor) is a float of at least 0 with full
 * precision however small it is, for RATIONAL up to 1e19 scales. A row's sum is one chain of
 * additions in double, in the order in which the points were added, so it has the same bits
 * whichever points share a panel, a batch or a call, for any register width and any number of
 * threads, and keeps its digits over the full range of floats. (The chains of eight rows side by
 * side take about 20 cycles a row and panel, 5 % of the product at 384 columns.)
 *
 * <p><b>Cost.</b> d multiply-adds a pair and, for RATIONAL, five more instructions, on 16 or 8
 * pairs at once.
 */
public final class EnergySums {
  private final RowScaling scaling;
  private final EnergyKernel kernel;
  private final double factor;
  private final float flatSquare;
  private final FloatOps ops;
  private final int columns;
  private final int lanes;

  /** Sums for rows and points under one scaling; {@code kernel} is that of the unscaled rows. */
  public EnergySums(EnergyKernel kernel, RowScaling scaling, FloatOps ops) {
    this.scaling = scaling;
    this.kernel = kernel.scaledBy(scaling.scale());
    boolean isLength = kernel.kind() == EnergyKernel.Kind.EUCLIDEAN;
    this.factor = isLength ? kernel.factor() / scaling.scale() : kernel.factor();
    this.flatSquare = this.kernel.flatSquare();
    this.ops = ops;
    this.columns = scaling.columns();
    this.lanes = ops.lanes();
  }

  /** {@return a sum of rho, from the sum of its sizes} */
  public double value(double total) {
    return total * factor;
  }

  /** {@return the factor between sizes and rho} */
  public double factor() {
    return factor;
  }

  /** {@return the size of rho between a row and itself} */
  public double self() {
    float[] values = new float[lanes];
    KernelSizes.apply(kernel, ops, lanes, values);
    return values[0];
  }

  /**
   * Centres matrices whose rows are compared with each other; the first ones are kept as far as
   * memory permits.
   *
   * @return one for each matrix, in their order; null for null
   */
  public CentredRows[] centred(Execution execution, RowBlocks... matrices) {
    RowBlocks[] present =
        Arrays.stream(matrices).filter(Objects::nonNull).toArray(RowBlocks[]::new);
    // Where products lose the digits of equal rows and rho needs them, each such pair would be
    // computed from differences: with two distinct rows a quarter of all.
    boolean matters = flatSquare == 0 && !scaling.byDifferences();
    int[][] ids = matters ? EqualRows.of(execution, present) : new int[present.length][];
    CentredRows[] centred = new CentredRows[matrices.length];
    boolean[] keeps =
        keeps(
            HeapShare.CENTRED.bytes(),
            Arrays.stream(present).mapToLong(rows -> 4L * rows.rows() * rows.columns()).toArray());
    int next = 0;
    for (int i = 0; i < matrices.length; i++) {
      if (matrices[i] != null) {
        centred[i] = new CentredRows(matrices[i], ids[next], scaling, ops, execution, keeps[next]);
        next++;
      }
    }
    return centred;
  }

  /** {@return which matrices to keep, in their order, such that together they fit into the room} */
  static boolean[] keeps(long room, long... bytes) {
    boolean[] keeps = new boolean[bytes.length];
    long left = room;
    for (int i = 0; i < bytes.length; i++) {
      keeps[i] = bytes[i] <= left;
      left -= keeps[i] ? bytes[i] : 0;
    }
    return keeps;
  }

  /** Rows of a matrix packed into panels. Adding rows is not safe while they are in use. */
  public final class Points {
    private final CentredRows source;
    private final List<Panel> panels = new ArrayList<>();
    private final List<double[]> weights = new ArrayList<>();
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
    public void add(int row, double weight) {
      int lane = size() % lanes;
      int panel = size() / lanes;
      if (panel == panels.size()) {
        panels.add(new Panel(columns, ops));
        weights.add(new double[lanes]);
      }
      source.copyRow(row, centred);
      panels.get(panel).put(lane, centred, 0, source.norm(row));
      weights.get(panel)[lane] = weight;
      weighted |= weight != 1;
      rows.add(row);
    }

    private int id(int point) {
      return source.id(rows.getInt(point));
    }

    /** Copies a point's numbers, not scaled. */
    private void copyRaw(int point, float[] target) {
      source.rows().copyRow(rows.getInt(point), target, 0);
    }

    /** Removes all points and keeps their memory. */
    public void clear() {
      rows.clear();
    }

    /** {@return how many panels there are; all but the last one hold {@link #panelSize} points} */
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

  /** Points in a panel, at most. */
  public int panelSize() {
    return lanes;
  }

  /** {@return an empty collection of points of a matrix} */
  public Points noPoints(CentredRows rows) {
    return new Points(rows);
  }

  /** {@return all rows of a matrix as points} */
  public Points points(CentredRows rows) {
    return points(rows, null);
  }

  /**
   * {@return all rows of a matrix as points}
   *
   * @param weights how much each counts; null for 1
   */
  public Points points(CentredRows rows, double[] weights) {
    Points points = new Points(rows);
    for (int row = 0; row < rows.rows().rows(); row++) {
      points.add(row, weights == null ? 1 : weights[row]);
    }
    return points;
  }

  /** Working memory of one thread, for blocks of up to {@code blockRows} rows. */
  public Rows rows(int blockRows) {
    return new Rows(blockRows);
  }

  /** Some rows, ready to be compared with points. */
  public final class Rows {
    private final float[] products;
    private final int[] starts;
    private final int blockRows;
    private final double[] exact = new double[1];
    private final double[] row = new double[columns];
    private final float[] point = new float[columns];
    private float[] scratch = new float[0];
    private float[] centred;
    private float[] norms;
    private CentredRows source;
    private int first;
    private int count;
    private double[] weights;

    private Rows(int blockRows) {
      products = new float[blockRows * lanes];
      starts = IntStream.range(0, blockRows).map(row -> row * columns).toArray();
      this.blockRows = blockRows;
    }

    /** Loads the rows of a block. */
    public void load(CentredRows rows, int block) {
      source = rows;
      first = rows.rows().firstRow(block);
      count = rows.rows().count(block);
      centred = rows.isKept() ? rows.block(block) : rows.read(block, scratch());
      norms = rows.norms(block);
    }

    /** Loads one row. */
    public void loadRow(CentredRows rows, int number) {
      source = rows;
      first = number;
      count = 1;
      rows.copyRow(number, scratch());
      centred = scratch;
      norms = new float[] {rows.norm(number)};
    }

    private float[] scratch() {
      if (scratch.length == 0) {
        scratch = new float[blockRows * columns];
      }
      return scratch;
    }

    /** Adds to each row's total the sizes of rho to the points, one after another. */
    public void add(Points points, double[] totals) {
      for (int panel = 0; panel < points.panels(); panel++) {
        add(points, panel, totals);
      }
    }

    /** Adds to each row's total the sizes of rho to the points of one panel. */
    public void add(Points points, int panel, double[] totals) {
      compare(points, panel);
      addFirst(points.used(panel), totals);
    }

    /** Computes rho of all pairs with a panel, for {@link #addFirst} and the methods after it. */
    public void compare(Points points, int panel) {
      squares(points, panel);
      KernelSizes.apply(kernel, ops, count * lanes, products);
      weights = points.weighted ? points.weights.get(panel) : null;
    }

    /** Copies the results of {@link #compare}, for {@link #restore}. */
    public void copyTo(float[] values) {
      System.arraycopy(products, 0, values, 0, values.length);
    }

    /** Restores earlier results of {@link #compare} for the same rows and a panel. */
    public void restore(float[] values, Points points, int panel) {
      System.arraycopy(values, 0, products, 0, values.length);
      weights = points.weighted ? points.weights.get(panel) : null;
    }

    private void squares(Points points, int panel) {
      Panel packed = points.panels.get(panel);
      if (scaling.byDifferences()) {
        ops.products()
            .squaredDifferencesAt(centred, starts, count, columns, packed.values(), products);
        return;
      }
      ops.products().multiply(centred, 0, count, columns, packed.values(), products);
      if (ops.distances().squares(count, norms, packed.norms(), flatSquare, products)) {
        recomputeLost(points, panel);
      }
    }

    /** {@return how many rows are loaded} */
    public int count() {
      return count;
    }

    /**
     * Copies the squared distances of all pairs with a panel, of scaled rows.
     *
     * @param out receives {@code count x panelSize} numbers from {@code offset} on
     */
    public void copySquares(Points points, int panel, float[] out, int offset) {
      squares(points, panel);
      System.arraycopy(products, 0, out, offset, count * lanes);
    }

    /** Adds to each row's total the first {@code used} points of the panel. */
    public void addFirst(int used, double[] totals) {
      if (weights == null) {
        ops.totals().add(count, used, products, totals);
      } else {
        ops.totals().addWeighted(count, used, products, weights, totals);
      }
    }

    /** The nearest point to each row, the first of several. */
    public void nearest(Points points, char[] nearest, int offset) {
      float[] least = new float[count];
      Arrays.fill(least, Float.POSITIVE_INFINITY);
      for (int panel = 0; panel < points.panels(); panel++) {
        squares(points, panel);
        for (int i = 0; i < count; i++) {
          for (int lane = 0; lane < points.used(panel); lane++) {
            float squared = products[i * lanes + lane];
            if (squared < least[i]) {
              least[i] = squared;
              nearest[offset + i] = (char) (panel * lanes + lane);
            }
          }
        }
      }
    }

    /**
     * Finds rows that may reach a limit while the panel's points are added one after another; see
     * {@link TotalOps#rises}. These are all rows if points have weights.
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
        return ops.totals()
            .rises(count, used, products, starts, slopes, steps, factors, limits, found);
      }
      Arrays.setAll(found, i -> i);
      return count;
    }

    /** {@return the size of rho between a row and a point of the last panel, without its weight} */
    public double ofPair(int rowOfBlock, int pointOfPanel) {
      return products[rowOfBlock * lanes + pointOfPanel];
    }

    /** Recomputes squares that lost their digits, from differences in double. */
    private void recomputeLost(Points points, int panel) {
      int used = points.used(panel);
      double squaredFactor = scaling.scale() * scaling.scale();
      for (int i = 0; i < count; i++) {
        int id = source.id(first + i);
        boolean widened = false;
        for (int lane = 0; lane < lanes; lane++) {
          int at = i * lanes + lane;
          if (!Float.isNaN(products[at])) {
            continue;
          }
          if (lane >= used || (id != EqualRows.NONE && id == points.id(panel * lanes + lane))) {
            products[at] = 0;
            continue;
          }
          if (!widened) {
            source.rows().copyRow(first + i, point, 0);
            RowBlocks.widen(point, 0, row);
            widened = true;
          }
          points.copyRaw(panel * lanes + lane, point);
          ops.rows().squaredDistances(point, 0, 1, columns, row, exact, 0);
          products[at] = (float) (exact[0] * squaredFactor);
        }
      }
    }
  }
}
