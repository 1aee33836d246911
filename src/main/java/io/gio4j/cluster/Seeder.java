package io.gio4j.cluster;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.simd.FloatOps;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;

/** Chooses distinct first centres among rows of positive weight; see {@link Seeding}. */
final class Seeder {
  /** Rounds of k-means||, as in Spark MLlib; more rounds hardly lower the inertia. */
  private static final int ROUNDS = 2;

  /** Rows drawn in a round, as a multiple of the clusters; as in Spark MLlib. */
  private static final int OVERSAMPLING = 2;

  /** Iterations over the drawn rows; as in Spark MLlib. */
  private static final int LOCAL_ITERATIONS = 30;

  private final RowBlocks blocks;
  private final double[] weights;
  private final int clusters;
  private final SplittableRandom random;
  private final RowScaling scaling;
  private final Execution execution;
  private final FloatOps ops;

  Seeder(
      RowBlocks blocks,
      double[] weights,
      int clusters,
      SplittableRandom random,
      RowScaling scaling,
      Execution execution) {
    this.blocks = blocks;
    this.weights = weights;
    this.clusters = clusters;
    this.random = random;
    this.scaling = scaling;
    this.execution = execution;
    this.ops = execution.opsFor((long) blocks.rows() * blocks.columns());
  }

  /** {@return {@code clusters} centres, or fewer where there are fewer distinct rows} */
  float[] choose(Seeding seeding) {
    execution.progress().stage("seeding", 1);
    return switch (seeding) {
      case RANDOM -> rows(atRandom(new IntArrayList()));
      case PLUS_PLUS -> rows(plusPlus());
      case PARALLEL -> parallel();
    };
  }

  /** A row's numbers, equal to those of an equal row. */
  private record Content(float[] values) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Content that && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(values);
    }
  }

  private Content content(int row) {
    float[] values = blocks.values(row);
    for (int column = 0; column < values.length; column++) {
      values[column] += 0f; // Makes -0.0 equal to 0.0.
    }
    return new Content(values);
  }

  /** Adds distinct rows of positive weight in random order, until there are enough. */
  private IntArrayList atRandom(IntArrayList chosen) {
    Set<Content> contents = new HashSet<>();
    for (int row : chosen) {
      contents.add(content(row));
    }
    int[] order = new int[blocks.rows()];
    Arrays.setAll(order, i -> i);
    for (int i = 0; i < order.length && chosen.size() < clusters; i++) {
      execution.progress().check();
      int j = i + random.nextInt(order.length - i);
      int row = order[j];
      order[j] = order[i];
      if (weight(row) > 0 && contents.add(content(row))) {
        chosen.add(row);
      }
    }
    return chosen;
  }

  private IntArrayList plusPlus() {
    double[] nearest = new double[blocks.rows()];
    Arrays.fill(nearest, Double.POSITIVE_INFINITY);
    IntArrayList chosen = new IntArrayList();
    int row = draw(null);
    while (row >= 0) {
      chosen.add(row);
      if (chosen.size() == clusters) {
        break;
      }
      lower(nearest, blocks.row(row));
      row = draw(nearest);
    }
    return chosen;
  }

  /** Draws a row in proportion to weight times squared distance; -1 if all are zero. */
  private int draw(double[] squared) {
    double total = mass(squared);
    if (total <= 0) {
      return -1;
    }
    double left = random.nextDouble() * total;
    int last = -1;
    for (int row = 0; row < blocks.rows(); row++) {
      double mass = weight(row) * (squared == null ? 1 : squared[row]);
      if (mass > 0) {
        last = row;
        left -= mass;
        if (left < 0) {
          break;
        }
      }
    }
    return last;
  }

  private double mass(double[] squared) {
    double total = 0;
    for (int row = 0; row < blocks.rows(); row++) {
      total += weight(row) * (squared == null ? 1 : squared[row]);
    }
    return total;
  }

  private double weight(int row) {
    return weights == null ? 1 : weights[row];
  }

  private void lower(double[] nearest, double[] point) {
    execution
        .workers()
        .run(
            blocks.blocks(),
            block -> {
              execution.progress().check();
              int count = blocks.count(block);
              int first = blocks.firstRow(block);
              double[] squared = new double[count];
              blocks.read(
                  block,
                  rows ->
                      ops.rows().squaredDistances(rows, 0, count, point.length, point, squared, 0));
              for (int i = 0; i < count; i++) {
                nearest[first + i] = Math.min(nearest[first + i], squared[i]);
              }
            });
  }

  private float[] parallel() {
    int first = draw(null);
    IntArrayList candidates = new IntArrayList(new int[] {first});
    double[] squared = new double[blocks.rows()];
    int[] nearest = new int[blocks.rows()];
    Arrays.fill(squared, Double.POSITIVE_INFINITY);
    compare(candidates, 0, squared, nearest);
    for (int round = 0; round < ROUNDS; round++) {
      double massOfADraw = massOfADraw(squared);
      if (massOfADraw <= 0) {
        break;
      }
      int known = candidates.size();
      Set<Content> drawn = new HashSet<>();
      for (int row = 0; row < blocks.rows(); row++) {
        double chance = weight(row) * squared[row] / massOfADraw;
        if (random.nextDouble() < chance && drawn.add(content(row))) {
          candidates.add(row);
        }
      }
      compare(candidates, known, squared, nearest);
    }
    return candidates.size() <= clusters ? rows(atRandom(candidates)) : best(candidates, nearest);
  }

  /**
   * {@return the mass at which a row is certain to be drawn, such that the expected number of rows
   * is the wanted one; 0 if all masses are 0} A row of larger mass is drawn once and its surplus
   * raises the chances of the others: otherwise an outlier with nearly all of the mass would be the
   * only row of a round.
   */
  private double massOfADraw(double[] squared) {
    double wanted = (double) OVERSAMPLING * clusters;
    double mass = mass(squared) / wanted;
    while (true) {
      double light = 0;
      int heavy = 0;
      for (int row = 0; row < squared.length; row++) {
        double own = weight(row) * squared[row];
        heavy += own > mass ? 1 : 0;
        light += own > mass ? 0 : own;
      }
      double next = light / (wanted - heavy);
      if (heavy >= wanted || light <= 0 || next >= mass) {
        return mass;
      }
      mass = next;
    }
  }

  /** Lowers distances where one of the candidates from {@code known} on is nearer. */
  private void compare(IntArrayList candidates, int known, double[] squared, int[] nearest) {
    if (candidates.size() == known) {
      return;
    }
    IntArrayList fresh = new IntArrayList(candidates.subList(known, candidates.size()));
    NearestCenters answer = NearestCenters.of(blocks, rows(fresh), scaling, execution);
    for (int row = 0; row < squared.length; row++) {
      if (answer.squaredDistances()[row] < squared[row]) {
        squared[row] = answer.squaredDistances()[row];
        nearest[row] = known + answer.assignments()[row];
      }
    }
  }

  /** {@return the centres of clustered candidates, each weighted by the rows nearest to it} */
  private float[] best(IntArrayList candidates, int[] nearest) {
    double[] masses = new double[candidates.size()];
    for (int row = 0; row < nearest.length; row++) {
      masses[nearest[row]] += weight(row);
    }
    FloatMatrix matrix = FloatMatrix.of(rows(candidates), candidates.size(), blocks.columns());
    RowBlocks candidateBlocks = RowBlocks.of(matrix, execution);
    Seeder local = new Seeder(candidateBlocks, masses, clusters, random, scaling, execution);
    IntArrayList chosen = local.plusPlus();
    KMeansConfig config = KMeansConfig.of(clusters, 0).withMaxIterations(LOCAL_ITERATIONS);
    FloatMatrix centers =
        new Lloyd(candidateBlocks, masses, local.rows(chosen), scaling, execution)
            .run(config)
            .centers();
    float[] values = new float[centers.rows() * centers.columns()];
    centers.copyRows(0, centers.rows(), values, 0);
    return values;
  }

  private float[] rows(IntArrayList chosen) {
    float[] values = new float[Math.multiplyExact(chosen.size(), blocks.columns())];
    for (int i = 0; i < chosen.size(); i++) {
      blocks.copyRow(chosen.getInt(i), values, i * blocks.columns());
    }
    return values;
  }
}
