package io.gio4j.select.tsds;

import io.gio4j.internal.select.RowWeights;
import io.gio4j.internal.select.Scored;
import io.gio4j.random.PythonRandom;
import java.util.Arrays;
import java.util.stream.IntStream;

/** The probability of each pool row, and the order in which rows are picked by it. */
final class Probabilities {
  private final double[] byRow;
  private final int[] rows;

  /** All of them; most are 0. */
  Probabilities(double[] byRow) {
    this.byRow = byRow;
    this.rows = IntStream.range(0, byRow.length).filter(row -> byRow[row] > 0).toArray();
  }

  /** Rows with a probability above 0. */
  int count() {
    return rows.length;
  }

  double of(int row) {
    return byRow[row];
  }

  /**
   * {@return all rows with a probability in the order in which they are picked} A row of weight q
   * has the place of any of its copies, each of which has the q-th part of its probability.
   *
   * <p>The least of independent exponential variables with rates p_i is variable i with probability
   * {@code p_i / sum p}, and what remains starts again: so sorted by {@code -log(u) / p} rows are
   * drawn without replacement.
   */
  int[] ranked(PickOrder order, long seed, RowWeights weights) {
    PythonRandom random = PythonRandom.seeded(seed);
    Scored[] scored = new Scored[rows.length];
    for (int i = 0; i < rows.length; i++) {
      double ofCopy = byRow[rows[i]] / weights.of(rows[i]);
      double score =
          switch (order) {
            case PROBABILITY -> -ofCopy;
            // Above 0 and up to 1, so that its logarithm is finite; the same bits everywhere.
            case SAMPLE -> -StrictMath.log(1 - random.nextDouble()) / ofCopy;
          };
      scored[i] = new Scored(score, rows[i]);
    }
    Arrays.sort(scored);
    return Arrays.stream(scored).mapToInt(Scored::row).toArray();
  }
}
