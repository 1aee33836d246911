package io.gio4j.select.gradient;

import io.gio4j.select.StopReason;

/**
 * When a {@link GradientSearch} ends, as in grad-info-opt 0.1.2. With {@code kl} the divergence
 * with the candidate and {@code previous} the one before it:
 */
public enum StopCriterion {
  /** {@code kl > previous}. */
  INCREASE,
  /** {@code kl > previous} and as many resets as allowed have been made. */
  MAX_RESETS,
  /** {@code previous - kl < minDifference}. */
  MIN_DIFFERENCE,
  /** {@code kl > previous} and as many increases as tolerated have been counted. */
  SEQUENTIAL_INCREASE_TOLERANCE,
  /** {@code kl < minKl}. */
  MIN_KL,
  /** More iterations than {@code maxDataSize} of the pool's rows. */
  DATA_SIZE;

  /** {@return the reason that a selection ended by this rule reports} */
  public StopReason reason() {
    return StopReason.valueOf(name());
  }
}
