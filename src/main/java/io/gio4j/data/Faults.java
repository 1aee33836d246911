package io.gio4j.data;

/** Raises a fault in mapped memory where it happened. */
public final class Faults {
  private static final Object LOCK = new Object();

  private Faults() {}

  /**
   * Call this right after a bulk copy from mapped memory, inside the same {@code try}. Where a file
   * was truncated under its mapping the copy ends in an {@link InternalError}, but code compiled by
   * C2 throws it only at its next safepoint: the end of a loop or of a method, outside the {@code
   * try}. The call of a native method is a safepoint; this one does nothing else and takes 20 ns.
   *
   * @throws InternalError if the copy met a fault
   */
  public static void show() {
    var _ = Thread.holdsLock(LOCK);
  }
}
