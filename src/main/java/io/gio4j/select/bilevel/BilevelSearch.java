package io.gio4j.select.bilevel;

import io.gio4j.internal.Execution;
import io.gio4j.random.PythonRandom;
import java.util.Arrays;
import java.util.stream.IntStream;

/** The outer loop: masks, their models' losses, and the probabilities after them. */
final class BilevelSearch {
  /** Draws of a mask before it is repaired. */
  private static final int DRAWS = 10;

  private final int rows;
  private final int budget;
  private final Labels labels;
  private final InnerFit fit;
  private final OuterLoss outer;
  private final Execution execution;
  private final PythonRandom random;
  private final Inclusion inclusion;
  private int[] best;
  private double[] bestProbabilities;
  private double bestLoss = Double.POSITIVE_INFINITY;
  private double startLoss;

  BilevelSearch(
      int rows,
      int budget,
      Labels labels,
      InnerFit fit,
      OuterLoss outer,
      Execution execution,
      long seed) {
    this.rows = rows;
    this.budget = budget;
    this.labels = labels;
    this.fit = fit;
    this.outer = outer;
    this.execution = execution;
    this.random = PythonRandom.seeded(seed);
    int[] sizes = new int[labels.outputs()];
    IntStream.range(0, rows).forEach(row -> sizes[labels.classOf(row)]++);
    this.inclusion = new Inclusion(budget, labels, sizes, rows, random);
  }

  /** Runs all iterations. */
  void run(int masks, int iterations, double rate) {
    execution.progress().stage("bilevel", iterations);
    for (int iteration = 0; iteration < iterations; iteration++) {
      int[][] tried = new int[masks + 1][];
      for (int mask = 0; mask < masks; mask++) {
        tried[mask] = mask();
      }
      tried[masks] = inclusion.top(budget);
      double[] losses = losses(tried);
      for (int set = 0; set <= masks; set++) {
        keepIfBetter(tried[set], losses[set]);
      }
      double[] ofMasks = finite(Arrays.copyOf(losses, masks));
      if (iteration == 0) {
        startLoss = Arrays.stream(ofMasks).sum() / masks;
      }
      double decay = (1 + Math.cos(Math.PI * iteration / iterations)) / 2;
      inclusion.move(Arrays.copyOf(tried, masks), ofMasks, rate * decay);
      execution.progress().advance(iteration + 1L);
    }
    int[] last = inclusion.top(budget);
    keepIfBetter(last, losses(last)[0]);
  }

  private double[] losses(int[]... sets) {
    double[][][] models = new double[sets.length][][];
    execution.workers().run(sets.length, set -> models[set] = fit.fit(sets[set]));
    return outer.of(models);
  }

  private void keepIfBetter(int[] set, double loss) {
    if (set.length == budget && (best == null || loss < bestLoss)) {
      best = inclusion.ordered(Arrays.stream(set));
      bestProbabilities = Arrays.stream(best).mapToDouble(inclusion::of).toArray();
      bestLoss = Double.isFinite(loss) ? loss : Double.POSITIVE_INFINITY;
    }
  }

  /** {@return the losses, with the largest that is a number in place of those that are none} */
  private static double[] finite(double[] losses) {
    double largest = Arrays.stream(losses).filter(Double::isFinite).max().orElse(0);
    return Arrays.stream(losses).map(loss -> Double.isFinite(loss) ? loss : largest).toArray();
  }

  /** {@return a mask that a model can learn from: with rows, and of more classes than one} */
  private int[] mask() {
    int[] mask = inclusion.draw(random);
    for (int draw = 1; draw < DRAWS && !isUsable(mask); draw++) {
      mask = inclusion.draw(random);
    }
    while (!isUsable(mask)) {
      mask = IntStream.concat(Arrays.stream(mask), IntStream.of(missing(mask))).sorted().toArray();
    }
    return mask;
  }

  private boolean isUsable(int[] mask) {
    if (mask.length == 0 || labels.outputs() == 1 || budget == 1) {
      return mask.length > 0;
    }
    return Arrays.stream(mask).anyMatch(row -> labels.classOf(row) != labels.classOf(mask[0]));
  }

  /** {@return the most probable row, of another class than the mask's} */
  private int missing(int[] mask) {
    int found = -1;
    for (int row = 0; row < rows; row++) {
      boolean isNew = mask.length == 0 || labels.classOf(row) != labels.classOf(mask[0]);
      if (isNew && (found < 0 || inclusion.isAhead(row, found))) {
        found = row;
      }
    }
    return found;
  }

  /** {@return the rows of the set with the lowest loss, the most probable first} */
  int[] best() {
    return best;
  }

  /** {@return their probabilities when they were tried} */
  double[] bestProbabilities() {
    return bestProbabilities;
  }

  double bestLoss() {
    return bestLoss;
  }

  /** {@return the mean loss of the first masks, which are random rows} */
  double startLoss() {
    return startLoss;
  }
}
