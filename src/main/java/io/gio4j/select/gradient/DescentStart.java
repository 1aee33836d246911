package io.gio4j.select.gradient;

import io.gio4j.random.PythonRandom;

/** Where a descent starts: at a target row, or at the target's mean. */
record DescentStart(int row) {
  private static final DescentStart MEAN = new DescentStart(-1);

  /** The next start, drawn as {@code random.sample(X, 1)} where the start vector jumps. */
  static DescentStart next(StartVector vector, int targetRows, PythonRandom random) {
    return vector == StartVector.JUMP ? new DescentStart(random.nextBelow(targetRows)) : MEAN;
  }

  boolean isMean() {
    return row < 0;
  }
}
