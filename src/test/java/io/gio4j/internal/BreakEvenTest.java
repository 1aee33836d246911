package io.gio4j.internal;

import static org.junit.jupiter.api.Assertions.assertSame;

import io.gio4j.Progress;
import io.gio4j.internal.parallel.WorkerPool;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.internal.simd.SimdProvider;
import org.junit.jupiter.api.Test;

class BreakEvenTest {
  private static final FloatOps SCALAR = SimdProvider.scalar();
  private static final FloatOps OTHER = SimdProvider.scalar();

  /** Vector code from 10 numbers on. */
  private static final Execution EXECUTION =
      new Execution(WorkerPool.of(1), numbers -> numbers < 10 ? SCALAR : OTHER, Progress.NONE);

  @Test
  void vectorCodePaysOnceAsMuchIsDone() {
    BreakEven one = new BreakEven(100);
    assertSame(SCALAR, one.ops(EXECUTION, 400));
    assertSame(SCALAR, one.ops(EXECUTION, 599));
    assertSame(OTHER, one.ops(EXECUTION, 1), "1,000 in all");
    assertSame(OTHER, one.ops(EXECUTION, 1), "and ever after");
  }

  @Test
  void muchAtOncePaysAtOnce() {
    assertSame(OTHER, new BreakEven(100).ops(EXECUTION, 1000));
  }

  @Test
  void eachLoopCountsForItself() {
    BreakEven other = new BreakEven(100);
    assertSame(OTHER, new BreakEven(100).ops(EXECUTION, 5000));
    assertSame(SCALAR, other.ops(EXECUTION, 1));
  }
}
