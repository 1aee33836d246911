package io.gio4j.internal;

import io.gio4j.Progress;
import io.gio4j.internal.parallel.WorkerPool;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import java.util.function.LongFunction;

/**
 * What a computation runs with: threads, inner loops for a number of floats, and who watches it.
 * None of them has a part in the result.
 */
public record Execution(WorkerPool workers, LongFunction<FloatOps> ops, Progress progress) {
  /** The process's threads and inner loops. */
  public static Execution watchedBy(Progress progress) {
    return new Execution(WorkerPool.shared(), SimdProvider::opsFor, progress);
  }

  /** Threads and inner loops of the caller's choice, unwatched. */
  public static Execution of(int threads, FloatOps ops) {
    return new Execution(WorkerPool.of(threads), numbers -> ops, Progress.NONE);
  }

  /** The inner loops for a computation over {@code numbers} floats. */
  public FloatOps opsFor(long numbers) {
    return ops.apply(numbers);
  }

  /** For a part of a stage: it can be cancelled, and reports no stages of its own. */
  public Execution withinStage() {
    Progress checked =
        new Progress() {
          @Override
          public void check() {
            progress.check();
          }
        };
    return new Execution(workers, ops, checked);
  }
}
