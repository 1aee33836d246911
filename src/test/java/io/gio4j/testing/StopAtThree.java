package io.gio4j.testing;

import io.gio4j.Progress;
import java.util.concurrent.CancellationException;

/** A progress that stops a selection at its third pick, and has the picks kept or not. */
public record StopAtThree(boolean keepsPicks) implements Progress {
  @Override
  public void picked(int count, double objective) {
    if (count == 3) {
      throw new CancellationException();
    }
  }
}
