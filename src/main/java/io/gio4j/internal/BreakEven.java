package io.gio4j.internal;

import io.gio4j.internal.simd.FloatOps;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Whether the vector code of a loop pays by now, in this process.
 *
 * <p>C2 takes 0.3 to 3 s of a core to compile the vector code of a loop, and until then that code
 * is far slower than the scalar one. So each loop begins with scalar code, of the same bits, and
 * goes on with vector code when it has done as much as would have paid for that.
 */
public final class BreakEven {
  private final long unit;
  private final AtomicLong done = new AtomicLong();

  /**
   * Starts without work.
   *
   * @param unit multiply-adds that count as one number for {@link Execution#opsFor}
   */
  public BreakEven(long unit) {
    this.unit = unit;
  }

  /** {@return the operations for some more multiply-adds} */
  public FloatOps ops(Execution execution, long multiplyAdds) {
    return execution.opsFor(done.addAndGet(multiplyAdds) / unit);
  }
}
