package io.gio4j.cluster;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import it.unimi.dsi.fastutil.ints.IntOpenHashSet;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * K-means: k centres with a small sum of squared distances of rows to their nearest one.
 *
 * <p>Lloyd's algorithm, exact, with the savings of {@link Lloyd}: over Fashion-MNIST with k = 1500
 * a quarter of the distances of 20 full iterations is computed. The result depends on the data, the
 * options and the seed, not on threads, register widths or the number of cores.
 *
 * <p>Costs at most {@code n k d} multiply-adds an iteration. Memory: the rows once if they take up
 * to a sixth of the heap, else a block of them (they are read in place then); 4 bytes a row and
 * panel of centres for bounds, up to an eighth of the heap; 24 bytes a row. With a sample the other
 * rows are read once, at the end, and only then checked to be finite.
 *
 * <p>Fewer distinct rows than clusters give a cluster each, and no more: {@code centers().rows()}
 * says how many. Rows may have any size and lie anywhere: those times a power of two give the same
 * clusters, and the largest number's distance from 0 costs neither digits nor time.
 *
 * <p>Do not use it for rows whose lengths differ by orders of magnitude unless that difference is
 * meant: a few long rows then get most of the centres.
 *
 * <pre>{@code
 * KMeansModel model = new KMeans(KMeansConfig.of(1500, 42)).fit(rows, Progress.NONE);
 * }</pre>
 */
public final class KMeans {
  private final KMeansConfig config;

  /**
   * A clustering with these options.
   *
   * @param config the options
   */
  public KMeans(KMeansConfig config) {
    this.config = Objects.requireNonNull(config);
  }

  /**
   * Clusters rows of equal weight.
   *
   * @param rows n rows
   * @param progress watches the clustering and can stop it
   * @return centres, assignments and statistics per iteration
   * @throws IllegalArgumentException if a number is not finite
   * @throws java.util.concurrent.CancellationException if {@code progress} stops it
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  public KMeansModel fit(FloatMatrix rows, Progress progress) {
    return fit(rows, null, progress);
  }

  /**
   * Clusters weighted rows.
   *
   * @param rows n rows
   * @param weights one a row, at least 0 and not all 0; null for equal ones
   * @param progress watches the clustering and can stop it
   * @return centres, assignments and statistics per iteration
   * @throws IllegalArgumentException if a number is not finite, or weights do not fit
   * @throws java.util.concurrent.CancellationException if {@code progress} stops it
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  public KMeansModel fit(FloatMatrix rows, double[] weights, Progress progress) {
    return fit(rows, weights, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations. */
  KMeansModel fit(FloatMatrix rows, double[] weights, Execution execution) {
    requireWeights(rows, weights);
    SplittableRandom random = new SplittableRandom(config.seed());
    long wanted = (long) config.rowsPerCluster() * config.clusters();
    int[] counting =
        wanted > 0 && wanted < rows.rows() ? rowsThatCount(rows.rows(), weights) : new int[0];
    if (counting.length <= wanted) {
      return train(rows, weights, random, execution);
    }
    int[] sample = sample(counting, (int) wanted, random);
    KMeansModel trained = train(rows.pick(sample), pick(weights, sample), random, execution);
    return assignAll(trained, rows, weights, execution);
  }

  private static void requireWeights(FloatMatrix rows, double[] weights) {
    if (weights == null) {
      return;
    }
    if (weights.length != rows.rows()) {
      throw new IllegalArgumentException(
          "weights: has %d numbers; %s has %d rows, one a row is needed"
              .formatted(weights.length, rows.name(), rows.rows()));
    }
    double total = 0;
    for (int row = 0; row < weights.length; row++) {
      if (!(weights[row] >= 0 && weights[row] < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "weights: row %d is %s; must be a finite number of at least 0"
                .formatted(row, weights[row]));
      }
      total += weights[row];
    }
    if (total == 0) {
      throw new IllegalArgumentException("weights: are all 0; at least one must be above");
    }
  }

  private KMeansModel train(
      FloatMatrix rows, double[] weights, SplittableRandom random, Execution execution) {
    RowBlocks blocks = RowBlocks.readOften(rows, execution);
    RowScaling scaling = RowScaling.byLargest(blocks);
    int clusters = Math.min(config.clusters(), rows.rows());
    float[] first =
        new Seeder(blocks, weights, clusters, random, scaling, execution).choose(config.seeding());
    return new Lloyd(blocks, weights, first, scaling, execution).run(config);
  }

  private static double[] pick(double[] weights, int[] sample) {
    return weights == null ? null : Arrays.stream(sample).mapToDouble(i -> weights[i]).toArray();
  }

  private static int[] rowsThatCount(int rows, double[] weights) {
    return IntStream.range(0, rows).filter(row -> weights == null || weights[row] > 0).toArray();
  }

  /** Distinct rows of those given, in their order: ascending, so a file is read front to back. */
  private static int[] sample(int[] from, int count, SplittableRandom random) {
    IntOpenHashSet chosen = new IntOpenHashSet(count);
    for (int last = from.length - count; last < from.length; last++) {
      int place = random.nextInt(last + 1);
      if (!chosen.add(place)) {
        chosen.add(last);
      }
    }
    return chosen.intStream().sorted().map(place -> from[place]).toArray();
  }

  private static KMeansModel assignAll(
      KMeansModel trained, FloatMatrix rows, double[] weights, Execution execution) {
    FloatMatrix centers = trained.centers();
    NearestCenters nearest = NearestCenters.of(rows, centers, execution);
    int[] sizes = new int[centers.rows()];
    double inertia = 0;
    for (int row = 0; row < rows.rows(); row++) {
      sizes[nearest.assignments()[row]]++;
      inertia += (weights == null ? 1 : weights[row]) * nearest.squaredDistances()[row];
    }
    return new KMeansModel(
        centers,
        nearest.assignments(),
        nearest.squaredDistances(),
        sizes,
        inertia,
        trained.trace(),
        trained.moved(),
        trained.converged(),
        trained.computed());
  }
}
