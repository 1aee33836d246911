package io.gio4j.testing;

import io.gio4j.Progress;
import java.util.concurrent.CancellationException;

/** A progress that cancels at a certain check. */
public final class StopAfter implements Progress {
  private final int checks;
  private int seen;

  public StopAfter(int checks) {
    this.checks = checks;
  }

  @Override
  public synchronized void check() {
    seen++;
    if (seen >= checks) {
      throw new CancellationException();
    }
  }
}
