package io.gio4j.internal;

import io.gio4j.Progress;
import io.gio4j.internal.parallel.WorkerPool;
import io.gio4j.internal.simd.KernelProvider;
import io.gio4j.internal.simd.Kernels;
import java.util.function.LongFunction;

/**
 * With what a computation runs: threads, kernels for a number of floats, and who watches it. None
 * of them has a part in the result.
 */
public record Execution(WorkerPool workers, LongFunction<Kernels> kernels, Progress progress) {
  /** The process's threads and kernels. */
  public static Execution watchedBy(Progress progress) {
    return new Execution(WorkerPool.shared(), KernelProvider::kernelsFor, progress);
  }

  /** Threads and kernels of one's own choice, unwatched. */
  public static Execution of(int threads, Kernels kernels) {
    return new Execution(WorkerPool.of(threads), numbers -> kernels, Progress.NONE);
  }

  /** The same for a part of a stage: it can be stopped, and does not tell of stages of its own. */
  public Execution withinStage() {
    Progress checked =
        new Progress() {
          @Override
          public void check() {
            progress.check();
          }
        };
    return new Execution(workers, kernels, checked);
  }
}
