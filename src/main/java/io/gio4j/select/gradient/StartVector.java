package io.gio4j.select.gradient;

/** Where each descent of a {@link GradientSearch} starts. */
public enum StartVector {
  /** The mean of the target. */
  MEAN,
  /** Where the descent before it ended; the first one at the mean of the target. */
  PREV_OPT,
  /** A row of the target, drawn at random for each descent. */
  JUMP
}
