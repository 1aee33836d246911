package io.gio4j.testing;

import io.gio4j.random.PythonRandom;
import io.gio4j.select.gradient.GradientSearchConfig;
import io.gio4j.select.gradient.StartVector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The reference's {@code fit}, line by line, in plain double arithmetic: one descent after another,
 * every divergence of the selection computed from scratch, candidates in a list that shrinks. What
 * {@code GradientSearch} computes ahead, side by side and incrementally must come to the same.
 */
public final class NaiveGradientSearch {
  private final GradientSearchConfig config;
  private final double[][] pool;
  private final double[][] target;
  private final double[] spacing;
  private final List<double[]> selected;
  private final PythonRandom random;

  /** Pool rows in the order picked, and their divergences. */
  public final List<Integer> picks = new ArrayList<>();

  public final List<Double> trace = new ArrayList<>();

  /** Pool rows that are still candidates. */
  public final List<Integer> candidates = new ArrayList<>();

  public double[] point;
  public double scale;
  public boolean justReset;
  public int resets;
  public int increases;
  public boolean exhausted;

  /** Candidates accepted by a descent of its own, neither the first nor right after a reset. */
  public int usualPicksAfterAReset;

  public NaiveGradientSearch(
      GradientSearchConfig config,
      double[][] pool,
      double[][] target,
      double[][] start,
      PythonRandom random) {
    this.config = config;
    this.pool = pool;
    this.target = target;
    this.spacing = NaiveDivergence.spacing(target, config.gradient().k());
    this.selected = new ArrayList<>(Arrays.asList(start));
    this.random = random;
  }

  /** Runs to the end, as {@code GIOKL.fit} does but for an empty pool, which ends it. */
  public NaiveGradientSearch run() {
    double previous = divergence(selected);
    draw(true);
    scale =
        config.gradient().scaleFactor() == null
            ? norm(point) / norm(gradient())
            : config.gradient().scaleFactor();
    giveAllBack();
    int iteration = 0;
    int total = 0;
    while (!candidates.isEmpty()) {
      boolean extended =
          iteration == 0 || justReset || random.nextDouble() < config.randomRestartProbability();
      descend((extended ? 3 : 1) * config.gradient().steps());
      int nearest = nearestCandidate();
      List<double[]> grown = new ArrayList<>(selected);
      grown.add(pool[nearest]);
      candidates.remove(Integer.valueOf(nearest));
      double kl = divergence(grown);
      if (total > config.maxIterations()) {
        return this;
      }
      draw(false);
      boolean fires = fires(kl, previous, iteration);
      if (fires) {
        increases += justReset ? 1 : 0;
        justReset = true;
        if (!config.stop().resetsAllowed() || resets >= config.stop().maxResets()) {
          return this;
        }
        resets++;
        if (config.gradient().startVector() == StartVector.PREV_OPT) {
          point = mean();
        }
        giveAllBack();
        iteration--;
      } else {
        usualPicksAfterAReset += resets > 0 && !justReset ? 1 : 0;
        justReset = false;
        increases = 0;
        selected.add(pool[nearest]);
        picks.add(nearest);
        trace.add(kl);
        previous = kl;
        iteration++;
        total++;
      }
    }
    exhausted = true;
    return this;
  }

  /** The generator as the search left it. */
  public PythonRandom random() {
    return random;
  }

  private boolean fires(double kl, double previous, int iteration) {
    boolean rises = kl - previous > 0;
    return switch (config.stop().criterion()) {
      case INCREASE -> rises;
      case MAX_RESETS -> rises && resets == config.stop().maxResets();
      case MIN_DIFFERENCE -> previous - kl < config.stop().minDifference();
      case SEQUENTIAL_INCREASE_TOLERANCE ->
          rises && increases == config.stop().maxSequentialIncreases();
      case MIN_KL -> kl < config.stop().minKl();
      case DATA_SIZE -> iteration > (int) (config.stop().maxDataSize() * pool.length);
    };
  }

  private void giveAllBack() {
    candidates.clear();
    for (int row = 0; row < pool.length; row++) {
      candidates.add(row);
    }
  }

  private void draw(boolean first) {
    point =
        switch (config.gradient().startVector()) {
          case MEAN -> mean();
          case JUMP -> target[random.nextBelow(target.length)].clone();
          case PREV_OPT -> first ? mean() : point;
        };
  }

  private double[] mean() {
    double[] mean = new double[target[0].length];
    for (double[] row : target) {
      for (int c = 0; c < mean.length; c++) {
        mean[c] += row[c] / target.length;
      }
    }
    return mean;
  }

  private void descend(int steps) {
    for (int step = 0; step < steps; step++) {
      double[] gradient = gradient();
      for (int c = 0; c < point.length; c++) {
        point[c] -= config.gradient().learningRate() * scale * gradient[c];
      }
    }
  }

  private double[] gradient() {
    return NaiveDivergence.gradient(
        target,
        selected.toArray(double[][]::new),
        point,
        config.gradient().eps(),
        config.discardNearest());
  }

  private int nearestCandidate() {
    int nearest = candidates.get(0);
    for (int row : candidates) {
      if (NaiveDivergence.squaredDistance(pool[row], point)
          < NaiveDivergence.squaredDistance(pool[nearest], point)) {
        nearest = row;
      }
    }
    return nearest;
  }

  private double divergence(List<double[]> rows) {
    return NaiveDivergence.estimate(
        target,
        spacing,
        rows.toArray(double[][]::new),
        config.gradient().k(),
        config.gradient().eps(),
        config.discardNearest());
  }

  private static double norm(double[] vector) {
    return Math.sqrt(Arrays.stream(vector).map(value -> value * value).sum());
  }
}
