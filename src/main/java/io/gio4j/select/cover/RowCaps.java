package io.gio4j.select.cover;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.select.SelectionRequest;

/** What a row's similarity counts at most: a factor times its best similarity with a target. */
final class RowCaps {
  private final double factor;
  private final boolean isDistance;

  /** By row, its best similarity with a target row, or its least squared distance from one. */
  private final double[] best;

  private final double largestSquare;

  /** Compares all rows with the target. */
  RowCaps(
      FloatMatrix rows,
      FloatMatrix target,
      Similarity similarity,
      double factor,
      Execution execution) {
    this.factor = factor;
    this.isDistance = similarity.isDistance();
    Comparison comparison =
        new Comparison(SelectionRequest.of(rows, target), similarity, execution);
    Points points = Points.all(comparison.target(), comparison.ops(), execution);
    FullPass pass = FullPass.plain(comparison, comparison.pool(), points, execution);
    this.best = new double[rows.rows()];
    for (int row = 0; row < best.length; row++) {
      float number = isDistance ? pass.smallest[row] : Math.max(0, pass.largest[row]);
      best[row] = number * comparison.withTarget();
    }
    this.largestSquare = isDistance ? pass.largestOfAll() * comparison.withTarget() : 0;
  }

  /** {@return the largest squared distance of a row from a target row; 0 for other similarities} */
  double largestSquare() {
    return largestSquare;
  }

  /**
   * {@return the caps as numbers of another comparison; see {@link Pairs}}
   *
   * @param largest the squared distance that counts as 0
   * @param withTarget the factor from that comparison's numbers to similarities
   */
  float[] numbers(double largest, double withTarget) {
    float[] numbers = new float[best.length];
    for (int row = 0; row < best.length; row++) {
      double cap = isDistance ? factor * (largest - best[row]) - largest : factor * best[row];
      numbers[row] = (float) (cap / withTarget);
    }
    return numbers;
  }
}
