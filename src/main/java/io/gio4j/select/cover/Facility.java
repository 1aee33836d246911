package io.gio4j.select.cover;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.internal.HeapShare;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import io.gio4j.select.coverage.Coverage;
import java.util.Objects;

/**
 * Facility location: rows that together are similar to every target row.
 *
 * <p><b>Idea.</b> Each target row counts by the selected row most similar to it,
 *
 * <pre>f(A) = sum over target rows q of max over selected rows j of s(j, q)</pre>
 *
 * and 0 with nothing selected. With the pool as the target the selection represents the pool. f is
 * monotone and submodular: the greedy choice, row by row, is within 1 - 1/e of the best.
 *
 * <p><b>Picks</b> are those of the greedy rule, with similarities in float (relative error about
 * 1e-7) and their sums in double; of equal gains the earlier row is picked. The selection ends at
 * the budget, where no row is left, or where none gains anything, since each target row has its
 * most similar row: {@code SATURATED}. Rows are never picked by their number.
 *
 * <p><b>Cost.</b> One product of the pool with the target, N n d multiply-adds in float. After that
 * gains are computed lazily, in batches: by products with the target at first, then from lists of
 * the target rows that a row would still add to. Memory: two copies of the target up to a sixth of
 * the heap each, the pool only if it is under 1/32 of it, 80 bytes a pool row, and lists in up to a
 * quarter of the heap. No matrix of all pairs.
 *
 * <p>With a target in groups each target row counts by its weight in f.
 *
 * <p>Existing rows are members of A from the start. A pool row of weight q counts as q rows in the
 * budget; in f copies of a row change nothing.
 *
 * <p>Do not use it where the target's proportions matter, or for budgets near the number of target
 * rows: what is left to gain is then noise. {@link Coverage} is the same idea with logarithms of
 * distances, which goes on where this one is saturated.
 *
 * <p>Sources: Cornuejols, Fisher and Nemhauser 1977; Minoux 1978 for the lazy greedy; Lin and
 * Bilmes 2011 for summaries.
 *
 * @param similarity of two rows; COSINE by default
 */
public record Facility(Similarity similarity) implements SelectionMethod {
  /** Checks that there is a similarity. */
  public Facility {
    Objects.requireNonNull(similarity, "similarity");
  }

  /** The defaults. */
  public Facility() {
    this(Similarity.COSINE);
  }

  /**
   * With another similarity.
   *
   * @param value how rows are compared
   * @return a changed copy
   */
  public Facility withSimilarity(Similarity value) {
    return new Facility(value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    return select(request, execution, HeapShare.COVERAGE_LISTS.bytes());
  }

  /** Runs with other room for lists, which tests choose and which does not affect the picks. */
  Selection select(SelectionRequest request, Execution execution, long listBytes) {
    return Flqmi.select(request, similarity, 0, execution, listBytes);
  }
}
