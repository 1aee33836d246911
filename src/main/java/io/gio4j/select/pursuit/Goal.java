package io.gio4j.select.pursuit;

import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.Panel;
import io.gio4j.internal.RoundingError;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.simd.FloatOps;
import java.util.Arrays;
import java.util.Optional;

/**
 * What the weighted sum of the picks is fitted to: the mean of the target's rows, in double.
 *
 * @param values one number a column, not to be changed
 * @param length their Euclidean length, above 0
 */
record Goal(double[] values, double length) {
  /**
   * Shares of the goal's length up to this are what rounding the rows to float could have made: a
   * row that correlates less with the residual gains nothing.
   */
  private static final double ROUNDING = RoundingError.UNIT;

  /**
   * The mean of a target.
   *
   * @param weights how much each row counts, above 0; null for 1
   * @throws IllegalArgumentException if its rows cancel out
   */
  static Goal of(FloatMatrix target, double[] weights, Execution execution) {
    return mean(target, weights, execution)
        .orElseThrow(() ->
            new IllegalArgumentException(
                ("%s: the mean of its %d rows is 0 but for rounding, so there is nothing to"
                        + " match; pass rows that do not cancel out, such as gradients that"
                        + " are not centred")
                    .formatted(target.name(), target.rows())));
  }

  /**
   * The mean of rows; empty where they cancel out.
   *
   * @param weights how much each row counts, above 0; null for 1
   */
  static Optional<Goal> mean(FloatMatrix matrix, double[] weights, Execution execution) {
    RowBlocks rows = RowBlocks.of(matrix, execution);
    int columns = rows.columns();
    double[][] sums = new double[rows.blocks()][columns];
    double[] lengths = new double[rows.blocks()];
    FloatOps ops = execution.opsFor((long) rows.rows() * columns);
    double[] ones = new double[rows.blockRows()];
    Arrays.fill(ones, 1);
    double total = weights == null ? rows.rows() : Arrays.stream(weights).sum();
    execution
        .workers()
        .run(
            rows.blocks(),
            block -> {
              execution.progress().check();
              rows.read(
                  block,
                  values -> {
                    int count = rows.count(block);
                    int first = rows.firstRow(block);
                    double[] counts =
                        weights == null ? ones : Arrays.copyOfRange(weights, first, first + count);
                    ops.rows().addWeighted(values, 0, count, columns, counts, sums[block]);
                    for (int row = 0; row < count; row++) {
                      double square = Panel.squaredNorm(values, row * columns, columns);
                      lengths[block] += counts[row] * Math.sqrt(square);
                    }
                  });
            });
    double[] mean = new double[columns];
    for (double[] sum : sums) {
      for (int column = 0; column < columns; column++) {
        mean[column] += sum[column] / total;
      }
    }
    double length = Math.sqrt(square(mean));
    boolean isRounding = length <= ROUNDING * Arrays.stream(lengths).sum() / total;
    return isRounding ? Optional.empty() : Optional.of(new Goal(mean, length));
  }

  /** {@return the correlation with the residual that a row must exceed to gain anything} */
  double leastCorrelation() {
    return ROUNDING * length;
  }

  /** {@return a residual's squared length as a share of the goal's} */
  double loss(double[] residual) {
    return square(residual) / (length * length);
  }

  /** {@return the sum of squares} */
  static double square(double[] values) {
    return product(values, values);
  }

  /** {@return the inner product} */
  static double product(double[] one, double[] other) {
    double sum = 0;
    for (int column = 0; column < one.length; column++) {
      sum = Math.fma(one[column], other[column], sum);
    }
    return sum;
  }
}
