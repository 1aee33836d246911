package io.gio4j.select.cover;

import io.gio4j.Progress;
import io.gio4j.internal.Execution;
import io.gio4j.internal.HeapShare;
import io.gio4j.internal.select.Picks;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import java.util.Objects;

/**
 * Facility location in both directions: every target row has a similar selected row, and every
 * selected row a similar target row.
 *
 * <p><b>Idea.</b> The mutual information of facility location between a selection and a query set,
 * in the form that compares the pool with the target only,
 *
 * <pre>f(A) = sum over target rows q of max over selected rows j of s(j, q)
 *     + eta * sum over selected rows j of max over target rows q of s(j, q)</pre>
 *
 * <p>The first sum covers the target ({@link Facility}, which is eta = 0), the second rewards
 * relevance: once the target is covered, rows come by their similarity to its nearest row, so the
 * selection does not end there. f is monotone and submodular: the greedy choice is within 1 - 1/e
 * of the best. In submodlib it is FacilityLocationVariantMutualInformation (FL2MI); its other
 * function of that name is {@link Flmi}.
 *
 * <p>Picks, their end, cost and memory are those of {@link Facility}, and 4 bytes more a pool row.
 * It is saturated only where no row that is left is similar to any target row. With a target in
 * groups each target row counts by its weight in the first sum. Existing rows are members of A from
 * the start. A pool row of weight q counts as q copies, in the second sum and in the budget.
 *
 * <p>Do not use it with a large eta where variety matters: it then ranks rows by their nearest
 * target row, near copies included.
 *
 * <p>Source: Iyer, Khargoankar, Bilmes and Asanani 2021; Kothawade et al. 2022 (PRISM).
 *
 * @param similarity of two rows; COSINE by default
 * @param eta the weight of the second sum, at least 0; 1 by default
 */
public record Flqmi(Similarity similarity, double eta) implements SelectionMethod {
  /**
   * Checks the options.
   *
   * @throws IllegalArgumentException if eta is not a number of at least 0 and at most 1e10
   */
  public Flqmi {
    Objects.requireNonNull(similarity, "similarity");
    Factors.require("eta", eta);
  }

  /** The defaults. */
  public Flqmi() {
    this(Similarity.COSINE, 1);
  }

  /**
   * With another similarity.
   *
   * @param value how rows are compared
   * @return a changed copy
   */
  public Flqmi withSimilarity(Similarity value) {
    return new Flqmi(value, eta);
  }

  /**
   * With another weight of relevance.
   *
   * @param value at least 0
   * @return a changed copy
   */
  public Flqmi withEta(double value) {
    return new Flqmi(similarity, value);
  }

  @Override
  public Selection select(SelectionRequest request, Progress progress) {
    return select(request, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations, which tests choose. */
  Selection select(SelectionRequest request, Execution execution) {
    return select(request, similarity, eta, execution, HeapShare.COVERAGE_LISTS.bytes());
  }

  static Selection select(
      SelectionRequest request,
      Similarity similarity,
      double eta,
      Execution execution,
      long listBytes) {
    Picks picks = Picks.withGroups(request, execution);
    return picks.collect(() -> {
      Comparison comparison = new Comparison(request, similarity, execution);
      return new BestSearch(comparison, eta, null, picks, listBytes).select();
    });
  }
}
