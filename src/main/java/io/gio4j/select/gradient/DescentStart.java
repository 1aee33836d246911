package io.gio4j.select.gradient;

import io.gio4j.random.PythonRandom;

/** Where a descent starts: at a target row, or at the target's mean. */
record DescentStart(int row) {
  private static final DescentStart MEAN = new DescentStart(-1);

  /** {@return the next start; with JUMP it is drawn as {@code random.sample(X, 1)} draws it} */
  static DescentStart next(StartVector vector, int targetRows, PythonRandom random) {
    return vector == StartVector.JUMP ? new DescentStart(random.nextBelow(targetRows)) : MEAN;
  }

  boolean isMean() {
    return row < 0;
  }
}
