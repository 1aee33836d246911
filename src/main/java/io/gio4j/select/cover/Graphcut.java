package io.gio4j.select.cover;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.internal.select.Picks;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import java.util.Objects;

/**
 * Graph cut: rows that are similar to the target's rows and not to each other.
 *
 * <p><b>Idea.</b> Similarities to all target rows count, less those among the selected rows,
 *
 * <pre>f(A) = sum over target rows i and selected rows j of s(i, j)
 *     - redundancy * sum over selected rows i and j of s(i, j)</pre>
 *
 * where the second sum has both orders of each pair and the pairs of a row with itself. f is
 * submodular, and with the pool as the target and redundancy up to 1/2 monotone; the greedy choice
 * is then within 1 - 1/e of the best. With redundancy 0 it ranks rows by their sum of similarities
 * to the target.
 *
 * <p><b>Picks</b> are those of the greedy rule, with similarities in float (relative error about
 * 1e-7) and their sums in double; of equal gains the earlier row is picked. With a budget the
 * selection goes on where every row takes something away, and takes those that take least. Without
 * one it ends there. In both cases it ends where the best row changes nothing: {@code SATURATED}.
 *
 * <p><b>Cost.</b> One product of the pool with the target, N n d multiply-adds in float, and at
 * most one with the picks, N m d for m of them; less by how much the best rows are ahead of the
 * others ({@code CutSearch}). Memory: two copies of the target up to a sixth of the heap each, the
 * pool only if it is under 1/32 of it, 32 bytes a pool row and the picks. No matrix of all pairs.
 *
 * <p>With a target in groups each target row counts by its weight in the first sum of f.
 *
 * <p>Existing rows are members of A from the start. A pool row of weight q counts as q copies, in f
 * and in the budget.
 *
 * <p>Do not use it where small modes of the target matter: sums over all target rows favour rows in
 * the middle of the largest one. With a target of n rows and redundancy 1 gains turn negative after
 * about n / 2 picks; for larger budgets take less redundancy.
 *
 * <p>Source: Lin and Bilmes 2011; in submodlib it is GraphCut with lambda, in apricot
 * GraphCutSelection, which is redundancy 1.
 *
 * @param similarity of two rows; COSINE by default
 * @param redundancy the weight of the second sum, at least 0; 1 by default
 */
public record Graphcut(Similarity similarity, double redundancy) implements SelectionMethod {
  /**
   * Checks the options.
   *
   * @throws IllegalArgumentException if redundancy is not a number of at least 0 and at most 1e10
   */
  public Graphcut {
    Objects.requireNonNull(similarity, "similarity");
    Factors.require("redundancy", redundancy);
  }

  /** The defaults. */
  public Graphcut() {
    this(Similarity.COSINE, 1);
  }

  /**
   * With another similarity.
   *
   * @param value how rows are compared
   * @return a changed copy
   */
  public Graphcut withSimilarity(Similarity value) {
    return new Graphcut(value, redundancy);
  }

  /**
   * With another weight of the similarities among selected rows.
   *
   * @param value at least 0
   * @return a changed copy
   */
  public Graphcut withRedundancy(double value) {
    return new Graphcut(similarity, value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    Picks picks = Picks.withGroups(request, execution);
    return picks.collect(() -> {
      Comparison comparison = new Comparison(request, similarity, execution);
      return new CutSearch(comparison, redundancy, picks).select(request.budget() != null);
    });
  }
}
