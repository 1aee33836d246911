package io.gio4j.testing;

import java.util.Comparator;
import java.util.stream.IntStream;

/** The nearest rows by sorting all distances. */
public final class NaiveNeighbors {
  private NaiveNeighbors() {}

  /** The {@code count} rows of y nearest to a point, by index where equally near. */
  public static int[] nearest(double[] point, double[][] y, int count, int leftOut) {
    return IntStream.range(0, y.length)
        .filter(row -> row != leftOut)
        .boxed()
        .sorted(Comparator.comparingDouble(row -> NaiveDivergence.squaredDistance(point, y[row])))
        .limit(count)
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
