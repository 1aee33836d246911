package io.gio4j.duplicates;

import io.gio4j.Progress;
import io.gio4j.internal.RoundingError;
import io.gio4j.internal.simd.FloatOps;
import java.util.SplittableRandom;

/**
 * A map to few columns in which no two rows are farther from each other than they are: their
 * coordinates along the directions in which a sample of rows varies most, and the length of what is
 * left of each. Pairs that are far from each other in it are not compared any further.
 *
 * <p><b>Why it holds.</b> With P the projection, {@code |x - y|^2 = |Px - Py|^2 + |x' - y'|^2}, x'
 * and y' being what is left, and {@code |x' - y'|} is at least {@code | |x'| - |y'| |}.
 *
 * <p>The directions are found by {@link #ROUNDS} rounds of orthogonal iteration; how well they are
 * found affects the time of a search and nothing else.
 */
final class Head {
  /**
   * Directions. Of unit rows of 384 columns without any structure, whose squared distances are
   * about 2, 64 directions hold a sixth, 0.33, which lies above 0.2, that of a cosine of 0.9, for
   * 98 of 100 pairs; embeddings vary most in few directions, and more than 99 of 100 do.
   */
  static final int DIRECTIONS = 64;

  /** At fewer columns the product of all is not much more work. */
  private static final int LEAST_COLUMNS = 96;

  private static final int ROUNDS = 3;

  /** A direction that loses so much of its length to the others is no further direction. */
  private static final double VANISHED = 1e-8;

  private final double[][] directions;
  private final int rowColumns;

  private Head(double[][] directions, int rowColumns) {
    this.directions = directions;
    this.rowColumns = rowColumns;
  }

  /**
   * {@return a map for rows like these}
   *
   * @param sample rows, scaled
   * @param most directions to take
   */
  static Head of(float[] sample, int rows, int columns, int most, FloatOps ops, Progress progress) {
    if (columns <= LEAST_COLUMNS && columns <= most) {
      return new Head(null, columns);
    }
    SplittableRandom random = new SplittableRandom(0);
    double[][] directions = new double[Math.min(most, columns)][];
    for (int i = 0; i < directions.length; i++) {
      directions[i] = random.doubles(columns, -1, 1).toArray();
    }
    orthonormalise(directions, progress);
    double[] products = new double[rows];
    for (int round = 0; round < ROUNDS; round++) {
      for (int i = 0; i < directions.length; i++) {
        progress.check();
        ops.rows().innerProducts(sample, 0, rows, columns, directions[i], products);
        directions[i] = new double[columns];
        ops.rows().addWeighted(sample, 0, rows, columns, products, directions[i]);
      }
      orthonormalise(directions, progress);
    }
    return new Head(directions, columns);
  }

  /** Gram and Schmidt's procedure, twice, after which products are as small as roundings. */
  private static void orthonormalise(double[][] directions, Progress progress) {
    for (int i = 0; i < directions.length; i++) {
      progress.check();
      double before = length(directions[i]);
      for (int pass = 0; pass < 2; pass++) {
        for (int j = 0; j < i; j++) {
          subtract(directions[i], directions[j]);
        }
      }
      double after = length(directions[i]);
      boolean vanished = !(after > VANISHED * before && after < Double.POSITIVE_INFINITY);
      for (int column = 0; column < directions[i].length; column++) {
        directions[i][column] = vanished ? 0 : directions[i][column] / after;
      }
    }
  }

  private static void subtract(double[] direction, double[] other) {
    double product = 0;
    for (int column = 0; column < other.length; column++) {
      product += direction[column] * other[column];
    }
    for (int column = 0; column < other.length; column++) {
      direction[column] -= product * other[column];
    }
  }

  private static double length(double[] direction) {
    double sum = 0;
    for (double value : direction) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }

  /** {@return columns of the result} */
  int columns() {
    return directions == null ? rowColumns : directions.length + 1;
  }

  /**
   * {@return a bound of the error of a squared distance by products in the result, against the
   * exact one of the unscaled rows, as a share of the sum of both squared norms}
   *
   * <p>To {@link RoundingError#ofProducts} come 4 roundings, as numbers are rounded once more, and
   * the error of the last column: its square is a difference, of a sum of d squares and one of h
   * squares of sums of d products, each of which has an error of d / 16 + 5 roundings in double,
   * and directions are orthonormal up to 8 d roundings. That share's root is the error of a length,
   * and a squared difference of two such lengths errs by four times that.
   */
  double errorShare() {
    double share = RoundingError.ofProducts(columns());
    if (directions == null) {
      return share;
    }
    double sums = (rowColumns / 16.0 + 5) * (1 + 2 * Math.sqrt(directions.length));
    double lengths = Math.sqrt((sums + 16.0 * rowColumns) * 0x1p-53);
    return share + 4 * RoundingError.UNIT + 4 * lengths;
  }

  /**
   * Maps rows.
   *
   * @param rows {@code count} of them, scaled
   * @param out receives {@code count} rows of {@link #columns} numbers
   */
  void apply(float[] rows, int count, FloatOps ops, float[] out) {
    if (directions == null) {
      System.arraycopy(rows, 0, out, 0, count * rowColumns);
      return;
    }
    int columns = columns();
    double[] left = new double[count];
    double[] products = new double[count];
    ops.rows().squaredDistances(rows, 0, count, rowColumns, new double[rowColumns], left, 0);
    for (int i = 0; i < directions.length; i++) {
      ops.rows().innerProducts(rows, 0, count, rowColumns, directions[i], products);
      for (int row = 0; row < count; row++) {
        out[row * columns + i] = (float) products[row];
        left[row] -= products[row] * products[row];
      }
    }
    for (int row = 0; row < count; row++) {
      out[row * columns + directions.length] = (float) Math.sqrt(Math.max(0, left[row]));
    }
  }
}
