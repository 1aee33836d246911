package io.gio4j.data;

/** Makes a fault in mapped memory known where it happened. */
public final class Faults {
  private static final Object LOCK = new Object();

  private Faults() {}

  /**
   * To be called right after a bulk copy from mapped memory, in the same {@code try}. Where a file
   * was truncated under its mapping the copy ends in an {@link InternalError}, but code compiled by
   * C2 is told of it only at its next safepoint: the end of a loop or of a method, outside of the
   * {@code try}. A call of a native method is a safepoint; this one does nothing else, in 20 ns.
   *
   * @throws InternalError if the copy met a fault
   */
  public static void show() {
    var _ = Thread.holdsLock(LOCK);
  }
}
