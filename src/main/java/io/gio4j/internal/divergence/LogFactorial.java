package io.gio4j.internal.divergence;

/** The logarithm of n!, which is part of the divergence's term for the number of rows. */
public final class LogFactorial {
  /** From this n on Stirling's series with four terms is exact to the last digit of a double. */
  private static final int STIRLING = 32;

  private LogFactorial() {}

  /** {@return log(n!) by Stirling's series, in constant time} */
  public static double of(long number) {
    if (number < STIRLING) {
      return summed(number);
    }
    double n = (double) number;
    double square = 1 / (n * n);
    double series = (1 / 12.0 - square * (1 / 360.0 - square * (1 / 1260.0 - square / 1680))) / n;
    return (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + series;
  }

  /**
   * {@return log(n!) as an ascending sum of n logarithms, as a selection that grows row by row adds
   * it}
   */
  public static double summed(long number) {
    double sum = 0;
    for (long i = 2; i <= number; i++) {
      sum += Math.log((double) i);
    }
    return sum;
  }
}
