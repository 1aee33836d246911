package io.gio4j.select;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;

/**
 * A way to choose rows of a pool by a target. Methods are immutable and can be used again, by
 * several threads at once; the same request gives the same bits, whatever the number of threads.
 *
 * <pre>{@code
 * Selection found = new BalancedSelection(BalancedSelectionConfig.ofBudget(1000))
 *     .select(SelectionRequest.of(pool, target), Progress.NONE);
 * }</pre>
 */
public interface SelectionMethod {
  /**
   * Selects rows with the process's threads.
   *
   * @throws IllegalArgumentException if options, rows or weights do not fit each other
   * @throws java.util.concurrent.CancellationException if {@code progress} stops it and does not
   *     keep the picks made so far
   */
  default Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** The same with threads and kernels of the caller's choice. */
  Selection select(SelectionRequest request, Execution execution);
}
