package io.gio4j.internal.neighbors;

import io.gio4j.distance.LengthUnit;
import io.gio4j.internal.Execution;
import io.gio4j.internal.Panel;
import io.gio4j.internal.RoundingError;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.simd.FloatOps;
import java.util.Arrays;
import java.util.function.ObjIntConsumer;

/**
 * The pairs of a row and a point that may be near each other, found by one product in float.
 *
 * <p>Points are packed into the lanes of panels, rows come in blocks. A pair's squared distance
 * {@code |x|^2 - 2 x.p + |p|^2} errs by at most a share of {@code |x|^2 + |p|^2}; it is reported if
 * it may lie within the limit of its point, and callers then compute it exactly. A common centre is
 * subtracted from rows and points, so that norms are as small as possible, and they are divided by
 * a {@link LengthUnit}, so that squares fit a float: squared distances here are in units.
 *
 * <p><b>Bound.</b> See {@link RoundingError#ofProducts}. Where products underflow, the error is at
 * most {@link #VANISHING}.
 */
public final class NearPairs {
  /** More than the sum of a thousand products that underflow. */
  private static final float VANISHING = 0x1p-120f;

  private final RowBlocks points;
  private final int first;
  private final int count;
  private final double perUnit;
  private final RowScaling scaling;
  private final Execution execution;
  private final FloatOps ops;
  private final int columns;
  private final int lanes;
  private final Panel[] panels;
  private final float errorShare;
  private final double[] origin;
  private final Scratch<Buffers> buffers;

  /**
   * Packs points.
   *
   * @param points the matrix that has them
   * @param first the first of them
   * @param count how many
   * @param center subtracted from points and rows
   * @param unit a length near the distances of interest
   */
  public NearPairs(
      RowBlocks points, int first, int count, double[] center, double unit, Execution execution) {
    this.points = points;
    this.first = first;
    this.count = count;
    this.perUnit = 1 / unit;
    this.scaling = new RowScaling(center, perUnit);
    this.execution = execution;
    this.columns = points.columns();
    this.ops = execution.opsFor((long) points.rows() * columns);
    this.lanes = ops.lanes();
    this.panels = new Panel[Math.ceilDiv(count, lanes)];
    this.errorShare = (float) RoundingError.ofProducts(columns);
    this.origin = new double[columns];
    this.buffers = new Scratch<>(() -> new Buffers(points.blockRows(), columns, lanes));
    execution.workers().run(panels.length, this::pack);
  }

  /** Bytes that a point takes. */
  public static long bytesOfPoint(int columns) {
    return 4L * (columns + 1);
  }

  private void pack(int panel) {
    execution.progress().check();
    Panel packed = new Panel(columns, ops);
    float[] row = new float[columns];
    for (int lane = 0; lane < used(panel); lane++) {
      points.copyRow(first + panel * lanes + lane, row, 0);
      scaling.apply(row, 0, 1, row);
      packed.put(lane, row, 0, (float) Panel.squaredNorm(row, 0, columns));
    }
    panels[panel] = packed;
  }

  public int panels() {
    return panels.length;
  }

  /** Points of a panel. */
  public int lanes() {
    return lanes;
  }

  /** Lanes of a panel that hold a point. */
  public int used(int panel) {
    return Math.min(lanes, count - panel * lanes);
  }

  /** From a square in the data's unit to one in units. */
  public double perSquare() {
    return perUnit * perUnit;
  }

  /**
   * {@return a limit that every pair passes whose squared distance is not above a number} Rounding
   * is monotone: a bound is a float, so one that is not above a number is not above its float.
   */
  public static float limit(double squared) {
    return (float) squared + VANISHING;
  }

  /** {@return a lower bound of the squared distance of a reported pair} */
  public static float lowest(float bound) {
    float lowest = bound - VANISHING;
    return lowest > 0 ? lowest : 0; // NaN too
  }

  /** {@return an upper bound of the squared distance of a reported pair, rounded to a float} */
  public float highest(float bound, float rowNorm, int panel, int lane) {
    double norm = (double) rowNorm + norms(panel)[lane];
    double highest = bound + 2.0 * errorShare * norm + VANISHING;
    return highest < Float.MAX_VALUE ? (float) highest : Float.POSITIVE_INFINITY;
  }

  /** Working memory of one thread, for a block of rows. */
  private static final class Buffers {
    private final float[] centred;
    private final double[] squares;
    private final float[] norms;
    private final float[] products;

    Buffers(int rows, int columns, int lanes) {
      centred = new float[rows * columns];
      squares = new double[rows];
      norms = new float[rows];
      products = new float[rows * lanes];
    }
  }

  /** Says how near pairs of a panel must be to be reported. */
  @FunctionalInterface
  public interface Limits {
    /** {@return the largest squared distance to report, one a lane; see {@link #limit}} */
    float[] of(int panel);
  }

  /** The points found near some rows, a list for each row. */
  public static final class Hits {
    private final int stride;
    private final int[] points;
    private final float[] bounds;
    private final int[] sizes;

    private Hits(int rows, int stride) {
      this.stride = stride;
      this.points = new int[rows * stride];
      this.bounds = new float[rows * stride];
      this.sizes = new int[rows];
    }

    /** Where a row's list begins in the arrays. */
    public int start(int row) {
      return row * stride;
    }

    /** {@return the points near all rows; those of a row ascend from its start on} */
    public int[] points() {
      return points;
    }

    /**
     * {@return bounds of the points, for {@link NearPairs#lowest} and {@link NearPairs#highest}}
     */
    public float[] bounds() {
      return bounds;
    }

    /** Points found near a row. */
    public int size(int row) {
      return sizes[row];
    }

    /** Empties all lists. */
    public void clear() {
      Arrays.fill(sizes, 0);
    }
  }

  /**
   * Makes empty lists.
   *
   * @param rows most rows that are compared at once
   * @param most points that a row may have near it
   */
  public Hits hits(int rows, int most) {
    return new Hits(rows, most + lanes);
  }

  /** Receives the products of a block with a panel. */
  @FunctionalInterface
  public interface Products {
    /**
     * Uses the products of a panel.
     *
     * @param products {@code row * lanes + lane}; may be overwritten
     * @param rowNorms squared norms of the centred rows
     */
    void take(int panel, float[] products, float[] rowNorms);
  }

  /**
   * Compares rows with all panels, on the calling thread.
   *
   * @param rows the first {@code rowCount} of them are used, at most a block of the points
   * @param hits receives the near points of each row
   */
  public void scan(float[] rows, int rowCount, Limits limits, Hits hits) {
    scan(rows, rowCount, 0, panels.length, limits, hits, (panel, products, norms) -> {});
  }

  /**
   * Compares rows with some of the panels, and passes the products to {@code further}.
   *
   * @param from the first panel
   * @param to the panel after the last
   */
  public void scan(
      float[] rows, int rowCount, int from, int to, Limits limits, Hits hits, Products further) {
    multiply(
        rows,
        rowCount,
        from,
        to,
        (buffer, panel) -> {
          ops.near()
              .find(
                  rowCount,
                  used(panel),
                  buffer.norms,
                  norms(panel),
                  limits.of(panel),
                  errorShare,
                  buffer.products,
                  panel * lanes,
                  hits.stride,
                  hits.points,
                  hits.bounds,
                  hits.sizes);
          further.take(panel, buffer.products, buffer.norms);
        });
  }

  /** Computes the products of a block of rows with all panels, without a search. */
  public void multiply(float[] rows, int rowCount, Products products) {
    multiply(
        rows,
        rowCount,
        0,
        panels.length,
        (buffer, panel) -> products.take(panel, buffer.products, buffer.norms));
  }

  private void multiply(float[] rows, int rowCount, int from, int to, ObjIntConsumer<Buffers> use) {
    buffers.use(buffer -> {
      place(rows, rowCount, buffer);
      for (int panel = from; panel < to; panel++) {
        execution.progress().check();
        ops.products()
            .multiply(
                buffer.centred, 0, rowCount, columns, panels[panel].values(), buffer.products);
        use.accept(buffer, panel);
      }
    });
  }

  /** Squared norms of a panel's centred points, by lane. */
  public float[] norms(int panel) {
    return panels[panel].norms();
  }

  /** Norms take a separate pass: a running sum of squares would wait for each addition. */
  private void place(float[] rows, int rowCount, Buffers buffer) {
    scaling.apply(rows, 0, rowCount, buffer.centred);
    ops.rows().squaredDistances(buffer.centred, 0, rowCount, columns, origin, buffer.squares, 0);
    for (int row = 0; row < rowCount; row++) {
      buffer.norms[row] = (float) buffer.squares[row];
    }
  }
}
