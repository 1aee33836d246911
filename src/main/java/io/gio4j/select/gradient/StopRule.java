package io.gio4j.select.gradient;

/**
 * The reference's stop rules with their counters, quirks included: the counters grow only once the
 * rule has fired, so {@code MAX_RESETS} and {@code SEQUENTIAL_INCREASE_TOLERANCE} can never fire
 * while their limit is above 0.
 */
final class StopRule {
  /** What follows from a candidate's divergence. */
  enum Verdict {
    ACCEPT,
    RESET,
    STOP
  }

  private final GradientSearchConfig config;
  private final int poolRows;
  private int resets;
  private int increases;
  private boolean justReset;

  StopRule(GradientSearchConfig config, int poolRows) {
    this.config = config;
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
    if (config.resetsAllowed() && resets < config.maxResets()) {
      resets++;
      return Verdict.RESET;
    }
    return Verdict.STOP;
  }

  private boolean fires(double kl, double previous, int iteration) {
    boolean rises = kl - previous > 0;
    return switch (config.stopCriterion()) {
      case INCREASE -> rises;
      case MAX_RESETS -> rises && resets == config.maxResets();
      case MIN_DIFFERENCE -> previous - kl < config.minDifference();
      case SEQUENTIAL_INCREASE_TOLERANCE -> rises && increases == config.maxSequentialIncreases();
      case MIN_KL -> kl < config.minKl();
      case DATA_SIZE -> iteration > (long) (config.maxDataSize() * poolRows);
    };
  }

  /** Whether the rule fired at the candidate before. */
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
