package io.gio4j;

import java.util.concurrent.CancellationException;

/**
 * How a long computation is watched and stopped. Every method may be called from any thread; all do
 * nothing unless overridden.
 */
public interface Progress {
  /** Watches nothing and never stops. */
  Progress NONE = new Progress() {};

  /** Begins a part of the work, of {@code total} units. */
  default void stage(String name, long total) {}

  /** {@code done} units of the stage are behind. */
  default void advance(long done) {}

  /** The objective before anything is selected. */
  default void started(double objective) {}

  /** The objective with the candidate of this iteration, whether it is accepted or not. */
  default void iteration(int iteration, double objective) {}

  /** {@code count} rows are picked, and the objective is this. */
  default void picked(int count, double objective) {}

  /** The candidates are the whole pool again. */
  default void reset(int iteration) {}

  /**
   * Called often, every few milliseconds of work.
   *
   * @throws CancellationException when the computation is to stop
   */
  default void check() {}

  /**
   * Whether a selection that is stopped answers the picks made so far, instead of passing the
   * cancellation on.
   */
  default boolean keepsPicks() {
    return false;
  }
}
