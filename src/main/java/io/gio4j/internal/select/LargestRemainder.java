package io.gio4j.internal.select;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Seats by the largest remainder: integers that add up to a total, in proportion to sizes. */
public final class LargestRemainder {
  private LargestRemainder() {}

  /**
   * {@return parts of a total; each is the integer part of its share or one more, for those with
   * the largest remainders, of equal ones the first}
   *
   * @param total what the parts add up to, at most 2^53
   * @param sizes what they are in proportion to, at least 0 and not all 0
   */
  public static long[] of(long total, long... sizes) {
    double all = Arrays.stream(sizes).sum();
    long[] parts = new long[sizes.length];
    double[] remainders = new double[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      double share = total * (sizes[i] / all);
      parts[i] = (long) share;
      remainders[i] = share - parts[i];
    }
    int[] largestFirst =
        IntStream.range(0, sizes.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -remainders[i]))
            .mapToInt(i -> i)
            .toArray();
    long missing = total - Arrays.stream(parts).sum();
    for (int i = 0; i < missing; i++) {
      parts[largestFirst[i]]++;
    }
    return parts;
  }
}
