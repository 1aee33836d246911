package io.gio4j.internal.parallel;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * Runs numbered tasks on a fixed number of threads, the calling one among them.
 *
 * <p>Work is divided into tasks by its size alone, and each task writes only its own results, so a
 * result has the same bits for any number of threads. Threads draw the next task from a counter, so
 * which thread runs which task is not defined.
 */
public final class WorkerPool {
  private final int threads;
  private final ExecutorService helpers;

  private WorkerPool(int threads) {
    this.threads = threads;
    this.helpers =
        threads == 1
            ? null
            : Executors.newFixedThreadPool(
                threads - 1, Thread.ofPlatform().daemon().name("gio4j-worker-", 0).factory());
  }

  /** {@return a separate pool, for tests and programs that run several; its threads are daemons} */
  public static WorkerPool of(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: is " + threads + "; must be at least 1");
    }
    return new WorkerPool(threads);
  }

  /** {@return the pool of the process: {@code -Dgio4j.threads} threads, or one per processor} */
  public static WorkerPool shared() {
    return Shared.POOL;
  }

  public int threads() {
    return threads;
  }

  /**
   * Runs {@code body} once for each number from 0 to {@code tasks - 1} and returns when all ended.
   *
   * @throws RuntimeException the first exception of a task; tasks that have not begun are then
   *     skipped
   */
  public void run(int tasks, IntConsumer body) {
    if (helpers == null || tasks < 2) {
      for (int task = 0; task < tasks; task++) {
        body.accept(task);
      }
      return;
    }
    AtomicInteger next = new AtomicInteger();
    Runnable loop =
        () -> {
          try {
            for (int task = next.getAndIncrement(); task < tasks; task = next.getAndIncrement()) {
              body.accept(task);
            }
          } catch (Throwable failure) {
            next.set(tasks);
            throw failure;
          }
        };
    List<Future<?>> running = new ArrayList<>();
    for (int helper = 1; helper < Math.min(threads, tasks); helper++) {
      running.add(helpers.submit(loop));
    }
    Throwable failure = null;
    try {
      loop.run();
    } catch (RuntimeException | Error thrown) {
      failure = thrown;
    }
    for (Future<?> future : running) {
      failure = ended(future, failure);
    }
    if (failure instanceof RuntimeException thrown) {
      throw thrown;
    }
    if (failure instanceof Error thrown) {
      throw thrown;
    }
  }

  /** Waits for a helper thread in any case, since it uses the caller's arrays until it ends. */
  private static Throwable ended(Future<?> future, Throwable failure) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          future.get();
          return failure;
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          return failure == null ? e.getCause() : failure;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static final class Shared {
    static final WorkerPool POOL =
        of(Integer.getInteger("gio4j.threads", Runtime.getRuntime().availableProcessors()));
  }
}
