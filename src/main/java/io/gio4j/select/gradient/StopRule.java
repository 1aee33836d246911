package io.gio4j.select.gradient;

/**
 * The reference's stop rules with their counters, quirks included: the counters grow only once the
 * rule has fired, so {@code MAX_RESETS} and {@code SEQUENTIAL_INCREASE_TOLERANCE} can never fire
 * while their limit is above 0.
 */
final class StopRule {
  /** What to do with a candidate, given the divergence with it. */
  enum Verdict {
    ACCEPT,
    RESET,
    STOP
  }

  private final StopOptions options;
  private final int poolRows;
  private int resets;
  private int increases;
  private boolean justReset;

  StopRule(StopOptions options, int poolRows) {
    this.options = options;
    this.poolRows = poolRows;
  }

  Verdict judge(double kl, double previous, int iteration) {
    if (!fires(kl, previous, iteration)) {
      justReset = false;
      increases = 0;
      return Verdict.ACCEPT;
    }
    if (justReset) {
      increases++;
    }
    justReset = true;
    if (options.resetsAllowed() && resets < options.maxResets()) {
      resets++;
      return Verdict.RESET;
    }
    return Verdict.STOP;
  }

  private boolean fires(double kl, double previous, int iteration) {
    boolean rises = kl - previous > 0;
    return switch (options.criterion()) {
      case INCREASE -> rises;
      case MAX_RESETS -> rises && resets == options.maxResets();
      case MIN_DIFFERENCE -> previous - kl < options.minDifference();
      case SEQUENTIAL_INCREASE_TOLERANCE -> rises && increases == options.maxSequentialIncreases();
      case MIN_KL -> kl < options.minKl();
      case DATA_SIZE -> iteration > (long) (options.maxDataSize() * poolRows);
    };
  }

  /** Whether the rule fired at the previous candidate. */
  boolean justReset() {
    return justReset;
  }

  int resets() {
    return resets;
  }

  int increases() {
    return increases;
  }
}
