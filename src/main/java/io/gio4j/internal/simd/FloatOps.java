package io.gio4j.internal.simd;

/**
 * The inner loops in families, chosen once by {@link SimdProvider}.
 *
 * <p>Every implementation gives the same bits, since each operation is defined to the last
 * rounding; its family says how. <em>Lanes</em> are independent points side by side, so that the
 * register width does not affect the result of a lane.
 *
 * <p>Arguments are not checked here: callers own the arrays. Rows lie one after another in an array
 * from {@code offset} on. None of the operations allocates more than a few thousand bytes.
 *
 * @param name what {@code gio4j.info()} and the READY line call this implementation
 * @param lanes points side by side in a panel: a multiple of the register's floats
 * @param rows distances and sums of rows in double
 * @param products rows times points in the lanes
 * @param distances squared distances from products, and functions of them
 * @param functions elementary functions
 * @param totals each row's total over the lanes
 * @param near lists of near pairs
 */
public record FloatOps(
    String name,
    int lanes,
    RowOps rows,
    ProductOps products,
    DistanceOps distances,
    FunctionOps functions,
    TotalOps totals,
    NearOps near) {
  /** Partial sums of a distance. */
  public static final int PARTIAL_SUMS = 16;

  /** Columns after which a lane's product in float is added to its total, to keep sums short. */
  public static final int LANE_SEGMENT = 256;

  /**
   * Below this share of {@code |x|^2 + |v|^2} a squared distance from products is recomputed from
   * differences. The error of a float product of unit rows is about 1e-7, so the remaining squares
   * have errors of at most 1e-5.
   */
  public static final float CANCELLATION = 1f / 64;

  /** Entries that share products of ratios: 16 ratios of up to 1e17 each fit a double. */
  public static final int KEPT_TOGETHER = 16 * PARTIAL_SUMS;
}
