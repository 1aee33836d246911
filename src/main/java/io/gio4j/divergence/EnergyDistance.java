package io.gio4j.divergence;

import io.gio4j.Progress;
import io.gio4j.data.FloatMatrix;
import io.gio4j.internal.Execution;
import io.gio4j.internal.RowBlocks;
import io.gio4j.internal.RowScaling;
import io.gio4j.internal.Scratch;
import io.gio4j.internal.energy.CentredRows;
import io.gio4j.internal.energy.EnergySums;
import io.gio4j.internal.energy.TypicalDistances;
import io.gio4j.internal.simd.FloatOps;
import io.gio4j.kernel.EnergyKernel;

/**
 * The energy distance of two samples, {@code E = 2 mean rho(x, y) - mean rho(x, x') - mean rho(y,
 * y')}, with means over all pairs, a row with itself included.
 *
 * <p>Never negative, 0 for equal samples (the same rows in the same order give the same three sums)
 * and small for samples of one distribution. Costs {@code (2 n m + n^2 + m^2) d} multiply-adds in
 * float; both samples lie in memory twice. For samples of more than some ten thousand rows, compute
 * it on random rows of them.
 *
 * <p>Source: Szekely and Rizzo 2013, Energy statistics, equation 2.5, for any rho of {@link
 * EnergyKernel}.
 *
 * @param value the distance, at least 0
 * @param kernel rho with the scale that was used
 * @param xyOfX for each row of x the mean of rho over the rows of y
 * @param xxOfX for each row of x the mean of rho over the rows of x
 * @param xyOfY for each row of y the mean of rho over the rows of x
 * @param yyOfY for each row of y the mean of rho over the rows of y
 */
public record EnergyDistance(
    double value,
    EnergyKernel kernel,
    double[] xyOfX,
    double[] xxOfX,
    double[] xyOfY,
    double[] yyOfY) {

  /**
   * Computes the distance with {@link EnergyKernel#DEFAULT_ALPHA}.
   *
   * @param x n rows
   * @param y m rows of the same number of columns
   * @param kind the function rho
   * @param scale of rho, above 0; null for the one that suits x as a target and y as a pool
   * @param progress watches the computation and can stop it
   * @return the distance and its terms
   * @throws IllegalArgumentException if columns differ, the scale is not above 0 or a number is not
   *     finite
   * @throws java.util.concurrent.CancellationException if {@code progress} stops it
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  public static EnergyDistance between(
      FloatMatrix x, FloatMatrix y, EnergyKernel.Kind kind, Double scale, Progress progress) {
    return between(x, y, kind, scale, EnergyKernel.DEFAULT_ALPHA, progress);
  }

  /**
   * Computes the distance.
   *
   * @param x n rows
   * @param y m rows of the same number of columns
   * @param kind the function rho
   * @param scale of rho, above 0; null for the one that suits x as a target and y as a pool
   * @param alpha how fast RATIONAL falls, above 0; without meaning for the others
   * @param progress watches the computation and can stop it
   * @return the distance and its terms
   * @throws IllegalArgumentException if columns differ, the scale or alpha is not above 0 or a
   *     number is not finite
   * @throws java.util.concurrent.CancellationException if {@code progress} stops it
   * @throws io.gio4j.data.UnreadableInputException if rows cannot be read
   */
  public static EnergyDistance between(
      FloatMatrix x,
      FloatMatrix y,
      EnergyKernel.Kind kind,
      Double scale,
      double alpha,
      Progress progress) {
    return between(x, y, kind, scale, alpha, Execution.watchedBy(progress));
  }

  /** Runs with the given workers and SIMD operations. */
  static EnergyDistance between(
      FloatMatrix x,
      FloatMatrix y,
      EnergyKernel.Kind kind,
      Double scale,
      double alpha,
      Execution execution) {
    y.requireColumnsOf(x);
    return new Computation(
            RowBlocks.readOften(x, execution),
            RowBlocks.readOften(y, execution),
            kind,
            scale,
            alpha,
            execution)
        .result();
  }

  /** Everything that the four sums share. */
  private static final class Computation {
    private final CentredRows x;
    private final CentredRows y;
    private final EnergyKernel kernel;
    private final EnergySums sums;
    private final Execution execution;

    Computation(
        RowBlocks x,
        RowBlocks y,
        EnergyKernel.Kind kind,
        Double scale,
        double alpha,
        Execution execution) {
      this.execution = execution;
      TypicalDistances typical = TypicalDistances.of(x, y, execution);
      this.kernel =
          new EnergyKernel(kind, scale == null ? typical.scale(kind, alpha) : scale, alpha);
      RowScaling scaling = RowScaling.byLength(y, typical.any());
      FloatOps ops = execution.opsFor((long) x.rows() * x.columns());
      this.sums = new EnergySums(kernel, scaling, ops);
      CentredRows[] both = sums.centred(execution, x, y);
      this.x = both[0];
      this.y = both[1];
    }

    EnergyDistance result() {
      RowBlocks xRows = x.rows();
      RowBlocks yRows = y.rows();
      execution.progress().stage("energy", 2L * (xRows.blocks() + yRows.blocks()));
      EnergySums.Points xPoints = sums.points(x);
      EnergySums.Points yPoints = sums.points(y);
      double[] xyOfX = means(x, yPoints, 0);
      double[] xxOfX = means(x, xPoints, xRows.blocks());
      double[] xyOfY = means(y, xPoints, 2L * xRows.blocks());
      double[] yyOfY = means(y, yPoints, 2L * xRows.blocks() + yRows.blocks());
      // xyOfX and not xyOfY: for equal samples all three means are then sums in the same order.
      double value = 2 * mean(xyOfX) - mean(xxOfX) - mean(yyOfY);
      return new EnergyDistance(Math.max(0, value), kernel, xyOfX, xxOfX, xyOfY, yyOfY);
    }

    private double[] means(CentredRows compared, EnergySums.Points points, long done) {
      RowBlocks rows = compared.rows();
      double[] means = new double[rows.rows()];
      Scratch<EnergySums.Rows> spare = new Scratch<>(() -> sums.rows(rows.blockRows()));
      execution
          .workers()
          .run(
              rows.blocks(),
              block -> {
                execution.progress().check();
                double[] totals = new double[rows.count(block)];
                spare.use(scratch -> {
                  scratch.load(compared, block);
                  scratch.add(points, totals);
                });
                for (int row = 0; row < totals.length; row++) {
                  means[rows.firstRow(block) + row] = sums.value(totals[row]) / points.size();
                }
                execution.progress().advance(done + block + 1);
              });
      return means;
    }

    private static double mean(double[] values) {
      double sum = 0;
      for (double value : values) {
        sum += value;
      }
      return sum / values.length;
    }
  }
}
