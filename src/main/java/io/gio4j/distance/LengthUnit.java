package io.gio4j.distance;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.simd.DistanceClip;
import java.util.Arrays;

/**
 * The length that distances are measured in where a constant or epsilon is compared with them.
 *
 * <p>Distances enter logarithms as {@code clip(r / unit, 1e-5, 1e10) + eps}. The reference's unit
 * is 1, so all distances are clipped where the data are much smaller or larger than its author's. A
 * unit that follows the data gives the same answers for data times any factor, and keeps squares
 * inside the range of a float. For data times a power of two the unit is multiplied by exactly that
 * power, and every quotient has the same bits.
 */
public enum LengthUnit {
  /** 1: the constants are absolute, as in grad-info-opt. */
  ONE {
    @Override
    public double of(FloatMatrix target, FloatMatrix others) {
      return 1;
    }
  },

  /**
   * The median distance between two rows of the target, or a millionth of the median distance from
   * a target row to one of the other rows where that is larger: then others 10,000 times farther
   * than the median can still be distinguished from the median ones. Where all sampled rows of the
   * target are equal it is the distance to the others alone, and 1 where these are equal too.
   */
  TYPICAL {
    @Override
    public double of(FloatMatrix target, FloatMatrix others) {
      float[][] own = sample(target);
      double within = medianDistance(own, own, true);
      double across = medianDistance(own, sample(others), false);
      double typical = within == 0 ? across : Math.max(within, LEAST_SHARE * across);
      return typical == 0 ? 1 : typical;
    }
  };

  /**
   * Rows of each side, evenly spaced: a quarter of broken rows does not move the median of 2,080
   * pairs out of the range of the others. 6,305 pairs of 784 columns take 5 ms.
   */
  private static final int SAMPLE = 65;

  private static final double LEAST_SHARE = 0x1p-20;

  /**
   * {@return the unit for some data, above 0} Rows that are not finite are left out.
   *
   * @param target the rows whose distances from each other count first
   * @param others rows that are compared with them; may be the target itself
   */
  public abstract double of(FloatMatrix target, FloatMatrix others);

  /**
   * {@return the share of distances that are clipped, of those between evenly spaced rows of both
   * matrices} Where it is large, the bounds [1e-5, 1e10] decide instead of the data.
   *
   * @param target n rows
   * @param others m rows of the same number of columns
   * @param unit what distances are divided by
   */
  public static double clippedShare(FloatMatrix target, FloatMatrix others, double unit) {
    float[][] first = sample(target);
    float[][] second = sample(others);
    int clipped = 0;
    for (float[] row : first) {
      for (float[] other : second) {
        double distance = Math.sqrt(squaredDistance(row, other)) / unit;
        clipped += DistanceClip.clipped(distance) == distance ? 0 : 1;
      }
    }
    return (double) clipped / (first.length * second.length);
  }

  /** Squared distances from four rows, each summed in the order of {@link #squaredDistance}. */
  private static void squaredDistances(float[] row, float[][] others, int first, double[] squares) {
    float[] a = others[first];
    float[] b = others[first + 1];
    float[] c = others[first + 2];
    float[] d = others[first + 3];
    double sumA = 0;
    double sumB = 0;
    double sumC = 0;
    double sumD = 0;
    for (int column = 0; column < row.length; column++) {
      double x = row[column];
      double toA = x - a[column];
      double toB = x - b[column];
      double toC = x - c[column];
      double toD = x - d[column];
      sumA = Math.fma(toA, toA, sumA);
      sumB = Math.fma(toB, toB, sumB);
      sumC = Math.fma(toC, toC, sumC);
      sumD = Math.fma(toD, toD, sumD);
    }
    squares[first] = sumA;
    squares[first + 1] = sumB;
    squares[first + 2] = sumC;
    squares[first + 3] = sumD;
  }

  private static double squaredDistance(float[] row, float[] other) {
    double square = 0;
    for (int column = 0; column < row.length; column++) {
      double difference = (double) row[column] - other[column];
      square = Math.fma(difference, difference, square);
    }
    return square;
  }

  private static float[][] sample(FloatMatrix matrix) {
    float[][] rows = new float[Math.min(SAMPLE, matrix.rows())][];
    Arrays.setAll(rows, i -> matrix.row((int) ((long) i * matrix.rows() / rows.length)));
    return rows;
  }

  /** The median of the positive, finite distances; 0 if there are none. Each pair counts once. */
  private static double medianDistance(float[][] first, float[][] second, boolean same) {
    double[] squares = new double[first.length * second.length];
    double[] ofRow = new double[second.length];
    int count = 0;
    for (int i = 0; i < first.length; i++) {
      int start = same ? i + 1 : 0;
      int j = start;
      for (; j + 4 <= second.length; j += 4) {
        squaredDistances(first[i], second, j, ofRow);
      }
      for (; j < second.length; j++) {
        ofRow[j] = squaredDistance(first[i], second[j]);
      }
      for (j = start; j < second.length; j++) {
        double square = ofRow[j];
        if (square > 0 && square < Double.POSITIVE_INFINITY) {
          squares[count] = square;
          count++;
        }
      }
    }
    Arrays.sort(squares, 0, count);
    return count == 0 ? 0 : Math.sqrt(squares[count / 2]);
  }
}
