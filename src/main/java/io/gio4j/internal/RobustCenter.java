package io.gio4j.internal;

import java.util.Arrays;

/**
 * A point in the middle of some rows that outliers cannot move: the median of each column.
 *
 * <p>Where norms are larger than distances, products of rows lose digits, so a point in their
 * middle is subtracted from rows. A single broken row of 1e8 moves the mean by 1e8 / n, which costs
 * every product digits, whereas almost half of the rows may lie anywhere without moving the median
 * out of the range of the others.
 *
 * <p>The median is that of a sample: its error, 1.25 standard deviations over the root of {@value
 * #SAMPLE}, adds about 1 % to squared norms. 129 rows of 784 columns take 2 ms.
 */
public final class RobustCenter {
  private static final int SAMPLE = 129;

  /**
   * A centre is used if its squared norm is more than this many times the median squared distance
   * of rows from it. Otherwise squared norms of unchanged rows are at most about four times as
   * large as those of centred rows.
   */
  private static final double WORTH = 3;

  private RobustCenter() {}

  /** {@return the columns' medians over evenly spaced rows} They scale exactly with the rows. */
  public static double[] of(RowBlocks rows) {
    float[][] sample = sample(rows);
    int count = sample.length;
    float[][] columns = new float[rows.columns()][count];
    for (int i = 0; i < count; i++) {
      for (int column = 0; column < columns.length; column++) {
        columns[column][i] = sample[i][column];
      }
    }
    double[] center = new double[rows.columns()];
    for (int column = 0; column < center.length; column++) {
      Arrays.sort(columns[column]);
      center[column] = columns[column][count / 2];
    }
    return center;
  }

  /** {@return {@link #of}, or 0 where rows lie near enough to 0 to be used unchanged} */
  public static double[] orZero(RowBlocks rows) {
    double[] center = of(rows);
    double[] zero = new double[center.length];
    float[][] sample = sample(rows);
    double[] squared = new double[sample.length];
    for (int i = 0; i < sample.length; i++) {
      for (int column = 0; column < center.length; column++) {
        double difference = sample[i][column] - center[column];
        squared[i] += difference * difference;
      }
    }
    Arrays.sort(squared);
    double norm = Arrays.stream(center).map(value -> value * value).sum();
    return norm <= WORTH * squared[squared.length / 2] ? zero : center;
  }

  private static float[][] sample(RowBlocks rows) {
    int count = Math.min(SAMPLE, rows.rows());
    float[][] sample = new float[count][];
    Arrays.setAll(sample, i -> rows.values((int) ((long) i * rows.rows() / count)));
    return sample;
  }
}
