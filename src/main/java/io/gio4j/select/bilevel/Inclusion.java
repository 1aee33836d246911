package io.gio4j.select.bilevel;

import io.gio4j.random.PythonRandom;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The probability of each pool row to be in a mask; they add up to the budget.
 *
 * <p>They move by Adam on the policy gradient, and back to the budget by one shift of all, found by
 * bisection. None leaves (0, 1): a row that is always or never drawn would have no gradient.
 */
final class Inclusion {
  /** As a share of the mean probability to be in, and to be out, what every row keeps. */
  private static final double LEAST_SHARE = 0.05;

  private static final double MEAN_DECAY = 0.9;
  private static final double SQUARE_DECAY = 0.999;

  /** Halvings of an interval of at most 4: to the last digits of a double. */
  private static final int HALVINGS = 60;

  private final double budget;
  private final double least;
  private final double most;
  private final double[] probabilities;
  private final double[] means;
  private final double[] squares;

  /** By row, its place among rows of the same probability, which the seed draws. */
  private final int[] places;

  private double meanWeight = 1;
  private double squareWeight = 1;

  /**
   * Starts with equal probabilities, but enough for one row of each class where the budget is.
   *
   * @param sizes rows of each class
   */
  Inclusion(long budget, Labels labels, int[] sizes, int rows, PythonRandom random) {
    this.budget = budget;
    double mean = (double) budget / rows;
    this.least = LEAST_SHARE * mean;
    this.most = 1 - LEAST_SHARE * (1 - mean);
    this.means = new double[rows];
    this.squares = new double[rows];
    this.probabilities = new double[rows];
    for (int row = 0; row < rows; row++) {
      double ofClass = 1.0 / sizes[labels.classOf(row)];
      probabilities[row] = budget < sizes.length ? mean : Math.max(mean, ofClass);
    }
    project();
    int[] order = IntStream.range(0, rows).toArray();
    random.shuffle(order);
    this.places = new int[rows];
    for (int place = 0; place < rows; place++) {
      places[order[place]] = place;
    }
  }

  double of(int row) {
    return probabilities[row];
  }

  /** {@return whether a row has a larger probability than another, or the earlier place} */
  boolean isAhead(int row, int other) {
    return probabilities[row] != probabilities[other]
        ? probabilities[row] > probabilities[other]
        : places[row] < places[other];
  }

  /** {@return the rows of the largest probabilities, these first} */
  int[] top(int count) {
    int[] all = ordered(IntStream.range(0, probabilities.length));
    return Arrays.copyOf(all, count);
  }

  /** {@return rows in the order of their probabilities, the largest first} */
  int[] ordered(IntStream rows) {
    return rows.boxed()
        .sorted((row, other) -> row.equals(other) ? 0 : isAhead(row, other) ? -1 : 1)
        .mapToInt(row -> row)
        .toArray();
  }

  /** {@return rows, each drawn by its probability, ascending} */
  int[] draw(PythonRandom random) {
    return IntStream.range(0, probabilities.length)
        .filter(row -> random.nextDouble() < probabilities[row])
        .toArray();
  }

  /**
   * Moves the probabilities against the policy gradient {@code sum_j (L_j - mean L) (m_j - s) / (s
   * (1 - s)) / (K - 1)}; the terms with s cancel out, so only rows in a mask have one.
   *
   * @param masks the rows of each
   * @param losses of each
   * @param rate of Adam
   */
  void move(int[][] masks, double[] losses, double rate) {
    double mean = Arrays.stream(losses).sum() / losses.length;
    double[] gradient = new double[probabilities.length];
    for (int mask = 0; mask < masks.length; mask++) {
      for (int row : masks[mask]) {
        gradient[row] += (losses[mask] - mean) / (masks.length - 1);
      }
    }
    meanWeight *= MEAN_DECAY;
    squareWeight *= SQUARE_DECAY;
    for (int row = 0; row < gradient.length; row++) {
      double slope = gradient[row] / (probabilities[row] * (1 - probabilities[row]));
      means[row] = MEAN_DECAY * means[row] + (1 - MEAN_DECAY) * slope;
      squares[row] = SQUARE_DECAY * squares[row] + (1 - SQUARE_DECAY) * slope * slope;
      if (squares[row] > 0) {
        double size = Math.sqrt(squares[row] / (1 - squareWeight));
        probabilities[row] -= rate * means[row] / (1 - meanWeight) / size;
      }
    }
    project();
  }

  /** Shifts all probabilities so that, within their bounds, they add up to the budget. */
  private void project() {
    double low = Arrays.stream(probabilities).min().orElseThrow() - 1;
    double high = Arrays.stream(probabilities).max().orElseThrow();
    for (int i = 0; i < HALVINGS; i++) {
      double shift = (low + high) / 2;
      double sum = 0;
      for (double probability : probabilities) {
        sum += Math.clamp(probability - shift, least, most);
      }
      if (sum > budget) {
        low = shift;
      } else {
        high = shift;
      }
    }
    for (int row = 0; row < probabilities.length; row++) {
      probabilities[row] = Math.clamp(probabilities[row] - high, least, most);
    }
  }
}
