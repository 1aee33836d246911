package io.gio4j.gateway;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Notices the end of the process that started this one.
 *
 * <p>{@link ProcessHandle#onExit} would call a process ended as soon as {@code /proc/PID/stat}
 * cannot be opened, which happens when this process has no descriptor left. Here the end has to be
 * confirmed without a descriptor, and twice.
 */
final class ParentWatch {
  private static final long PERIOD_MILLIS = 1_000;
  private static final int ANSWERS = 2;

  private ParentWatch() {}

  /** Runs {@code end} once the process has ended, at once if it already has. */
  static void start(long pid, Runnable end) {
    Optional<ProcessHandle> process = ProcessHandle.of(pid);
    if (process.isEmpty()) {
      end.run();
      return;
    }
    Thread.ofPlatform()
        .daemon()
        .name("gio4j-parent")
        .start(() -> {
          try {
            awaitEnd(process.get());
            end.run();
          } catch (InterruptedException _) {
            // Interrupted: the watch is no longer needed.
          }
        });
  }

  private static void awaitEnd(ProcessHandle process) throws InterruptedException {
    for (int gone = 0; gone < ANSWERS; gone = isGone(process) ? gone + 1 : 0) {
      TimeUnit.MILLISECONDS.sleep(PERIOD_MILLIS);
    }
  }

  /** Whether its id belongs to no process, or to a later one. */
  private static boolean isGone(ProcessHandle process) {
    if (process.isAlive()) {
      return false;
    }
    return ProcessHandle.of(process.pid())
        .map(other -> !other.equals(process))
        // Needs no descriptor. Systems without /proc need none for the answers above.
        .orElseGet(() -> Files.notExists(Path.of("/proc", Long.toString(process.pid()))));
  }
}
