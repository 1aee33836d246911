package io.gio4j.arrow;

import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.RootAllocator;

/**
 * Memory outside the heap: Arrow's allocator of this process, which holds results, and mappings.
 */
public final class ArrowMemory {
  private ArrowMemory() {}

  static BufferAllocator allocator() {
    return Holder.ALLOCATOR;
  }

  /** {@return bytes in use: inputs mapped at present, and results not yet released} */
  public static long bytes() {
    return MappedFile.bytes() + Holder.ALLOCATOR.getAllocatedMemory();
  }

  /**
   * {@return whether an error says that Arrow could not allocate} Callers need not know Arrow's
   * exceptions.
   *
   * @param error any
   */
  public static boolean isFull(RuntimeException error) {
    return error instanceof OutOfMemoryException;
  }

  private static final class Holder {
    static final BufferAllocator ALLOCATOR = new RootAllocator();
  }
}
