package io.gio4j.internal;

import io.gio4j.Progress;
import io.gio4j.internal.parallel.WorkerPool;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import java.util.function.LongFunction;

/**
 * What a computation runs with: workers, SIMD operations for a number of floats, and its progress.
 * None of them affects the result.
 */
public record Execution(WorkerPool workers, LongFunction<FloatOps> ops, Progress progress) {
  /** {@return the process's workers and SIMD operations, with a progress} */
  public static Execution watchedBy(Progress progress) {
    return new Execution(WorkerPool.shared(), SimdProvider::opsFor, progress);
  }

  /** {@return the given number of threads and the given operations, without a progress} */
  public static Execution of(int threads, FloatOps ops) {
    return new Execution(WorkerPool.of(threads), numbers -> ops, Progress.NONE);
  }

  /** {@return the operations for a computation over {@code numbers} floats} */
  public FloatOps opsFor(long numbers) {
    return ops.apply(numbers);
  }

  /** {@return an execution for a part of a stage: it can be cancelled and reports no stages} */
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
