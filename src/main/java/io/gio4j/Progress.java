package io.gio4j;

import java.util.concurrent.CancellationException;

/**
 * How a long computation is watched and stopped: one contract for selections, clusterings,
 * divergences and neighbours.
 *
 * <p><b>Watching.</b> A computation reports stages, one after another: {@link #stage} begins one of
 * {@code total} units, {@link #advance} says how many of them are done. A selection also reports
 * its objective: {@link #started}, {@link #picked}, and for a gradient search {@link #iteration}
 * and {@link #reset}. Every method does nothing unless it is overridden. {@link #check} and {@link
 * #advance} are called from any thread of the computation, several at once; the others from the
 * calling thread, in order. They should return soon: the computation waits for them.
 *
 * <p><b>Stopping.</b> {@link #check} is called every few milliseconds of work. It stops the
 * computation by throwing a {@link CancellationException}, which the computation passes on to its
 * caller once its threads have ended; nothing of it is left running. A selection whose {@link
 * #keepsPicks} is true instead ends with the picks made so far and {@link
 * io.gio4j.select.StopReason#INTERRUPTED}. Any other exception that a method of this interface
 * throws ends the computation too and is passed on as it is.
 */
public interface Progress {
  /** Watches nothing and never stops. */
  Progress NONE = new Progress() {};

  /**
   * Begins a stage of the work.
   *
   * @param name what is done, in a word or two
   * @param total its units; 0 where they are not known
   */
  default void stage(String name, long total) {}

  /**
   * Reports units of the stage that are done. Parts end in any order, so a number may be smaller
   * than the one before.
   *
   * @param done units
   */
  default void advance(long done) {}

  /**
   * Reports the objective before anything is selected.
   *
   * @param objective of the existing rows
   */
  default void started(double objective) {}

  /**
   * Reports the objective with the candidate of an iteration, whether it is accepted or not.
   *
   * @param iteration its number, from 0
   * @param objective with the candidate
   */
  default void iteration(int iteration, double objective) {}

  /**
   * Reports a pick.
   *
   * @param count rows picked so far
   * @param objective with all of them
   */
  default void picked(int count, double objective) {}

  /**
   * Reports that all pool rows are candidates again.
   *
   * @param iteration the number of the iteration that led to it
   */
  default void reset(int iteration) {}

  /**
   * Stops the computation, or does nothing. Called every few milliseconds of work.
   *
   * @throws CancellationException to stop the computation
   */
  default void check() {}

  /**
   * Whether a selection that is stopped ends with the picks made so far, instead of passing the
   * exception on.
   *
   * @return false unless overridden
   */
  default boolean keepsPicks() {
    return false;
  }
}
