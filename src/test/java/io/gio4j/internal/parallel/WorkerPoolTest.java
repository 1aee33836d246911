package io.gio4j.internal.parallel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkerPoolTest {
  @ParameterizedTest
  @CsvSource({"1, 0", "1, 5", "4, 0", "4, 1", "4, 3", "4, 1000"})
  void everyTaskRunsOnce(int threads, int tasks) {
    AtomicIntegerArray runs = new AtomicIntegerArray(Math.max(1, tasks));
    WorkerPool pool = WorkerPool.of(threads);
    for (int round = 1; round <= 20; round++) {
      pool.run(tasks, runs::incrementAndGet);
      for (int task = 0; task < tasks; task++) {
        assertEquals(round, runs.get(task));
      }
    }
  }

  /** Each task waits for the others, so three threads must be at work at once. */
  @Test
  void allThreadsWorkTheCallerAmongThem() {
    CyclicBarrier barrier = new CyclicBarrier(3);
    Set<Thread> seen = ConcurrentHashMap.newKeySet();
    WorkerPool pool = WorkerPool.of(3);
    pool.run(
        3,
        task -> {
          seen.add(Thread.currentThread());
          try {
            barrier.await();
          } catch (InterruptedException | BrokenBarrierException failure) {
            throw new IllegalStateException(failure);
          }
        });
    assertEquals(3, seen.size());
    assertTrue(seen.contains(Thread.currentThread()));
    assertEquals(3, pool.threads());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void whatATaskThrowsReachesTheCaller(int threads) {
    WorkerPool pool = WorkerPool.of(threads);
    RuntimeException thrown = new IllegalStateException("task 7");
    Error error = new AssertionError("task 7");
    assertSame(thrown, assertThrows(RuntimeException.class, () -> failAt7(pool, thrown, null)));
    assertSame(error, assertThrows(AssertionError.class, () -> failAt7(pool, null, error)));
    AtomicIntegerArray runs = new AtomicIntegerArray(10);
    pool.run(10, runs::incrementAndGet);
    assertEquals(1, runs.get(9), "the pool goes on");
  }

  private static void failAt7(WorkerPool pool, RuntimeException thrown, Error error) {
    pool.run(
        1_000,
        task -> {
          if (task == 7 && thrown != null) {
            throw thrown;
          }
          if (task == 7) {
            throw error;
          }
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void afterAFailureNoTaskIsBegun(int threads) {
    AtomicInteger runs = new AtomicInteger();
    AtomicReference<Thread> helper = new AtomicReference<>();
    Thread caller = Thread.currentThread();
    assertThrows(
        IllegalStateException.class,
        () ->
            WorkerPool.of(threads)
                .run(
                    1_000,
                    task -> {
                      runs.incrementAndGet();
                      if (threads == 1 || Thread.currentThread() != caller) {
                        helper.set(Thread.currentThread());
                        throw new IllegalStateException();
                      }
                      // Until the helper has failed and waits for other work.
                      while (helper.get() == null
                          || helper.get().getState() != Thread.State.WAITING) {
                        Thread.onSpinWait();
                      }
                    }));
    // Fewer when the helper has failed before the caller began.
    assertTrue(runs.get() <= threads, () -> runs + " tasks were begun");
  }

  /** The caller's arrays are in use until every helper has ended. */
  @Test
  void afterAFailureTheCallerWaitsForTasksAtWork() {
    CountDownLatch working = new CountDownLatch(1);
    AtomicBoolean ended = new AtomicBoolean();
    Thread caller = Thread.currentThread();
    assertThrows(
        IllegalStateException.class,
        () ->
            WorkerPool.of(2)
                .run(
                    2,
                    task -> {
                      if (Thread.currentThread() == caller) {
                        await(working);
                        throw new IllegalStateException();
                      }
                      working.countDown();
                      while (caller.getState() != Thread.State.WAITING) {
                        Thread.onSpinWait();
                      }
                      ended.set(true);
                    }));
    assertTrue(ended.get());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** The caller waits on, and is told of the interrupt once the tasks have ended. */
  @Test
  void anInterruptOfTheCallerIsKeptForLater() {
    Thread caller = Thread.currentThread();
    AtomicInteger ends = new AtomicInteger();
    CountDownLatch working = new CountDownLatch(1);
    WorkerPool.of(2)
        .run(
            2,
            task -> {
              if (Thread.currentThread() == caller) {
                await(working);
                caller.interrupt();
              } else {
                working.countDown();
                while (ends.get() == 0 || caller.isInterrupted()) {
                  Thread.onSpinWait(); // Until the wait for this task has taken the interrupt.
                }
              }
              ends.incrementAndGet();
            });
    assertTrue(Thread.interrupted());
    assertEquals(2, ends.get());
  }

  @Test
  void atLeastOneThreadIsNeeded() {
    assertEquals(
        "threads: is 0; must be at least 1",
        assertThrows(IllegalArgumentException.class, () -> WorkerPool.of(0)).getMessage());
  }
}
