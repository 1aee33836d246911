package io.gio4j.select.cover;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.HeapShare;
import io.gio4j.internal.select.Picks;
import io.gio4j.internal.select.RowWeights;
import io.gio4j.random.PythonRandom;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.util.Arrays;
import java.util.Objects;

/**
 * Mutual information of facility location: rows that represent the part of the pool that is like
 * the target.
 *
 * <p><b>Idea.</b> Each pool row counts by the selected row most similar to it, up to eta times its
 * own similarity to the target,
 *
 * <pre>f(A) = sum over pool rows i of
 *     min(max over selected rows j of s(i, j), eta * max over target rows q of s(i, q))</pre>
 *
 * so that representing rows unlike the target gains little. f is monotone and submodular: the
 * greedy choice is within 1 - 1/e of the best. In submodlib it is FacilityLocationMutualInformation
 * (FL1MI) with magnificationLambda; {@link Flqmi} is its variant that compares the pool with the
 * target only.
 *
 * <p><b>Representatives.</b> The sum runs over all pool rows where these are at most {@code
 * representatives}, and over a sample of so many, drawn by the request's seed, where they are more;
 * picks are from all pool rows in both cases. Gains and trace are sums over the representatives,
 * whose number is the fact {@code representatives}.
 *
 * <p><b>Picks</b> and their end are those of {@link Facility} with the representatives as its
 * target. A row's part is complete once a pick is as similar to it as its cap, so it is {@code
 * SATURATED} early where eta is small.
 *
 * <p><b>Cost.</b> One product of the pool with the representatives, {@code N R d} multiply-adds in
 * float, and one of these with the target; after that as {@link Facility}, with the representatives
 * in place of the target.
 *
 * <p>Existing rows are members of A from the start. A pool row of weight q counts as q copies: in
 * the sum or the draw of the sample, and in the budget.
 *
 * <p>Do not use it where the pool has few rows like the target: the sum of the others' small caps
 * then outweighs them. Take {@link Flqmi}, or a small eta.
 *
 * <p>Sources: Iyer, Khargoankar, Bilmes and Asanani 2021; Kothawade et al. 2022 (PRISM).
 *
 * @param similarity of two rows; COSINE by default. The D of EUCLIDEAN is the largest squared
 *     distance of a representative from a pool, existing or target row
 * @param eta the factor of similarities to the target, above 0; 1 by default
 * @param representatives pool rows that the sum runs over at most, at least 1; 10,000 by default
 */
public record Flmi(Similarity similarity, double eta, int representatives)
    implements SelectionMethod {
  /** A product of 1,000,000 rows of 384 columns with them takes a minute of two cores. */
  private static final int REPRESENTATIVES = 10_000;

  /**
   * Checks the options.
   *
   * @throws IllegalArgumentException if eta is not above 0 and at most 1e10, or representatives is
   *     below 1
   */
  public Flmi {
    Objects.requireNonNull(similarity, "similarity");
    Factors.require("eta", eta);
    if (eta == 0) {
      throw new IllegalArgumentException("eta: is 0.0, with which no row gains; must be above 0");
    }
    if (representatives < 1) {
      throw new IllegalArgumentException(
          "representatives: is " + representatives + "; must be at least 1");
    }
  }

  /** The defaults. */
  public Flmi() {
    this(Similarity.COSINE, 1, REPRESENTATIVES);
  }

  /**
   * With another similarity.
   *
   * @param value how rows are compared
   * @return a changed copy
   */
  public Flmi withSimilarity(Similarity value) {
    return new Flmi(value, eta, representatives);
  }

  /**
   * With another factor of similarities to the target.
   *
   * @param value above 0
   * @return a changed copy
   */
  public Flmi withEta(double value) {
    return new Flmi(similarity, value, representatives);
  }

  /**
   * With another bound on the rows that the sum runs over.
   *
   * @param value at least 1
   * @return a changed copy
   */
  public Flmi withRepresentatives(int value) {
    return new Flmi(similarity, eta, value);
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
    Picks picks = new Picks(request, execution);
    return picks.collect(() -> {
      int[] sample = sample(request.pool().rows(), picks.weights(), request.seed());
      picks.fact("representatives", sample.length);
      FloatMatrix represented = request.pool().pick(sample);
      RowCaps caps = new RowCaps(represented, request.target(), similarity, eta, execution);
      SelectionRequest toRepresent =
          SelectionRequest.of(request.pool(), represented).withExisting(request.existing());
      Comparison comparison = new Comparison(toRepresent, similarity, execution);
      return new BestSearch(comparison, 0, caps, picks, listBytes).select();
    });
  }

  /**
   * {@return the rows that the sum runs over, ascending, each as often as it counts} Of more copies
   * than are allowed it draws without replacement, one number for each (Floyd's algorithm).
   */
  private int[] sample(int rows, RowWeights weights, long seed) {
    long[] ends = new long[rows];
    long copies = 0;
    for (int row = 0; row < rows; row++) {
      copies += weights.of(row);
      ends[row] = copies;
    }
    long[] places = new long[(int) Math.min(copies, representatives)];
    if (places.length == copies) {
      Arrays.setAll(places, i -> i);
    } else {
      PythonRandom random = PythonRandom.seeded(seed);
      LongOpenHashSet drawn = new LongOpenHashSet(places.length);
      for (long last = copies - places.length; last < copies; last++) {
        long place = (long) (random.nextDouble() * (last + 1));
        if (!drawn.add(place)) {
          drawn.add(last);
        }
      }
      drawn.toArray(places);
      Arrays.sort(places);
    }
    int[] sample = new int[places.length];
    int row = 0;
    for (int i = 0; i < sample.length; i++) {
      while (ends[row] <= places[i]) {
        row++;
      }
      sample[i] = row;
    }
    return sample;
  }
}
