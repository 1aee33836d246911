package io.gio4j.divergence;

import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.kernel.Kernels;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Lower bounds of a(g) for many rows g, by one matrix product in float.
 *
 * <p><b>Idea.</b> {@code a(g) = mean_i log(r_i + eps)} asks for n distances and n logarithms a row.
 * Distances come from products of the rows with panels of target rows, {@code r^2 = |g|^2 - 2 g.x +
 * |x|^2}, all less the target's mean so that norms are as small as they can be. Logarithms come
 * from one logarithm a row and {@link #PANELS_TOGETHER} panels: distances are multiplied in double,
 * exponents counted apart. That makes the product the only large part of the work: n d
 * multiply-adds a row, in float and with all registers full. For 1,000 target rows of 384 columns a
 * row took 4.7 us of a Zen 5 core, 4.0 of them the bare product; the exact way took 43.
 *
 * <p><b>Bound.</b> A sum of products in float errs by at most {@code terms * 2^-24} of {@code
 * |g||x|}, where terms are those of the longest chain of roundings: 256 columns, then the segments,
 * then a few more for centring and norms. A logarithm errs by that times {@code (|g|^2 + |x|^2) /
 * r^2}, which the kernel adds up. Entries where the factor exceeds 64 are computed anew in double
 * (every tenth for ten tight clusters, which made it three times slower). For a target and a pool
 * of one kind the bound lies about 2e-5 below a(g).
 *
 * <p><b>Memory.</b> A second copy of the target, centred. Only for a target that is kept packed.
 */
public final class MeanLogBounds {
  /**
   * Panels whose distances are multiplied before a logarithm: 16 of at most 2e10 are 1e165, 16 of
   * at least 1e-5 are 1e-80.
   */
  private static final int PANELS_TOGETHER = 16;

  /**
   * Roundings besides those of the product: of centred rows (4), norms (2), their sum, the result.
   */
  private static final int FEW_ROUNDINGS = 8;

  /** Half a unit in the last place of 1f. */
  private static final double UNIT = 0x1p-24;

  /** Covers the roundings of root, sum and factors, each far below this. */
  private static final double SLACK = 1e-6;

  private static final long MANTISSA = 0x000fffffffffffffL;
  private static final long ONE = 0x3ff0000000000000L;

  private final TargetModel target;
  private final RowBlocks blocks;
  private final Kernels kernels;
  private final int columns;
  private final int lanes;
  private final double[] mean;
  private final double[] origin;
  private final float[][] panels;
  private final float[][] panelNorms;
  private final double errorPerLoss;
  private final Queue<Scratch> spare = new ConcurrentLinkedQueue<>();

  /** Packs the target's rows into panels. */
  public MeanLogBounds(TargetModel target) {
    if (!suits(target)) {
      throw new IllegalStateException("the target is read in parts; there is no room for panels");
    }
    this.target = target;
    this.blocks = target.blocks();
    this.kernels = target.kernels();
    this.columns = target.columns();
    this.lanes = kernels.lanes();
    this.mean = target.mean();
    this.origin = new double[columns];
    int count = Math.ceilDiv(target.rows(), lanes);
    this.panels = new float[count][columns * lanes];
    this.panelNorms = new float[count][lanes];
    target.execution().workers().run(count, this::pack);
    int longestSum = Math.min(columns, Kernels.LANE_SEGMENT);
    int segments = Math.ceilDiv(columns, Kernels.LANE_SEGMENT);
    this.errorPerLoss = (longestSum + segments + FEW_ROUNDINGS) * UNIT;
  }

  /** Whether there is room for a second copy of the target. */
  public static boolean suits(TargetModel target) {
    return target.blocks().isPacked();
  }

  private void pack(int panel) {
    target.execution().progress().check();
    for (int lane = 0; lane < used(panel); lane++) {
      double[] row = target.row(panel * lanes + lane);
      double square = 0;
      for (int column = 0; column < columns; column++) {
        float value = (float) (row[column] - mean[column]);
        panels[panel][column * lanes + lane] = value;
        square = Math.fma(value, (double) value, square);
      }
      panelNorms[panel][lane] = (float) square;
    }
  }

  /** Lanes of a panel that hold a target row. */
  private int used(int panel) {
    return Math.min(lanes, target.rows() - panel * lanes);
  }

  /** What one thread needs for a block of rows. */
  private static final class Scratch {
    private final float[] centred;
    private final double[] squares;
    private final float[] norms;
    private final float[] distances;
    private final float[] losses;
    private final double[] products;

    Scratch(int rows, int columns, int lanes) {
      centred = new float[rows * columns];
      squares = new double[rows];
      norms = new float[rows];
      distances = new float[rows * lanes];
      losses = new float[rows * lanes];
      products = new double[rows * lanes];
    }
  }

  /**
   * Lower bounds of a(g) for a block's rows, on the calling thread.
   *
   * @param rows the first {@code count} of at most {@code blockRows} rows
   * @param bounds receives {@code count} bounds
   */
  public void bound(float[] rows, int count, int blockRows, double[] bounds) {
    Scratch polled = spare.poll();
    Scratch scratch = polled == null ? new Scratch(blockRows, columns, lanes) : polled;
    centre(rows, count, scratch);
    Arrays.fill(scratch.losses, 0);
    Arrays.fill(scratch.products, 1);
    Arrays.fill(bounds, 0, count, 0);
    for (int panel = 0; panel < panels.length; panel++) {
      target.execution().progress().check();
      measure(rows, count, panel, scratch);
      kernels.multiply(count * lanes, scratch.distances, scratch.products);
      if (panel % PANELS_TOGETHER == PANELS_TOGETHER - 1 || panel == panels.length - 1) {
        for (int row = 0; row < count; row++) {
          bounds[row] += logOfProduct(scratch.products, row * lanes, lanes);
        }
        Arrays.fill(scratch.products, 1);
      }
    }
    for (int row = 0; row < count; row++) {
      double loss = 0;
      for (int lane = 0; lane < lanes; lane++) {
        loss += scratch.losses[row * lanes + lane];
      }
      bounds[row] = (bounds[row] - errorPerLoss * loss) / target.rows() - SLACK;
    }
    spare.add(scratch);
  }

  /** Two plain loops and a kernel: a running sum of squares would wait for each addition. */
  private void centre(float[] rows, int count, Scratch scratch) {
    for (int row = 0; row < count; row++) {
      int start = row * columns;
      for (int column = 0; column < columns; column++) {
        scratch.centred[start + column] = (float) (rows[start + column] - mean[column]);
      }
    }
    kernels.squaredDistances(scratch.centred, 0, count, columns, origin, scratch.squares, 0);
    for (int row = 0; row < count; row++) {
      scratch.norms[row] = (float) scratch.squares[row];
    }
  }

  /** Distances of the rows from a panel's target rows; 1 in lanes without one. */
  private void measure(float[] rows, int count, int panel, Scratch scratch) {
    float[] distances = scratch.distances;
    kernels.laneProducts(scratch.centred, 0, count, columns, panels[panel], distances);
    boolean lost =
        kernels.laneDistances(
            count,
            scratch.norms,
            panelNorms[panel],
            (float) target.epsilon(),
            distances,
            scratch.losses);
    if (used(panel) < lanes) {
      for (int row = 0; row < count; row++) {
        Arrays.fill(distances, row * lanes + used(panel), (row + 1) * lanes, 1);
      }
    }
    if (lost) {
      mend(rows, count, panel, distances);
    }
  }

  /** Computes anew, in double and from exact differences, the distances that lost their digits. */
  private void mend(float[] rows, int count, int panel, float[] distances) {
    double[] point = new double[columns];
    double[] squared = new double[1];
    for (int row = 0; row < count; row++) {
      boolean widened = false;
      for (int lane = 0; lane < lanes; lane++) {
        int at = row * lanes + lane;
        if (Float.isNaN(distances[at])) {
          if (!widened) {
            RowBlocks.widen(rows, row, point);
            widened = true;
          }
          int other = panel * lanes + lane;
          float[] block = blocks.kept(other / blocks.blockRows());
          int offset = other % blocks.blockRows() * columns;
          kernels.squaredDistances(block, offset, 1, columns, point, squared, 0);
          distances[at] = (float) (TargetModel.clippedDistance(squared[0]) + target.epsilon());
        }
      }
    }
  }

  /** The logarithm of the product of positive numbers, which itself may overflow. */
  static double logOfProduct(double[] factors, int offset, int count) {
    long exponents = 0;
    double mantissas = 1;
    for (int i = offset; i < offset + count; i++) {
      long bits = Double.doubleToRawLongBits(factors[i]);
      exponents += (bits >>> 52) - 1023;
      mantissas *= Double.longBitsToDouble((bits & MANTISSA) | ONE);
    }
    return Math.log(mantissas) + exponents * Math.log(2);
  }
}
